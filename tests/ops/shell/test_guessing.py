"""Guessing passwords: the limit per name and address, and the one per address."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client

from factoryos.kernel import clock
from tests.ops.shell.people import is_signed_in, somebody, try_to_sign_in
from tests.threads import at_once

LIMIT = 5


def guess(name: str, times: int, *, at: str = "10.0.0.1") -> list[int]:
    return [try_to_sign_in(Client(), name, "wrong", at=at).status_code for _ in range(times)]


@pytest.mark.django_db
def test_after_five_wrong_ones_the_right_one_waits_and_the_page_says_how_long() -> None:
    user, client = somebody(), Client()
    assert guess(user.username, LIMIT) == [422] * (LIMIT - 1) + [429]
    answer = try_to_sign_in(client, user.username)
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert 880 <= int(answer["Retry-After"]) <= 900
    assert not is_signed_in(client)


@pytest.mark.django_db
def test_a_stranger_elsewhere_locks_nobody_out() -> None:
    user, client = somebody(), Client()
    guess(user.username, LIMIT, at="203.0.113.7")
    assert try_to_sign_in(client, user.username, at="10.0.0.1").status_code == 303
    assert is_signed_in(client)


@pytest.mark.django_db
def test_a_name_that_does_not_exist_is_locked_alike() -> None:
    assert guess("nobody", LIMIT + 1) == [422] * (LIMIT - 1) + [429, 429]


@pytest.mark.django_db
def test_knocking_does_not_prolong_the_wait_and_it_ends() -> None:
    user = somebody()
    guess(user.username, LIMIT + 3)
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=14))
    assert int(try_to_sign_in(Client(), user.username)["Retry-After"]) <= 60
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=15, seconds=1))
    assert try_to_sign_in(Client(), user.username).status_code == 303


@pytest.mark.django_db
def test_another_browser_or_a_forged_address_is_no_new_chance() -> None:
    user, client = somebody(), Client()
    for number in range(LIMIT):
        client.post(
            "/ops/sign-in",
            {"username": user.username, "password": "x"},
            headers={"user-agent": f"browser {number}", "x-forwarded-for": f"198.51.100.{number}"},
        )
    assert try_to_sign_in(Client(), user.username, at="127.0.0.1").status_code == 429


@pytest.mark.django_db
def test_a_success_forgives_the_typing_errors_before_it() -> None:
    user = somebody()
    for _ in range(3):
        assert guess(user.username, LIMIT - 1) == [422] * (LIMIT - 1)
        assert try_to_sign_in(Client(), user.username).status_code == 303


@pytest.mark.django_db
def test_many_names_from_one_address_are_limited_too(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT_OF_ADDRESS = 6
    user = somebody()
    for number in range(6):
        assert guess(f"name-{number}", 1) == [422]
    assert try_to_sign_in(Client(), user.username).status_code == 429
    assert try_to_sign_in(Client(), user.username, at="10.0.0.2").status_code == 303


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_not_twenty_chances() -> None:
    user = somebody()
    answers = at_once(*[lambda: try_to_sign_in(Client(), user.username, "wrong").status_code] * 20)
    assert set(answers) <= {422, 429}
    assert answers.count(422) < LIMIT
    assert sum(AccessAttempt.objects.values_list("failures_since_start", flat=True)) <= LIMIT
