"""The ingest API as a dialect: which URLs it owns, its words, and how it says no."""

import re

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.ingest.auth import REQUESTS_PER_SECOND
from factoryos.dialects.ingest.errors import render_problem
from factoryos.dialects.ingest.states import WORDS

INGEST = Dialect(
    name="ingest",
    prefixes=("/api/v2", "/ingestion-api"),
    urls="factoryos.dialects.ingest.urls",
    words=WORDS,
    render_problem=render_problem,
    # An order number is the rest of its path, whatever it holds; the failed rows are no order.
    keeps_trailing_slash=re.compile(
        r"(?:/ingestion-api)?/api/v2/(?:ingest/object|objects?)/INV_MANUFACTURING_ORDERS_OOTB/(?!failed-rows/\Z).",
        re.DOTALL,
    ),
    limit_per_minute=REQUESTS_PER_SECOND,  # what is told of a limit: here it is of a second
    description="factoryos.dialects.ingest.docs.INGEST_DESCRIPTION",
)
