"""`manage.py connection_test`: what is wrong with a line, in words; exit code 1 if anything is."""

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from iot.counting import Rules
from iot.diagnosis.examination import examine
from iot.diagnosis.findings import ExaminedPoint, Finding, Grade, Target
from iot.diagnosis.targets import poller_of_bus, target_of
from iot.drivers.focas.host import STATES
from iot.drivers.protocol import Point
from iot.drivers.registry import DRIVERS
from iot.models import Connection
from iot.poller.borrowing import borrowed
from iot.registers import Encoding, Layout

_LAYOUT = ("encoding", "word_order", "byte_order")
_RATE = 100.0  # counts a second that are believed where nobody says how fast the machine is
_SIGNS = {Grade.FINE: "ok   ", Grade.NOTE: "note ", Grade.WRONG: "WRONG"}


class Command(BaseCommand):
    help = (
        "Tests a line and says in words what is wrong with it and what to do. It only reads. Name a connection that "
        "is set up, or try settings before they are: connection_test --driver modbus_tcp --address host=10.0.0.5 "
        "port=502 --point address=0 encoding=u32. The exit code is 1 if anything is wrong."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", nargs="?", help="the code of a connection that is set up")
        parser.add_argument("--factory", metavar="SLUG", help="whose connection, where several have one of this code")
        parser.add_argument("--driver", choices=list(DRIVERS), help="try settings that are not set up")
        parser.add_argument(
            "--address", nargs="+", default=[], metavar="NAME=VALUE", help="such as host=10.0.0.5 port=502"
        )
        parser.add_argument(
            "--point", nargs="+", action="append", default=[], metavar="NAME=VALUE",
            help="one point to read: the driver's settings, encoding, word_order, byte_order, max_rate (counts a second), "
            "role=state of what is no counter; may be given several times",
        )  # fmt: skip
        parser.add_argument("--reads", type=int, default=5, help="how often all points are read (default: 5)")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between reads (default: 1)")
        parser.add_argument("--wait", type=float, default=15.0, help="seconds for its poller to let go (default: 15)")
        parser.add_argument("--patience", type=float, default=5.0, help="seconds for each step (default: 5)")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["code"]) == bool(options["driver"]):
            raise CommandError("Name a connection that is set up, or give --driver and --address.")
        if not (1 <= options["reads"] <= 1000 and 0 <= options["pause"] <= 3600 and 0 < options["patience"] <= 600):
            raise CommandError("reads: 1 to 1000; pause: 0 to 3600 seconds; patience: more than 0, up to 600.")
        if options["code"]:
            wrong = self._test_set_up(_set_up(options["code"], slug=options["factory"]), options)
        else:
            wrong = self._test(self._tried(options), options)
        self.stdout.write("Something is wrong, see above." if wrong else "Nothing is wrong.")
        if wrong:
            raise SystemExit(1)

    def _test_set_up(self, connection: Connection, options: dict[str, Any]) -> bool:
        """Test a line that is set up with its poller out of the way, if it lets go; else the test says what that means."""
        target = target_of(connection)
        if target.polled_by is None:
            return self._test(target, options)
        with borrowed(connection.shard_id, wait_s=options["wait"]) as alone:
            if alone:
                self.stdout.write(
                    "note  The poller lets go of this line until the test is over; nothing is lost by that."
                )
            return self._test(replace(target, polled_by=None) if alone else target, options)

    def _test(self, target: Target, options: dict[str, Any]) -> bool:
        self.stdout.write(f"{target.name} ({target.driver} {json.dumps(dict(target.address))})")
        return asyncio.run(self._tell(target, options))

    async def _tell(self, target: Target, options: dict[str, Any]) -> bool:
        wrong = False
        how = {"reads": options["reads"], "pause_s": options["pause"], "patience_s": options["patience"]}
        async for finding in examine(target, **how):
            wrong = wrong or finding.grade is Grade.WRONG
            for line in _lines(finding):
                self.stdout.write(line)
            self.stdout.flush()
        return wrong

    def _tried(self, options: dict[str, Any]) -> Target:
        address = _settings(options["address"])
        points = tuple(_point(number, words) for number, words in enumerate(options["point"], start=1))
        try:
            polled_by = poller_of_bus(options["driver"], address)
        except OperationalError:
            polled_by = None
            self.stdout.write("note  The database cannot be asked whether a poller reads this line now.")
        return Target("New line", options["driver"], address, points, polled_by=polled_by)


def _set_up(code: str, *, slug: str | None) -> Connection:
    found = Connection.objects.filter(code__iexact=code).select_related("factory").order_by("factory__slug")
    if slug is not None:
        found = found.filter(factory__slug=slug)
    connections = list(found[:20])
    if not connections:
        raise CommandError(f"There is no connection {code}" + (f" in {slug}." if slug else "."))
    if len(connections) > 1:
        slugs = ", ".join(connection.factory.slug for connection in connections)
        raise CommandError(f"Several factories have a connection {code}; name one with --factory: {slugs}.")
    return connections[0]


def _settings(words: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` with values as JSON where they are, such as 502, true or "GOOD?\\r"; else as text. Problem: CommandError."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CommandError(f"{word!r} is no NAME=VALUE.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _point(number: int, words: Sequence[str]) -> ExaminedPoint:
    where = _settings(words)
    encoding, word_order, byte_order = (where.pop(name, None) for name in _LAYOUT)
    if encoding is not None and encoding not in list(Encoding):
        raise CommandError(f"encoding is one of {', '.join(Encoding)}, not {encoding}.")
    for order in (word_order, byte_order):
        if order not in (None, "big", "little"):
            raise CommandError(f"An order is big or little, not {order}.")
    layout = Layout(Encoding(encoding or Encoding.U32), word_order or "big", byte_order or "big")
    max_rate, role = where.pop("max_rate", _RATE), where.pop("role", "counter")
    if isinstance(max_rate, bool) or not isinstance(max_rate, (int, float)) or not 0 < max_rate < inf:
        raise CommandError(f"max_rate is a number of counts a second, not {max_rate}.")
    counts = role != "state" and layout.encoding is not Encoding.BIT and where.get("value") not in STATES
    rules = Rules(layout.modulus, float(max_rate)) if counts else None
    return ExaminedPoint(" ".join(words), Point(number, layout, where), rules)


def _lines(finding: Finding) -> list[str]:
    name = f"{finding.step}{f' of {finding.point}' if finding.point else ''}"
    lines = [f"{_SIGNS[finding.grade]} {name}: {finding.text}"]
    lines += [f"        {detail}" for detail in finding.details]
    return lines + ([f"      → {finding.advice}"] if finding.advice else [])
