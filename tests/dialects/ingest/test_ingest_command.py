"""`manage.py ingest`: the same rows, the same codes and the same versions as over HTTP; stopped anywhere, it goes on."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from factoryos.dialects.ingest.files import taking
from factoryos.dialects.management.commands import ingest
from factoryos.kernel.models import User
from orders.models import IngestFailedRow, IngestHead, IngestRequest, ManufacturingOrderVersion
from tests.callers import a_member
from tests.conformance.ingest.works import Works, a_row, at, followed

pytestmark = pytest.mark.django_db


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FACTORYOS_HOME = tmp_path
    monkeypatch.delenv("INGEST_TOKEN", raising=False)


@pytest.fixture
def planner(works: Works) -> User:
    user = a_member(works.factory, "planner")
    user.email = "pia@example.com"
    user.save()
    return user


def a_file(folder: Path, rows: list[Any], name: str = "feed.ndjson") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(path: Path, **options: Any) -> tuple[str, str, int]:
    """(stdout, stderr, exit code)"""
    out, told, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("ingest", str(path), stdout=out, stderr=told, **{"email": "pia@example.com"} | options)
    except SystemExit as exit:
        code = int(exit.code or 0)
    return out.getvalue(), told.getvalue(), code


def rows_of(count: int, **columns: Any) -> list[dict[str, Any]]:
    return [a_row(order_number=f"MO-{number}", **columns) for number in range(count)]


def test_a_file_is_taken_as_a_request_is(works: Works, planner: User, tmp_path: Path) -> None:
    path = a_file(tmp_path, rows_of(25, status="completed", produced_units=498))
    out, _, code = run(path, rows=10)
    assert code == 0
    assert "25 new or overwritten, 0 known already" in out
    assert works.versions() == 25
    assert IngestRequest.objects.get().actor_name == planner.name
    followed()
    assert works.order("MO-24").quantity_good == 498


def test_the_token_of_the_environment_says_who_sends(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGEST_TOKEN", works.token)
    assert run(a_file(tmp_path, rows_of(1)), email=None)[2] == 0
    assert IngestRequest.objects.get().actor_name == "Feed"


def test_csv(works: Works, planner: User, tmp_path: Path) -> None:
    rows = rows_of(3)
    path = tmp_path / "feed.csv"
    path.write_text("\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]))
    assert run(path)[2] == 0
    assert ManufacturingOrderVersion.objects.get(order_number="MO-2").ordered_units == 500


def test_refused_rows_are_told_counted_and_kept(works: Works, planner: User, tmp_path: Path) -> None:
    rows = rows_of(25)
    rows[3], rows[17], rows[24] = {}, a_row(ordered_units="x"), a_row(location_id="LOC-9")
    refused = tmp_path / "refused.ndjson"

    out, _, code = run(a_file(tmp_path, rows), rows=10, refused=refused)

    assert code == ingest.REFUSED
    assert "3 refused" in out
    assert "DI_E_20003          1 × ordered_units must be a whole number" in out
    assert works.versions() == 22
    told = [json.loads(line) for line in refused.read_text().splitlines()]
    assert [(line["index"], line["row"]) for line in told] == [(place, rows[place]) for place in (3, 17, 24)]
    assert told[1]["errors"][0]["field"] == "ordered_units"
    assert list(IngestFailedRow.objects.order_by("id").values_list("index", flat=True)) == [3, 17, 24]


def test_a_later_row_of_a_key_wins_also_from_another_batch(works: Works, planner: User, tmp_path: Path) -> None:
    rows = [a_row(source_id=f"LINE-{number}") for number in range(30)]
    run(a_file(tmp_path, rows), rows=4)
    assert ManufacturingOrderVersion.objects.get().source_id == "LINE-29"


def test_a_dry_run_judges_and_stores_nothing(works: Works, planner: User, tmp_path: Path) -> None:
    out, _, code = run(a_file(tmp_path, [*rows_of(3), {}]), dry_run=True)
    assert (code, works.versions(), IngestFailedRow.objects.count()) == (ingest.REFUSED, 0, 0)
    assert "nothing stored" in out


def test_appending(works: Works, planner: User, tmp_path: Path) -> None:
    run(a_file(tmp_path, rows_of(2)))
    out, _, code = run(a_file(tmp_path, [*rows_of(2, source_id="other"), a_row()]), append=True)
    assert (code, works.versions()) == (ingest.REFUSED, 3)
    assert "DI_E_30001          2" in out


class TestGoingOn:
    def stopped_after(self, batches: int, path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Any:
        """A run that is stopped before it stores the next batch."""
        whole, left = taking.transactions.whole, [batches]

        def once_less(work: Any) -> Any:
            if not left[0]:
                raise error
            left[0] -= 1
            return whole(work)

        with monkeypatch.context() as patch:
            patch.setattr(taking.transactions, "whole", once_less)
            return run(path, rows=10)

    def test_an_interrupted_run_goes_on_where_it_stopped(
        self, works: Works, planner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = rows_of(45)
        rows[5] = {}
        path = a_file(tmp_path, rows)
        out, told, code = self.stopped_after(2, path, monkeypatch, KeyboardInterrupt())
        assert (code, works.versions()) == (ingest.INTERRUPTED, 19)
        assert "Start it again" in told
        asked: list[int] = []
        kept = taking.Batch.keep
        monkeypatch.setattr(taking.Batch, "keep", lambda batch: asked.append(batch._first) or kept(batch))

        out, told, code = run(path, rows=10)

        assert "behind row 20" in told
        assert asked == [20, 30, 40]
        assert "45 rows" in out and "44 new or overwritten" in out and "1 refused" in out
        assert works.versions() == 44
        assert IngestRequest.objects.count() == 1, "both runs are one request"

    def test_a_file_that_was_taken_whole_begins_anew(self, works: Works, planner: User, tmp_path: Path) -> None:
        path = a_file(tmp_path, rows_of(5))
        run(path)
        out, told, _ = run(path)
        assert "Going on" not in told
        assert "0 new or overwritten, 5 known already" in out

    @pytest.mark.parametrize("how", ["restart", "changed"])
    def test_it_begins_anew_where_that_is_meant(
        self, works: Works, planner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        path = a_file(tmp_path, rows_of(25))
        self.stopped_after(1, path, monkeypatch, KeyboardInterrupt())
        if how == "changed":
            a_file(tmp_path, rows_of(26))
        _, told, _ = run(path, rows=10, restart=how == "restart")
        assert "Going on" not in told

    def test_a_file_that_breaks_off_keeps_what_came_before(self, works: Works, planner: User, tmp_path: Path) -> None:
        rows = rows_of(25)
        path = tmp_path / "feed.csv"
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows), '"never closed']
        path.write_text("\n".join(lines))
        with pytest.raises(CommandError, match=r"behind byte .* is kept"):
            run(path, rows=10)
        assert works.versions() == 20

    def test_a_note_that_cannot_be_read_is_none(
        self, works: Works, planner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = a_file(tmp_path, rows_of(25))
        self.stopped_after(1, path, monkeypatch, KeyboardInterrupt())
        (note,) = (tmp_path / "ingest").iterdir()
        note.write_text("{")
        assert run(path, rows=10)[2] == 0
        assert works.versions() == 25


def test_only_so_many_batches_are_in_memory(
    works: Works, planner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far reading could run ahead: what is judged waits for what is stored."""
    judged, stored, most = [0], [0], [0]
    made, kept = taking.Batch.__init__, taking.Batch.keep

    def make(batch: Any, *args: Any, **more: Any) -> None:
        made(batch, *args, **more)
        judged[0] += 1
        most[0] = max(most[0], judged[0] - stored[0])

    def keep(batch: Any) -> Any:
        taken = kept(batch)
        stored[0] += 1
        return taken

    monkeypatch.setattr(taking.Batch, "__init__", make)
    monkeypatch.setattr(taking.Batch, "keep", keep)
    run(a_file(tmp_path, rows_of(300)), rows=5)
    assert stored[0] == 60
    assert most[0] <= taking.AHEAD + 2  # those in the queue, the one that waits to get in, the one that is stored


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"email": None}, "Say who sends it"),
        ({"email": "nobody@example.com"}, "nobody with the address"),
        ({"rows": 0}, "--rows"),
        ({"delimiter": ""}, "--delimiter"),
    ],
)
def test_what_cannot_be_begun(works: Works, planner: User, tmp_path: Path, options: dict[str, Any], text: str) -> None:
    with pytest.raises(CommandError, match=text):
        run(a_file(tmp_path, rows_of(1)), **options)


def test_who_may_not_write_sends_nothing(works: Works, planner: User, tmp_path: Path) -> None:
    planner.memberships.update(roles=["viewer"])
    with pytest.raises(CommandError, match="no location that they may write"):
        run(a_file(tmp_path, rows_of(1)))
    planner.memberships.all().delete()
    with pytest.raises(CommandError, match="member of no factory"):
        run(a_file(tmp_path, rows_of(1)))


def test_a_token_that_is_no_longer_valid(works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_TOKEN", "fos_pat_x")
    with pytest.raises(CommandError, match="not known"):
        run(a_file(tmp_path, rows_of(1)), email=None)


def test_heads_follow_the_newest_whatever_the_order_in_the_file(works: Works, planner: User, tmp_path: Path) -> None:
    rows = [a_row(updated_at=at(f"{hour:02}:00:00"), ordered_units=hour) for hour in (12, 23, 3, 9)]
    run(a_file(tmp_path, rows), rows=1)
    assert IngestHead.objects.get().updated_at.hour == 23
