"""Which dialects are spoken here, one line each, and which of them a URL belongs to."""

from django.urls import URLPattern, URLResolver, include, path

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.erp.dialect import ERP
from factoryos.dialects.factory.dialect import FACTORY
from factoryos.dialects.ingest.dialect import INGEST
from factoryos.dialects.store.dialect import STORE

DIALECTS: tuple[Dialect, ...] = (
    FACTORY,
    ERP,
    STORE,
    INGEST,
)  # fmt: skip

# Under /api/ everybody is a program. What no dialect owns is answered in this one's envelope.
DEFAULT = FACTORY
_API = "/api/"

# The longest prefix first, so that a dialect may live under another one's roof.
_BY_PREFIX = sorted(
    ((prefix, prefix + "/", dialect) for dialect in DIALECTS for prefix in dialect.prefixes),
    key=lambda row: -len(row[0]),
)


def dialect_of(url_path: str) -> Dialect | None:
    """The dialect that answers this path. None: a page for people, or a tool that needs no envelope."""
    for prefix, folder, dialect in _BY_PREFIX:
        if url_path == prefix or url_path.startswith(folder):
            return dialect
    return None


def envelope_of(url_path: str) -> Dialect | None:
    """The dialect in whose envelope a failure on this path is told. None: a person reads it."""
    return dialect_of(url_path) or (DEFAULT if url_path.startswith(_API) else None)


def urlpatterns() -> list[URLPattern | URLResolver]:
    """The routes of every dialect. Each names its paths in full, from the root."""
    return [path("", include(dialect.urls)) for dialect in DIALECTS]
