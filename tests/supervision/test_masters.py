"""Masters as forms: the catalogue's rules as errors beside the field, one factory each, deleted only when nothing needs them."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError

from factoryos.kernel.models import Factory
from factoryos.kernel.problems import Busy
from factoryos.supervision.manufacturing import items as pages
from manufacturing.models import Item, Machine, Method, Operation, WorkArea
from orders.models import PauseReason
from tests.floor import an_item
from tests.supervision.world import World, keeper, page, signed_in, state_of_everything

pytestmark = pytest.mark.django_db


def item_form(factory: Any, **facts: Any) -> dict[str, Any]:
    return {
        "factory": factory.pk,
        "sku": " A 1",
        "name": "Cap",
        "unit": "pcs",
        "unit_decimals": 0,
        "tracking": "none",
    } | facts


def steps(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    form: dict[str, Any] = {"operations-TOTAL_FORMS": len(rows), "operations-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        form |= {f"operations-{number}-{name}": value for name, value in ({"duration_minutes": 1} | row).items()}
    return form


def test_an_item_is_made_and_changed_through_the_catalogue() -> None:
    world = World()
    client = signed_in(world.supervisor())
    assert client.post(page(Item, "add"), item_form(world.factory)).status_code == 302
    item = Item.objects.get(sku=" A 1")
    version = Factory.objects.get(pk=world.factory.pk).masters_version
    assert client.post(page(Item, "change", item.pk), item_form(world.factory, name="Lid")).status_code == 302
    changed = Item.objects.get(pk=item.pk)
    assert changed.name == "Lid" and changed.updated_at > item.updated_at
    assert Factory.objects.get(pk=world.factory.pk).masters_version == version + 1


@pytest.mark.parametrize(
    ("model", "form", "why"),
    [
        (Item, {"sku": "CAP-28", "name": "n", "unit": "pcs", "unit_decimals": 0, "tracking": "none"}, "already taken"),
        (
            Item,
            {"sku": "N", "name": "a\x07b", "unit": "pcs", "unit_decimals": 0, "tracking": "none"},
            "control characters",
        ),
        (Item, {"sku": "  ", "name": "n", "unit": "pcs", "unit_decimals": 0, "tracking": "none"}, "required"),
        (
            Item,
            {"sku": "N", "name": "n", "unit": "pcs", "unit_decimals": 7, "tracking": "none"},
            "less than or equal to 6",
        ),
        (Machine, {"code": "press-01", "name": "n"}, "already taken"),
        (Machine, {"code": "bulk", "name": "n"}, "cannot be called bulk"),
        (Machine, {"code": "N", "name": "n", "ideal_cycle_s": "0"}, "greater than or equal to"),
        (WorkArea, {"code": "019a0000-0000-7000-8000-000000000000", "name": "n"}, "does not look like a uuid"),
    ],
)
def test_a_rule_is_told_beside_its_field(model: Any, form: dict[str, Any], why: str) -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = client.post(page(model, "add"), form | {"factory": world.factory.pk})
    assert answer.status_code == 200 and why in answer.content.decode()
    assert state_of_everything() == before


def test_nothing_of_another_factory_is_taken_in_by_a_crafted_form() -> None:
    here, there = World(), World()
    theirs = there.things[WorkArea]
    press = here.plant.press
    for user in (here.supervisor(), keeper()):
        client = signed_in(user)
        before = state_of_everything()
        form = {"code": press.code, "name": press.name, "active": "on", "work_area": theirs.pk}
        assert client.post(page(Machine, "change", press.pk), form).status_code == 200
        method = {"factory": here.factory.pk, "item": there.plant.item.pk, "code": "X", "name": "x"}
        assert client.post(page(Method, "add"), method | steps({"sequence": 1, "name": "a"})).status_code == 200
        method["item"] = here.plant.item.pk
        stranger = steps({"sequence": 1, "name": "a", "work_area": theirs.pk})
        assert client.post(page(Method, "add"), method | stranger).status_code == 200
        if not user.is_superuser:
            assert client.post(page(Item, "add"), item_form(there.factory)).status_code == 200
        assert state_of_everything() == before
    moved = item_form(there.factory, sku="CAP-28")
    signed_in(here.supervisor()).post(page(Item, "change", here.plant.item.pk), moved)
    assert Item.objects.get(pk=here.plant.item.pk).factory == here.factory


def test_a_new_default_method_takes_the_place_of_the_old_one_with_its_operations_in_order() -> None:
    world = World()
    client = signed_in(world.supervisor())
    item, area = world.plant.item, world.things[WorkArea]
    base = {"factory": world.factory.pk, "item": item.pk, "name": "Way", "default": "on"}
    rows = steps(
        {"sequence": 20, "name": "second", "workcenter": "by hand"},
        {"sequence": 10, "name": "first", "work_area": area.pk},
    )
    for code in ("M1", "M2"):
        assert client.post(page(Method, "add"), base | {"code": code} | rows).status_code == 302
    assert list(Method.objects.filter(item=item, default=True).values_list("code", flat=True)) == ["M2"]
    method = Method.objects.get(code="M2")
    made = list(method.operations.order_by("sequence"))
    assert [(step.sequence, step.name, step.workcenter) for step in made] == [
        (1, "first", area.name), (2, "second", "by hand")]  # type: ignore[attr-defined]  # fmt: skip
    swapped = steps(
        {"id": made[0].pk, "sequence": 2, "name": "first", "work_area": area.pk},
        {"id": made[1].pk, "sequence": 1, "name": "second", "workcenter": "by hand"},
        initial=2,
    )  # fmt: skip
    answer = client.post(page(Method, "change", method.pk), {"code": "M2", "name": "Way", "default": "on"} | swapped)
    assert answer.status_code == 302
    names = Operation.objects.filter(method=method).order_by("sequence").values_list("sequence", "name")
    assert list(names) == [(1, "second"), (2, "first")]


def test_a_method_without_operations_or_with_a_step_in_two_places_is_not_made() -> None:
    world = World()
    client = signed_in(world.supervisor())
    base = {"factory": world.factory.pk, "item": world.plant.item.pk, "code": "X", "name": "x"}
    both = {"sequence": 1, "name": "a", "work_area": world.things[WorkArea].pk, "machine": world.plant.press.pk}
    before = state_of_everything()
    for rows in (steps(), steps(both)):
        assert client.post(page(Method, "add"), base | rows).status_code == 200
    assert state_of_everything() == before


@pytest.mark.parametrize("model", [Item, Machine, WorkArea])
def test_what_is_needed_is_not_deleted_and_the_reason_is_told(model: Any) -> None:
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    asked = client.get(page(model, "delete", world.things[model].pk))
    assert "need it" in asked.content.decode()
    assert client.post(page(model, "delete", world.things[model].pk), {"post": "yes"}).status_code == 200
    assert state_of_everything() == before


def test_what_nothing_needs_is_deleted() -> None:
    world = World()
    client = signed_in(world.supervisor())
    item = an_item(world.factory)
    assert client.post(page(Item, "delete", item.pk), {"post": "yes"}).status_code == 302
    assert not Item.objects.filter(pk=item.pk).exists()
    method = world.things[Method]
    assert client.post(page(Method, "delete", method.pk), {"post": "yes"}).status_code == 302
    assert not Operation.objects.filter(method_id=method.pk).exists()


@pytest.mark.parametrize("fault", [Busy(), IntegrityError("used meanwhile")])
def test_what_goes_wrong_in_the_last_instant_is_a_message(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    class Cause(Exception):
        sqlstate = "23503"

    def fail(*args: Any, **kwargs: Any) -> None:
        raise fault from Cause()

    world = World()
    client = signed_in(world.supervisor())
    item = an_item(world.factory)
    monkeypatch.setattr(pages.ItemAdmin, "delete_model", fail)
    answer = client.post(page(Item, "delete", item.pk), {"post": "yes"})
    assert answer.status_code == 302 and "hanged" in "".join(map(str, get_messages(answer.wsgi_request)))
    assert Item.objects.filter(pk=item.pk).exists()


def test_a_supervisor_sets_how_the_factory_works_but_not_what_names_it() -> None:
    world = World()
    form = {
        "name": "Renamed",
        "slug": "stolen",
        "time_zone": "Asia/Tokyo",
        "material_policy": "strict",
        "store_id": "S",
    }
    assert signed_in(world.supervisor()).post(page(Factory, "change", world.factory.pk), form).status_code == 302
    factory = Factory.objects.get(pk=world.factory.pk)
    assert (factory.name, factory.time_zone, factory.requires_verification) == ("Renamed", "Asia/Tokyo", False)
    assert (factory.slug, factory.store_id) == (world.factory.slug, None)
    wrong = form | {"time_zone": "Mars/Base"}
    answer = signed_in(world.supervisor()).post(page(Factory, "change", world.factory.pk), wrong)
    assert "not a time zone" in answer.content.decode()


def test_a_factory_s_own_pause_reason_does_not_take_a_standard_one_s_words() -> None:
    world = World()
    client = signed_in(world.supervisor())
    form = {"factory": world.factory.pk, "code": "oil", "label": "Oil", "sort": 1}
    assert client.post(page(PauseReason, "add"), form).status_code == 302
    before = state_of_everything()
    for bent in ({"code": "Tool_Change"}, {"code": "oil2", "label": "oil"}, {"code": "x", "label": "x", "factory": ""}):
        assert client.post(page(PauseReason, "add"), form | bent).status_code == 200, bent
    assert state_of_everything() == before
    standard = PauseReason.objects.filter(factory__isnull=True).first()
    assert standard is not None
    assert client.get(page(PauseReason, "change", standard.pk)).status_code == 404
