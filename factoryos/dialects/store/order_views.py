"""The calls on production orders."""

from factoryos.dialects.store.auth import StoreView


class Orders(StoreView):
    pass


class OfCustomerOrder(StoreView):
    pass


class Order(StoreView):
    pass


class Cancel(StoreView):
    pass


class Finish(StoreView):
    pass
