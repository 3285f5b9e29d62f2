"""Every filter alone and together: what it finds, how it is written and told, and what is said when it is wrong."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from factoryos.kernel.problems import Invalid
from factoryos.ops.order_list.filters import canonical, describe, matching
from orders import actions
from orders.specs import Share
from tests import floor
from tests.ops.order_list.reader import Reader, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Reader:
    return Reader()


def found(reader: Reader, query: str) -> set[str]:
    return set(matching(query, by=reader.by).values_list("reference", flat=True))


def test_states_are_any_of_those_given(reader: Reader) -> None:
    for state in ("draft", "approved", "paused", "closed"):
        reader.place(state, state=state)
    assert found(reader, "status=draft&status=paused") == {"draft", "paused"}
    assert found(reader, "") == {"draft", "approved", "paused", "closed"}


def test_priorities_are_any_of_those_given(reader: Reader) -> None:
    for priority in ("rush", "standard", "hold"):
        reader.place(priority, priority=priority)
    assert found(reader, "priority=rush&priority=hold") == {"rush", "hold"}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("acm", {"ACME", "Acme Ltd"}),
        ("ACME", {"ACME", "Acme Ltd"}),
        ("acme l", {"Acme Ltd"}),
        ("me", set()),
        ("müL", {"Müller"}),
        ("MÜLLER", {"Müller"}),
        ("äl", {"Älg AB"}),
        ("%", {"%x"}),
        ("_", set()),
        ("東", {"東京"}),
    ],
)
def test_a_customer_is_found_by_the_beginning_in_any_case(reader: Reader, typed: str, names: set[str]) -> None:
    for name in ("ACME", "Acme Ltd", "Bacme", "Müller", "Älg AB", "%x", "東京", "\U0010ffff"):
        reader.place(name, customer_name=name)
    reader.place("nobody's")
    assert found(reader, urlencode({"customer": typed})) == names


def test_the_last_code_point_is_a_beginning_like_any_other(reader: Reader) -> None:
    reader.place("a", customer_name="\ud7ffx")
    reader.place("b", customer_name="\ue000x")
    reader.place("c", customer_name="\U0010ffffx")
    assert found(reader, "customer=\ud7ff") == {"a"}
    assert found(reader, "customer=\U0010ffff") == {"c"}


def test_a_machine_finds_orders_that_were_ever_planned_on_it(reader: Reader) -> None:
    press = floor.a_machine(reader.factory, code="PRESS-01")
    other = floor.a_machine(reader.factory, code="PRESS-02")
    by = floor.an_actor(reader.factory)
    planned, elsewhere, _ = (floor.an_order(by) for _ in range(3))
    for order, machine in ((planned, press), (elsewhere, other)):
        floor.done(actions.schedule, order_id=order.pk, by=by, shares=[Share(machine=machine)])
    assert found(reader, "machine=press-01") == {planned.reference}
    assert canonical("machine=press-01", by=reader.by) == "machine=PRESS-01"


def test_a_product_is_found_by_its_sku(reader: Reader) -> None:
    by = floor.an_actor(reader.factory)
    order, _ = floor.an_order(by), floor.an_order(by)
    assert found(reader, f"product={order.item.sku}") == {order.reference}


def test_an_open_hold_is_one_that_was_not_released(reader: Reader) -> None:
    by = floor.an_actor(reader.factory)
    held, released, _ = (floor.an_order(by) for _ in range(3))
    placed = [floor.done(actions.hold, order_id=order.pk, by=by, reason="burrs")[1] for order in (held, released)]
    floor.done(actions.release_hold, hold_id=placed[1].uuid, by=by)
    assert found(reader, "hold=open") == {held.reference}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("MO/2026", {"MO/2026/0007", "MO/2026/0070"}),
        ("mo/2026/00", {"MO/2026/0007", "MO/2026/0070"}),
        ("0007", {"MO/2026/0007"}),
        ("/0070", {"MO/2026/0070"}),
        ("2026", set()),
        ("b-12", {"batch"}),
        ("zeta", {"customer"}),
        ("cyan", {"article"}),
        ("LID-9", {"article"}),
        ("d-9", {"article"}),
        ("nothing like it", set()),
    ],
)
def test_text_is_looked_for_in_every_place_where_people_know_an_order_from(
    reader: Reader, typed: str, names: set[str]
) -> None:
    reader.place("MO/2026/0007")
    reader.place("MO/2026/0070")
    reader.place("batch", batch_number="B-1234")
    reader.place("customer", customer_name="Zeta Works")
    reader.place("article", item=floor.an_item(reader.factory, sku="LID-99", name="Lid, cyan"))
    assert found(reader, f"q={typed}") == names


def test_text_that_finds_many_finds_the_same_as_text_that_finds_few(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        reader.place(f"MANY-{number}", batch_number=f"M{number}")
    few = found(reader, "q=many"), found(reader, "q=M"), found(reader, "q=cap")
    monkeypatch.setattr("factoryos.ops.order_list.conditions.FEW", 3)
    assert (found(reader, "q=many"), found(reader, "q=M"), found(reader, "q=cap")) == few
    assert [len(each) for each in few] == [8, 8, 8]


def test_filters_together_are_all_asked(reader: Reader) -> None:
    facts = {"state": "approved", "priority": "rush", "customer_name": "Acme", "batch_number": "B1"}
    due = at("2026-05-10T12:00")
    reader.place("all", **facts, planned_end=due)
    for name, other in (("state", "draft"), ("priority", "hold"), ("customer_name", "Zeta"), ("batch_number", "C1")):
        reader.place(f"not {name}", **{**facts, name: other}, planned_end=due)
    reader.place("not then", **facts, planned_end=at("2026-05-11T12:00"))
    query = "status=approved&priority=rush&customer=acme&q=B1&date=due&from=2026-05-10&to=2026-05-10"
    assert found(reader, query) == {"all"}


# --- Days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "column", "state"),
    [("due", "planned_end", "draft"), ("created", "created_at", "draft"), ("finished", "actual_end", "completed")],
)
def test_days_are_the_plants_from_midnight_to_midnight(reader: Reader, word: str, column: str, state: str) -> None:
    readings = ["2026-05-09T23:59:59.999999", "2026-05-10T00:00", "2026-05-11T23:59:59.999999", "2026-05-12T00:00"]
    for reading in readings:
        reader.place(reading, state=state, **{column: at(reading)})
    reader.place("none", state="draft")
    assert found(reader, f"date={word}&from=2026-05-10&to=2026-05-11") == set(readings[1:3])
    assert found(reader, f"date={word}&to=2026-05-09&from=2026-05-01") == {readings[0]}
    assert readings[3] in found(reader, f"date={word}&from=2026-05-12")


def test_a_day_without_a_name_is_the_due_day(reader: Reader) -> None:
    reader.place("due", planned_end=at("2026-05-10T12:00"))
    assert found(reader, "from=2026-05-10&to=2026-05-10") == {"due"}
    assert canonical("to=2026-05-10", by=reader.by) == "date=due&to=2026-05-10"
    assert canonical("date=created", by=reader.by) == "", "a name without a day asks for nothing"


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00+00:00", "2026-03-29T21:59:59+00:00"),  # 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00+00:00", "2026-10-25T22:59:59+00:00"),  # 25 hours
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00+00:00", "2026-04-24T20:59:59+00:00"),  # begins at 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00", "2026-11-02T04:59:59+00:00"),  # midnight twice
    ],
)
def test_a_day_on_which_clocks_change_is_neither_shorter_nor_longer_than_it_is(
    zone: str, day: str, first: str, last: str
) -> None:
    reader = Reader(time_zone=zone)
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    reader.place("before", planned_end=begin - timedelta(seconds=1))
    reader.place("first", planned_end=begin)
    reader.place("last", planned_end=end)
    reader.place("after", planned_end=end + timedelta(seconds=1))
    assert found(reader, f"from={day}&to={day}") == {"first", "last"}


# --- Written and told -------------------------------------------------------------------------------------------------


def test_the_same_filter_is_always_written_alike(reader: Reader) -> None:
    one = "q=x&status=paused&status=draft&priority=&customer=+&from=&date=due&sort=due&after=zzz"
    other = "status=draft&status=paused&status=draft&q=x"
    assert canonical(one, by=reader.by) == canonical(other, by=reader.by) == "status=draft&status=paused&q=x"


@pytest.mark.parametrize("query", ["status=draft&q=a%26b%3D%2B", "customer=%E6%9D%B1&from=2026-01-02&date=created"])
def test_what_is_written_means_the_same_when_read_again(reader: Reader, query: str) -> None:
    written = canonical(query, by=reader.by)
    assert canonical(written, by=reader.by) == written
    assert canonical(QueryDict(written), by=reader.by) == written


def test_a_mapping_is_a_filter_like_an_address(reader: Reader) -> None:
    reader.place("a", state="draft")
    reader.place("b", state="approved")
    assert {o.reference for o in matching({"status": ["draft"], "q": "a"}, by=reader.by)} == {"a"}


def test_each_value_has_a_chip_that_removes_it_alone(reader: Reader) -> None:
    query = "status=draft&status=paused&date=created&from=2026-05-01&to=2026-05-03&q=x"
    chips = describe(query, by=reader.by)
    assert [(chip.label, chip.value) for chip in chips] == [
        ("Status", "Draft"), ("Status", "Paused"), ("Created", "2026-05-01 to 2026-05-03"), ("Search", "x"),
    ]  # fmt: skip
    assert chips[0].url == "/ops/orders?status=paused&date=created&from=2026-05-01&to=2026-05-03&q=x"
    assert chips[2].url == "/ops/orders?status=draft&status=paused&q=x"
    assert describe("q=x", by=reader.by)[0].url == "/ops/orders?all=1", "or the default view would apply"


# --- Wrong ------------------------------------------------------------------------------------------------------------

WRONG = [
    ("status=nonsense", "status"), ("status=draft&status=nonsense", "status"), ("priority=99999999999999999999", "priority"),
    ("date=2025-02-30", "date"), ("from=2025-02-30", "from"), ("to=tomorrow", "to"), ("from=0001-01-01", "from"),
    ("to=9999-12-31", "to"), ("from=2026-05-02&to=2026-05-01", "to"), ("customer=%00", "customer"), ("q=a%00b", "q"),
    ("q=" + "x" * 201, "q"), ("machine=none", "machine"), ("product=none", "product"), ("hold=closed", "hold"),
    ("q=a&q=b", "q"), ("from=2026-01-01&from=2026-01-02", "from"), ("statsu=draft", None), ("status[]=draft", None),
]  # fmt: skip


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_a_wrong_filter_never_means_everything(reader: Reader, query: str, field: str | None) -> None:
    reader.place("secret")
    for ask in (matching, canonical, describe):
        with pytest.raises(Invalid) as refused:
            ask(query, by=reader.by)
        assert refused.value.data["field"] == field


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_a_wrong_filter_is_told_beside_its_field_and_shows_no_order(
    reader: Reader, query: str, field: str | None
) -> None:
    reader.place("secret")
    response = reader.get(query)
    page = response.content.decode()
    assert response.status_code == 422
    assert "secret" not in page
    assert "The filter cannot be applied" in page
    if field:
        assert f'id="error-{field}"' in page
    fragment = reader.get(query, HX_Request="true")
    assert fragment.status_code == 422
    assert "The filter cannot be applied" in fragment.content.decode()


def test_another_factorys_machine_and_product_are_as_unknown_as_none(reader: Reader) -> None:
    stranger = Reader()
    floor.a_machine(stranger.factory, code="THEIRS")
    floor.an_item(stranger.factory, sku="THEIRS")
    for name in ("machine", "product"):
        told = []
        for value in ("THEIRS", "NOBODY"):
            with pytest.raises(Invalid) as refused:
                matching(f"{name}={value}", by=reader.by)
            told.append(refused.value.text.replace(value, ""))
        assert told[0] == told[1]
