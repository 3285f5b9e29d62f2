"""Tables of quality."""

from quality.models.holds import Hold
from quality.models.verifications import Verification

__all__ = ["Hold", "Verification"]
