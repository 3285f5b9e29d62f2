"""The files: every order once, exactly, in any script; nothing that a spreadsheet would run; of this factory alone."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from factoryos.ops.order_list import export, export_views
from orders.models import ProductionOrder
from tests.ops.order_list.reader import Reader, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Reader:
    return Reader()


def as_csv(reader: Reader, query: str = "") -> list[dict[str, str]]:
    response = reader.client.get(f"/ops/orders/export.csv?{query}")
    assert response.status_code == 200
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf"), "or Excel takes it for another encoding"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_workbook(reader: Reader, query: str = "") -> list[dict[str, Any]]:
    response = reader.client.get(f"/ops/orders/export.xlsx?{query}")
    assert response.status_code == 200
    head, *rows = load_workbook(io.BytesIO(response.getvalue())).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("read", [as_csv, as_workbook])
def test_a_file_holds_what_the_filter_finds_newest_first(reader: Reader, read: Any) -> None:
    reader.place("a", state="draft", customer_name="東京 «Ёлка» ﷺ", planned_end=at("2026-05-10T07:30"))
    reader.place("b", state="closed")
    reader.place("c", state="draft")
    Reader().place("theirs")
    rows = read(reader, "status=draft&sort=reference")
    assert [row["Order"] for row in rows] == ["c", "a"]
    assert rows[1]["Customer"] == "東京 «Ёлка» ﷺ"
    assert rows[1]["Due"] == "2026-05-10T07:30:00+08:00"
    assert [row["Order"] for row in read(reader)] == ["c", "b", "a"]


@pytest.mark.parametrize("read", [as_csv, as_workbook])
@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '=HYPERLINK("x")'])
def test_no_cell_is_taken_for_a_formula(reader: Reader, read: Any, evil: str) -> None:
    reader.place(f"R{evil}", customer_name=evil, batch_number=evil)
    (row,) = read(reader)
    assert row["Customer"].startswith("'")
    assert row["Customer"].replace("\r", "\n").replace("_x000D_", "\n").lstrip("'") == evil.replace("\r", "\n")
    assert row["Batch"].startswith("'")
    assert row["Order"].startswith("R")


def test_a_text_with_a_nul_is_no_formula_either() -> None:
    assert export.text("\0=1") == "'\0=1", "no row can hold one, but no other source shall get past"


def test_control_characters_do_not_break_a_workbook(reader: Reader) -> None:
    reader.place("a", customer_name="x\x0by\x1fz")
    assert as_workbook(reader)[0]["Customer"] == "x\ufffdy\ufffdz"


def test_amounts_are_exact(reader: Reader) -> None:
    exact = Decimal("12345678901234567890.123456789012345")
    reader.place("a", quantity_target=exact, quantity_good=Decimal("0.1"))
    assert (as_csv(reader)[0]["Target"], as_csv(reader)[0]["Good"]) == (str(exact), "0.1")
    row = as_workbook(reader)[0]
    assert (row["Target"], row["Good"]) == (str(exact), 0.1), (
        "as text where a spreadsheet's number would be another one"
    )


def test_three_thousand_orders_come_once_each_in_pieces(reader: Reader) -> None:
    orders = (
        ProductionOrder(
            factory=reader.factory, reference=f"N{number}", origin="t", item=reader.item, quantity_target=1,
            created_by_id="t", created_by_name="T",
        )
        for number in range(3000)
    )  # fmt: skip
    ProductionOrder.objects.bulk_create(orders, batch_size=1000)
    response = reader.client.get("/ops/orders/export.csv")
    pieces = []
    with CaptureQueriesContext(connection) as read:
        for piece in response.streaming_content:
            pieces.append(piece)
            if len(pieces) == 2:
                reader.place("late")
                ProductionOrder.objects.filter(reference="N1").update(priority="rush")
    assert len(pieces) >= 6, "a chunk each"
    assert max(len(piece) for piece in pieces) < 200_000
    rows = list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))
    assert [row["Order"] for row in rows] == [f"N{number}" for number in reversed(range(3000))]
    assert len([query for query in read if query["sql"].startswith("SELECT")]) < 20


def test_a_workbook_beyond_the_limit_is_refused_and_csv_named(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_views, "WORKBOOK_MOST", 2)
    reader.several(3, state="draft")
    response = reader.client.get("/ops/orders/export.xlsx")
    assert response.status_code == 422
    assert "CSV" in response.content.decode()
    assert len(as_workbook(reader, "status=closed")) == 0


@pytest.mark.parametrize("query", ["status=nonsense", "foo=1", "from=2025-02-30", "q=%00"])
def test_a_wrong_filter_exports_nothing(reader: Reader, query: str) -> None:
    reader.place("secret")
    for ending in ("csv", "xlsx"):
        response = reader.client.get(f"/ops/orders/export.{ending}?{query}")
        assert response.status_code == 422
        assert b"secret" not in response.content


def test_another_ending_or_factory_is_not_there(reader: Reader) -> None:
    stranger = Reader()
    assert reader.client.get("/ops/orders/export.pdf").status_code == 404
    assert reader.client.get(f"/ops/orders/export.csv?factory={stranger.factory.slug}").status_code == 404


def test_a_file_is_named_after_factory_and_day_and_kept_private(reader: Reader) -> None:
    response = reader.client.get("/ops/orders/export.csv")
    assert f'filename="orders-{reader.factory.slug}-' in response["Content-Disposition"]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "private" in response["Cache-Control"]
    response.close()


def test_who_is_not_signed_in_gets_no_file(reader: Reader) -> None:
    reader.client.logout()
    assert reader.client.get("/ops/orders/export.csv").status_code == 302
