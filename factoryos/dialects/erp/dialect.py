"""The ERP API as a dialect: which URLs it owns, its words, and how it says no."""

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.erp.errors import render_problem
from factoryos.dialects.erp.states import WORDS

ERP = Dialect(
    name="erp",
    prefixes=("/api/manufacturing", "/api/inventory"),
    urls="factoryos.dialects.erp.urls",
    words=WORDS,
    render_problem=render_problem,
    description="factoryos.dialects.erp.docs.ERP_DESCRIPTION",
)
