"""Numbered pages, sorting, searching, and times as the ERP API writes and reads them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.dialects.erp.times import TimeField, end_of, moment, start_of
from tests.calls import Reply
from tests.conformance.erp.plant import Plant, part

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def plant() -> Plant:
    return Plant()


def boms(plant: Plant, *names: str) -> None:
    for name in names:
        plant.bom(name=name)


def names(plant: Plant, query: str = "") -> list[str]:
    reply = plant.erp.get(f"boms?{query}")
    assert reply.status == 200, reply.content
    return [row["name"] for row in reply["data"]]


def test_pages_are_counted_from_one_and_never_overlap(plant: Plant) -> None:
    boms(plant, *"abcde")
    pages = [plant.erp.get(f"boms?limit=2&page={number}") for number in (1, 2, 3, 4)]
    assert [[row["name"] for row in page["data"]] for page in pages] == [["e", "d"], ["c", "b"], ["a"], []]
    assert pages[3]["meta"] == {"total": 5, "page": 4, "limit": 2, "totalPages": 3}


def test_nothing_is_no_page(plant: Plant) -> None:
    reply = plant.erp.get("boms")
    assert reply.json == {"data": [], "meta": {"total": 0, "page": 1, "limit": 20, "totalPages": 0}}


def test_more_than_a_hundred_is_served_as_a_hundred(plant: Plant) -> None:
    assert plant.erp.get("boms?limit=500")["meta"]["limit"] == 100
    assert plant.erp.get("boms?page=1000000000")["data"] == []


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=", "page=1.5", "page=1e999999999", "page=99999999999999999999", "limit=0",
     "limit=-1", "limit=x", "sortBy=sku", "sortBy=", "sortOrder=up", "type=kit", "productId=x", "productId=",
     "search=%00", "search=" + "x" * 256, "offset=1", "page=1&page=2", "name=x"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(plant: Plant, query: str) -> None:
    reply = plant.erp.get(f"boms?{query}")
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert query.partition("=")[0] in reply["message"][0]


def test_boms_are_sorted_as_asked(plant: Plant) -> None:
    boms(plant, "b", "a", "c")
    first = plant.erp.get("boms?sortBy=name&sortOrder=asc")["data"][1]
    plant.erp.patch(f"boms/{first['id']}", {"name": "bb"})
    assert names(plant) == ["c", "a", "bb"]
    assert names(plant, "sortBy=createdAt&sortOrder=asc") == ["bb", "a", "c"]
    assert names(plant, "sortBy=updatedAt") == ["bb", "c", "a"]
    assert names(plant, "sortBy=name&sortOrder=asc") == ["a", "bb", "c"]
    assert names(plant, "sortBy=name") == ["c", "bb", "a"]


def test_boms_of_one_name_keep_their_order_over_pages(plant: Plant) -> None:
    boms(plant, *["same"] * 4)
    ids = [plant.erp.get(f"boms?sortBy=name&limit=1&page={page}")["data"][0]["id"] for page in range(1, 5)]
    assert len(set(ids)) == 4 and ids == sorted(ids, reverse=True)


def test_boms_are_found_by_product_type_and_text(plant: Plant) -> None:
    boms(plant, "Standard")
    plant.bom(name="Kit", productId=str(plant.frame.uuid), type="phantom", components=[part(plant.board, 1)])
    assert names(plant, f"productId={plant.frame.uuid}") == ["Kit"]
    assert names(plant, f"productId={plant.board.uuid}") == []
    assert names(plant, f"productId={plant.factory.uuid}") == [], "what is no product at all"
    assert names(plant, "type=phantom") == ["Kit"]
    assert names(plant, "search=stand") == ["Standard"]
    assert names(plant, "search=widget-p") == ["Standard"], "the product's sku"
    assert names(plant, "search=fram") == ["Kit"], "the product's name"
    assert names(plant, "search=%25") == names(plant, "search=_") == [], "no pattern, but text"
    assert names(plant, "search=") == ["Kit", "Standard"]


def test_a_page_costs_the_same_number_of_queries_whatever_is_on_it(plant: Plant) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert plant.erp.get(path).status == 200
        return len(captured)

    def fill() -> None:
        steps: list[dict[str, Any]] = [{"name": "Assembly"}, {"name": "Test"}]
        plant.bom(operations=steps)
        plant.bom(operations=[])
        item = plant.item(f"NEW-{plant.erp.get('/api/inventory/products')['meta']['total']}", tracking="lot")
        plant.stock(item, 5, "L1")
        plant.stock(item, 5, "L2")

    fill()
    lists = ("boms", "/api/inventory/products", f"/api/inventory/products/{plant.frame.uuid}/stock")
    before = [cost(path) for path in lists]
    for _ in range(4):
        fill()
    assert [cost(path) for path in lists] == before == [5, 3, 3]


def test_calls_on_boms_and_stock_cost_what_was_reviewed(plant: Plant) -> None:
    """Statements of one call, savepoints aside; ten components cost what two do."""

    def counted(components: int) -> dict[str, int]:
        found: dict[str, int] = {}

        def count(name: str, method: str, path: str, body: Any = None) -> Reply:
            with CaptureQueriesContext(connection) as captured:
                reply = plant.admin.send(method, path, body)
            assert reply.status < 300, reply.content
            found[name] = sum("SAVEPOINT" not in query["sql"] for query in captured)
            return reply

        parts = [part(plant.item(f"OF-{components}-{number}"), 1) for number in range(components)]
        path = f"boms/{count('create', 'POST', 'boms', plant.recipe(components=parts))['id']}"
        count("get", "GET", path)
        count("change nothing", "PATCH", path, {"components": parts})
        count("change", "PATCH", path, {"components": parts[1:], "name": "New"})
        count("retire", "DELETE", path)
        count("receive", "POST", "/api/inventory/receipts", {"productId": parts[0]["productId"], "quantity": 1})
        return found

    plant.admin.get("boms")  # when the key was last used is written
    plant.standard  # noqa: B018 the product has another BOM, which is its default
    budget = {"create": 14, "get": 5, "change nothing": 12, "change": 20, "retire": 7, "receive": 9}
    assert counted(2) == budget
    assert counted(10) == budget


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_moment_has_no_fraction_where_it_is_zero() -> None:
    east = timezone(timedelta(hours=8))
    assert moment(datetime(2026, 4, 1, 14, tzinfo=east)) == "2026-04-01T06:00:00Z"
    assert moment(datetime(2026, 4, 1, 6, 0, 0, 120_999, tzinfo=UTC)) == "2026-04-01T06:00:00.120Z"
    assert moment(datetime(2026, 4, 1, 6, 0, 0, 999, tzinfo=UTC)) == "2026-04-01T06:00:00Z"


def test_a_bare_day_is_the_factorys_and_ends_with_its_last_instant() -> None:
    winter_ends, summer_ends = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((winter_ends, 23), (summer_ends, 25), (date(2026, 6, 1), 24)):
        length = end_of(day, zone=BERLIN) - start_of(day, zone=BERLIN)
        assert length == timedelta(hours=hours) - timedelta(microseconds=1)
    assert start_of(date(2026, 6, 1), zone=BERLIN) == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert end_of(date.max, zone=BERLIN) >= datetime(9999, 12, 31, 23, tzinfo=UTC)
    instant = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert start_of(instant, zone=BERLIN) == end_of(instant, zone=BERLIN) == instant


def test_a_plus_that_became_a_blank_is_read_as_one() -> None:
    field = TimeField(dates=True)
    assert field.read(field.from_text("2026-04-01T14:00:00 08:00")) == datetime(2026, 4, 1, 6, tzinfo=UTC)
