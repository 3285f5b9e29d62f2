"""`manage.py ingest` when something else fails: it says what, keeps what was taken, and goes on from there."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import InterfaceError, OperationalError, connection

from factoryos.dialects.ingest.files import taking
from factoryos.dialects.ingest.files.progress import Note, Progress
from tests.callers import a_member
from tests.conformance.ingest.works import Works, a_row
from tests.dialects.ingest.test_ingest_command import a_file, rows_of, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def works() -> Works:
    """With the planner whom `run` names."""
    works = Works()
    planner = a_member(works.factory, "planner")
    planner.email = "pia@example.com"
    planner.save()
    return works


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.FACTORYOS_HOME = tmp_path


def stop_before(batch: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let storing fail when it comes to this batch, from 0."""
    whole, stored = taking.transactions.whole, [0]

    def once_more(work: Any) -> Any:
        if stored[0] == batch:
            raise error
        stored[0] += 1
        return whole(work)

    monkeypatch.setattr(taking.transactions, "whole", once_more)


@pytest.mark.parametrize("lost", [OperationalError, InterfaceError])
def test_a_database_that_goes_away(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: type[Exception]
) -> None:
    path = a_file(tmp_path, rows_of(25))
    with monkeypatch.context() as patch:
        stop_before(1, lost("terminating connection due to administrator command\n  CONTEXT: of no use"), patch)
        with pytest.raises(CommandError, match=r"database.*administrator command.*is kept.*go on") as told:
            run(path, rows=10)
    assert "CONTEXT" not in str(told.value)
    assert works.versions() == 10
    assert "Going on behind row 10" in run(path, rows=10)[1]
    assert works.versions() == 25


def test_another_database_knows_nothing_of_what_was_taken_into_the_first(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(tmp_path, rows_of(25))
    with monkeypatch.context() as patch:
        stop_before(1, KeyboardInterrupt(), patch)
        run(path, rows=10)
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "another")
        stop_before(0, KeyboardInterrupt(), patch)
        assert "Going on" not in run(path, rows=10)[1]
    assert "Going on behind row 10" in run(path, rows=10)[1]


def test_a_dry_run_in_between_loses_no_place(works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_file(tmp_path, rows_of(25))
    with monkeypatch.context() as patch:
        stop_before(1, KeyboardInterrupt(), patch)
        run(path, rows=10)
    assert "25 rows" in run(path, rows=10, dry_run=True)[0]
    assert "Going on behind row 10" in run(path, rows=10)[1]


def test_refused_rows_are_in_their_file_before_their_batch_is_noted(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that is killed would lose them: the next one goes on behind them."""
    refused = tmp_path / "refused.ndjson"
    noted: list[int] = []
    write = Note.write

    def look(note: Note, progress: Progress) -> None:
        noted.append(len(refused.read_text().splitlines()))
        write(note, progress)

    monkeypatch.setattr(Note, "write", look)
    run(a_file(tmp_path, [{}] * 25), rows=10, refused=refused)
    assert noted == [10, 20, 25]


@pytest.mark.parametrize("target", ["nowhere/refused.ndjson", "."])
def test_a_file_for_refused_rows_that_cannot_be_written_is_the_one_that_is_named(
    works: Works, tmp_path: Path, target: str
) -> None:
    path = a_file(tmp_path, [{}])
    with pytest.raises(CommandError) as told:
        run(path, refused=tmp_path / target)
    assert str(tmp_path / target) in str(told.value)
    assert path.name not in str(told.value)


def test_each_warning_is_told_in_words_that_fit(works: Works, tmp_path: Path) -> None:
    rows = [a_row(status="Waiting for Godot", produced_units=501, expected_end_date="2020-01-01 00:00:00")]
    out, _, _ = run(a_file(tmp_path, rows))
    assert "1 × status is not a word" in out
    assert "1 × produced_units is above" in out
    assert "1 × an end is before the start" in out
