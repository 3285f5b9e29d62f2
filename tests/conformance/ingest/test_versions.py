"""Versions and the newest one: overwriting, appending, replaying, duplicates in a batch, dry runs, and reading back."""

from typing import Any

import pytest
from django.db import connection

from manufacturing.models import Item
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from tests.conformance.ingest.works import PATH, Works, a_row, at, codes_of, followed, warned

pytestmark = pytest.mark.django_db
TABLES = ("orders_manufacturingorderversion", "orders_ingesthead", "orders_ingestfailedrow", "orders_ingestrequest")


@pytest.fixture
def works() -> Works:
    return Works()


def everything() -> list[Any]:
    """Every row of every table of ours, with the transaction that last wrote it."""
    found = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT xmin::text, ctid::text, {table}::text FROM {table} ORDER BY ctid")
            found.append(cursor.fetchall())
    return found


class TestUpsert:
    def test_the_same_key_is_overwritten_whole(self, works: Works) -> None:
        works.post(a_row(produced_units=100, status="in_progress", actual_start_date="2025-01-10 06:30:00"))
        works.post(a_row(source_id="LINE-002"))
        stored = ManufacturingOrderVersion.objects.get()
        assert (stored.produced_units, stored.status, stored.actual_start_date) == (None, None, None)
        assert stored.source_id == "LINE-002"

    def test_a_newer_time_is_another_version(self, works: Works) -> None:
        works.post(a_row(updated_at=at("10:00:00"), produced_units=1))
        works.post(a_row(updated_at=at("12:00:00"), produced_units=2))
        assert sorted(ManufacturingOrderVersion.objects.values_list("produced_units", flat=True)) == [1, 2]
        assert works.read()["data"][0]["versions"] == 2
        assert works.read()["data"][0]["record"]["produced_units"] == 2

    def test_a_replay_changes_no_byte(self, works: Works) -> None:
        rows = [a_row(order_number=str(number)) for number in range(5)]
        first = works.post(*rows)
        followed()
        before = everything()

        again = works.post(*rows)

        assert everything() == before
        assert {name: again[name] for name in ("totalRows", "successRows", "failedRows")} == {
            name: first[name] for name in ("totalRows", "successRows", "failedRows")
        }
        assert warned(again) == [(number, "00002") for number in range(5)]
        assert IngestHead.objects.filter(due_at__isnull=False).count() == 0

    def test_the_last_valid_row_of_a_key_wins(self, works: Works) -> None:
        reply = works.post(
            a_row(source_id="first"), a_row(source_id="second"), a_row(source_id=" "), a_row(order_number="other")
        )
        assert (reply["successRows"], reply["failedRows"]) == (3, 1)
        assert warned(reply) == [(0, "00001")]
        assert ManufacturingOrderVersion.objects.get(order_number="MO-2025-001").source_id == "second"

    def test_a_foreign_works_order_of_the_same_name_is_another(self, works: Works) -> None:
        second = Works("LOC-002")
        works.post(a_row(updated_at=at("12:00:00")))
        reply = second.post(a_row(location_id="LOC-002", updated_at=at("10:00:00")))
        assert reply["warnings"] == []
        assert (works.versions(), second.versions()) == (1, 1)


class TestAppend:
    def test_only_what_is_new_is_inserted(self, works: Works) -> None:
        works.post(a_row(source_id="a"))

        reply = works.post(a_row(source_id="a"), a_row(source_id="b"), a_row(order_number="2"), operationType="APPEND")

        assert (reply["operationType"], reply["successRows"], reply["failedRows"]) == ("APPEND", 2, 1)
        assert warned(reply) == [(0, "00002")]
        assert reply["failed"][0]["index"] == 1
        assert codes_of(reply["failed"][0])[0][0] == "30001"
        assert reply["failed"][0]["errors"][0]["category"] == "CONFLICT"
        assert ManufacturingOrderVersion.objects.get(order_number="MO-2025-001").source_id == "a"
        (kept,) = works.failed_rows()["rows"]
        assert (kept["index"], kept["operationType"], kept["row"]["source_id"]) == (1, "APPEND", "b")

    def test_a_key_twice(self, works: Works) -> None:
        rows = [a_row(source_id="a"), a_row(source_id="b"), a_row(source_id="a")]
        reply = works.post(*rows, operationType="APPEND")
        assert ([failed["index"] for failed in reply["failed"]], warned(reply)) == ([1], [(2, "00002")])
        assert ManufacturingOrderVersion.objects.get().source_id == "a"


class TestDryRun:
    def test_it_answers_the_same_and_writes_nothing(self, works: Works) -> None:
        works.post(a_row(order_number="known"), a_row(order_number="newer", updated_at=at("20:00:00")))
        rows = [
            a_row(order_number="known"), a_row(order_number="newer"), a_row(product_id=7), a_row(), a_row(source_id="x")
        ]  # fmt: skip
        before = everything()

        dry = works.post(*rows, dryRun=True)

        assert everything() == before
        assert not Item.objects.exists()
        wet = works.post(*rows)
        assert dry["dryRun"] is True
        assert {**dry.json, "dryRun": False} == wet.json
        assert sorted(warned(wet)) == [(0, "00002"), (1, "00007"), (3, "00001")]

    def test_of_appending(self, works: Works) -> None:
        works.post(a_row())
        rows = [a_row(), a_row(source_id="x"), a_row(order_number="2"), a_row(order_number="2", source_id="y")]
        dry = works.post(*rows, dryRun=True, operationType="APPEND")
        assert works.versions() == 1
        assert {**dry.json, "dryRun": False} == works.post(*rows, operationType="APPEND").json


class TestReading:
    @pytest.mark.parametrize("name", ["MO/2025/001", "a b", "100%", "%2F", "ü", "a//b", "x/", "failed-rows/x", "?"])
    def test_any_order_number(self, works: Works, name: str) -> None:
        from urllib.parse import quote

        works.post(a_row(order_number=name))
        for spelt in {quote(name), quote(name, safe="")}:
            read = works.call("GET", f"{PATH}/{spelt}")
            assert read.status == 200, (spelt, read.content)
            assert read["data"][0]["record"]["order_number"] == name

    def test_several_products_under_one_number(self, works: Works) -> None:
        works.post(a_row(product_id="B"), a_row(product_id="A"))
        assert [found["record"]["product_id"] for found in works.read()["data"]] == ["A", "B"]
        assert [found["record"]["product_id"] for found in works.read(product_id="B")["data"]] == ["B"]

    def test_what_is_not_there(self, works: Works) -> None:
        second = Works("LOC-002")
        second.post(a_row(location_id="LOC-002", order_number="theirs"))
        works.post(a_row())
        answers = {
            works.read("none").content, works.read("theirs").content, works.read(product_id="prod-001").content,
            works.read(location_id="LOC-002").content, works.read("theirs", location_id="LOC-002").content,
        }  # fmt: skip
        assert len(answers) == 1
        reply = works.read("theirs")
        assert (reply.status, reply["errors"][0]["code"]) == (404, "DI_E_10204")

    def test_an_unknown_parameter(self, works: Works) -> None:
        works.post(a_row())
        reply = works.read(product="PROD-001")
        assert (reply.status, reply["errors"][0]["code"], reply["errors"][0]["field"]) == (400, "DI_E_10204", "product")


class TestFailedRows:
    def test_newest_first_in_pages(self, works: Works) -> None:
        for number in range(5):
            works.post({"order_number": f"MO-{number}"})
        seen, query = [], "?limit=2"
        while query:
            page = works.failed_rows(query)
            assert list(page.json) == ["objectName", "rows", "nextCursor"]
            seen += [row["row"]["order_number"] for row in page["rows"]]
            query = f"?limit=2&cursor={page['nextCursor']}" if page["nextCursor"] else ""
        assert seen == [f"MO-{number}" for number in (4, 3, 2, 1, 0)]

    def test_filters(self, works: Works) -> None:
        works.post(a_row(location_id="LOC-9"), a_row(ordered_units="x"), {})
        assert [row["index"] for row in works.failed_rows("?code=DI_E_40001")["rows"]] == [0]
        assert [row["index"] for row in works.failed_rows("?location_id=LOC-001")["rows"]] == [1]
        assert works.failed_rows("?from=2999-01-01%2000:00:00")["rows"] == []
        assert works.failed_rows("?to=2001-01-01%2000:00:00")["rows"] == []
        assert len(works.failed_rows("?from=2001-01-01%2000:00:00&to=2999-01-01%2000:00:00&limit=5000")["rows"]) == 3

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=-1", "limit=x", "limit=1.5", "from=yesterday", "to=2025-02-30%2000:00:00", "cursor=%00", "cursor=x",
         "colour=red", "limit=99999999999999999999x"],
    )  # fmt: skip
    def test_bad_parameters(self, works: Works, query: str) -> None:
        reply = works.failed_rows("?" + query)
        assert (reply.status, reply["errors"][0]["code"]) == (400, "DI_E_10204")

    def test_a_row_belongs_to_whoever_sent_it(self, works: Works) -> None:
        second = Works("LOC-002")
        works.post(a_row(location_id="LOC-002"))
        assert len(works.failed_rows()["rows"]) == 1
        assert second.failed_rows()["rows"] == []
        assert second.failed_rows("?location_id=LOC-002")["rows"] == []

    def test_long_texts_are_cut_and_large_rows_left_out(self, works: Works) -> None:
        reply = works.post({"order_number": "x" * 1500}, {f"c{number}": "x" * 900 for number in range(20)})
        assert [len(reply["failed"][0]["row"]["order_number"]), reply["failed"][1]["row"]] == [1000, None]
        kept = works.failed_rows()["rows"]
        assert {row["index"]: row["row"] for row in kept} == {0: {"order_number": "x" * 1000}, 1: None}

    def test_what_no_database_text_can_hold_is_kept_all_the_same(self, works: Works) -> None:
        row = {"order_number": "a\u0000b", "product_id": "\ud800", "location_id": "\u0000"}
        assert works.post(row)["failed"][0]["row"] == row
        assert works.failed_rows()["rows"][0]["row"] == row


def test_who_sent_it_is_kept_with_what_was_stored(works: Works) -> None:
    reply = works.post(a_row(), {"x": 1})
    request = IngestRequest.objects.get()
    assert str(request.pk) == reply.headers["X-Request-Id"]
    assert request.actor_name == "Feed"
    assert ManufacturingOrderVersion.objects.get().request_id == IngestFailedRow.objects.get().request_id == request.pk
