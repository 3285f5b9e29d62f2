"""Masters from sheets: compared before anything is written, written whole or not at all, by who sent them, in their factory."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.utils import timezone

from factoryos.kernel.models import Membership
from factoryos.supervision.models import Upload
from factoryos.supervision.sheets import reading
from factoryos.supervision.sheets.pages import SheetPages
from factoryos.supervision.site import site
from manufacturing.models import Item, Machine, WorkArea
from tests.callers import a_member
from tests.supervision.world import World, keeper, page, signed_in, staff, state_of_everything
from tests.threads import at_once

pytestmark = pytest.mark.django_db

SHEETS = [model for model, admin in site._registry.items() if isinstance(admin, SheetPages)]
ITEMS = "sku,name,unit,unit_decimals,tracking\n"


def send(client: Any, model: Any, factory: Any, content: str | bytes, *, name: str = "sheet.csv") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(page(model, "import"), {"factory": factory.pk, "file": SimpleUploadedFile(name, raw)})


def confirm(client: Any, model: Any, preview: Any) -> Any:
    return client.post(page(model, "import"), {"token": str(preview.context["token"])})


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_the_masters_that_come_from_sheets_are_known() -> None:
    assert set(SHEETS) == {Item, WorkArea, Machine}


def test_a_sheet_is_compared_then_confirmed_and_only_then_written() -> None:
    world = World()
    item = world.plant.item
    client = signed_in(world.supervisor())
    before = state_of_everything()
    preview = send(client, Item, world.factory, ITEMS + f"{item.sku},Other name,,,\nNEW-1,New,kg,3,lot\n")
    assert preview.status_code == 200
    text = preview.content.decode()
    assert "1 new, 1 changed, 0 as they are" in text
    assert f"<del>{item.name}</del> → <ins>Other name</ins>" in text
    assert {table for table, digest in state_of_everything().items() if digest != before[table]} == {
        "supervision_upload"
    }
    assert confirm(client, Item, preview).status_code == 302
    item.refresh_from_db()
    new = Item.objects.get(factory=world.factory, sku="NEW-1")
    assert (item.name, new.unit, new.unit_decimals, new.tracking) == ("Other name", "kg", 3, "lot")
    assert not Upload.objects.exists()
    assert "Imported from sheet.csv." in client.get(page(Item, "history", new.pk)).content.decode()
    assert confirm(client, Item, preview).status_code == 404, "a second press finds nothing to do"


def test_a_workbook_of_machines_finds_areas_and_reads_numbers_as_people_see_them() -> None:
    world = World()
    area = world.things[WorkArea]
    rows = [["code", "name", "work_area", "ideal_cycle_s", "active"], [1001, "Press", area.code.lower(), 2.5, True],  # type: ignore[attr-defined]
            ["press-01", "Renamed", None, None, "no"]]  # fmt: skip
    client = signed_in(world.supervisor())
    preview = send(client, Machine, world.factory, workbook(rows), name="m.xlsx")
    assert preview.status_code == 200, preview.content.decode()
    confirm(client, Machine, preview)
    made = Machine.objects.get(factory=world.factory, code="1001")
    assert (made.work_area, made.ideal_cycle_s, made.active) == (area, 2.5, True)
    old = Machine.objects.get(pk=world.plant.press.pk)
    assert (old.name, old.active) == ("Renamed", False)


BAD_ROWS = {
    "a blank sku": (Item, ITEMS + ",Name,,,\n", "sku: This field is required."),
    "too many decimals": (Item, ITEMS + "A,Name,,7,\n", "less than or equal to 6"),
    "no such tracking": (Item, ITEMS + "A,Name,,,box\n", "tracking: Select a valid choice"),
    "a control character": (Item, ITEMS + "A,Na\x07me,,,\n", "control characters"),
    "a name twice": (Item, ITEMS + "A,One,,,\nA,Two,,,\n", "A stands in row 2 already"),
    "no name for a new one": (Item, "sku\nA\n", "name: A new one needs it."),
    "a code that is none": (WorkArea, "code,name\nno blanks!,Hall\n", "A code has up to 40"),
    "a code like the route": (Machine, "code,name\nBulk,Press\n", "cannot be called bulk"),
    "an unknown area": (Machine, "code,name,work_area\nM1,Press,NOWHERE\n", "no work area NOWHERE"),
    "a cycle of nothing": (Machine, "code,name,ideal_cycle_s\nM1,Press,0\n", "greater than or equal to"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_one_wrong_row_is_told_and_nothing_can_be_confirmed(case: str) -> None:
    model, content, why = BAD_ROWS[case]
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = send(client, model, world.factory, content)
    assert answer.status_code == 422 and why in answer.content.decode().replace("&#x27;", "'"), answer.content.decode()
    assert answer.context["token"] is None
    assert state_of_everything() == before


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 * 1024 * 1024))
    return written.getvalue()


def with_entities() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    return written.getvalue()


REFUSED_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "more than 5 MB": ("a.csv", lambda: b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
    "too many rows": ("a.csv", lambda: b"sku,name\n" + b"A,B\n" * 20_001, "more than 20000 rows"),
    "a zip bomb": ("a.xlsx", bomb, "unpack to more"),
    "entities": ("a.xlsx", with_entities, "defines entities"),
    "no workbook": ("a.xlsx", lambda: b"PK\x03\x04 nothing", "no workbook"),
    "no sheet at all": ("a.exe", lambda: b"MZ", "ends in .csv or .xlsx"),
    "another alphabet": ("a.csv", lambda: b"sku,name\nA,\xff\xfe", "not UTF-8"),
    "a factory named in it": ("a.csv", lambda: b"sku,name,factory\nA,B,1\n", "Unknown column factory"),
    "no key": ("a.csv", lambda: b"name\nB\n", "The column sku is missing"),
    "nothing": ("a.csv", lambda: b"\n", "The first row must name every column"),
    "a cell too many": ("a.csv", lambda: b"sku,name\nA,B,C\n", "more cells than there are columns"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_file_that_is_none_of_ours_is_refused_in_words(case: str) -> None:
    name, made, why = REFUSED_FILES[case]
    world = World()
    client = signed_in(world.supervisor())
    before = state_of_everything()
    answer = send(client, Item, world.factory, made(), name=name)
    assert answer.status_code == 422 and why in answer.content.decode()
    assert state_of_everything() == before


@pytest.mark.parametrize("model", SHEETS, ids=lambda model: model._meta.label)
def test_who_may_not_write_masters_may_not_import_or_export_them(model: Any) -> None:
    here, there = World(), World()
    doors = [
        (signed_in(None), 302),
        (signed_in(a_member(here.factory, "admin")), 403),
        (signed_in(staff(a_member(here.factory, "planner"))), 403),
        (signed_in(there.supervisor()), None),
        (signed_in(here.supervisor()), 200),
        (signed_in(keeper()), 200),
    ]
    column = "sku" if model is Item else "code"
    before = state_of_everything()
    for client, status in doors:
        for name in ("import", "export"):
            assert client.get(page(model, name)).status_code == (status or 200)
        export = client.get(page(model, "export"), {"factory": here.factory.pk, "format": "csv"})
        sent = send(client, model, here.factory, f"{column},name\nX,Y\n")
        assert (export.status_code, sent.status_code) == ((status, status) if status else (422, 422))
        if status is None:
            assert here.factory.name not in export.content.decode() + sent.content.decode()
    after = state_of_everything()
    assert {table for table in after if after[table] != before[table]} == {"supervision_upload"}


def test_nobody_confirms_what_somebody_else_sent() -> None:
    world = World()
    mine, other = signed_in(world.supervisor()), signed_in(world.supervisor())
    preview = send(mine, Item, world.factory, ITEMS + "NEW-1,New,,,\n")
    before = state_of_everything()
    for client in (other, signed_in(World().supervisor()), signed_in(keeper())):
        assert confirm(client, Item, preview).status_code == 404
    assert mine.post(page(WorkArea, "import"), {"token": str(preview.context["token"])}).status_code == 404
    assert mine.post(page(Item, "import"), {"token": str(uuid4())}).status_code == 404
    assert mine.post(page(Item, "import"), {"token": "x"}).status_code == 404
    assert not Item.objects.filter(sku="NEW-1").exists() and Upload.objects.count() == 1 and before
    assert confirm(mine, Item, preview).status_code == 302


def test_who_is_no_admin_any_more_or_waits_too_long_confirms_nothing() -> None:
    world = World()
    user = world.supervisor()
    client = signed_in(user)
    preview = send(client, Item, world.factory, ITEMS + "NEW-1,New,,,\n")
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert confirm(client, Item, preview).status_code == 404
    Upload.objects.update(created_at=timezone.now())
    Membership.objects.filter(user=user).update(roles=["planner"])
    assert confirm(client, Item, preview).status_code == 403
    assert not Item.objects.filter(sku="NEW-1").exists()


def test_when_the_data_changed_since_the_preview_one_looks_again() -> None:
    world = World()
    item = world.plant.item
    client = signed_in(world.supervisor())
    preview = send(client, Item, world.factory, ITEMS + f"{item.sku},Sheet name,,,\n")
    Item.objects.filter(pk=item.pk).update(name="Somebody else's")
    again = confirm(client, Item, preview)
    assert again.status_code == 200
    assert "Nothing was imported yet" in str(list(get_messages(again.wsgi_request))[-1])
    assert "Somebody else&#x27;s</del>" in again.content.decode()
    item.refresh_from_db()
    assert item.name == "Somebody else's"
    assert confirm(client, Item, again).status_code == 302
    item.refresh_from_db()
    assert item.name == "Sheet name"


@pytest.mark.django_db(transaction=True)
def test_two_presses_and_two_people_at_once_write_each_sheet_once() -> None:
    world = World()
    clients = [signed_in(world.supervisor()) for _ in range(2)]
    rows = "".join(f"NEW-{number},New,,,\n" for number in range(50))
    previews = [send(client, Item, world.factory, ITEMS + rows) for client in clients]

    def press(client: Any, preview: Any) -> Callable[[], int]:
        def run() -> int:
            try:
                return int(confirm(client, Item, preview).status_code)
            finally:
                connections.close_all()

        return run

    outcomes = at_once(*[press(*pair) for pair in zip(clients, previews, strict=True) for _ in range(2)])
    assert all(isinstance(outcome, int) and outcome < 500 for outcome in outcomes), outcomes
    assert Item.objects.filter(factory=world.factory, sku__startswith="NEW-").count() == 50
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_admin_log WHERE change_message LIKE '%Imported%'")
        assert cursor.fetchone()[0] == 50


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "'=x", "''-y"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_starts_no_formula_and_an_import_reads_back_what_was_there(ending: str) -> None:
    world = World()
    for number, text in enumerate(DANGEROUS):
        Item.objects.create(factory=world.factory, sku=text, name=f"{text} {number}")
    client = signed_in(world.supervisor())
    file = client.get(page(Item, "export"), {"factory": world.factory.pk, "format": ending})
    assert file["Content-Disposition"].endswith(f'.{ending}"')
    if ending == "csv":
        cells = [cell for line in file.content.decode().splitlines() for cell in line.split(",")]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
    assert "'=1+1" in cells
    again = send(client, Item, world.factory, file.content, name=f"back.{ending}")
    assert "0 new, 0 changed" in again.content.decode()


def test_every_text_survives_neutral_and_back() -> None:
    for text in [*DANGEROUS, "plain", "'quoted'", "a=b", "", "'", "\t=x"]:
        assert reading._text(reading.neutral(text)) == text


def test_a_large_sheet_costs_a_few_queries() -> None:
    from django.test.utils import CaptureQueriesContext

    world = World()
    client = signed_in(world.supervisor())
    rows = "".join(f"NEW-{number},New,,,\n" for number in range(3000))
    with CaptureQueriesContext(connection) as sending:
        preview = send(client, Item, world.factory, ITEMS + rows)
    with CaptureQueriesContext(connection) as confirming:
        assert confirm(client, Item, preview).status_code == 302
    assert len(sending) <= 20 and len(confirming) <= 40
    assert Item.objects.filter(factory=world.factory, name="New").count() == 3000
