"""Customer orders: taken down once, and found by the number that is ours or by the name that is their sender's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Duplicate, NotFound
from manufacturing.models import Item
from orders.models import CustomerOrder, CustomerOrderRow


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be: so much of an item, and what the customer calls it (empty: as the item is called)."""

    item: Item
    name: str
    quantity: Decimal


def create_customer_order(
    *, by: Actor, external_id: str | None, name: str, delivery_date: datetime | None, rows: Sequence[NewRow]
) -> CustomerOrder:
    """Take a customer's order down. Nothing is made of it by that.

    Problems: RoleMissing; Duplicate (another one has this external id).
    """
    authorise(by, "create")
    order = CustomerOrder(
        factory_id=by.factory.id,
        external_id=external_id,
        name=name,
        delivery_date=delivery_date,
        created_at=clock.now(),
    )
    try:
        order.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) != "customer_order_external_id_once":
            raise
        raise Duplicate(field="externalId", value=external_id or "") from error
    CustomerOrderRow.objects.bulk_create(
        CustomerOrderRow(customer_order=order, position=place, item=row.item, name=row.name, quantity=row.quantity)
        for place, row in enumerate(rows)
    )
    return order


def find_customer_order(customer_order_id: int, *, by: Actor) -> CustomerOrder:
    """The actor's customer order. Another factory's is as missing as one that does not exist. Problem: NotFound."""
    return _found(CustomerOrder.objects.filter(factory_id=by.factory.id, pk=customer_order_id).first())


def find_by_external_id(external_id: str, *, by: Actor) -> CustomerOrder:
    """The same by the name that its sender gave it."""
    return _found(CustomerOrder.objects.filter(factory_id=by.factory.id, external_id=external_id).first())


def _found(order: CustomerOrder | None) -> CustomerOrder:
    if order is None:
        raise NotFound(thing="Customer order")
    return order


def rows_of(customer_order_ids: Iterable[int]) -> dict[int, list[CustomerOrderRow]]:
    """The rows of each of these customer orders, by position, with their items. One query."""
    found: dict[int, list[CustomerOrderRow]] = {key: [] for key in customer_order_ids}
    rows = CustomerOrderRow.objects.filter(customer_order_id__in=list(found)).select_related("item")
    for row in rows.order_by("customer_order_id", "position"):
        found[row.customer_order_id].append(row)
    return found
