"""Tables of quality."""

from quality.models.holds import Hold
from quality.models.links import Consumption, Output
from quality.models.verifications import Verification

__all__ = ["Consumption", "Hold", "Output", "Verification"]
