"""References without gaps: one after the other in each factory and year, given back with what was rolled back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Duplicate
from orders.models import ProductionOrder
from orders.references import mint, mint_gapless, peek
from tests import floor
from tests.threads import at_once


class Changed(Exception):
    """Makes a transaction roll back."""


@pytest.fixture
def by(monkeypatch: pytest.MonkeyPatch) -> Iterator[Actor]:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    yield floor.an_actor(floor.a_factory(time_zone="UTC"))


def made(by: Actor, **facts: Any) -> str:
    return floor.an_order(by, mint=mint_gapless, **facts).reference


@pytest.mark.django_db
def test_the_year_is_the_factorys_and_every_factory_and_year_counts_for_itself(by: Actor) -> None:
    eastern = floor.an_actor(floor.a_factory(time_zone="Asia/Kuala_Lumpur"))
    assert [made(by), made(by)] == ["MO/2026/0001", "MO/2026/0002"]
    assert [made(eastern), made(by)] == ["MO/2027/0001", "MO/2026/0003"]


@pytest.mark.django_db(transaction=True)
def test_an_order_that_came_to_nothing_leaves_no_gap(by: Actor) -> None:
    made(by)
    with pytest.raises(Changed), transaction.atomic():
        assert made(by) == "MO/2026/0002"
        raise Changed
    assert made(by) == "MO/2026/0002"


@pytest.mark.django_db
def test_numbers_that_were_taken_by_hand_are_passed_over(by: Actor) -> None:
    floor.an_order(by, reference="MO/2026/0002")
    floor.an_order(by, reference="MO/2026/0003")
    floor.an_order(floor.an_actor(floor.a_factory()), reference="MO/2026/0005")
    assert [made(by) for _ in range(3)] == ["MO/2026/0001", "MO/2026/0004", "MO/2026/0005"]


@pytest.mark.django_db
def test_beyond_four_digits_it_goes_on(by: Actor) -> None:
    from factoryos.kernel.models import Counter

    Counter.objects.create(factory_id=by.factory.id, series="MO/2026", last=9999)
    assert made(by) == "MO/2026/10000"


@pytest.mark.django_db(transaction=True)
def test_orders_made_at_once_are_numbered_without_gap_or_repetition(by: Actor) -> None:
    numbers = at_once(*[lambda: made(by)] * 8)
    assert sorted(numbers) == [f"MO/2026/{number:04d}" for number in range(1, 9)]
    assert ProductionOrder.objects.count() == 8


@pytest.mark.django_db
def test_a_reference_of_ones_own_takes_no_number(by: Actor) -> None:
    assert made(by, reference="MINE") == "MINE"
    with pytest.raises(Duplicate), transaction.atomic():
        made(by, reference="MINE")
    assert made(by) == "MO/2026/0001"


@pytest.mark.django_db
def test_a_peek_is_what_comes_next_and_takes_nothing(by: Actor, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert peek(by=by) == "PO-2026-000001"
    assert peek(by=by) == "PO-2026-000001"
    assert floor.an_order(by).reference == "PO-2026-000001"
    assert peek(by=by) == "PO-2026-000002"


@pytest.mark.django_db
def test_a_peek_steps_over_what_was_taken_by_hand_as_the_mint_does(by: Actor, django_assert_num_queries: Any) -> None:
    for number in (1, 2, 4):
        floor.an_order(by, reference=f"PO-2026-{number:06d}")
    floor.an_order(floor.an_actor(floor.a_factory()), reference="PO-2026-000003")
    with django_assert_num_queries(1):
        assert peek(by=by) == "PO-2026-000003"
    assert mint(by=by) == "PO-2026-000003"
    assert peek(by=by) == mint(by=by) == "PO-2026-000005"
    assert peek(by=by, prefix="X", digits=2) == "X-2026-01"
