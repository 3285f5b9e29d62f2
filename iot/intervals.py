"""Stretches of time as pairs of instants, begin inclusive, end exclusive: joining, cutting and measuring them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def joined(*many: Iterable[Interval]) -> list[Interval]:
    """All that is in any of them, in order; what touches or overlaps is one stretch."""
    found: list[Interval] = []
    for begin, end in sorted(interval for intervals in many for interval in intervals):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def common(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """What is in both."""
    left, right = joined(some), joined(others)
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        begin, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if begin < end:
            found.append((begin, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(some: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """What is in `some` and in none of `others`."""
    taken = joined(others)
    found: list[Interval] = []
    place = 0
    for begin, end in joined(some):
        while place < len(taken) and taken[place][1] <= begin:
            place += 1
        at = place
        while at < len(taken) and taken[at][0] < end:
            if begin < taken[at][0]:
                found.append((begin, taken[at][0]))
            begin = taken[at][1]
            at += 1
        if begin < end:
            found.append((begin, end))
    return found


def length(intervals: Iterable[Interval]) -> timedelta:
    """How long they are together, if none overlaps another."""
    return sum((end - begin for begin, end in intervals), timedelta())
