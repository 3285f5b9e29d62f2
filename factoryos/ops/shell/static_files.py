"""Static files in production: compressed once, named by their content, and modules import one another by those names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class NamedByContent(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which also follows `import … from "./x.js"`.

    Without that a page of one version could load the module of another from its cache.
    """

    support_js_module_import_aggregation = True
