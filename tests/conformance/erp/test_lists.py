"""Lists: pages, sorting, searching and filters, the same for orders, BOMs and products."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from orders.states import State
from tests import floor
from tests.conformance.erp.plant import Plant, part

pytestmark = pytest.mark.django_db

LISTS = ("orders", "boms", "/api/inventory/products")

every_list = pytest.mark.parametrize("path", LISTS)


def last(plant: Plant, query: str) -> list[str]:
    """The last digits of the references that a query finds."""
    reply = plant.erp.get(f"orders{query}")
    assert reply.status == 200, reply.content
    return [row["reference"][-1] for row in reply["data"]]


@every_list
def test_a_page_is_a_positive_number(plant: Plant, path: str) -> None:
    for name in ("page", "limit"):
        for value in ("0", "-1", "x", "", "1.5", "true", " 1 x", "%00", "１", "NaN", "Infinity"):
            reply = plant.erp.get(f"{path}?{name}={value}")
            assert (reply.status, reply.code) == (422, "validation_failed"), (name, value, reply.content)
            assert name in reply["message"][0]


@every_list
def test_a_limit_above_a_hundred_is_served_as_a_hundred(plant: Plant, path: str) -> None:
    assert plant.erp.get(f"{path}?limit=101")["meta"]["limit"] == 100
    assert plant.erp.get(f"{path}?limit=100&page=2")["data"] == []


@every_list
def test_a_parameter_or_value_that_does_not_exist_is_refused(plant: Plant, path: str) -> None:
    for query in ("limti=1", "page[]=1", "offset=0", "sortBy=colour", "sortOrder=up", "sortBy=-createdAt"):
        reply = plant.erp.get(f"{path}?{query}")
        assert (reply.status, reply.code) == (422, "validation_failed"), query
    assert plant.erp.get(f"{path}?limti=1")["message"] == ["property limti should not exist"]


def test_pages_of_equal_rows_never_overlap(plant: Plant) -> None:
    instant = datetime(2026, 4, 1, tzinfo=UTC)
    clock.use(lambda: instant)
    try:
        paths = [plant.order() for _ in range(7)]
    finally:
        clock.use(None)
    for query in ("", "&sortBy=createdAt&sortOrder=asc", "&sortBy=updatedAt", "&sortBy=scheduledDate"):
        pages = [plant.erp.get(f"orders?limit=3&page={page}{query}") for page in (1, 2, 3, 4)]
        assert [len(page["data"]) for page in pages] == [3, 3, 1, 0]
        assert {f"orders/{row['id']}" for page in pages for row in page["data"]} == set(paths), query
        assert pages[0]["meta"] == {"total": 7, "page": 1, "limit": 3, "totalPages": 3}
        assert pages[3]["meta"] == {"total": 7, "page": 4, "limit": 3, "totalPages": 3}


@every_list
def test_nothing_has_no_pages(path: str) -> None:
    plant = Plant()
    reply = plant.erp.get(f"{path}?search=nothing-is-called-so")
    assert reply.json == {"data": [], "meta": {"total": 0, "page": 1, "limit": 20, "totalPages": 0}}
    assert list(reply["meta"]) == ["total", "page", "limit", "totalPages"]


def test_orders_come_newest_first_and_can_be_sorted(plant: Plant) -> None:
    for day in ("2026-04-03", "2026-04-01", "2026-04-02"):
        plant.order(scheduledDate=f"{day}T00:00:00Z")
    plant.erp.post(f"orders/{plant.erp.get('orders?search=0001')['data'][0]['id']}/confirm")
    assert last(plant, "") == ["3", "2", "1"]
    assert last(plant, "?sortOrder=asc") == ["1", "2", "3"]
    assert last(plant, "?sortBy=scheduledDate&sortOrder=asc") == ["2", "3", "1"]
    assert last(plant, "?sortBy=scheduledDate") == ["1", "3", "2"]
    assert last(plant, "?sortBy=reference&sortOrder=desc") == ["3", "2", "1"]
    assert last(plant, "?sortBy=updatedAt") == ["1", "3", "2"]


def test_orders_without_a_date_are_not_lost_when_sorted_by_it(plant: Plant) -> None:
    plant.order()
    plant.order(scheduledDate="2026-04-01T00:00:00Z")
    for order in ("asc", "desc"):
        assert set(last(plant, f"?sortBy=scheduledDate&sortOrder={order}")) == {"1", "2"}


def test_boms_can_be_filtered_and_sorted(plant: Plant) -> None:
    plant.bom(name="Beta")
    plant.bom(name="alpha 100%", productId=str(plant.frame.uuid), components=[part(plant.board, 1)])
    plant.bom(name="Gamma", type="subcontract")

    def names(query: str) -> list[Any]:
        return [row["name"] for row in plant.erp.get(f"boms?{query}")["data"]]

    assert names("") == ["Gamma", "alpha 100%", "Beta"]
    assert names("sortBy=createdAt&sortOrder=asc") == ["Beta", "alpha 100%", "Gamma"]
    assert set(names("sortBy=name")) == {"Gamma", "alpha 100%", "Beta"}
    assert names("sortBy=name&sortOrder=desc") == list(reversed(names("sortBy=name&sortOrder=asc")))
    assert names(f"productId={plant.frame.uuid}") == ["alpha 100%"]
    assert names("type=subcontract") == ["Gamma"]
    assert names("type=phantom") == []
    assert names("search=ALPHA") == ["alpha 100%"]
    assert names("search=0%25") == ["alpha 100%"]
    assert names("search=%25%25") == []
    for wrong in ("type=kit", "productId=abc", "status=draft"):
        assert plant.erp.get(f"boms?{wrong}").status == 422, wrong


def test_orders_can_be_searched_by_reference_product_and_batch(plant: Plant) -> None:
    plant.order()
    path = plant.order()
    plant.do("amend", path, changes={"batch_number": "B_7"})
    plant.widget.name = "Widget Pro 100%"
    plant.widget.save()
    reference = plant.erp.get(path)["reference"]
    assert last(plant, f"?search={reference}") == ["2"]
    assert last(plant, f"?search={reference.lower()}") == ["2"]
    assert last(plant, "?search=B_7") == ["2"]
    assert last(plant, "?search=B%257") == []
    assert last(plant, "?search=0%25") == ["2", "1"]
    assert last(plant, "?search=widget%20pro") == ["2", "1"]
    assert plant.erp.get("orders?search=%00").status == 422


def test_orders_can_be_filtered_by_product(plant: Plant) -> None:
    plant.order()
    assert last(plant, f"?productId={plant.widget.uuid}&status=draft") == ["1"]
    assert last(plant, f"?productId={plant.frame.uuid}") == []
    assert last(plant, "?productId=018e5678-abcd-7000-8000-000000000001") == []
    assert plant.erp.get("orders?productId=abc").status == 422


def test_from_and_to_take_in_their_ends_and_leave_out_what_has_no_date(plant: Plant) -> None:
    plant.order()
    plant.order(scheduledDate="2026-04-01T06:00:00Z")
    plant.order(scheduledDate="2026-04-02T06:00:00Z")
    assert last(plant, "?from=2026-04-01T06:00:00Z") == ["3", "2"]
    assert last(plant, "?from=2026-04-01T06:00:01Z") == ["3"]
    assert last(plant, "?to=2026-04-01T06:00:00Z") == ["2"]
    assert last(plant, "?to=2026-04-01T05:59:59Z") == []
    assert last(plant, "?from=2026-04-01T06:00:00Z&to=2026-04-02T06:00:00Z") == ["3", "2"]
    assert last(plant, "?from=2026-04-01T08:00:00%2B02:00&to=2026-04-01T08:00:00%2B02:00") == ["2"]
    assert last(plant, "?from=2026-04-01T08:00:00+02:00&to=2026-04-01T08:00:00+02:00") == ["2"], "a raw + is a blank"
    assert last(plant, "?from=2026-04-01T08:00:00+02:00&to=2026-04-01T08:00:00.5+02:00&status=draft") == ["2"]


def test_a_bare_date_is_a_whole_day_of_the_factory() -> None:
    plant = Plant(time_zone="Asia/Kuala_Lumpur")
    midnight = datetime(2026, 4, 1, 16, 0, tzinfo=UTC)  # where the 2nd begins
    for instant in (midnight - timedelta(milliseconds=1), midnight, midnight + timedelta(days=1, milliseconds=-1)):
        plant.order(scheduledDate=instant.isoformat())
    assert last(plant, "?from=2026-04-02") == ["3", "2"]
    assert last(plant, "?to=2026-04-01") == ["1"]
    assert last(plant, "?from=2026-04-02&to=2026-04-02") == ["3", "2"]
    assert last(plant, "?from=2026-04-03") == []


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_a_day_on_which_the_clocks_change_is_a_whole_day(day: str) -> None:
    plant = Plant(time_zone="Europe/Berlin")
    long = day == "2026-10-25"
    start = datetime(2026, 10, 24, 22, tzinfo=UTC) if long else datetime(2026, 3, 28, 23, tzinfo=UTC)
    end = start + timedelta(hours=25 if long else 23)
    for instant in (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end):
        plant.order(scheduledDate=instant.isoformat())
    assert last(plant, f"?from={day}&to={day}") == ["3", "2"]


def test_a_date_that_is_none_is_refused(plant: Plant) -> None:
    for name in ("from", "to"):
        for value in ("soon", "", "2026-02-30", "2026-13-01", "1e9", "2026-04-01T25:00:00Z", "0", "-1"):
            reply = plant.erp.get(f"orders?{name}={value}")
            assert (reply.status, reply.code) == (422, "validation_failed"), (name, value)
            assert name in reply["message"][0]


def test_orders_of_every_face_are_listed(plant: Plant) -> None:
    order = floor.an_order(plant.actor)
    (row,) = plant.erp.get("orders")["data"]
    assert (row["id"], row["origin"], row["bomId"], row["bomVersion"]) == (str(order.uuid), "factory", None, None)
    shown = plant.erp.get(f"orders/{order.uuid}")
    assert (shown["components"], shown["lots"]) == ([], [])
    assert plant.core(f"orders/{order.uuid}").state == State.DRAFT
