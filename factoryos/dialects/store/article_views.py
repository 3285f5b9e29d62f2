"""The calls on the lines of an order."""

from factoryos.dialects.store.auth import StoreView


class Articles(StoreView):
    pass


class Article(StoreView):
    pass
