"""References without gaps while forty orders are made at once, a third of which come to nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from factoryos.kernel.problems import Invalid
from orders import references
from orders.actions import create
from orders.models import ProductionOrder
from orders.specs import NewLine
from tests.races.stockroom import Stockroom, as_request, refused
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def making(room: Stockroom, *, mint: Callable[..., str]) -> list[Callable[[], Any]]:
    """Forty orders; every third is refused when all of it is written but the commit."""
    product = room.product({room.material(): 1})

    def work(number: int) -> str:
        order = create(by=room.by, lines=[NewLine(item=product, target=Decimal(5))], mint=mint)
        if number % 3 == 0:
            raise Invalid(messages=["it was not meant"])
        return order.reference

    return [as_request(lambda number=number: work(number)) for number in range(40)]


def numbers_given(outcomes: list[Any]) -> list[int]:
    """The numbers of those that stand, in their order, after the database was asked whether it has the same."""
    told = sorted(outcome for outcome in outcomes if isinstance(outcome, str))
    assert told == sorted(ProductionOrder.objects.values_list("reference", flat=True))
    return [int(reference.replace("-", "/").split("/")[-1]) for reference in told]


def test_of_forty_orders_made_at_once_a_third_comes_to_nothing_and_no_number_is_missing_or_given_twice() -> None:
    room = Stockroom()
    outcomes = at_once(*making(room, mint=references.mint_gapless))
    assert [type(problem) for problem in refused(outcomes)] == [Invalid] * 14
    assert numbers_given(outcomes) == list(range(1, 27))
    # What comes next goes on where it ended.
    more = at_once(*making(room, mint=references.mint_gapless)[1:3])
    assert sorted(str(one)[-4:] for one in more) == ["0027", "0028"]


def test_control_ordinary_references_have_gaps_where_something_was_rolled_back() -> None:
    outcomes = at_once(*making(Stockroom(), mint=references.mint))
    found = numbers_given(outcomes)
    assert len(found) == 26 and found != list(range(1, 27))
