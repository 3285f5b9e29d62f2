"""What the tests run on: the product's settings, with a home of their own beside the developer's."""

import os
from pathlib import Path

os.environ.setdefault("FACTORYOS_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))

from factoryos.settings import *  # noqa: F403

# The real one takes a third of a second, by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405  # WhiteNoise warns of a missing folder
