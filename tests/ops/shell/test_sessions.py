"""A session lasts from the last thing a person did; a page that refreshes itself does not keep it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from factoryos.kernel import clock
from factoryos.ops.shell.sessions import RENEWED
from tests.floor import a_factory
from tests.ops.shell.people import a_colleague, at_desk

pytestmark = pytest.mark.django_db
SHIFT = timedelta(hours=12)


def left(client: Client) -> timedelta:
    return Session.objects.get(pk=client.session.session_key).expire_date - clock.now()


def at_desk_for(hours: float) -> Client:
    """Somebody who did something last so many hours ago."""
    client = at_desk(a_colleague(a_factory()))
    client.get("/ops/help")
    session = client.session
    session[RENEWED] = int((clock.now() - timedelta(hours=hours)).timestamp())
    session.save()
    Session.objects.update(expire_date=clock.now() + SHIFT - timedelta(hours=hours))
    return client


def test_it_lasts_a_shift_from_the_last_page() -> None:
    client = at_desk_for(hours=5)
    assert left(client) < timedelta(hours=7, minutes=1)
    client.get("/ops/help")
    assert left(client) > SHIFT - timedelta(minutes=1)


def test_a_page_that_refreshes_itself_does_not_prolong_it() -> None:
    client = at_desk_for(hours=5)
    client.get("/ops/help", headers={"x-by-itself": "1", "hx-request": "true"})
    assert left(client) < timedelta(hours=7, minutes=1)


def test_it_is_written_at_most_every_ten_minutes(django_assert_num_queries: Any) -> None:
    client = at_desk_for(hours=0)
    with django_assert_num_queries(4):  # session, person, their factories, their switches
        client.get("/ops/help")


def test_afterwards_one_signs_in_again() -> None:
    client = at_desk_for(hours=12)
    assert client.get("/ops/help")["Location"].startswith("/ops/sign-in")


def test_a_stranger_is_given_no_session() -> None:
    Client().get("/ops/sign-in")
    assert not Session.objects.exists()
