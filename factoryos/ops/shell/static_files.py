"""Static files in production: compressed once, named by their content, and modules import one another by those names."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own rule, for our modules alone: htmx brings extensions that import a module which it does not bring.
_IMPORTS: Any = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]


class NamedByContent(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which also follows `import … from "./x.js"`.

    Without that a page of one version could load the module of another from its cache.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = ("ops/*.js", _IMPORTS)
