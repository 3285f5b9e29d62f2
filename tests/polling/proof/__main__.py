"""The proof that no part is lost or invented, in its long form: on a database of its own, with real commits.

    python -m tests.polling.proof [--parts 1000000] [--seed 7] [--pace 1] [--every 6]

The same seed gives the same run, to the piece and to the digest of all that the counter ledger says. On DATABASE_URL's
server, else on our own. Ends with 1 and says what is wrong, where a part is lost or invented.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TextIO

HOME = Path(__file__).resolve().parents[3] / "var" / "proof"


def prepare() -> None:
    from tests.bench import database

    os.environ.update(
        FACTORYOS_HOME=str(HOME), DJANGO_SETTINGS_MODULE="tests.bench.settings", BENCH_DATABASE=database.name(),
        REDIS_URL="", FACTORYOS_ENV="development",
    )  # fmt: skip
    (HOME / "static").mkdir(parents=True, exist_ok=True)
    import django

    django.setup()


def tell(line: str, *, to: TextIO = sys.stdout) -> None:
    to.write(f"{line}\n")
    to.flush()


def prove(args: argparse.Namespace) -> int:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from factoryos.kernel import embedded_postgres
    from tests.bench import database
    from tests.polling.proof.account import Wrong
    from tests.polling.proof.run import Run

    if not os.environ.get("DATABASE_URL", "").strip():
        embedded_postgres.ensure_running(HOME)
    with database.made(settings.DATABASES["default"]):
        call_command("migrate", verbosity=0)
        began = time.monotonic()
        try:
            outcome = Run(parts=args.parts, seed=args.seed, pace=args.pace, every=args.every).all()
        except Wrong as wrong:
            tell(str(wrong), to=sys.stderr)
            return 1
        finally:
            connections.close_all()
        for name, pieces in outcome.sums.told().items():
            tell(f"{name:>28}: {pieces:>14}")
        tell("delivered: " + ", ".join(f"{fault} {times}" for fault, times in outcome.tally.items()))
        tell(f"{outcome.lasted:.0f} s of virtual time, proved in {time.monotonic() - began:.0f} s; seed {args.seed}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.polling.proof", description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=int, default=1_000_000, help="to be made (default 1,000,000)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--pace", type=float, default=1.0, help="multiplies the rates of all presses (default 1)")
    parser.add_argument("--every", type=float, default=6.0, help="seconds between two faults of a press (default 6)")
    args = parser.parse_args()
    prepare()
    return prove(args)


if __name__ == "__main__":
    sys.exit(main())
