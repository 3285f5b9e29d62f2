"""Setting up by those who may, whichever way they come; and at the same instant."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.problems import Duplicate, RoleMissing
from manufacturing import naming
from manufacturing.catalogue.items import change_item, create_item
from manufacturing.catalogue.methods import Step, create_method
from manufacturing.catalogue.places import change_machine, create_machine, create_machines, create_work_area
from manufacturing.models import Item, Machine, Method
from tests.floor import a_factory, a_machine, an_actor, an_item
from tests.threads import at_once

STEPS = [Step(name="Press", duration_minutes=0)]  # type: ignore[arg-type]

CALLS: dict[str, Callable[[Actor, Item, Machine], Any]] = {
    "create_item": lambda by, item, machine: create_item(by=by, sku="A", name="a"),
    "change_item": lambda by, item, machine: change_item(item, by=by, changes={"name": "b"}),
    "create_work_area": lambda by, item, machine: create_work_area(by=by, code="A", name="a"),
    "create_machine": lambda by, item, machine: create_machine(by=by, code="A", name="a"),
    "create_machines": lambda by, item, machine: create_machines(by=by, rows=[{"code": "A", "name": "a"}]),
    "change_machine": lambda by, item, machine: change_machine(machine, by=by, changes={"name": "b"}),
    "create_method": lambda by, item, machine: create_method(
        by=by, item=item, code="A", name="a", steps=STEPS, default=False
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("call", CALLS)
def test_only_engineers_and_admins_set_up(call: str, role: str) -> None:
    factory = a_factory()
    item, machine = an_item(factory), a_machine(factory)
    before = (Item.objects.count(), Machine.objects.count(), Method.objects.count())
    by = an_actor(factory, role)
    if role in {"admin", "engineer"}:
        CALLS[call](by, item, machine)
        return
    with pytest.raises(RoleMissing):
        CALLS[call](by, item, machine)
    item.refresh_from_db()
    machine.refresh_from_db()
    assert (item.name, machine.name) == ("Cap", "Press")
    assert (Item.objects.count(), Machine.objects.count(), Method.objects.count()) == before


@pytest.mark.django_db
def test_a_sku_that_looks_like_a_uuid_is_found_unless_an_item_has_that_id() -> None:
    factory = a_factory()
    item = an_item(factory)
    decoy = an_item(factory, sku=str(item.uuid))
    other = an_item(factory, sku="0196F0C2-6d1a-7c3e-9b41-2f6f0a4d7e10")
    assert naming.find_item(str(item.uuid), factory_id=factory.pk) == item
    assert naming.find_item(str(decoy.uuid), factory_id=factory.pk) == decoy
    assert naming.find_item(other.sku, factory_id=factory.pk) == other
    assert naming.find_item(other.sku.lower(), factory_id=factory.pk) is None


def committed(call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        with transaction.atomic():
            return call()

    return run


@pytest.mark.django_db(transaction=True)
def test_one_sku_wanted_by_eight_at_once_is_given_once() -> None:
    factory = a_factory()
    by = an_actor(factory)
    outcomes = at_once(*[committed(lambda: create_item(by=by, sku="A", name="a"))] * 8)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Duplicate"] * 7 + ["Item"]


@pytest.mark.django_db(transaction=True)
def test_new_defaults_at_once_take_turns_and_one_is_left() -> None:
    factory = a_factory()
    by, item = an_actor(factory), an_item(factory)

    def new(number: int) -> Callable[[], Any]:
        return committed(
            lambda: create_method(by=by, item=item, code=f"M{number}", name="m", steps=STEPS, default=True)
        )

    outcomes = at_once(*[new(number) for number in range(6)])
    assert [type(outcome) for outcome in outcomes] == [Method] * 6
    assert Method.objects.filter(default=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_bulk_calls_that_overlap_share_the_codes_out() -> None:
    by = an_actor(a_factory())
    rows = [{"code": f"M{number}", "name": "m"} for number in range(50)]
    first, second = at_once(
        committed(lambda: create_machines(by=by, rows=rows)),
        committed(lambda: create_machines(by=by, rows=rows)),
    )
    assert isinstance(first, list) and isinstance(second, list)
    assert [bool(one) != bool(other) for one, other in zip(first, second, strict=True)] == [True] * 50
    assert Machine.objects.count() == 50


@pytest.mark.django_db
def test_a_transaction_survives_a_taken_name() -> None:
    by = an_actor(a_factory())
    create_item(by=by, sku="A", name="a")
    with pytest.raises(Duplicate):
        create_item(by=by, sku="A", name="a")
    assert create_item(by=by, sku="B", name="b").pk
