"""A small plant to test with: a factory, people, machines and an order, made as quickly as the rules allow."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from django.db import transaction

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from manufacturing.models import Item, Machine
from orders.actions.create import create
from orders.models import ProductionOrder
from orders.specs import NewLine

T = TypeVar("T")
_numbers = count(1)


def a_factory(**facts: Any) -> Factory:
    number = next(_numbers)
    return Factory.objects.create(**{"slug": f"plant-{number}", "name": f"Plant {number}"} | facts)


def an_actor(factory: Factory, *roles: str) -> Actor:
    """Somebody with these roles; without any, an admin."""
    names = roles or ("admin",)
    return Actor(kind="user", id="+".join(names), name=names[0], factory=factory.tenant(), roles=frozenset(names))


def an_item(factory: Factory, **facts: Any) -> Item:
    return Item.objects.create(factory=factory, **{"sku": f"SKU-{next(_numbers)}", "name": "Cap"} | facts)


def a_machine(factory: Factory, **facts: Any) -> Machine:
    return Machine.objects.create(factory=factory, **{"code": f"M-{next(_numbers)}", "name": "Press"} | facts)


def an_order(by: Actor, *, target: int = 1000, **facts: Any) -> ProductionOrder:
    item = an_item(Factory.objects.get(pk=by.factory.id))
    return done(create, by=by, lines=[NewLine(item=item, target=Decimal(target))], **facts)


def done(verb: Callable[..., T], **arguments: Any) -> T:
    """What `verb` gives, run in a transaction as a request would."""
    with transaction.atomic():
        return verb(**arguments)
