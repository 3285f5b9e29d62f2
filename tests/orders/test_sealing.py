"""Sealing: what grew is sealed once, seals form a chain, and two sealers never fork it."""

import threading

import pytest
from django.core.management import call_command
from django.db import transaction

from factoryos.celery import PERIODS
from orders import sealing
from orders.actions.amend import amend
from orders.chain import merkle_root
from orders.models import OrderEvent, ProductionOrder, Seal, SealLeaf
from orders.tasks import seal_history
from tests.floor import a_factory, an_actor, an_order, done
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def some_orders(number: int) -> list[ProductionOrder]:
    by = an_actor(a_factory())
    return [an_order(by) for _ in range(number)]


def test_a_seal_covers_every_head_that_grew_and_changes_nothing_else() -> None:
    orders = some_orders(3)
    before = list(ProductionOrder.objects.order_by("id").values("version", "updated_at", "chain_head", "state"))
    assert sealing.seal_all() == 3
    seal = Seal.objects.get()
    leaves = list(SealLeaf.objects.values_list("position", "order_id", "seq", "head"))
    assert leaves == [(number, order.pk, 1, order.chain_head) for number, order in enumerate(orders)]
    assert seal.leaves == 3
    assert seal.merkle_root == merkle_root([order.chain_head for order in orders])
    assert seal.previous_root is None
    assert list(ProductionOrder.objects.order_by("id").values("version", "updated_at", "chain_head", "state")) == before
    assert set(ProductionOrder.objects.values_list("sealed_version", flat=True)) == {1}
    assert OrderEvent.objects.count() == 3


def test_what_did_not_grow_is_not_sealed_again() -> None:
    first, _ = some_orders(2)
    sealing.seal_all()
    assert sealing.seal_all() == 0
    assert Seal.objects.count() == 1, "an empty seal says nothing"
    done(amend, order_id=first.pk, by=an_actor(first.factory), changes={"notes": "later"})
    assert sealing.seal_all() == 1
    assert list(SealLeaf.objects.filter(order=first).values_list("seq", flat=True)) == [1, 2]


def test_each_seal_is_chained_to_the_one_before_it() -> None:
    some_orders(5)
    assert sealing.seal_all(batch=2) == 5
    first, second, third = Seal.objects.order_by("id")
    assert [second.previous_root, third.previous_root] == [first.merkle_root, second.merkle_root]
    call_command("verify_history", skip_checks=True)


def test_an_order_that_a_verb_holds_is_left_for_the_next_minute() -> None:
    held, other = some_orders(2)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ProductionOrder.objects.select_for_update(no_key=True).get(pk=held.pk)
            locked.set()
            done.wait(10)

    def seal() -> int:
        locked.wait(10)
        try:
            return sealing.seal_all()
        finally:
            done.set()

    assert at_once(hold, seal) == [None, 1]
    assert SealLeaf.objects.get().order_id == other.pk
    assert sealing.seal_all() == 1


def test_two_sealers_at_once_make_one_chain() -> None:
    some_orders(12)
    outcomes = at_once(*[lambda: sealing.seal_all(batch=3)] * 4)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    sealing.seal_all()  # one that was told "another is at work" may have left some
    assert SealLeaf.objects.count() == 12
    call_command("verify_history", skip_checks=True)


def test_without_the_lock_two_sealers_would_fork_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the advisory lock is for."""
    some_orders(2)
    both, write = threading.Barrier(2), sealing.Seal.objects.create

    def write_when_both_have_read(**facts: object) -> Seal:
        both.wait(10)
        return write(**facts)

    monkeypatch.setattr(sealing.Seal.objects, "create", write_when_both_have_read)
    monkeypatch.setattr(sealing, "_had_the_turn", lambda cursor: True)
    assert at_once(*[lambda: sealing.seal_batch(1)] * 2) == [1, 1]
    assert list(Seal.objects.values_list("previous_root", flat=True)) == [None, None]


def test_the_task_is_the_one_on_the_timetable() -> None:
    some_orders(1)
    assert seal_history.name in PERIODS
    assert seal_history() == 1
