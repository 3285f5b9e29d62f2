"""The benchmark of keeping statements: both keep the same versions, and one that keeps others would be seen."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from orders.models import IngestHead, ManufacturingOrderVersion
from tests.bench import database, raw_statements, statements
from tests.bench.statements import KINDS, Office

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Iterator[Office]:
    config = connection.settings_dict
    with psycopg.connect(database.conninfo(config, database=config["NAME"]), autocommit=True) as ours:
        yield statements.open_office(ours)
        ours.execute(f"DROP TABLE {raw_statements.TABLE}")


def test_ours_and_by_hand_keep_the_same_among_what_was_stored_before(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(statements, "SIZES", (7, 20))
    assert statements.contest(office, rows=40, rounds=1, stored=100) == []

    told = capsys.readouterr().out
    for row in (f"{kind:16}{size:6,} a batch" for kind in KINDS for size in (7, 20)):
        assert told.count(f"\n{row} ") == 2
    assert ManufacturingOrderVersion.objects.count() == 100 + 2 * 40 * 2, "what came before 100 were stored is gone"
    assert IngestHead.objects.count() == 20 + 2 * 40
    assert set(IngestHead.objects.filter(state="pending").values_list("revision", flat=True)) == {3}


def test_what_only_one_of_them_keeps_is_seen(office: Office) -> None:
    rows = office.rows(KINDS[0], 3, turn=0, among=3)
    statements.ours(office, [rows])
    statements.by_hand(office, [rows[1:], [rows[1]._replace(produced_units=7)]])
    assert statements._faults(office) == ["2 versions are not the same"]
    IngestHead.objects.filter(order_number=rows[2].order_number).delete()
    assert statements._faults(office) == ["2 versions are not the same", "1 heads are not the newest"]
