"""What every dialect must have before it is served: its words, its envelope for every kind of trouble, its limits."""

import uuid
from typing import Any

import pytest
from django.test import Client, RequestFactory, override_settings

from factoryos.dialects.base.checks import missing_words
from factoryos.dialects.base.dialect import Dialect, FaceRequest
from factoryos.dialects.base.problems import Internal
from factoryos.dialects.base.views import FaceView
from factoryos.dialects.registry import DIALECTS
from orders.states import State
from tests.conformance.faces import FACES
from tests.conformance.routes import CALLS, Call

pytestmark = pytest.mark.django_db

every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def a_call(dialect: Dialect, *, changes: bool) -> Call:
    return next(call for call in CALLS if call.dialect is dialect and call.changes is changes)


@every_dialect
def test_every_state_has_a_word(dialect: Dialect) -> None:
    assert set(dialect.words) == set(State)
    assert all(dialect.words.values())
    assert missing_words([dialect]) == []


@every_dialect
def test_a_failure_of_ours_is_told_in_the_envelope_and_tells_only_its_number(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = FACES[dialect.name].side()

    def fail(*args: Any) -> Any:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(FaceView, "read", fail)
    side.caller.client.raise_request_exception = False
    reply = side.caller.get(a_call(dialect, changes=False).path(side.tenant, side.things))
    number = reply.headers["X-Request-Id"]
    expected = dialect.render_problem(Internal(request_id=number), FaceRequest())
    assert (reply.status_code, reply.content) == (expected.status, expected.body)
    assert number.encode() in reply.content
    for leak in (b"secret", b"ZeroDivision", b"Traceback", b"<html"):
        assert leak not in reply.content


@every_dialect
def test_every_answer_has_a_number_of_its_own(dialect: Dialect) -> None:
    side = FACES[dialect.name].side()
    path = a_call(dialect, changes=False).path(side.tenant, side.things)
    numbers = {side.caller.get(path).headers["X-Request-Id"] for _ in range(3)}
    assert len({uuid.UUID(number) for number in numbers}) == 3


@every_dialect
@override_settings(RATE_LIMIT_PER_MINUTE=3)
def test_whoever_calls_too_often_is_told_to_wait(dialect: Dialect) -> None:
    if FACES[dialect.name].own_limit:
        pytest.skip("has a published limit of its own")
    side = FACES[dialect.name].side()
    path = a_call(dialect, changes=False).path(side.tenant, side.things)
    replies = [side.caller.get(path) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert int(replies[-1].headers["Retry-After"]) >= 1
    assert replies[-1].headers["X-RateLimit-Limit"] == "3"
    assert side.weak.get(path).status_code == 200, "one caller's limit is not another's"


@every_dialect
def test_a_path_that_only_begins_like_the_dialects_is_nobodys(dialect: Dialect) -> None:
    for prefix in dialect.prefixes:
        request = RequestFactory().get(f"{prefix}x")
        assert Client().get(request.path).status_code == 404
