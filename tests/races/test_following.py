"""Statements followed in the same instant as each other, as verbs and as counts: each guard proved by taking it away."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from manufacturing.models import Item
from orders import actions
from orders.actions.follow_statements import follow_statements
from orders.actions.following import finding, references, walking
from orders.models import Assignment, ProductionOrder, QuantityEntry
from orders.specs import Count, NewLine
from orders.statements import Followed, Outcome, Statement
from tests import floor
from tests.orders.stage import Stage
from tests.orders.truth import require_truth
from tests.stated import Sender, fresh
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def following(*statements: Statement) -> Callable[[], list[Outcome]]:
    def work() -> list[Outcome]:
        with transaction.atomic():
            return follow_statements(statements)

    return work


def beside(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What `second` gives (or raises), begun while `first` is done but not committed, and waiting for it where it must."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(second())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        _until_somebody_waits(thread)
    thread.join(30)
    return found[0]


def _until_somebody_waits(thread: threading.Thread) -> None:
    """Until the other transaction waits for ours, or is over because it has no reason to."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
                           "(SELECT oid FROM pg_database WHERE datname = current_database()) OR "
                           "(NOT granted AND locktype = 'transactionid')")  # fmt: skip
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements each look was at; one that fails is followed by another."""
    module, found = sys.modules[follow_statements.__module__], []
    follow = module._follow  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "_follow", lambda these: found.append(len(these)) or follow(these))
    return found


def test_an_unknown_product_in_many_batches_at_once_is_one_stub(looks: list[int]) -> None:
    sender = Sender(floor.a_factory())
    works = [following(*(sender.state(f"MO-{n}-{sku}", sku) for sku in ("B", "A", "NEW"))) for n in range(8)]
    outcomes = at_once(*works)
    assert all(isinstance(one, list) and {each.result for each in one} == {Followed.DONE} for one in outcomes), outcomes
    assert sorted(Item.objects.values_list("sku", flat=True)) == ["A", "B", "NEW"]
    assert (ProductionOrder.objects.count(), looks) == (24, [3] * 8)  # nobody had to begin again
    require_truth()


def test_an_order_that_somebody_makes_in_this_instant_is_adopted() -> None:
    stage = Stage()
    sender = Sender(stage.factory)
    statement, other = sender.state("MO-1", stage.item.sku), sender.state("MO-2", stage.item.sku)
    line = [NewLine(stage.item, Decimal(500))]
    outcomes = beside(lambda: actions.create(by=stage.by, lines=line, reference="MO-1"), following(statement, other))
    assert [one.result for one in outcomes] == [Followed.DONE] * 2
    assert ProductionOrder.objects.get(reference="MO-1").pk == outcomes[0].order_id
    assert ProductionOrder.objects.count() == 2
    require_truth()


def test_an_order_that_is_changed_before_it_is_locked_is_not_adopted() -> None:
    stage = Stage()
    sender = Sender(stage.factory)
    order = stage.draft(500, reference="MO-1")
    statement = sender.state("MO-1", stage.item.sku)
    outcomes = beside(
        lambda: actions.amend(order_id=order.pk, by=stage.by, changes={"reference": "MINE"}), following(statement)
    )
    assert (outcomes[0].result, outcomes[0].order_id != order.pk) == (Followed.DONE, True)
    assert sorted(ProductionOrder.objects.values_list("reference", flat=True)) == ["MINE", "MO-1"]


def test_control_without_a_second_look_it_would_be_adopted_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "require_adoptable", lambda *args, **named: None)
    stage = Stage()
    order = stage.draft(500, reference="MO-1")
    statement = Sender(stage.factory).state("MO-1", stage.item.sku)
    outcomes = beside(
        lambda: actions.amend(order_id=order.pk, by=stage.by, changes={"reference": "MINE"}), following(statement)
    )
    assert (outcomes[0].order_id, fresh(order).reference) == (order.pk, "MINE")


def counted_beside_a_statement() -> tuple[Outcome, ProductionOrder]:
    """Ten pieces are counted here, not committed yet, when a version says that 105 were made in all."""
    stage = Stage()
    sender = Sender(stage.factory)
    first = sender.say("MO-1", stage.item.sku, goal="in_production", made=100)
    order = ProductionOrder.objects.get(pk=first.order_id)
    statement = sender.state("MO-1", stage.item.sku, goal="in_production", made=105)
    outcomes = beside(
        lambda: actions.report(order_id=order.pk, by=stage.by, count=Count(Decimal(10), Decimal(0))),
        following(statement),
    )
    return outcomes[0], fresh(order)


def test_pieces_counted_in_the_same_instant_are_part_of_the_total(looks: list[int]) -> None:
    outcome, order = counted_beside_a_statement()
    assert (outcome.result, order.quantity_good, looks) == (Followed.DONE, 105, [1, 1])
    assert list(QuantityEntry.objects.order_by("id").values_list("good", flat=True)) == [100, 10, -5]
    require_truth()


def test_control_without_the_orders_lock_the_first_look_is_at_yesterday(
    looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_LOCK", "id = ANY(%s) ORDER BY id")
    outcome, order = counted_beside_a_statement()
    # The history's own guards undo it, and the statement is followed once more, alone.
    assert (outcome.result, order.quantity_good, looks) == (Followed.DONE, 105, [1, 1, 1])
    require_truth()


def crosswise(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two batches whose orders want the same two machines, in opposite order, each in the middle when the other begins."""
    stage = Stage(requires_verification=False)
    machines = [stage.machine, floor.a_machine(stage.factory)]
    sender = Sender(stage.factory)
    batches = []
    for turn in (machines, machines[::-1]):
        references = [f"MO-{len(batches)}-{place}" for place in (0, 1)]
        for reference, machine in zip(references, turn, strict=True):
            stage.scheduled(10, on=[machine], reference=reference)
        batches.append([sender.state(name, stage.item.sku, units=10, goal="in_production") for name in references])
    both, follow = threading.Barrier(2), walking.follow
    began = threading.local()

    def in_the_middle(case: Any) -> None:
        follow(case)
        if not getattr(began, "one", False):
            began.one = True
            with suppress(threading.BrokenBarrierError):  # with the guard the other one cannot come here yet
                both.wait(1.5)

    monkeypatch.setattr(walking, "follow", in_the_middle)
    return at_once(*(following(*batch) for batch in batches))


def test_batches_that_want_the_same_machines_never_wait_crosswise(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = crosswise(monkeypatch)
    results = sorted(str(one.result) for batch in outcomes for one in batch)
    assert results == ["done", "done", "waiting", "waiting"]
    assert Assignment.objects.filter(active=True).count() == 2
    require_truth()


def test_control_without_locking_all_machines_first_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[follow_statements.__module__], "locked", lambda rows, ids: rows.none())
    outcomes = crosswise(monkeypatch)
    assert any(isinstance(one, OperationalError) for one in outcomes), outcomes


def test_two_batches_that_want_one_reference_give_it_to_one() -> None:
    sender = Sender(floor.a_factory())
    works = [following(*(sender.state(f"MO-{n}", f"P{k}") for n in range(20))) for k in range(3)]
    outcomes = at_once(*works)
    assert all(isinstance(one, list) and {each.result for each in one} == {Followed.DONE} for one in outcomes), outcomes
    names = set(ProductionOrder.objects.values_list("reference", flat=True))
    assert (len(names), {f"MO-{n}" for n in range(20)} <= names) == (60, True)
    assert references.names_of(sender.state("MO-1", "P1")) == ("MO-1", "MO-1/P1")
    require_truth()
