"""What an order made, and what it is made of."""

from factoryos.dialects.store.auth import StoreView


class Batches(StoreView):
    pass


class FlatProducts(StoreView):
    pass
