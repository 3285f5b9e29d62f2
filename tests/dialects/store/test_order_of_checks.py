"""Which of two faults in one request is told: the earlier in the published order, for every pair of neighbours."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.test import Client

from factoryos.kernel.models import RateBucket
from tests.conformance.store.shop import Shop
from tests.dialects.store.credentials import program
from tests.evidence import everything

pytestmark = pytest.mark.django_db

BASE = "/v1/production_orders"


@dataclass(frozen=True)
class Call:
    """Putting an amount on a line of an order that is finished, with nothing else wrong."""

    path: str
    headers: dict[str, str]
    method: str = "PUT"
    body: bytes = b'{"articleId": "CAP-28/BLUE", "amount": 400}'
    kind: str = "application/json"
    used_up: dict[str, str] = field(default_factory=dict)  # the credential that has no calls left
    more: dict[str, str] = field(default_factory=dict)

    def made(self) -> Any:
        client = Client(raise_request_exception=False)
        if self.used_up:
            client.get("/v1", headers=self.used_up)
            RateBucket.objects.update(tokens=200)
        headers = self.headers | self.more
        return client.generic(self.method, self.path, self.body, content_type=self.kind, headers=headers)


Bend = Callable[[Call, "Scene"], Call]


class Scene:
    def __init__(self) -> None:
        self.shop = Shop()
        self.order_id = self.shop.with_caps()
        assert self.shop.admin.put(f"{self.order_id}/finish").status == 200
        self.viewer = program(self.shop.factory, "viewer")
        self.call = Call(f"{BASE}/{self.order_id}/article", program(self.shop.factory, "admin"))


@dataclass(frozen=True)
class Step:
    """One check: how a call is bent so that it fails there, and what it is then told."""

    name: str
    bend: Bend
    told: tuple[int, int, str | None]  # status, errorCode, errorField


def _unpaired(call: Call, scene: Scene) -> Call:
    return replace(call, headers=call.headers | {"user_id": "1"})


def _too_often(call: Call, scene: Scene) -> Call:
    return replace(call, used_up=call.headers)


def _nowhere(call: Call, scene: Scene) -> Call:
    return replace(call, path=f"{BASE}/{scene.order_id}/articles")


def _no_such_method(call: Call, scene: Scene) -> Call:
    return replace(call, method="DELETE")


def _unacceptable(call: Call, scene: Scene) -> Call:
    return replace(call, more=call.more | {"accept": "text/csv"})


def _unsupported(call: Call, scene: Scene) -> Call:
    return replace(call, kind="text/plain")


def _too_large(call: Call, scene: Scene) -> Call:
    return replace(call, body=call.body + b" " * 1_048_577)


def _unreadable(call: Call, scene: Scene) -> Call:
    return replace(call, body=b"{" + call.body)


def _weak(call: Call, scene: Scene) -> Call:
    return replace(
        call, headers=scene.viewer | {name: call.headers[name] for name in call.headers.keys() - scene.viewer}
    )


def _bad_key(call: Call, scene: Scene) -> Call:
    return replace(call, more=call.more | {"idempotency-key": "k" * 256})


def _no_such_order(call: Call, scene: Scene) -> Call:
    return replace(call, path=call.path.replace(f"/{scene.order_id}/", "/999999999/"))


def _wrong_field(call: Call, scene: Scene) -> Call:
    return replace(call, body=call.body.replace(b"400", b"-1"))


def _as_it_is(call: Call, scene: Scene) -> Call:
    return call


STEPS = (
    Step("credentials", _unpaired, (401, 900001, None)),
    Step("limit", _too_often, (429, 900429, None)),
    Step("path", _nowhere, (404, 900101, None)),
    Step("method", _no_such_method, (405, 900101, None)),
    Step("accepted form", _unacceptable, (406, 900101, None)),
    Step("size", _too_large, (413, 900101, None)),
    Step("form of the body", _unsupported, (415, 900101, None)),
    Step("body", _unreadable, (400, 900101, None)),
    Step("role", _weak, (403, 900001, None)),
    Step("key", _bad_key, (400, 900101, "Idempotency-Key")),
    Step("order", _no_such_order, (404, 903001, None)),
    Step("fields", _wrong_field, (400, 903003, "amount")),
    Step("verb", _as_it_is, (409, 903003, "state")),
)


def told(answer: Any) -> tuple[int, int, str | None]:
    body = answer.json()
    return answer.status_code, body["errorCode"], body["errorField"]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_fault_alone_is_told(scene: Scene, step: Step) -> None:
    before = everything()
    assert told(step.bend(scene.call, scene).made()) == step.told
    assert everything() == before


@pytest.mark.parametrize(
    "place", range(len(STEPS) - 1), ids=lambda place: f"{STEPS[place].name} before {STEPS[place + 1].name}"
)
def test_of_two_neighbouring_faults_the_earlier_is_told(scene: Scene, place: int) -> None:
    earlier, later = STEPS[place], STEPS[place + 1]
    before = everything()
    assert told(earlier.bend(later.bend(scene.call, scene), scene).made()) == earlier.told
    assert everything() == before


def test_with_everything_wrong_only_the_credentials_are_told(scene: Scene) -> None:
    call = scene.call
    for step in reversed(STEPS):
        call = step.bend(call, scene)
    assert told(call.made()) == STEPS[0].told
    last = replace(call, headers=scene.viewer)
    assert told(last.made()) == STEPS[1].told


def test_control_without_a_fault_the_call_is_done(scene: Scene) -> None:
    order_id = scene.shop.with_caps()
    assert replace(scene.call, path=f"{BASE}/{order_id}/article").made().status_code == 200
