"""Many orders and too little material: foreseen in the preview in words, refused one by one, told in the results."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.ops.bulk import forecast as foreseeing
from manufacturing.boms.writing import Part, Recipe, create_bom
from manufacturing.models import Item, Reservation
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.models import ProductionOrder
from tests import floor
from tests.ops.bulk.desk import Desk, states

pytestmark = pytest.mark.django_db


def read(response: Any) -> str:
    return str(response.content.decode()).replace("\u202f", " ")


def made_of(desk: Desk, *names: str, of: Item | None = None) -> list[Item]:
    """The desk's item is made of one of each."""
    parts = [floor.an_item(desk.factory, sku=name, name=name.title()) for name in names]
    recipe = Recipe("Bill", [Part(part, Decimal(1)) for part in parts])
    floor.done(create_bom, by=desk.by, item=of or desk.item, recipe=recipe)
    return parts


def comes(desk: Desk, item: Item, quantity: int) -> None:
    floor.done(receive, delivery=Delivery(item, Decimal(quantity)), by=desk.by)


def test_the_preview_says_for_how_many_there_is_material_when_they_take_it_in_turn() -> None:
    desk = Desk()
    shell, liner = made_of(desk, "SHELL", "LINER")
    comes(desk, shell, 2500)
    comes(desk, liner, 9000)
    first, large, third = desk.draft(1000), desk.draft(3000), desk.draft(1500)
    page = read(desk.preview("approve", desk.selects(first, large, third)))
    assert "<strong>2 can</strong>, 1 cannot (1 short of SHELL)" in page
    assert "Fails: short of SHELL" in page
    operation = desk.does("approve", desk.selects(first, large, third))
    assert desk.counts(operation) == (2, 0, 1, 0)  # what was foreseen
    assert states(first, large, third) == ["approved", "draft", "approved"]
    [failed] = [row for row in desk.results(operation)["results"] if not row["ok"]]
    assert failed["code"] == "material_short"
    assert failed["detail"] == "Not enough material: Shell is short by 1500 pcs"


def test_all_or_nothing_leaves_nothing_reserved() -> None:
    desk = Desk()
    [shell] = made_of(desk, "SHELL")
    comes(desk, shell, 1500)
    orders = [desk.draft(1000), desk.draft(1000)]
    desk.does("approve", desk.selects(*orders), all_or_nothing="on")
    assert states(*orders) == ["draft", "draft"]
    assert not Reservation.objects.exists()


def test_the_choice_of_a_status_foresees_it_too_and_other_steps_ask_for_no_material() -> None:
    desk = Desk()
    made_of(desk, "SHELL")
    page = read(desk.preview("status", desk.selects(desk.draft(), desk.draft())))
    assert "0 of 2" in page and "2 short of SHELL" in page
    assert page.count("short of SHELL") == 1
    assert "<strong>1 can</strong>" in read(desk.preview("submit", desk.selects(desk.draft())))


def test_what_cannot_be_approved_anyway_does_not_take_the_others_material() -> None:
    desk = Desk()
    [shell] = made_of(desk, "SHELL")
    comes(desk, shell, 1000)
    cancelled, fine = desk.do(actions.cancel, desk.draft(1000), reason="Lost"), desk.draft(1000)
    assert "<strong>1 can</strong>, 1 cannot (1 cancelled and over)" in read(
        desk.preview("approve", desk.selects(cancelled, fine))
    )


def test_rare_sets_of_components_go_by_one_word() -> None:
    desk = Desk()
    orders = []
    for number in range(6):
        item = floor.an_item(desk.factory)
        made_of(desk, *(f"P{number}-{part}" for part in range(5)), of=item)
        orders += [desk.draft(item=item) for _ in range(2 if number < 4 else 1)]
    page = read(desk.preview("approve", desk.selects(*orders)))
    assert "2 short of P0-0, P0-1, P0-2 and 2 more" in page
    assert "2 short of other material" in page and "P5-0" not in page


def test_assigning_says_what_each_is_short_of() -> None:
    desk = Desk()
    [shell] = made_of(desk, "SHELL")
    comes(desk, shell, 400)
    order = desk.draft(1000)
    operation = desk.does("assign", desk.selects(order), place=f"machine:{desk.machine.uuid}")
    assert desk.counts(operation) == (1, 0, 0, 0)
    assert desk.results(operation)["results"][0]["detail"] == "Short of Shell by 600 pcs"


def test_where_all_material_is_wanted_first_assigning_is_foreseen_to_fail() -> None:
    desk = Desk(material_policy="strict")
    made_of(desk, "SHELL")
    page = read(desk.preview("assign", desk.selects(desk.draft()), place=f"machine:{desk.machine.uuid}"))
    assert "<strong>0 can</strong>, 1 cannot (1 short of SHELL)" in page


def test_it_costs_as_many_queries_for_a_hundred_orders_as_for_two() -> None:
    desk = Desk()
    made_of(desk, "SHELL", "LINER")
    counts = []
    desk.client.get("/ops/orders")
    for number in (2, 98):
        desk.several(number)
        sent = desk.selects(*ProductionOrder.objects.all())
        with CaptureQueriesContext(connection) as captured:
            desk.preview("approve", sent)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_for_very_many_it_says_that_it_did_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseeing, "MOST_FORESEEN", 1)
    desk = Desk()
    made_of(desk, "SHELL")
    page = read(desk.preview("approve", desk.selects(desk.draft(), desk.draft())))
    assert "<strong>2 can</strong>" in page and "Whether there is material for so many orders shows" in page
