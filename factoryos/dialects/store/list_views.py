"""Lists of production orders, and the next reference."""

from factoryos.dialects.store.auth import StoreView


class NextReference(StoreView):
    pass


class BetweenStates(StoreView):
    pass


class InState(StoreView):
    pass


class WithArticle(StoreView):
    pass
