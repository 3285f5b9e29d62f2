"""What the tests run on: the product's settings, with a home of their own beside the developer's."""

import os
from pathlib import Path

os.environ.setdefault("FACTORYOS_HOME", str(Path(__file__).resolve().parent.parent / "var" / "test"))

from factoryos.settings import *  # noqa: F403

# The real one takes a third of a second, by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No test takes the power away from the server it runs on: a commit need not wait for the disk. To everybody who is
# connected it is as committed as any.
DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405  # WhiteNoise warns of a missing folder
