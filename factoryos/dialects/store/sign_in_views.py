"""Signing in and out."""

from factoryos.dialects.store.auth import StoreView


class Login(StoreView):
    pass


class Logout(StoreView):
    pass
