"""The factory API as a dialect: which URLs it owns, its words, and how it says no."""

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.factory.errors import render_problem
from factoryos.dialects.factory.states import WORDS

FACTORY = Dialect(
    name="factory",
    prefixes=("/api/factories", "/api/monitoring/telemetry"),
    urls="factoryos.dialects.factory.urls",
    words=WORDS,
    render_problem=render_problem,
    description="factoryos.dialects.factory.docs.FACTORY_DESCRIPTION",
)
