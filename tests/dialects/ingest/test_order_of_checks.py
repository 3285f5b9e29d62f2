"""Which of two faults in one request is told: the earlier in the published order, for every pair of neighbours."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.test import Client

from factoryos.kernel.models import RateBucket
from tests.dialects.ingest.feed import OBJECT, Feed, a_token, kept

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Call:
    """A batch of one row that cannot be stored, with nothing else wrong."""

    token: str
    path: str = OBJECT
    method: str = "POST"
    body: dict[str, Any] = field(default_factory=lambda: {"solutionName": "INV_OOTB", "data": [None]})
    kind: str = "application/json"
    cut: int = 0  # characters that are missing at the body's end
    more: int = 0  # spaces behind it
    used_up: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def made(self) -> Any:
        client = Client(raise_request_exception=False)
        if self.used_up:
            for shown in (self.token, "x"):
                client.get("/api/v2", headers={"authorization": shown})
            RateBucket.objects.update(tokens=-1_000_000)
        text = json.dumps(self.body)
        raw = text[: len(text) - self.cut] + " " * self.more
        return client.generic(
            self.method, self.path, raw, content_type=self.kind, headers={"authorization": self.token} | self.headers
        )


Bend = Callable[[Call, Feed], Call]


@dataclass(frozen=True)
class Step:
    """One check: how a call is bent so that it fails there, and what it is then told."""

    name: str
    bend: Bend
    told: tuple[int, str, str | None]  # status, code, field


def _body(call: Call, **fields: Any) -> Call:
    return replace(call, body={**call.body, **fields})


STEPS = (
    Step("rate", lambda call, feed: replace(call, used_up=True), (429, "DI_E_10303", None)),
    Step("path", lambda call, feed: replace(call, path="/api/v2/ingest/object/X"), (404, "DI_E_10201", None)),
    Step("method", lambda call, feed: replace(call, method="PUT"), (405, "DI_E_10203", None)),
    Step("role", lambda call, feed: replace(call, token=a_token(feed.factory, "viewer")), (403, "DI_E_10102", None)),
    Step("media type", lambda call, feed: replace(call, kind="text/xml"), (415, "DI_E_10005", None)),
    Step("size", lambda call, feed: replace(call, more=1_048_577), (413, "DI_E_10301", None)),
    Step("JSON", lambda call, feed: replace(call, cut=1), (400, "DI_E_10001", None)),
    Step("solution", lambda call, feed: _body(call, solutionName="X"), (404, "DI_E_10202", "solutionName")),
    Step("rows there", lambda call, feed: _body(call, data=[None] * 2001), (413, "DI_E_10302", "data")),
    Step("operation", lambda call, feed: _body(call, operationType="x"), (400, "DI_E_10004", "operationType")),
    Step("dry run", lambda call, feed: _body(call, dryRun="x"), (400, "DI_E_10002", "dryRun")),
    Step("further fields", lambda call, feed: _body(call, extra=1), (400, "DI_E_10002", "extra")),
    Step(
        "key", lambda call, feed: replace(call, headers={"idempotency-key": "k" * 256}), (400, "DI_E_10002", "Idempotency-Key")
    ),
)  # fmt: skip


def told(answer: Any) -> tuple[int, str, str | None]:
    error = answer.json()["errors"][0]
    return answer.status_code, error["code"], error["field"]


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_fault_alone_is_told(feed: Feed, step: Step) -> None:
    assert told(step.bend(Call(feed.token), feed).made()) == step.told
    assert set(kept().values()) == {0}


@pytest.mark.parametrize(
    "place", range(len(STEPS) - 1), ids=lambda place: f"{STEPS[place].name} before {STEPS[place + 1].name}"
)
def test_of_two_neighbouring_faults_the_earlier_is_told(feed: Feed, place: int) -> None:
    earlier, later = STEPS[place], STEPS[place + 1]
    assert told(earlier.bend(later.bend(Call(feed.token), feed), feed).made()) == earlier.told
    assert set(kept().values()) == {0}


def test_with_everything_wrong_only_the_token_is_told_and_then_the_rate(feed: Feed) -> None:
    call = Call(feed.token)
    for step in reversed(STEPS[1:]):
        call = step.bend(call, feed)
    assert told(replace(call, token="x").made()) == (401, "DI_E_10101", None)
    assert told(replace(call, used_up=True).made()) == STEPS[0].told


def test_rows_come_last_and_do_not_fail_the_request(feed: Feed) -> None:
    answer = Call(feed.token).made()
    assert (answer.status_code, answer.json()["failedRows"]) == (200, 1)
