"""The picking list."""

from factoryos.dialects.store.auth import StoreView


class PickingList(StoreView):
    pass
