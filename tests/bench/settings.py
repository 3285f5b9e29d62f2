"""What the measured server runs on: the product's settings, with a database of its own and the bare views beside it.

Logs are those of production, one JSON line a request; the limit on requests a minute is off, authentication is on.
"""

import os

from factoryos.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["BENCH_DATABASE"]  # noqa: F405
ROOT_URLCONF = "tests.bench.urls"
MIDDLEWARE = ["tests.bench.bare.PastTheRoad", *MIDDLEWARE]  # noqa: F405
RATE_LIMIT_PER_MINUTE = RATE_LIMIT_BULK_PER_MINUTE = 0
LOGGING = {"json": True, "level": "INFO"}
