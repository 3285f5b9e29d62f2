"""Tables of the kernel."""

from factoryos.kernel.models.credentials import ApiKey, UserToken
from factoryos.kernel.models.factory import Factory, Membership
from factoryos.kernel.models.machinery import Counter, OutboxMessage, RateBucket, RememberedAnswer
from factoryos.kernel.models.user import User

__all__ = [
    "ApiKey",
    "Counter",
    "Factory",
    "Membership",
    "OutboxMessage",
    "RateBucket",
    "RememberedAnswer",
    "User",
    "UserToken",
]
