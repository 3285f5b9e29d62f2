"""What signing in takes."""

from collections.abc import Iterable
from typing import Any, ClassVar

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import TextField
from factoryos.dialects.base.requests import RequestSerializer, Values

_LONGEST = 1000
DEVICE = ("store", "device_key", "device_type", "push_id", "user_agent")  # kept for the list of sign-ins


def _told(longest: int = _LONGEST) -> TextField:
    return TextField(max_length=longest, required=False, allow_null=True)


class LoginDto(RequestSerializer):
    """A name, which is called `email` or `username`, and the password. The rest says from which device; it opens nothing."""

    dto: ClassVar[str] = "LoginDto"
    # What the answer shows besides, so that it may be sent back with a password.
    ignored: ClassVar[frozenset[str]] = frozenset({"user_id", "user_token", "expires", "stores"})

    email: Any = _told(255)
    username: Any = _told(255)
    password: Any = TextField(max_length=4096, verbatim=True, multiline=True)
    store: Any = _told(255)
    deviceKey: Any = _told()
    deviceType: Any = _told()
    pushId: Any = _told(4096)
    userAgent: Any = _told()

    def faults(self, values: Values) -> Iterable[Fault]:
        names = {name for name in (values.get("email"), values.get("username")) if name}
        if not names:
            yield Fault("email", "email should not be empty")
        if len(names) > 1:
            yield Fault("username", "username must be the same as email where both are sent")
