"""Purchasing in the admin: orders are written down whole, what comes in is booked once, strangers' lines are not there."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from factoryos.kernel.models import Membership
from manufacturing.models import Item, ItemImage, PurchaseOrder, PurchaseOrderLine, StockLocation, StockMove, Supplier
from orders import proof_of_ledgers
from tests import floor
from tests.callers import a_member
from tests.standing import made_for_a_file
from tests.stores import lots_of, stock_of
from tests.supervision.test_masters import item_form
from tests.supervision.test_sheets import confirm, send
from tests.supervision.world import World, keeper, page, signed_in, staff, state_of_everything

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    yield from made_for_a_file(django_db_blocker, World)


@pytest.fixture
def world(standing: World) -> World:
    return standing


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def order_form(world: World, *rows: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    form = {
        "factory": world.factory.pk, "supplier": world.things[Supplier].pk, "reference": "PUR-9",
        "lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0,
    }  # fmt: skip
    for number, row in enumerate(rows):
        form |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return form | facts


def a_line(world: World, quantity: int = 100, **item: Any) -> PurchaseOrderLine:
    order: Any = world.things[PurchaseOrder]
    made: PurchaseOrderLine = order.lines.create(item=floor.an_item(world.factory, **item), quantity=quantity)
    return made


def act(client: Any, verb: str, *lines: PurchaseOrderLine, **facts: Any) -> Any:
    form = {"action": verb, "_selected_action": [line.pk for line in lines], "index": "0"}
    return client.post(page(PurchaseOrderLine, "changelist"), form | facts)


def came(line: PurchaseOrderLine, quantity: str, marked: str = "", *, seen: str = "0") -> dict[str, str]:
    return {f"came_{line.pk}": quantity, f"marked_{line.pk}": marked, f"seen_{line.pk}": seen}


def test_an_order_and_its_lines_are_written_down_together(world: World) -> None:
    client = signed_in(world.supervisor())
    assert client.get(page(PurchaseOrder, "add")).status_code == 200
    first = {"item": world.scarce.pk, "quantity": "12.5", "expected_on": "2027-03-31"}
    answer = client.post(page(PurchaseOrder, "add"), order_form(world, first, {"item": world.part.pk, "quantity": "1"}))
    assert answer.status_code == 302, answer.content.decode()
    order = PurchaseOrder.objects.get(reference="PUR-9")
    one, two = order.lines.order_by("pk")
    assert (one.item, one.quantity, two.item, two.delivery_date) == (world.scarce, Decimal("12.5"), world.part, None)
    assert one.delivery_date is not None
    assert one.delivery_date.astimezone(world.factory.tenant().zone).isoformat().startswith("2027-03-31T00:00")
    shown = client.get(page(PurchaseOrder, "change", order.pk)).content.decode()
    assert world.scarce.sku in shown and 'name="_save"' not in shown


@pytest.mark.parametrize(
    ("rows", "facts", "why"),
    [
        ([], {}, "at least 1"),
        ([{"quantity": "0"}], {}, "greater than or equal to"),
        ([{"quantity": "1", "expected_on": "1026-03-31"}], {}, "between 2000 and 2199"),
        ([{"quantity": "1"}], {"reference": " "}, "required"),
    ],
)
def test_an_order_that_cannot_be_is_not_written_down(world: World, rows: Any, facts: Any, why: str) -> None:
    client = signed_in(world.supervisor())
    before = state_of_everything()
    rows = [{"item": world.part.pk} | row for row in rows]
    answer = client.post(page(PurchaseOrder, "add"), order_form(world, *rows, **facts))
    assert answer.status_code == 200 and why in answer.content.decode()
    assert state_of_everything() == before


def test_an_order_names_only_its_own_factory_s_things_and_a_reference_once(world: World) -> None:
    client, both, there = signed_in(world.supervisor()), signed_in(keeper()), World()
    row = {"item": world.part.pk, "quantity": "1"}
    taken = world.things[PurchaseOrder].reference  # type: ignore[attr-defined]
    before = state_of_everything()
    for form in (
        order_form(world, row, supplier=there.things[Supplier].pk),
        order_form(world, row, factory=there.factory.pk),
        order_form(world, {**row, "item": there.part.pk}),
        order_form(world, row, reference=taken),
    ):
        answer = client.post(page(PurchaseOrder, "add"), form)
        assert answer.status_code == 200 and "errornote" in answer.content.decode()
    answer = both.post(page(PurchaseOrder, "add"), order_form(world, {**row, "item": there.part.pk}))
    assert "It belongs to another factory." in answer.content.decode()
    answer = both.post(page(PurchaseOrder, "add"), order_form(world, row, supplier=there.things[Supplier].pk))
    assert "belongs to another factory." in answer.content.decode()
    assert state_of_everything() == before


def test_what_came_is_booked_line_by_line_into_its_lot_and_place(world: World) -> None:
    client, place = signed_in(world.supervisor()), world.things[StockLocation]
    by_lot, by_serial, plain = (a_line(world, tracking=tracking) for tracking in ("lot", "serial", "none"))
    asked = act(client, "receive_lines", by_lot, by_serial, plain)
    assert asked.status_code == 200 and by_lot.item.sku in asked.content.decode()
    form = came(by_lot, "60", "JP-1") | came(by_serial, "2", "S-1\nS-2\n") | came(plain, "")
    form |= {f"best_before_{by_lot.pk}": "2027-03-31", "location": place.pk}
    answer = act(client, "receive_lines", by_lot, by_serial, plain, confirmed="yes", **form)
    assert answer.status_code == 302
    assert [text.split(": ")[1] for text in told(answer)] == ["Received 60 pcs.", "Received 2 pcs."]
    for line, received in ((by_lot, 60), (by_serial, 2), (plain, 0)):
        line.refresh_from_db()
        assert (line.received, stock_of(line.item)[0]) == (received, received)
    assert set(lots_of(by_serial.item)) == {"S-1", "S-2"}
    move = StockMove.objects.get(purchase_line=by_lot)
    assert (move.balance.location, move.reference, move.face) == (place, str(by_lot.purchase_order), "admin")
    assert list(proof_of_ledgers.faults()) == []


def test_the_same_form_sent_twice_books_once(world: World) -> None:
    client, line = signed_in(world.supervisor()), a_line(world)
    act(client, "receive_lines", line, confirmed="yes", **came(line, "60"))
    before = state_of_everything()
    [*_, said] = told(act(client, "receive_lines", line, confirmed="yes", **came(line, "60")))
    assert "0 had come in when the page was shown, it is 60 now: look again" in said
    assert state_of_everything() == before


@pytest.mark.parametrize(
    ("item", "quantity", "marked", "why"),
    [
        ({}, "", "", "what came of at least one line"),
        ({}, "1.5", "", "counted with no decimals"),
        ({"tracking": "lot"}, "5", "A\nB", "One lot at a time"),
        ({"tracking": "lot"}, "5", "x" * 101, "at most 100 characters"),
        ({}, "-1", "", "greater than or equal to 0"),
    ],
)
def test_a_slip_is_told_on_the_page(world: World, item: Any, quantity: str, marked: str, why: str) -> None:
    client, line = signed_in(world.supervisor()), a_line(world, **item)
    before = state_of_everything()
    answer = act(client, "receive_lines", line, confirmed="yes", **came(line, quantity, marked))
    assert answer.status_code == 422 and why in answer.content.decode()
    assert state_of_everything() == before


def test_what_the_verb_refuses_holds_up_no_other_line(world: World) -> None:
    client = signed_in(world.supervisor())
    without_lot, fine = a_line(world, tracking="lot"), a_line(world)
    form = came(without_lot, "5") | came(fine, "5")
    said = told(act(client, "receive_lines", without_lot, fine, confirmed="yes", **form))
    assert "The item is tracked by lot: name the lot. Nothing was changed." in said[0]
    assert (stock_of(without_lot.item)[0], stock_of(fine.item)[0]) == (0, 5)


def test_a_line_that_is_called_off_is_still_there_and_takes_nothing_more(world: World) -> None:
    client, line = signed_in(world.supervisor()), a_line(world)
    asked = act(client, "call_off_lines", line)
    assert asked.status_code == 200 and "cannot be taken back" in asked.content.decode()
    line.refresh_from_db()
    assert line.closed_at is None
    act(client, "call_off_lines", line, confirmed="yes")
    line.refresh_from_db()
    assert line.closed_at is not None
    listed = page(PurchaseOrderLine, "changelist")
    to_come = {row.pk for row in client.get(f"{listed}?to_come=yes").context["cl"].result_list}
    done = {row.pk for row in client.get(f"{listed}?to_come=no").context["cl"].result_list}
    assert line.pk in done - to_come and world.things[PurchaseOrderLine].pk in to_come - done
    before = state_of_everything()
    [*_, said] = told(act(client, "receive_lines", line, confirmed="yes", **came(line, "5")))
    assert "is called off" in said
    assert state_of_everything() == before


def test_a_stranger_s_lines_are_neither_received_nor_called_off(world: World) -> None:
    theirs = a_line(World())
    user = keeper()
    Membership.objects.create(user=user, factory=world.factory, roles=["viewer"])
    mine, supervisor = a_line(world), signed_in(world.supervisor())
    strangers = [signed_in(a_member(world.factory, "admin")), signed_in(staff(a_member(world.factory, "planner")))]
    before = state_of_everything()
    for verb, form in (("receive_lines", came(theirs, "5")), ("call_off_lines", {})):
        answer = act(supervisor, verb, theirs, confirmed="yes", **form)
        assert told(answer)[-1] == "None of the chosen rows was found. Nothing was changed."
        [*_, said] = told(act(signed_in(user), verb, mine, confirmed="yes", **(came(mine, "5") if form else {})))
        assert "This needs one of the roles" in said
        for client in strangers:
            assert act(client, verb, mine, confirmed="yes").status_code == 403
    assert state_of_everything() == before


def test_an_item_is_told_from_whom_it_is_bought(world: World) -> None:
    client, supplier = signed_in(world.supervisor()), world.things[Supplier]
    form = item_form(world.factory, supplier=supplier.pk, supplier_sku="JP-550", purchase_price="5.40", stocked="on")
    assert client.post(page(Item, "add"), form).status_code == 302
    item = Item.objects.get(factory=world.factory, sku=" A 1")
    assert (item.supplier, item.supplier_sku, item.purchase_price) == (supplier, "JP-550", Decimal("5.4"))
    assert (item.purchase_price_misc, item.stocked) == (None, True)
    assert 'value="5.4"' in client.get(page(Item, "change", item.pk)).content.decode()
    theirs = World().things[Supplier]
    before = state_of_everything()
    for bent in ({"supplier": theirs.pk}, {"purchase_price": "-1"}, {"purchase_price": "NaN"}):
        answer = client.post(page(Item, "change", item.pk), form | bent)
        assert answer.status_code == 200 and "errornote" in answer.content.decode()
    assert state_of_everything() == before


def a_picture(kind: str = "PNG") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (500, 300), "blue").save(out, kind)
    return SimpleUploadedFile("any name.exe", out.getvalue())


def test_a_picture_of_an_item_is_put_up_replaced_and_taken_down(world: World) -> None:
    client = signed_in(world.supervisor())
    assert "Take the picture down" not in client.get(page(Item, "add")).content.decode()
    assert client.post(page(Item, "add"), item_form(world.factory, picture=a_picture())).status_code == 302
    item = Item.objects.get(factory=world.factory, sku=" A 1")
    first = ItemImage.objects.get(item=item)
    assert (first.media_type, first.width, first.height) == ("image/jpeg", 400, 240)
    address = page(Item, "change", item.pk)
    shown = client.get(address).content.decode()
    assert "image/jpeg, 400 × 240" in shown and "Take the picture down" in shown
    assert client.post(address, item_form(world.factory, name="Other")).status_code == 302
    assert ItemImage.objects.get(item=item).updated_at == first.updated_at
    client.post(address, item_form(world.factory, name="Other", picture=a_picture("WEBP")))
    assert ItemImage.objects.get(item=item).updated_at > first.updated_at
    before = state_of_everything()
    wrong = SimpleUploadedFile("cap.png", b"<svg onload=alert(1)>")
    answer = client.post(address, item_form(world.factory, name="Third", picture=wrong))
    assert any("must be a PNG, JPEG or WebP picture" in text for text in told(answer))
    large = SimpleUploadedFile("cap.png", b"x" * 5_000_001)
    assert "more than 5 MB" in client.post(address, item_form(world.factory, picture=large)).content.decode()
    assert state_of_everything() == before
    client.post(address, item_form(world.factory, name="Other", no_picture="on"))
    assert not ItemImage.objects.filter(item=item).exists()


def test_a_sheet_brings_suppliers_and_prices_and_takes_them_away_again(world: World) -> None:
    client, supplier = signed_in(world.supervisor()), world.things[Supplier]
    head = "sku,name,supplier,supplier_sku,purchase_price,stocked\n"
    confirm(client, Item, send(client, Item, world.factory, head + f"S-1,Resin,{supplier},JP-550,5.40,no\n"))
    item = Item.objects.get(factory=world.factory, sku="S-1")
    assert (item.supplier, item.supplier_sku, item.stocked) == (supplier, "JP-550", False)
    assert item.purchase_price == Decimal("5.4")
    file = client.get(page(Item, "export"), {"factory": world.factory.pk, "format": "csv"}).content.decode()
    assert f"S-1,Resin,pcs,0,none,False,{supplier},JP-550,5.4,," in file
    again = send(client, Item, world.factory, head + "S-1,Resin,,,,\n")
    text = again.content.decode()
    assert "purchase_price: <del>5.4</del> → <ins>–</ins>" in text and f"<del>{supplier}</del>" in text
    confirm(client, Item, again)
    item.refresh_from_db()
    assert (item.supplier, item.supplier_sku, item.purchase_price, item.stocked) == (None, None, None, True)
    before = state_of_everything()
    for row, why in (("S-2,n,Nobody,,,\n", "no supplier Nobody"), ("S-2,n,,,-1,\n", "greater than or equal to 0")):
        answer = send(client, Item, world.factory, head + row)
        assert answer.status_code == 422 and why in answer.content.decode()
    assert state_of_everything() == before
