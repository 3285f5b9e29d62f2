"""People at a browser: signed in or not, each with a client of their own."""

from typing import Any

from django.test import Client

from factoryos.kernel.models import Factory, User
from tests.callers import a_member, a_user

PASSWORD = "correct horse battery"
SIGN_IN = "/ops/sign-in"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def somebody(**facts: Any) -> User:
    """A person with a password and no factory."""
    return with_password(a_user(**facts))


def a_colleague(factory: Factory, *roles: str) -> User:
    return with_password(a_member(factory, *(roles or ("planner",))))


def at_desk(user: User, **options: Any) -> Client:
    """A browser in which this person is signed in."""
    client = Client(**options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def try_to_sign_in(client: Client, name: str, password: str = PASSWORD, *, at: str = "10.0.0.1", **fields: Any) -> Any:
    """One press of the button, from this address."""
    return client.post(SIGN_IN, {"username": name, "password": password, **fields}, REMOTE_ADDR=at)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
