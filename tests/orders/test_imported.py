"""Which part of a count concerns pieces that were made elsewhere: the own ones go first, and none is ever made up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.imported import own_part, own_produced, split
from orders.models import OrderLine
from orders.specs import Count

# (good, imported good, rejected, imported rejected), the count, and its imported part
CASES = [
    # what is added is our own
    ((0, 0, 0, 0), (5, 2), (0, 0)),
    ((500, 498, 0, 0), (5, 0), (0, 0)),
    ((500, 498, 4, 4), (5, 2), (0, 0)),
    # miscounted: own pieces first, then imported ones
    ((500, 498, 0, 0), (-1, 0), (0, 0)),
    ((500, 498, 0, 0), (-2, 0), (0, 0)),
    ((500, 498, 0, 0), (-3, 0), (-1, 0)),
    ((500, 500, 0, 0), (-3, 0), (-3, 0)),
    ((500, 498, 0, 0), (-500, 0), (-498, 0)),
    ((500, 0, 0, 0), (-500, 0), (0, 0)),
    ((0, 0, 10, 6), (0, -3), (0, 0)),
    ((0, 0, 10, 6), (0, -5), (0, -1)),
    ((9, 5, 10, 6), (-5, -5), (-1, -1)),
    # scrapped: what was imported stays imported
    ((500, 498, 0, 0), (-2, 2), (0, 0)),
    ((500, 498, 0, 0), (-5, 5), (-3, 3)),
    ((500, 500, 0, 0), (-5, 5), (-5, 5)),
    ((500, 500, 7, 1), (-5, 5), (-5, 5)),
    # more rejected than were good: the others are new ones
    ((500, 498, 0, 0), (-5, 8), (-3, 3)),
    ((500, 500, 0, 0), (-5, 8), (-5, 5)),
    # fewer rejected than are good no more: the own ones of them first
    ((500, 498, 0, 0), (-5, 1), (-3, 0)),
    ((500, 498, 0, 0), (-5, 3), (-3, 1)),
    ((500, 500, 0, 0), (-5, 3), (-5, 3)),
    # taken back into good, the mirror of it
    ((500, 490, 10, 7), (3, -3), (0, 0)),
    ((500, 490, 10, 7), (5, -5), (2, -2)),
    ((500, 490, 10, 7), (8, -5), (2, -2)),
    ((500, 490, 10, 7), (4, -5), (1, -2)),
    ((500, 490, 10, 7), (1, -5), (0, -2)),
    ((500, 490, 10, 10), (5, -5), (5, -5)),
    # more than there is, which is refused elsewhere
    ((5, 3, 0, 0), (-9, 0), (-3, 0)),
    ((5, 3, 2, 1), (-9, -9), (-3, -1)),
    # parts of a unit, to the last digit
    (("1.000000000000001", "0.6", 0, 0), ("-0.400000000000002", 0), ("-0.000000000000001", 0)),
]


def a_line(good: object, imported_good: object, rejected: object, imported_rejected: object) -> OrderLine:
    return OrderLine(
        good=Decimal(str(good)), imported_good=Decimal(str(imported_good)), rejected=Decimal(str(rejected)),
        imported_rejected=Decimal(str(imported_rejected)),
    )  # fmt: skip


@pytest.mark.parametrize(("line", "count", "part"), CASES)
def test_the_imported_part_of_a_count(
    line: tuple[object, ...], count: tuple[object, ...], part: tuple[object, ...]
) -> None:
    good, rejected = (Decimal(str(value)) for value in count)
    assert split(a_line(*line), Count(good, rejected)) == tuple(Decimal(str(value)) for value in part)


def test_nothing_is_nothing_and_not_less() -> None:
    assert [str(part) for part in split(a_line(500, 498, 0, 0), Count(Decimal(-1), Decimal(0)))] == ["0", "0"]


@st.composite
def counted_lines(draw: st.DrawFn) -> tuple[OrderLine, Count]:
    """A line, and a count that it can bear."""
    good, rejected = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    line = a_line(good, draw(st.integers(0, good)), rejected, draw(st.integers(0, rejected)))
    return line, Count(Decimal(draw(st.integers(-good, 9))), Decimal(draw(st.integers(-rejected, 9))))


@given(counted_lines())
def test_a_part_is_a_part_whatever_is_counted(drawn: tuple[OrderLine, Count]) -> None:
    """What is imported afterwards is a part of the totals, as the database demands; what is own is what is left."""
    line, count = drawn
    good, rejected = split(line, count)
    own = own_part(count, (good, rejected))
    assert 0 <= line.imported_good + good <= line.good + count.good
    assert 0 <= line.imported_rejected + rejected <= line.rejected + count.rejected
    assert good + rejected <= 0, "nobody who counts here makes pieces elsewhere"
    assert own_produced(line) + own.produced >= 0
    assert (own.good + good, own.rejected + rejected) == (count.good, count.rejected)
    if count.produced == 0:
        assert good + rejected == 0, "what only changes sides stays what it was"
