"""Tables of the console: how somebody likes their pages, views worth keeping, and operations on many orders at once."""

from factoryos.ops.models.bulk import BulkOperation, BulkRow
from factoryos.ops.models.pages import Preferences, SavedView

__all__ = ["BulkOperation", "BulkRow", "Preferences", "SavedView"]
