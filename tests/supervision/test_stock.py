"""Stock in the admin: counted anew with a reason, received once, each factory's own; BOMs made default and retired."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from factoryos.kernel.models import Membership
from manufacturing.boms.writing import Part, Recipe, create_bom
from manufacturing.models import Bom, Item, Lot, StockBalance, StockLocation, StockMove
from manufacturing.stock.receipts import Delivery, receive
from orders.models import ProductionOrder
from tests import floor
from tests.callers import a_member
from tests.standing import made_for_a_file
from tests.supervision.world import World, keeper, page, signed_in, staff, state_of_everything

pytestmark = pytest.mark.django_db

BALANCES, BOMS = page(StockBalance, "changelist"), page(Bom, "changelist")
RECEIVE = reverse("admin:manufacturing_stockbalance_receive")


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def count(client: Any, counts: dict[StockBalance, str], *, reason: str = "stocktake", **more: str) -> Any:
    """What the page of counts sends, for balances as they were handed over."""
    data: dict[str, Any] = {"action": "count_anew", "confirmed": "yes", "reason": reason}
    data["_selected_action"] = [balance.pk for balance in counts]
    for balance, counted in counts.items():
        data |= {f"counted_{balance.pk}": counted, f"seen_{balance.pk}": str(balance.on_hand)}
    return client.post(BALANCES, data | more)


def on_hand(balance: StockBalance) -> Decimal:
    return StockBalance.objects.get(pk=balance.pk).on_hand


def lying(world: World, item: Item, quantity: int, **more: Any) -> StockBalance:
    delivery = Delivery(item, Decimal(quantity), **more)
    return floor.done(receive, delivery=delivery, by=world.plant.actor)[0].balance


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    yield from made_for_a_file(django_db_blocker, World)


def test_a_count_asks_first_and_then_books_the_difference_with_its_reason(world: World) -> None:
    client = signed_in(world.supervisor())
    glue = floor.an_item(world.factory, sku="GLUE")
    some, other = lying(world, glue, 80), lying(world, world.part, 5, lot_number="L-2")
    before = state_of_everything()
    asked = client.post(BALANCES, {"action": "count_anew", "_selected_action": [some.pk, other.pk]})
    assert asked.status_code == 200 and 'name="reason"' in asked.content.decode()
    assert f'name="counted_{some.pk}"' in asked.content.decode() and "lot L-2" in asked.content.decode()
    assert state_of_everything() == before
    answer = count(client, {some: "75", other: ""}, reason="two boxes wet")
    assert told(answer) == ["GLUE in Main store: 75 counted, 80 were booked: two boxes wet"]
    assert (on_hand(some), on_hand(other)) == (75, 5)
    move = StockMove.objects.get(kind="adjustment")
    assert (move.balance, move.quantity, move.reason, move.face) == (some, -5, "two boxes wet", "admin")
    assert "two boxes wet" in client.get(page(StockBalance, "history", some.pk)).content.decode()


@pytest.mark.parametrize(
    ("counted", "reason", "why"),
    [
        ("75", "", "This field is required"),
        ("75", "   ", "This field is required"),
        ("75", "a\x07b", "Leave control characters out"),
        ("-1", "r", "greater than or equal to 0"),
        ("many", "r", "Enter a number"),
        ("NaN", "r", "Enter a number"),
        ("1.1234567", "r", "no more than 6 decimal places"),
        ("10000000001", "r", "less than or equal to 1000000000"),
        ("", "r", "Write down at least one count"),
    ],
)
def test_a_wrong_count_is_told_and_changes_nothing(world: World, counted: str, reason: str, why: str) -> None:
    client = signed_in(world.supervisor())
    balance = lying(world, floor.an_item(world.factory), 80)
    before = state_of_everything()
    answer = count(client, {balance: counted}, reason=reason)
    assert answer.status_code == 422 and why in answer.content.decode()
    assert state_of_everything() == before


def test_less_than_is_reserved_is_refused_in_words(world: World) -> None:
    client = signed_in(world.supervisor())
    balance = StockBalance.objects.filter(item=world.part, reserved__gt=0).get()
    before = state_of_everything()
    [said] = told(count(client, {balance: "1"}))
    assert "are reserved for orders, more than the 1 counted" in said and said.endswith("Nothing was changed.")
    assert state_of_everything() == before


def test_a_count_of_what_moved_meanwhile_or_sent_twice_is_not_booked_again(world: World) -> None:
    client = signed_in(world.supervisor())
    glue = floor.an_item(world.factory, sku="GLUE")
    balance = lying(world, glue, 80)
    count(client, {balance: "75"})
    before = state_of_everything()
    [*_, said] = told(count(client, {balance: "75"}))
    assert "It was 80 when the page was shown and is 75 now: count again" in said
    assert state_of_everything() == before


def test_a_serial_number_is_one_piece_or_none(world: World) -> None:
    client = signed_in(world.supervisor())
    motor = floor.an_item(world.factory, tracking="serial")
    balance = lying(world, motor, 1, serial_numbers=("S-1",))
    before = state_of_everything()
    for counted in ("2", "0.5"):
        answer = count(client, {balance: counted})
        assert answer.status_code == 422 and "A serial number is one piece" in answer.content.decode()
    assert state_of_everything() == before
    count(client, {balance: "0"})
    assert on_hand(balance) == 0


def test_a_stranger_s_stock_is_neither_counted_nor_told(world: World) -> None:
    there = World()
    theirs = lying(there, floor.an_item(there.factory), 80)
    mine = lying(world, floor.an_item(world.factory, sku="GLUE"), 80)
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = count(client, {theirs: "1"})
    assert told(answer) == ["None of the chosen rows was found. Nothing was changed."]
    assert state_of_everything() == before
    answer = count(client, {mine: "70", theirs: "1"})
    assert [text.split(":")[0] for text in told(answer)[-1:]] == ["GLUE in Main store"]
    assert (on_hand(mine), on_hand(theirs)) == (70, 80)


def test_who_counts_and_receives_needs_the_factory_s_roles(world: World) -> None:
    balance = lying(world, floor.an_item(world.factory), 80)
    user = keeper()
    Membership.objects.create(user=user, factory=world.factory, roles=["viewer"])
    strangers = [a_member(world.factory, "admin"), staff(a_member(world.factory, "planner"))]
    before = state_of_everything()
    [said] = told(count(signed_in(user), {balance: "1"}))
    assert "This needs one of the roles" in said
    refused = signed_in(user).post(RECEIVE, form_for(balance.item))
    assert refused.status_code == 422 and "This needs one of the roles" in refused.content.decode()
    for person in strangers:
        assert count(signed_in(person), {balance: "1"}).status_code == 403
        assert signed_in(person).get(RECEIVE).status_code == 403
        assert signed_in(person).post(RECEIVE, form_for(balance.item)).status_code == 403
    assert signed_in(None).post(RECEIVE, form_for(balance.item)).status_code == 302
    assert state_of_everything() == before


def form_for(item: Item, **facts: Any) -> dict[str, Any]:
    return {"key": "0" * 32, "item": item.pk, "quantity": "12"} | facts


def test_a_delivery_is_booked_into_its_lot_and_place_once_however_often_it_is_sent(world: World) -> None:
    client = signed_in(world.supervisor())
    place = world.things[StockLocation]
    sent = form_for(
        world.part, lot_number="L-NEW", best_before="2027-03-31", location=place.pk, reference="DN-9", quantity="250"
    )
    assert client.get(RECEIVE).status_code == 200
    for _ in range(2):
        answer = client.post(RECEIVE, sent)
        assert answer.status_code == 302 and answer["Location"].endswith(f"?item__id__exact={world.part.pk}")
    assert any(text.startswith(f"Received 250 pcs of {world.part.sku}.") for text in told(answer))
    move = StockMove.objects.get(balance__lot__code="L-NEW")
    assert (move.quantity, move.balance.location, move.reference, move.face) == (250, place, "DN-9", "admin")
    lot = Lot.objects.get(code="L-NEW")
    assert lot.best_before is not None
    assert lot.best_before.astimezone(world.factory.tenant().zone).isoformat().startswith("2027-03-31T00:00")
    client.post(RECEIVE, sent | {"key": "1" * 32})
    assert StockBalance.objects.get(lot=lot).on_hand == 500


def test_serial_numbers_come_one_a_line(world: World) -> None:
    client = signed_in(world.supervisor())
    motor = floor.an_item(world.factory, tracking="serial")
    answer = client.post(RECEIVE, form_for(motor, quantity="2", serial_numbers="S-1\r\n\r\n  S-2\r\n"))
    assert answer.status_code == 302
    assert list(Lot.objects.filter(item=motor).order_by("code").values_list("code", "serial")) == [
        ("S-1", True), ("S-2", True)]  # fmt: skip
    before = state_of_everything()
    again = client.post(RECEIVE, form_for(motor, key="1" * 32, quantity="1", serial_numbers="S-2"))
    assert again.status_code == 422 and "Serial number S-2 is known already" in again.content.decode()
    assert state_of_everything() == before


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"quantity": "0"}, "More than nothing must have come"),
        ({"quantity": "-3"}, "More than nothing must have come"),
        ({"quantity": "1.5"}, "counted with no decimals"),
        ({"quantity": "Infinity"}, "Enter a number"),
        ({"quantity": ""}, "This field is required"),
        ({"lot_number": ""}, "tracked by lot: name the lot"),
        ({"lot_number": "a\x00b"}, "characters"),
        ({"lot_number": "L" * 101}, "at most 100 characters"),
        ({"best_before": "2025-02-30"}, "Enter a valid date"),
        ({"best_before": "0001-01-01"}, "A date between 2000 and 2199"),
        ({"best_before": "9999-12-31"}, "A date between 2000 and 2199"),
        ({"key": "x"}, "load the page again"),
        ({"item": "999999999"}, "not one of the available choices"),
        ({"location": "999999999"}, "not one of the available choices"),
    ],
)
def test_a_wrong_delivery_is_refused_in_words(world: World, facts: dict[str, str], why: str) -> None:
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = client.post(RECEIVE, form_for(world.part, lot_number="L-X") | facts)
    assert answer.status_code == 422 and why in answer.content.decode()
    assert state_of_everything() == before


def test_a_lot_with_another_date_is_refused(world: World) -> None:
    client = signed_in(world.supervisor())
    client.post(RECEIVE, form_for(world.part, lot_number="L-X", best_before="2027-01-01"))
    before = state_of_everything()
    sent = form_for(world.part, key="1" * 32, lot_number="L-X", best_before="2027-01-02")
    answer = client.post(RECEIVE, sent)
    assert answer.status_code == 422 and "Lot L-X is known with another best-before date" in answer.content.decode()
    assert state_of_everything() == before


def test_nothing_is_received_for_or_into_another_factory(world: World) -> None:
    there = World()
    client = signed_in(world.supervisor())
    both = keeper()
    Membership.objects.create(user=both, factory=world.factory, roles=["admin"])
    before = state_of_everything()
    for sent in (
        form_for(there.part, lot_number="L-X"),
        form_for(world.part, lot_number="L-X", location=there.things[StockLocation].pk),
    ):
        answer = client.post(RECEIVE, sent)
        assert answer.status_code == 422 and "not one of the available choices" in answer.content.decode()
    crossed = form_for(world.part, lot_number="L-X", location=there.things[StockLocation].pk)
    answer = signed_in(both).post(RECEIVE, crossed)
    assert answer.status_code == 422 and "belongs to another factory" in answer.content.decode()
    assert state_of_everything() == before
    text = client.get(RECEIVE).content.decode()
    assert there.factory.name not in text and str(there.things[StockLocation]) not in text


def test_a_place_where_stock_lies_is_made_and_renamed_but_keeps_its_code(world: World) -> None:
    client = signed_in(world.supervisor())
    form = {"factory": world.factory.pk, "code": "COLD", "name": "Cold room"}
    assert client.post(page(StockLocation, "add"), form).status_code == 302
    place = StockLocation.objects.get(code="COLD")
    assert client.post(page(StockLocation, "change", place.pk), {"code": "X", "name": "Cold"}).status_code == 302
    place.refresh_from_db()
    assert (place.code, place.name) == ("COLD", "Cold")
    before = state_of_everything()
    for bent in ({}, {"code": "a b"}, {"code": "N", "name": "  "}):
        assert client.post(page(StockLocation, "add"), form | bent).status_code == 200
    assert state_of_everything() == before


def bom_action(client: Any, verb: str, boms: list[Bom], *, confirmed: bool = True) -> Any:
    data = {"action": verb, "_selected_action": [bom.pk for bom in boms]}
    return client.post(BOMS, data | ({"confirmed": "yes"} if confirmed else {}))


def another_bom(world: World, name: str) -> Bom:
    recipe = Recipe(name, [Part(world.part, Decimal(4))])
    return floor.done(create_bom, by=world.plant.actor, item=world.plant.item, recipe=recipe)


def test_another_bom_becomes_the_default_after_a_page_that_asks(world: World) -> None:
    client = signed_in(world.supervisor())
    first, second = world.things[Bom], another_bom(world, "Second way")
    before = state_of_everything()
    asked = bom_action(client, "make_default", [second], confirmed=False)
    assert asked.status_code == 200 and "Second way" in asked.content.decode()
    assert state_of_everything() == before
    assert told(bom_action(client, "make_default", [second]))[0].startswith("Second way: It is the default of")
    assert list(Bom.objects.filter(default=True, item=second.item)) == [second]
    assert not Bom.objects.get(pk=first.pk).default


def test_a_bom_that_an_unfinished_order_needs_is_not_retired_and_another_one_is(world: World) -> None:
    client = signed_in(world.supervisor())
    needed, spare = world.things[Bom], another_bom(world, "Spare")
    order = ProductionOrder.objects.get(factory=world.factory)
    answer = bom_action(client, "retire", [needed, spare])  # type: ignore[list-item]
    assert told(answer) == [
        f"{needed}: The bill of materials is used by {order.reference}. Nothing was changed.", "Spare: It is retired.",
    ]  # fmt: skip
    assert Bom.objects.get(pk=needed.pk).retired_at is None
    assert Bom.objects.get(pk=spare.pk).retired_at is not None
    before = state_of_everything()
    for verb in ("retire", "make_default"):
        assert "not found" in told(bom_action(client, verb, [spare]))[-1]
    assert state_of_everything() == before


@pytest.mark.parametrize("verb", ["make_default", "retire"])
def test_a_stranger_s_bom_is_not_there(world: World, verb: str) -> None:
    there = World()
    theirs = another_bom(there, "Theirs")
    client = signed_in(world.supervisor())
    before = state_of_everything()
    assert told(bom_action(client, verb, [theirs])) == ["None of the chosen rows was found. Nothing was changed."]
    assert state_of_everything() == before
    assert bom_action(signed_in(staff(a_member(world.factory, "engineer"))), verb, [theirs]).status_code == 403


def test_a_bom_s_page_shows_what_it_says_now_and_its_versions(world: World) -> None:
    text = signed_in(world.supervisor()).get(page(Bom, "change", world.things[Bom].pk)).content.decode()
    for shown in (world.part.sku, world.scarce.sku, f"Fold in {world.factory.slug}", "Versions"):
        assert shown in text
