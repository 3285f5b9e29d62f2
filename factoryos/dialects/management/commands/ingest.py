"""`manage.py ingest`: a file of statements, of any size, taken as the ingest API takes a batch; goes on where it stopped."""

import os
import sys
from argparse import ArgumentParser
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from tqdm import tqdm

from factoryos.dialects.base.answers import dumps
from factoryos.dialects.ingest.batches import Taken
from factoryos.dialects.ingest.files.progress import Note, Progress
from factoryos.dialects.ingest.files.reading import Chunk, Unreadable, kind_of, read_chunks
from factoryos.dialects.ingest.files.senders import NobodyToSend, sender_by_email, sender_by_token
from factoryos.dialects.ingest.files.taking import take_chunks
from factoryos.dialects.ingest.senders import Senders
from factoryos.kernel.problems import Busy

TOKEN = "INGEST_TOKEN"  # noqa: S105 the name of a variable
ROWS = 10_000
MOST_SHOWN = 20  # refused rows that are named on the screen
REFUSED, INTERRUPTED = 3, 130  # exit codes
_AGAIN = " Start it again to go on from there."


class Command(BaseCommand):
    help = (
        "Take a CSV or NDJSON file of statements about manufacturing orders, as POST …/INV_MANUFACTURING_ORDERS_OOTB takes a"
        " batch. Interrupted, it goes on where it stopped when it is started again. Exit code 3: rows were refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV with a line of column names, or a JSON object a line")
        parser.add_argument("--format", choices=["csv", "ndjson"], help="default: by the name's ending")
        parser.add_argument("--delimiter", default=",", help="between the cells of CSV (default: a comma)")
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help=f"the planner who sends it; else ${TOKEN} says who"
        )
        parser.add_argument(
            "--append", action="store_true", help="insert only: a known key with other content is refused"
        )
        parser.add_argument("--dry-run", action="store_true", help="judge every row, store none")
        parser.add_argument(
            "--refused", type=Path, metavar="FILE", help="write refused rows there, as NDJSON with reasons"
        )
        parser.add_argument(
            "--restart", action="store_true", help="begin at the beginning, wherever an earlier run stopped"
        )
        parser.add_argument("--rows", type=int, default=ROWS, help=f"rows that are stored together (default: {ROWS})")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = options["format"] or kind_of(path.name)
        if kind is None:
            raise CommandError("The name says neither csv nor ndjson: give --format.")
        if not 1 <= options["rows"] <= 100_000 or len(options["delimiter"]) != 1:
            raise CommandError("--rows must be 1 to 100000, --delimiter one character.")
        senders = _senders(options["email"])
        try:
            with path.open("rb") as file:
                self._take(file, path, kind, senders, options)
        except OSError as error:  # of this file, of that for refused rows, or of the note
            raise CommandError(
                f"{error.filename or path}: {error.strerror}. What was taken before that is kept."
            ) from None

    def _take(self, file: IO[bytes], path: Path, kind: str, senders: Senders, options: dict[str, Any]) -> None:
        note = Note(path, kind=kind, append=options["append"], by=senders.first.principal, into=_database())
        progress = Progress()
        if not options["dry_run"] and not options["restart"]:
            progress = note.read() or progress
        if progress.rows:
            self.stderr.write(f"Going on behind row {progress.rows}, where an earlier run stopped.")
        chunks = read_chunks(
            file, kind=kind, size=options["rows"], delimiter=options["delimiter"], end=progress.end, first=progress.rows
        )
        try:
            with _bar(path, progress) as bar, self._refused_rows(options, goes_on=progress.rows > 0) as refused:

                def told(chunk: Chunk, taken: Taken) -> None:
                    refused(taken.failed)
                    if not options["dry_run"]:
                        note.write(progress)
                    bar.set_postfix(rows=progress.rows, refused=progress.failed, refresh=False)
                    bar.update(chunk.end - bar.n)

                take_chunks(
                    chunks, senders=senders, append=options["append"], dry_run=options["dry_run"], progress=progress,
                    told=told,
                )  # fmt: skip
        except KeyboardInterrupt:
            self._summary(progress, dry_run=options["dry_run"])
            self.stderr.write(f"Interrupted.{_AGAIN}")
            sys.exit(INTERRUPTED)
        except (Unreadable, Busy, OperationalError, InterfaceError) as error:
            self._summary(progress, dry_run=options["dry_run"])
            again = "" if isinstance(error, Unreadable) else _AGAIN
            raise CommandError(f"{_reason(error)} What was taken before that is kept.{again}") from None
        if not options["dry_run"]:
            note.forget()
        self._summary(progress, dry_run=options["dry_run"])
        if progress.failed:
            sys.exit(REFUSED)

    @contextmanager
    def _refused_rows(self, options: dict[str, Any], *, goes_on: bool) -> Any:
        """Where refused rows are told: in the file that was named, and the first ones on the screen."""
        shown = 0
        target: Path | None = options["refused"]
        with target.open("a" if goes_on else "w", encoding="utf-8") if target else nullcontext() as file:

            def tell(rows: list[dict[str, Any]]) -> None:
                """All of them, before their batch is noted: the next run goes on behind them."""
                nonlocal shown
                if file:
                    file.writelines(dumps(row).decode() + "\n" for row in rows)
                    file.flush()
                for row in rows[: MOST_SHOWN - shown]:
                    shown += 1
                    reasons = "; ".join(f"{error['code']} {error['message']}" for error in row["errors"])
                    tqdm.write(f"Row {row['index']}: {reasons}", file=sys.stderr)

            yield tell

    def _summary(self, progress: Progress, *, dry_run: bool) -> None:
        speed = f" ({progress.rows / progress.seconds:,.0f} rows/s)" if progress.seconds else ""
        self.stdout.write(f"{progress.rows:,} rows in {progress.seconds:,.1f} s{speed}{', nothing stored' * dry_run}:")
        self.stdout.write(
            f"  {progress.changed:,} new or overwritten, {progress.unchanged:,} known already or superseded"
        )
        self.stdout.write(f"  {progress.failed:,} refused")
        for code, count in sorted(progress.codes.items()):
            self.stdout.write(f"    {code} {count:>10,} × {progress.examples[code]}")
        if not dry_run and progress.rows > progress.failed:
            self.stdout.write(f"  kept as request {progress.request_id}; the orders follow in the background")


def _reason(error: Exception) -> str:
    """What stopped it, in a line."""
    if isinstance(error, Busy):
        return error.text
    if isinstance(error, Unreadable):
        return str(error)
    return f"The database cannot go on: {str(error).strip().partition(chr(10))[0].rstrip('.')}."


def _database() -> str:
    """Which one it is: what one was given, another knows nothing of."""
    return "/".join(str(connection.settings_dict[name]) for name in ("HOST", "PORT", "NAME"))


def _senders(email: str | None) -> Senders:
    """Who sends the file: somebody by their e-mail address, or whoever holds the token of the environment."""
    token = os.environ.get(TOKEN, "")
    if not email and not token:
        raise CommandError(f"Say who sends it: --as EMAIL, or a personal access token in {TOKEN}.")
    try:
        senders = sender_by_email(email) if email else sender_by_token(token)
    except NobodyToSend as error:
        raise CommandError(str(error)) from None
    if not senders.locations:
        raise CommandError("There is no location that they may write: planners and admins of a factory with one may.")
    return senders


def _bar(path: Path, progress: Progress) -> Any:
    """How far it is, by bytes; in a log, where nobody watches, a line now and then."""
    return tqdm(
        total=path.stat().st_size, initial=progress.end, unit="B", unit_scale=True, desc=path.name, file=sys.stderr,
        mininterval=0.5 if sys.stderr.isatty() else 30,
    )  # fmt: skip
