"""The calls on customer orders."""

from factoryos.dialects.store.auth import StoreView


class CustomerOrders(StoreView):
    pass


class ByExternalId(StoreView):
    pass


class CustomerOrder(StoreView):
    pass
