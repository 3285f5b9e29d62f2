"""Ending an order: from every state by its declared path, and refused once it is over."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders import actions
from tests import floor, stores
from tests.dialects.store.workshop import RUN, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

WAYS = {
    "draft": (), "submitted": ("submit",), "approved": ("approve",), "scheduled": ("schedule",),
    "in_production": ("approve", "start"), "paused": ("approve", "start", "pause"),
}  # fmt: skip
BEGIN = {
    "draft": ["approve", "start"], "submitted": ["approve", "start"], "approved": ["start"], "scheduled": ["start"],
    "in_production": [], "paused": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def in_state(shop: Workshop, state: str) -> int:
    order_id = shop.with_caps(100)
    for verb in WAYS[state]:
        if verb == "schedule":
            shop.machine_of(order_id)
        else:
            reason = {"reason": "tool_change"} if verb == "pause" else {}
            floor.done(getattr(actions, verb), order_id=order_id, by=shop.actor, **reason)
    assert shop.core(order_id).state == state
    return order_id


@pytest.mark.parametrize("state", WAYS)
def test_an_order_is_finished_from_any_open_state(shop: Workshop, state: str) -> None:
    order_id = in_state(shop, state)
    before = shop.verbs(order_id)
    finished = shop.admin.put(f"{order_id}/finish")
    assert (finished.status, finished["state"], finished["endDate"]) == (200, 2, None)
    assert finished["finishDate"] == int(shop.core(order_id).actual_end.timestamp() * 1000)
    assert shop.verbs(order_id) == [*before, *BEGIN[state], "complete"]
    assert stores.stock_of(shop.shell) == (20_000, 0), "what was set aside is free"


@pytest.mark.parametrize("state", WAYS)
def test_an_order_is_cancelled_from_any_open_state(shop: Workshop, state: str) -> None:
    order_id = in_state(shop, state)
    cancelled = shop.admin.put(f"{order_id}/cancel")
    assert (cancelled.status, cancelled["state"], cancelled["finishDate"]) == (200, 3, None)
    assert shop.verbs(order_id)[-1] == "cancel" and stores.stock_of(shop.shell) == (20_000, 0)


@pytest.mark.parametrize("state", WAYS)
def test_the_first_run_takes_the_declared_path(shop: Workshop, state: str) -> None:
    order_id = in_state(shop, state)
    before = shop.verbs(order_id)
    assert shop.admin.put(f"{order_id}/{RUN}", {"amount": 1})["state"] == 1
    assert shop.verbs(order_id) == [*before, *BEGIN[state], "report"]


def test_what_was_made_stays_booked_when_an_order_is_cancelled(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    shop.book(order_id, amount=7)
    cancelled = shop.admin.put(f"{order_id}/cancel")
    assert (cancelled["finishedAmount"], stores.stock_of(shop.cap)[0]) == (7, 7)
    assert stores.stock_of(shop.shell) == (20_000 - 7, 0)


@pytest.mark.parametrize("rest", [(), ("verify",), ("verify", "close")])
def test_what_is_verified_or_shipped_is_finished_as_well(shop: Workshop, rest: tuple[str, ...]) -> None:
    order_id = shop.with_caps(5)
    shop.book(order_id, amount=5)
    shop.admin.put(f"{order_id}/finish")
    counts = {"verify": {"final": 5, "good": 5, "rejected": 0}, "close": {}}
    for verb in rest:
        floor.done(getattr(actions, verb), order_id=order_id, by=shop.actor, **counts[verb])
    assert shop.admin.get(f"{order_id}")["state"] == 2
    before = everything()
    for path in ("finish", "cancel", ""):
        refused(shop.admin.put(f"{order_id}/{path}"), 409, 903003, "state", before)


def test_an_order_that_came_back_for_rework_is_developing(shop: Workshop) -> None:
    order_id = shop.with_caps(5)
    shop.book(order_id, amount=5)
    shop.admin.put(f"{order_id}/finish")
    floor.done(actions.rework, order_id=order_id, by=shop.actor, reason="burrs")
    assert shop.admin.get(f"{order_id}")["state"] == 1
    assert shop.admin.put(f"{order_id}/finish")["state"] == 2


def test_a_body_is_ignored_if_it_can_be_read(shop: Workshop) -> None:
    order_id = shop.with_caps()
    before = everything()
    refused(shop.admin.put(f"{order_id}/finish", "{"), 400, 900101, None, before)
    refused(shop.admin.put(f"{order_id}/finish?x=1"), 400, 903003, "x", before)
    assert shop.admin.put(f"{order_id}/finish/", {"state": 3, "whatever": [1]})["state"] == 2


def test_a_hold_refuses_the_finish_and_not_the_cancel(shop: Workshop) -> None:
    order_id = shop.with_caps()
    floor.done(actions.hold, order_id=order_id, by=shop.actor, reason="odd colour")
    before = everything()
    facts = refused(shop.admin.put(f"{order_id}/finish"), 409, 903003, "state", before)
    assert facts["holds"][0]["reason"] == "odd colour"
    assert shop.admin.put(f"{order_id}/cancel")["state"] == 3


def test_who_may_end_an_order(shop: Workshop) -> None:
    order_id = shop.with_caps(state=1)
    before = everything()
    for role in ("viewer", "qa", "engineer"):
        refused(shop.as_(role).put(f"{order_id}/finish"), 403, 900001, None, before)
        refused(shop.as_(role).put("1/cancel"), 403, 900001, None, before)
    refused(shop.as_("technician").put(f"{order_id}/cancel"), 403, 900001, None, before)
    assert shop.as_("technician").put(f"{order_id}/finish")["state"] == 2
    draft = shop.with_caps()
    before = everything()
    refused(shop.as_("technician").put(f"{draft}/finish"), 403, 900001, None, before)
    assert shop.as_("operator").put(f"{draft}/cancel")["state"] == 3


def test_a_stale_version_is_refused_before_the_state_is_looked_at(shop: Workshop) -> None:
    order_id = shop.with_caps()
    seen = shop.admin.get(f"{order_id}").headers["ETag"]
    assert shop.admin.put(f"{order_id}/finish", if_match=seen).status == 200
    before = everything()
    for path in ("finish", "cancel", RUN):
        body = {"amount": 1} if path == RUN else None
        refused(shop.admin.put(f"{order_id}/{path}", body, if_match=seen), 412, 903003, None, before)
    refused(shop.admin.delete(f"{order_id}/{RUN}", if_match=seen), 412, 903003, None, before)
