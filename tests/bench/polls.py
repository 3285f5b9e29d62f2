"""`python -m tests.bench polls`: simulated Modbus/TCP devices read by our engine, by pymodbus and by a bare epoll loop.

    python -m tests.bench polls [--quick] [--devices N ...] [--seconds S] [--rounds R]

Everybody keeps one connection a device open and has one question on it at a time. The devices live in a process of their
own; what is told is the time that the reading process computes, system calls included. uvloop is measured where installed.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence

from tests.bench.device_farm import farm, raise_file_limit
from tests.bench.pollers import CONTENDERS, OURS, Pace, cycles_with_dead_ones

DEVICES, QUICK_DEVICES = (100, 1000, 5000), (100, 1000)
AMONG = 1000  # devices, of which one falls silent and one closes its port
NOTES = """\
polls/s: as fast as can be, one device after the other's answer has come. µs: CPU of the reading process a poll.
core: the share of one core that reading each device once a second takes. ×: our µs in proportion to theirs.
ours goes from the wire to samples with time, value before and health; pymodbus to registers; bare epoll to a number."""


def measure(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench polls", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer devices and short runs")
    parser.add_argument("--devices", type=int, nargs="+", help=f"how many (default {' '.join(map(str, DEVICES))})")
    parser.add_argument("--seconds", type=float, help="of one run (default 3)")
    parser.add_argument("--rounds", type=int, help="runs that each figure is the median of (default 3)")
    args = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    seconds, rounds = args.seconds or (1.0 if args.quick else 3.0), args.rounds or (1 if args.quick else 3)
    most = raise_file_limit() // 2 - 200
    sizes = [size for size in args.devices or (QUICK_DEVICES if args.quick else DEVICES) if size <= most]
    errors = skipped = 0
    print(_head())
    for size in sizes:
        found = contest(size, seconds=seconds, rounds=rounds)
        errors += sum(pace.errors for paces in found.values() for pace in paces)
        skipped += sum(pace.skipped for paces in found.values() for pace in paces)
        print(*_rows(size, found), sep="\n", flush=True)
    print(_dead(min(AMONG, sizes[-1]), rounds=3 * rounds))
    print(
        f"errors: {errors}, turns that we skipped at one a second: {skipped}; median of {rounds} runs of {seconds:g} s;"
        f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n{NOTES}"
    )
    return 1 if errors else 0


def contest(devices: int, *, seconds: float, rounds: int) -> dict[str, list[Pace]]:
    """Everybody in turn, so that whoever else uses the computer disturbs all alike."""
    found: dict[str, list[Pace]] = defaultdict(list)
    with farm(devices) as ports:
        for _ in range(rounds):
            for contender in CONTENDERS:
                found[contender.name].append(contender.pace(ports, seconds))
    return found


def _head() -> str:
    return f"{'devices':>8}  {'':22}{'polls/s':>9}{'µs':>8}{'core':>8}{'ours ×':>8}"


def _rows(size: int, found: dict[str, list[Pace]]) -> list[str]:
    ours = statistics.median(pace.cpu_us for pace in found[OURS])
    rows = []
    for name, paces in found.items():
        rate, cpu, share = (
            statistics.median(getattr(pace, what) for pace in paces) for what in ("rate", "cpu_us", "share")
        )
        first = f"{size:8,}" if name == OURS else " " * 8
        rows.append(f"{first}  {name:22}{rate:9,.0f}{cpu:8.1f}{share:8.1%}{ours / cpu:8.2f}")
    return rows


def _dead(devices: int, *, rounds: int) -> str:
    with farm(devices) as ports:
        found = asyncio.run(cycles_with_dead_ones(ports, rounds=rounds))
    alive, failing, given_up = (statistics.median(times) for times in found)
    return (
        f"a round of {devices:,} healthy devices: {alive * 1000:.0f} ms; with a silent one and a closed port among them"
        f" ×{failing / alive:.2f}, once these are given up ×{given_up / alive:.2f}"
    )
