"""`make bench`: our APIs over HTTP beside a bare Django view under the same server and the same SQL by hand.

The factory API's verbs and pages, and the ERP API's confirm and produce on stock that all orders share.

    python -m tests.bench [--quick] [--orders N] [--seconds S] [--rounds R]
    python -m tests.bench streams    the live stream instead: see tests/bench/streams.py
    python -m tests.bench console    the pages of the console: see tests/bench/console.py
    python -m tests.bench polls      reading machines: see tests/bench/polls.py
    python -m tests.bench bulk          operations on many orders beside the bare verbs
    python -m tests.bench counts        what machines counted, booked together: see tests/bench/counts.py
    python -m tests.bench ingest        files and requests of the ingest API: see tests/bench/ingest.py
    python -m tests.bench statements    what planning systems state: see tests/bench/statements.py
    python -m tests.bench projection    orders made of what planning systems stated: see tests/bench/projection.py

On DATABASE_URL's server, else on our own, in a database of its own. Ends with 1 when any call failed.
"""

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from tests.bench.contest import Contest

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "var" / "bench"
SMALL = 10_000
WRITERS, STOCK_WRITERS, READERS = (1, 4, 8), (1, 4), (1, 4)
PROCESSES = 2  # that load comes from


def prepare() -> None:
    """Settings of our own, for us and for the server we start. Without Redis: wake-ups are not what is measured."""
    from tests.bench import database

    os.environ.update(
        FACTORYOS_HOME=str(HOME), DJANGO_SETTINGS_MODULE="tests.bench.settings", BENCH_DATABASE=database.name(),
        REDIS_URL="", FACTORYOS_ENV="development",
    )  # fmt: skip
    (HOME / "static").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(HOME / "broker", ignore_errors=True)  # nobody reads there
    import django

    django.setup()


def measure(args: argparse.Namespace) -> int:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from factoryos.kernel import embedded_postgres
    from tests.bench import client, database, plant, stockroom, web
    from tests.bench.contest import Contest

    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(HOME)
    spawn = multiprocessing.get_context("spawn")
    with database.made(settings.DATABASES["default"]) as conninfo:
        call_command("migrate", verbosity=0)
        with (
            psycopg.connect(conninfo, autocommit=True) as connection,
            web.serving(folder=ROOT, log=HOME / "web.log") as server,
            ProcessPoolExecutor(
                PROCESSES, mp_context=spawn, initializer=client.end_with, initargs=(os.getpid(),)
            ) as pool,
        ):
            floor = plant.open_plant(connection)
            contest = Contest(floor, stockroom.open_shelves(floor), server, conninfo, pool, args.seconds)
            run(contest, args)
            status = tell(contest, args)
        connections.close_all()
    return status


def run(contest: "Contest", args: argparse.Namespace) -> None:
    from tests.bench import plant

    say(f"loading {SMALL:,} orders")
    plant.fill(contest.plant, SMALL)
    say(f"pages of {SMALL:,} orders")
    pages(contest, args, orders=SMALL)
    say("writes")
    contest.warm_up()
    for _ in range(args.rounds):
        for connections in WRITERS:
            contest.writes(connections)
        for shelf in contest.shelves:
            for connections in STOCK_WRITERS:
                contest.stock(shelf, connections)
    if args.orders > SMALL:
        say(f"loading {args.orders:,} orders")
        plant.fill(contest.plant, args.orders)
        say(f"pages of {args.orders:,} orders")
        pages(contest, args, orders=args.orders)


def pages(contest: "Contest", args: argparse.Namespace, *, orders: int) -> None:
    for _ in range(args.rounds):
        for connections in READERS:
            contest.reads(connections, orders=orders)


def tell(contest: "Contest", args: argparse.Namespace) -> int:
    from tests.bench import hints, table

    memory = contest.server.memory()
    sizes = [SMALL, args.orders] if args.orders > SMALL else [SMALL]
    wrong = unbooked(contest)
    written = [*table.writes(contest, WRITERS), *table.stock(contest, STOCK_WRITERS)]
    print("", *written, "", *table.reads(contest, READERS, sizes), sep="\n")
    each = " + ".join(f"{size:.0f}" for size in memory)
    print(f"\nweb server: {sum(memory):.0f} MB resident ({each})")
    print(
        f"errors: {contest.errors()} of {contest.calls():,} calls;", "; ".join(wrong) or "every accepted one is booked"
    )
    print(
        "the quickest call of each kind, without web server:",
        *hints.measure(contest.plant, contest.shelves[0]),
        sep="\n",
    )
    print(
        f"\nmedian of {args.rounds} runs of {args.seconds:g} s; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
        f" PostgreSQL {contest.plant.server()}\n{table.NOTES}\n{table.PEERS}"
    )
    for failure in contest.failures():
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if contest.errors() or wrong else 0


def unbooked(contest: "Contest") -> list[str]:
    """What was accepted and is not in the books, or the other way round; and totals that the ledgers belie."""
    from orders.proof_of_ledgers import faults
    from orders.proofs import one_snapshot

    events = contest.plant.events()
    wrong = [
        f"{verb}: {accepted} accepted, {booked} events"
        for verb, accepted in contest.accepted.items()
        if accepted != (booked := events.get(verb, 0))
    ]
    if (told := contest.plant.announcements()) != sum(events.values()):
        wrong.append(f"{told} announcements of {sum(events.values())} events")
    with one_snapshot():
        return wrong + [str(fault) for fault in faults()]


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what} …", file=sys.stderr, flush=True)


def main() -> int:
    if sys.argv[1:2] == ["streams"]:
        prepare()
        from tests.bench import streams

        return streams.measure(sys.argv[2:])
    if sys.argv[1:2] == ["polls"]:
        prepare()
        from tests.bench import polls

        return polls.measure(sys.argv[2:])
    if sys.argv[1:2] == ["console"]:
        prepare()
        from tests.bench import console

        return console.measure(sys.argv[2:])
    if sys.argv[1:2] == ["ingest"]:
        prepare()
        from tests.bench import ingest

        return ingest.measure(sys.argv[2:])
    if sys.argv[1:2] == ["statements"]:
        prepare()
        from tests.bench import statements

        return statements.measure(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", nargs="?", choices=("web", "bulk", "counts", "projection"), default="web", help="what is measured"
    )
    parser.add_argument("--quick", action="store_true", help=f"{SMALL:,} orders only and short runs")
    parser.add_argument("--orders", type=int, help="how many the long list has (default 1,000,000)")
    parser.add_argument("--seconds", type=float, help="of one run (default 1)")
    parser.add_argument("--rounds", type=int, help="runs that each figure is the median of (default 3)")
    args = parser.parse_args()
    args.orders = args.orders or (SMALL if args.quick else 1_000_000)
    args.seconds = args.seconds or (0.4 if args.quick else 1.0)
    args.rounds = args.rounds or (1 if args.quick else 3)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that all is put away
    prepare()
    if args.what == "bulk":
        from tests.bench import bulk

        return bulk.measure()
    if args.what == "counts":
        from tests.bench import counts

        return counts.measure()
    if args.what == "projection":
        from tests.bench import projection

        return projection.measure(orders=500, rounds=1) if args.quick else projection.measure()
    return measure(args)


if __name__ == "__main__":
    sys.exit(main())
