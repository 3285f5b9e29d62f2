"""Refused rows: what is shown of them, how they are found among many, and the file."""

import csv
import html
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.ops.ingest import refused
from tests.ops.ingest.sender import Sender, words

pytestmark = pytest.mark.django_db

PATH = "/failed-rows"


def lines(answer: Any) -> list[list[str]]:
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_row_is_shown_as_sent_with_its_errors_in_words() -> None:
    sender = Sender()
    request = sender.is_refused({"order_number": "<b>MO-1</b>"}, ("DI_E_20002", "product_id"), place=7)
    answer = sender.get(PATH)
    read = words(answer)
    assert all(each in read for each in ("product_id is wrong", "DI_E_20002", "LOC-1", "Row 7", str(request), "UPSERT"))
    assert "<b>MO-1" not in answer.content.decode()
    assert '"order_number": "<b>MO-1</b>"' in html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    "text", ["null", "7", "[]", '"\\ud800"', '{"a": "\\u0000"}', "1" * 6000, '{"a":' + "1" * 5000 + "}"]
)
def test_any_row_can_be_shown_and_exported(text: str) -> None:
    sender = Sender()
    sender.is_refused(text, ("DI_E_20001", "x"), location=None)
    assert sender.get(PATH).status_code == 200
    assert lines(sender.get(f"{PATH}.csv"))[1][-1].lstrip("'") == text


def test_filters_by_code_place_and_days_of_the_plant() -> None:
    sender = Sender()  # in Berlin, an hour ahead of UTC in winter
    first, second = datetime(2026, 2, 1, 22, 59, tzinfo=UTC), datetime(2026, 2, 1, 23, 1, tzinfo=UTC)
    sender.is_refused({"n": "ROW-A"}, ("DI_E_20002", "a"), ("DI_E_20003", "b"), at=first, location="LOC-1")
    sender.is_refused({"n": "ROW-B"}, ("DI_E_20003", "b"), at=second, location="loc-1")

    def sees(query: str) -> set[str]:
        read = sender.get(f"{PATH}?{query}").content.decode()
        exported = {row[-1] for row in lines(sender.get(f"{PATH}.csv?{query}"))[1:]}
        found = {name for name in ("ROW-A", "ROW-B") if name in read}
        assert {name for name in ("ROW-A", "ROW-B") if any(name in row for row in exported)} == found
        return found

    assert sees("") == sees("code=DI_E_20003") == sees("code=&location=") == {"ROW-A", "ROW-B"}
    assert sees("code=di_e_20002") == sees("location=LOC-1") == {"ROW-A"}
    assert sees("to=2026-02-01") == {"ROW-A"}
    assert sees("from=2026-02-02") == sees("location=loc-1") == {"ROW-B"}
    assert sees("from=2026-02-01&to=2026-02-02") == {"ROW-A", "ROW-B"}
    assert sees("code=DI_E_20002&from=2026-02-02") == sees("to=2026-01-01") == set()


@pytest.mark.parametrize(
    "query",
    ["code=%27", "from=2026-02-30", "from=2026-02-02&to=2026-02-01", "cod=1", "location=%00", f"code={'x' * 21}"],
)
def test_a_wrong_filter_shows_nothing_and_says_why(query: str) -> None:
    sender = Sender()
    sender.is_refused({"n": "ROW-A"}, ("DI_E_20002", "a"))
    for path in (PATH, f"{PATH}.csv"):
        answer = sender.get(f"{path}?{query}")
        assert answer.status_code == 422
        assert b"ROW-A" not in answer.content


def test_pages_go_back_to_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    for number in range(12):
        sender.is_refused({"n": number}, ("DI_E_20002", "a"), place=number)
    by, wanted, seen = sender.by, refused.Wanted(), []
    while True:
        page = refused.page(wanted, by=by, most=5)
        seen += [row.place for row in page.rows]
        if page.before is None:
            break
        wanted = refused.Wanted(before=page.before)
    assert seen == list(range(11, -1, -1))
    monkeypatch.setattr("factoryos.ops.ingest.refused.PAGE", 5)
    assert sender.get(f"{PATH}?before=nonsense").status_code == 200
    assert "That page does not exist" in words(sender.get(f"{PATH}?before=nonsense"))


def test_a_page_looks_through_so_many_and_no_more_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    sender.is_refused({"n": "rare"}, ("DI_E_20008", "a"))
    for _ in range(10):
        sender.is_refused({"n": "usual"}, ("DI_E_20002", "a"))
    monkeypatch.setattr(refused, "LOOKED_AT", 6)
    first = refused.page(refused.Wanted(code="DI_E_20008"), by=sender.by)
    assert (first.rows, first.cut) == ([], True)
    second = refused.page(refused.Wanted(code="DI_E_20008", before=first.before), by=sender.by)
    assert len(second.rows) == 1
    assert "rows were looked through" in words(sender.get(f"{PATH}?code=DI_E_20008"))
    assert "rare" in lines(sender.get(f"{PATH}.csv?code=DI_E_20008"))[1][-1]  # the file goes on by itself


def test_a_time_is_found_without_looking_through_what_came_later(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    old = datetime.now(UTC) - timedelta(days=3)
    sender.is_refused({"n": "old"}, ("DI_E_20002", "a"), at=old)
    for _ in range(10):
        sender.is_refused({"n": "new"}, ("DI_E_20002", "a"))
    monkeypatch.setattr(refused, "LOOKED_AT", 3)
    page = refused.page(refused.Wanted(to=old + timedelta(hours=1)), by=sender.by)
    assert [row.row for row in page.rows] == ['{"n": "old"}']


def test_no_cell_of_the_file_is_a_formula() -> None:
    sender = Sender()
    for text in ("=1+1", "+1", "-1", "@x", "\t=1"):
        sender.is_refused(text, (text, text), location=text)
    for line in lines(sender.get(f"{PATH}.csv"))[1:]:
        assert not [cell for cell in line if cell[:1] in ("=", "+", "-", "@", "\t", "\r")], line


def test_another_factorys_rows_are_nowhere() -> None:
    here, there = Sender(), Sender()
    there.is_refused({"n": "theirs"}, ("DI_E_20002", "a"))
    assert "No row was refused" in words(here.get(PATH))
    assert len(lines(here.get(f"{PATH}.csv"))) == 1


def test_rows_cost_no_queries() -> None:
    sender = Sender()

    def cost() -> int:
        sender.get(PATH)
        with CaptureQueriesContext(connection) as captured:
            sender.get(PATH)
        return len(captured)

    sender.is_refused({"n": 1}, ("DI_E_20002", "a"))
    few = cost()
    for _ in range(20):
        sender.is_refused({"n": 1}, ("DI_E_20002", "a"))
    assert cost() == few <= 12
