"""`python -m tests.bench statements`: what planning systems state, kept as versions and heads, beside bare rows by hand.

    python -m tests.bench statements [--quick] [--rows N] [--stored N] [--rounds R]

The same rows for both, in turn, in batches of 2,000 and 10,000: new orders, newer versions of them, the same versions with
other content, and just the same again; then all of it among a million stored versions, between whose keys the new ones
fall. One connection each. Ends with 1 when both do not hold the same versions, or a head is not the newest one.
"""

import argparse
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from factoryos.kernel import clock, embedded_postgres
from orders.ingest.rows import Receipt, StatedRow, Stored
from tests.bench import database, raw_statements

SIZES = 2_000, 10_000
VERSIONS = 5  # of each order that is stored before
KINDS = "new orders", "newer versions", "overwritten", "the same again"
NOTES = """\
rows/s: validated rows to committed versions and heads, folded, hashed, copied and merged. µs: CPU of our process a row;
server: the same of the server's process. ×: our rows/s in proportion to those by hand.
by hand: the same rows, hashed and formatted before, by COPY and one INSERT … ON CONFLICT into versions without heads."""

_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
_STORED = f"""
    INSERT INTO {{table}} (factory_id, order_number, product_id, updated_at, source_id, ordered_at, ordered_units,
        expected_start_date, expected_end_date, produced_units, status, content, received_at, request_id)
    SELECT %(factory)s, 'MO-' || to_char(place, 'FM00000000'), 'PROD-' || to_char(place %% 500, 'FM000'),
        timestamptz '2025-01-01 00:00Z' + version * interval '1 hour', 'LINE-001', timestamptz '2025-01-01 00:00Z', 500,
        timestamptz '2025-01-02 00:00Z', timestamptz '2025-01-03 00:00Z', version, 'in_progress',
        md5(place || '-' || version)::uuid, now(), %(request)s
    FROM generate_series(0, %(orders)s - 1) AS place, generate_series(1, {VERSIONS}) AS version
"""
_HEADS = """
    INSERT INTO orders_ingesthead (factory_id, order_number, product_id, updated_at, content, state, due_at)
    SELECT DISTINCT ON (factory_id, order_number, product_id)
        factory_id, order_number, product_id, updated_at, content, 'done', NULL FROM orders_manufacturingorderversion
    ORDER BY factory_id, order_number, product_id, updated_at DESC
"""
_UNEQUAL = f"""
    SELECT count(*) FROM orders_manufacturingorderversion AS ours
    FULL JOIN {raw_statements.TABLE} AS theirs USING (factory_id, order_number, product_id, updated_at)
    WHERE ours.content IS DISTINCT FROM theirs.content
"""
_BEHIND = """
    SELECT count(*) FROM (
        SELECT DISTINCT ON (factory_id, order_number, product_id) * FROM orders_manufacturingorderversion
        ORDER BY factory_id, order_number, product_id, updated_at DESC
    ) AS newest FULL JOIN orders_ingesthead AS head USING (factory_id, order_number, product_id)
    WHERE (newest.updated_at, newest.content) IS DISTINCT FROM (head.updated_at, head.content)
"""


@dataclass(frozen=True)
class Pace:
    rate: float  # rows a second
    cpu_us: float  # of our process, a row
    server_us: float  # CPU of the server's process, a row; 0 where it cannot be read


@dataclass(frozen=True)
class Office:
    """A factory that is told of, by ours and by hand. `by_hand` is the connection of the latter."""

    factory: Any
    by_hand: "psycopg.Connection[Any]"

    def rows(self, kind: str, count: int, *, turn: int, among: int) -> list[StatedRow]:
        """One row for each of so many orders of this turn, whose numbers lie between those of the orders `among` them."""
        hours = 1 if kind == "new orders" else 2
        at = _said(timedelta(hours=hours))
        facts = "LINE-001", _said(), 500, _said(timedelta(days=1)), _said(timedelta(days=2))
        produced = 100 if kind in KINDS[:2] else 101
        step = max(among // count, 1)
        return [
            StatedRow(place, self.factory.pk, f"MO-{place * step:08}-{turn}", f"PROD-{place % 500:03}", at, *facts, at,
                      None, produced, "in_progress")
            for place in range(count)
        ]  # fmt: skip


def _said(after: timedelta = timedelta()) -> str:
    return f"{_BEGIN + after:%Y-%m-%d %H:%M:%S}"


def open_office(connection: "psycopg.Connection[Any]") -> Office:
    from tests.floor import a_factory

    raw_statements.make_table(connection)
    return Office(a_factory(), connection)


def ours(office: Office, batches: Sequence[Sequence[StatedRow]]) -> Pace:
    from factoryos.kernel.transactions import whole
    from orders.ingest import store
    from tests.floor import an_actor

    by = an_actor(office.factory)

    def keep(rows: Sequence[StatedRow]) -> Stored:
        receipt = Receipt(uuid4(), by, clock.now())
        return whole(lambda: store.keep(rows, receipt=receipt))

    connection.ensure_connection()
    return _pace(keep, batches, rows=sum(map(len, batches)), server=connection.connection.info.backend_pid)


def by_hand(office: Office, batches: Sequence[Sequence[StatedRow]]) -> Pace:
    texts = [raw_statements.text_of(rows) for rows in batches]
    server = office.by_hand.info.backend_pid
    return _pace(
        lambda text: raw_statements.keep(office.by_hand, text), texts, rows=sum(map(len, batches)), server=server
    )


def _pace(keep: Callable[[Any], Any], batches: Sequence[Any], *, rows: int, server: int) -> Pace:
    began, cpu, theirs = time.perf_counter(), time.process_time(), _cpu_of(server)
    for batch in batches:
        keep(batch)
    spent = time.process_time() - cpu, _cpu_of(server) - theirs
    return Pace(rows / (time.perf_counter() - began), *(seconds / rows * 1e6 for seconds in spent))


def _cpu_of(process: int) -> float:
    """Seconds of CPU that it has had, on a server that is here. Others disturb these less than the time on the wall."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


CONTENDERS = {"ours": ours, "by hand": by_hand}


def measure(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench statements", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows, none stored before")
    parser.add_argument("--rows", type=int, help="of one run (default 40,000)")
    parser.add_argument("--stored", type=int, help="versions stored before the second half (default 1,000,000)")
    parser.add_argument("--rounds", type=int, help="runs that each figure is the median of (default 3)")
    args = parser.parse_args(argv)
    rows = args.rows or (10_000 if args.quick else 40_000)
    stored = args.stored if args.stored is not None else (0 if args.quick else 1_000_000)
    rounds = args.rounds or (1 if args.quick else 3)
    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(settings.FACTORYOS_HOME)
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            office = open_office(connection)
            wrong = contest(office, rows=rows, rounds=rounds, stored=stored)
        connections.close_all()
    print(f"{'; '.join(wrong) or 'both hold the same versions, and each head is the newest of its order'}")
    print(f"median of {rounds} runs of {rows:,} rows; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n{NOTES}")
    return 1 if wrong else 0


def contest(office: Office, *, rows: int, rounds: int, stored: int) -> list[str]:
    """Both in turn, on empty tables and among `stored` versions. What is wrong with what they left behind."""
    _runs(office, rows=min(rows, SIZES[0]), size=SIZES[0], turns=range(1), among=rows)  # warms up
    for among in [0, stored] if stored else [0]:
        if among:
            _fill(office, among)
        print(f"\n{among:,} versions stored before\n{_HEADING}")
        for part, size in enumerate(SIZES):
            first = 1 + rounds * (part + (len(SIZES) if among else 0))
            turns = range(first, first + rounds)
            for kind, paces in _runs(
                office, rows=rows, size=size, turns=turns, among=among // VERSIONS or rows
            ).items():
                print(f"{kind:16}{size:6,} a batch{_figures(paces)}", flush=True)
    return _faults(office)


_HEADING = f"{'':30}{'rows/s':>9}{'µs':>7}{'server':>8}{'by hand':>13}{'server':>8}{'×':>7}"


def _figures(paces: dict[str, list[Pace]]) -> str:
    def median(who: str, what: str) -> float:
        return statistics.median(getattr(pace, what) for pace in paces[who])

    rates = [median(who, "rate") for who in ("ours", "by hand")]
    return (
        f"{rates[0]:9,.0f}{median('ours', 'cpu_us'):7.1f}{median('ours', 'server_us'):8.1f}"
        f"{rates[1]:13,.0f}{median('by hand', 'server_us'):8.1f}{rates[0] / rates[1]:7.2f}"
    )


def _runs(
    office: Office, *, rows: int, size: int, turns: Sequence[int], among: int
) -> dict[str, dict[str, list[Pace]]]:
    found: dict[str, dict[str, list[Pace]]] = {kind: defaultdict(list) for kind in KINDS}
    for turn in turns:
        for kind in KINDS:
            stated = office.rows(kind, rows, turn=turn, among=among)
            batches = [stated[first : first + size] for first in range(0, len(stated), size)]
            for who in sorted(CONTENDERS, reverse=bool(turn % 2)):
                found[kind][who].append(CONTENDERS[who](office, batches))
    return found


def _fill(office: Office, versions: int) -> None:
    values = {"factory": office.factory.pk, "request": uuid4(), "orders": versions // VERSIONS}
    for table in ("orders_manufacturingorderversion", raw_statements.TABLE):
        office.by_hand.execute(f"DELETE FROM {table}")
        office.by_hand.execute(_STORED.format(table=table), values)
    office.by_hand.execute("DELETE FROM orders_ingesthead")
    office.by_hand.execute(_HEADS)
    office.by_hand.execute("VACUUM (ANALYZE)")
    office.by_hand.execute("CHECKPOINT")


def _faults(office: Office) -> list[str]:
    unequal, behind = (office.by_hand.execute(query).fetchone()[0] for query in (_UNEQUAL, _BEHIND))  # type: ignore[index]
    found = {f"{unequal:,} versions are not the same": unequal, f"{behind:,} heads are not the newest": behind}
    return [fault for fault, count in found.items() if count]
