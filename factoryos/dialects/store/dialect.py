"""The store API as a dialect: which URLs it owns, its words, and how it says no."""

import re

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.store.errors import render_problem
from factoryos.dialects.store.states import WORDS

LIMIT_PER_MINUTE = 200  # published: requests of one credential

STORE = Dialect(
    name="store",
    prefixes=("/v1",),
    urls="factoryos.dialects.store.urls",
    words=WORDS,
    render_problem=render_problem,
    # An article id is the rest of its path, whatever it holds: …/article/{id} and …/{order}/article/{id}.
    keeps_trailing_slash=re.compile(
        r"/v1/production_orders/(?:[^/]+/)?article/.|/v1/customer_orders/external/.", re.DOTALL
    ),
    limit_per_minute=LIMIT_PER_MINUTE,
    description="factoryos.dialects.store.docs.STORE_DESCRIPTION",
)
