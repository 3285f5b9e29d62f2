"""create: references are minted or chosen, once a factory, and the order shows who made it."""

from datetime import UTC, datetime

import pytest

from factoryos.kernel import clock
from factoryos.kernel.problems import Duplicate
from tests import floor
from tests.orders.stage import Stage

pytestmark = pytest.mark.django_db


def test_a_reference_is_unique_in_its_factory_and_free_in_another() -> None:
    stage = Stage()
    stage.draft(reference="MO-1")
    with pytest.raises(Duplicate):
        stage.draft(reference="MO-1")
    assert Stage().draft(reference="MO-1").reference == "MO-1"


def test_minted_references_count_up_per_factory_and_step_over_chosen_ones() -> None:
    stage = Stage()
    year = datetime.now(UTC).year
    first = stage.draft().reference
    stage.draft(reference=f"PO-{year}-000002")
    assert (first, stage.draft().reference) == (f"PO-{year}-000001", f"PO-{year}-000003")
    assert Stage().draft().reference == first


def test_the_year_of_a_reference_is_the_factorys() -> None:
    clock.use(lambda: datetime(2026, 12, 31, 20, tzinfo=UTC))
    try:
        references = [Stage(time_zone=zone).draft().reference for zone in ("Asia/Kuala_Lumpur", "UTC")]
    finally:
        clock.use(None)
    assert references == ["PO-2027-000001", "PO-2026-000001"]


def test_the_order_shows_who_made_it() -> None:
    stage = Stage()
    by = floor.an_actor(stage.factory, "planner")
    order = floor.an_order(by)
    assert (order.created_by_id, order.created_by_name, order.origin) == (by.id, by.name, "factory")
