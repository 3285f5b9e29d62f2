"""BOMs written by several at once, and orders made meanwhile: no ring, one default, never an order by a BOM that is gone."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from factoryos.kernel.problems import Invalid, NotFound
from manufacturing.boms import cycles, writing
from manufacturing.boms.writing import Part, Recipe, create_bom, lock_bom, make_default
from manufacturing.models import Bom, BomVersion, Item
from manufacturing.problems import BomInUse
from orders import bom_use
from orders.actions import create
from orders.materials import snapshot
from orders.models import OrderLine
from orders.specs import NewLine
from tests import floor
from tests.races.stockroom import Stockroom, as_request, deadlocks, refused
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def composing(room: Stockroom, item: Item, part: Item) -> Any:
    recipe = Recipe(item.name, [Part(part, Decimal(1))])
    return as_request(lambda: create_bom(by=room.by, item=item, recipe=recipe))


def rings() -> int:
    """How many BOMs have a component that is made, by a BOM of its own, of what the first makes."""
    lines = BomVersion.objects.values_list("bom__item", "components__item")
    return sum((part, item) in set(lines) for item, part in lines)


@pytest.mark.parametrize("attempt", range(3))
def test_a_ring_closed_from_both_ends_at_once_is_refused_to_one(attempt: int) -> None:
    room = Stockroom()
    one, other = floor.an_item(room.factory), floor.an_item(room.factory)
    told = refused(at_once(composing(room, one, other), composing(room, other, one)))
    assert [type(problem) for problem in told] == [Invalid], told
    assert (Bom.objects.count(), rings()) == (1, 0)


def test_a_ring_of_five_closed_at_once_from_everywhere_stays_open_somewhere() -> None:
    room = Stockroom()
    items = [floor.an_item(room.factory) for _ in range(5)]
    told = refused(at_once(*(
        composing(room, item, part) for item, part in zip(items, items[1:] + items[:1], strict=True)
    )))  # fmt: skip
    assert [type(problem) for problem in told] == [Invalid], told
    assert Bom.objects.count() == 4


def test_control_without_taking_turns_the_ring_arises(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Stockroom()
    one, other = floor.an_item(room.factory), floor.an_item(room.factory)
    barrier, ask = threading.Barrier(2), cycles.refuse_cycles

    def asked(*args: Any, **kwargs: Any) -> None:
        ask(*args, **kwargs)
        barrier.wait(10)

    monkeypatch.setattr(writing, "take_turns", lambda by: None)
    monkeypatch.setattr(writing, "refuse_cycles", asked)
    assert refused(at_once(composing(room, one, other), composing(room, other, one))) == []
    assert rings() == 2


def retiring(room: Stockroom, bom: Bom) -> Any:
    return as_request(lambda: bom_use.retire_unused(bom_use.lock_to_retire(bom.pk, by=room.by), by=room.by))


def ordering(room: Stockroom, item: Item, version: BomVersion | None = None) -> Any:
    return as_request(lambda: create(by=room.by, lines=[NewLine(item=item, target=Decimal(5), bom_version=version)]))


def made_by_a_retired_bom() -> int:
    return OrderLine.objects.filter(bom_version__bom__retired_at__isnull=False).count()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("attempt", range(10))
def test_no_order_is_made_by_a_bom_that_is_being_retired(attempt: int, named: bool) -> None:
    """Either the order is first, and the BOM is in use; or the BOM is gone, and the order finds none or its heir."""
    room = Stockroom()
    product = room.product({room.material(): 2})
    bom = Bom.objects.get(item=product)
    version = bom.versions.get() if named else None
    told = refused(at_once(retiring(room, bom), *(ordering(room, product, version) for _ in range(3))))
    assert {type(problem) for problem in told} <= {BomInUse, NotFound}, told
    assert made_by_a_retired_bom() == 0
    bom.refresh_from_db()
    made = OrderLine.objects.filter(bom_version__isnull=False).count()
    assert (bom.retired_at is None) == (made > 0)


class Between:
    """Two transactions brought to the instant in which the fault would happen: the order has read, the BOM is asked."""

    def __init__(self, room: Stockroom, item: Item, version: BomVersion | None, *, patience: float = 0.3) -> None:
        self.room, self.item, self.version, self.patience = room, item, version, patience
        self.read, self.asked = threading.Event(), threading.Event()

    def order(self) -> None:
        ask = snapshot.bom_version_for

        def slowly(line: NewLine) -> BomVersion | None:
            found = ask(line)
            self.read.set()
            self.asked.wait(self.patience)  # it must not come so far while this order is not written
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(snapshot, "bom_version_for", slowly)
            ordering(self.room, self.item, self.version)()

    def retire(self) -> None:
        self.read.wait(5)
        retiring(self.room, Bom.objects.get(item=self.item, default=True))()
        self.asked.set()


@pytest.mark.parametrize("named", [True, False])
def test_whoever_retires_a_bom_waits_for_an_order_that_has_read_it(named: bool) -> None:
    room = Stockroom()
    product = room.product({room.material(): 2})
    bom = Bom.objects.get(item=product)
    both = Between(room, product, bom.versions.get() if named else None)
    told = refused(at_once(both.order, both.retire))
    assert [type(problem) for problem in told] == [BomInUse], told
    assert (made_by_a_retired_bom(), both.asked.is_set()) == (0, False)


def test_control_under_a_plain_lock_of_the_bom_the_order_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that lets foreign keys through lets through the new order's share of the BOM too."""

    def plainly(bom_id: int, *, by: Any) -> Any:
        return lock_bom(bom_id)

    monkeypatch.setattr(bom_use, "lock_to_retire", plainly)
    room = Stockroom()
    product = room.product({room.material(): 2})
    both = Between(room, product, Bom.objects.get(item=product).versions.get(), patience=8)
    assert refused(at_once(both.order, both.retire)) == []
    assert made_by_a_retired_bom() == 1


def test_an_order_made_while_the_default_changes_hands_has_the_one_or_the_other() -> None:
    """Between the old default and its heir there is no instant without a default."""
    room = Stockroom()
    product = room.product({room.material(): 2})
    heir = room.bom(product, {room.material(): 3})
    old = Bom.objects.get(item=product, default=True)
    retiring_slowly = threading.Event()

    def retire() -> None:
        with transaction.atomic():
            bom_use.retire_unused(bom_use.lock_to_retire(old.pk, by=room.by), by=room.by)
            retiring_slowly.set()
            threading.Event().wait(0.3)

    def order() -> None:
        retiring_slowly.wait(5)
        ordering(room, product)()

    assert refused(at_once(retire, order)) == []
    assert [line.bom_version.bom_id for line in OrderLine.objects.all() if line.bom_version] == [heir.pk]


@pytest.mark.parametrize("attempt", range(5))
def test_boms_of_one_item_retired_and_preferred_at_once_leave_one_default_and_no_failure(attempt: int) -> None:
    room = Stockroom()
    product = room.product({room.material(): 2})
    boms = [Bom.objects.get(item=product), *(room.bom(product, {room.material(): 3}) for _ in range(4))]
    preferring = [as_request(lambda bom=bom: prefer(room, bom)) for bom in boms[3:]]
    before = deadlocks()
    assert refused(at_once(*(retiring(room, bom) for bom in boms[:4]), *preferring)) == []
    assert list(Bom.objects.filter(retired_at__isnull=True).values_list("pk", "default")) == [(boms[4].pk, True)]
    assert deadlocks() == before


def prefer(room: Stockroom, bom: Bom) -> None:
    if (locked := lock_bom(bom.pk)) is not None:
        make_default(locked, by=room.by)
