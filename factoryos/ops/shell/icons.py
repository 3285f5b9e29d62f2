"""Which pictures the sprite has."""

import re
from pathlib import Path

from django.contrib.staticfiles import finders

SPRITE = "ops/icons.svg"


def names() -> list[str]:
    """Ids of the sprite's symbols, in its order."""
    found = finders.find(SPRITE)
    return re.findall(r'<symbol id="([a-z-]+)"', Path(found).read_text()) if isinstance(found, str) else []
