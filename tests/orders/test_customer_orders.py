"""Customer orders: taken down once a factory, found by number or name, by nobody else."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from factoryos.kernel.problems import Duplicate, NotFound, RoleMissing
from orders.customer_orders import NewRow, create_customer_order, find_by_external_id, find_customer_order, rows_of
from orders.models import CustomerOrder
from tests import floor
from tests.evidence import everything
from tests.orders.stage import Stage
from tests.threads import at_once

pytestmark = pytest.mark.django_db

FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)


def taken_down(stage: Stage, external_id: str | None = "WEB-1", *rows: NewRow, by: Any = None) -> CustomerOrder:
    return floor.done(
        create_customer_order, by=by or stage.by, external_id=external_id, name="Selangor Water", delivery_date=FRIDAY,
        rows=rows,
    )  # fmt: skip


def test_its_rows_are_kept_in_their_order_with_what_the_customer_calls_them(django_assert_num_queries: Any) -> None:
    stage = Stage()
    other = floor.an_item(stage.factory)
    order = taken_down(
        stage, "WEB-1",
        NewRow(other, "Ring", Decimal("2.5")), NewRow(stage.item, "", Decimal(7)), NewRow(other, "Again", Decimal(1)),
    )  # fmt: skip
    second = taken_down(stage, "WEB-2")
    with django_assert_num_queries(1):
        found = rows_of([order.pk, second.pk])
        rows = [(row.item.sku, row.name, row.quantity) for row in found[order.pk]]
    assert rows == [(other.sku, "Ring", Decimal("2.5")), (stage.item.sku, "", 7), (other.sku, "Again", 1)]
    assert found[second.pk] == []
    kept = CustomerOrder.objects.get(pk=order.pk)
    assert (kept.factory_id, kept.external_id, kept.name, kept.delivery_date) == (
        stage.factory.pk, "WEB-1", "Selangor Water", FRIDAY,
    )  # fmt: skip


def test_it_is_found_by_its_own_factory_alone() -> None:
    stage, stranger = Stage(), Stage()
    order = taken_down(stage)
    assert find_customer_order(order.pk, by=stage.by) == find_by_external_id("WEB-1", by=stage.by) == order
    for by, number, name in ((stranger.by, order.pk, "WEB-1"), (stage.by, order.pk + 1, "web-1")):
        for find in (lambda: find_customer_order(number, by=by), lambda: find_by_external_id(name, by=by)):  # noqa: B023
            with pytest.raises(NotFound) as raised:
                find()
            assert raised.value.data == {"thing": "Customer order"}


def test_an_external_id_is_taken_once_a_factory() -> None:
    stage, stranger = Stage(), Stage()
    taken_down(stage)
    taken_down(stranger)
    before = everything()
    with pytest.raises(Duplicate) as raised:
        taken_down(stage, "WEB-1", NewRow(stage.item, "", Decimal(7)))
    assert (raised.value.data["field"], raised.value.data["value"]) == ("externalId", "WEB-1")
    assert everything() == before


def test_without_an_external_id_any_number_of_them() -> None:
    stage = Stage()
    assert len({taken_down(stage, None).pk for _ in range(2)}) == 2


def test_who_may_not_create_orders_may_not_take_these_down() -> None:
    stage = Stage()
    before = everything()
    for role in ("viewer", "operator", "technician", "qa"):
        with pytest.raises(RoleMissing):
            taken_down(stage, by=floor.an_actor(stage.factory, role))
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_is_kept() -> None:
    stage = Stage()

    def take_down() -> CustomerOrder:
        with transaction.atomic():
            return taken_down(stage, "WEB-1", NewRow(stage.item, "", Decimal(7)))

    outcomes = at_once(*[take_down] * 6)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CustomerOrder", *["Duplicate"] * 5]
    assert CustomerOrder.objects.count() == 1
