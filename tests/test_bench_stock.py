"""What confirm and produce are compared with is fair: by verb, by bare Django and by hand an order does the same to stock."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import RequestFactory

from factoryos.kernel.models import Factory
from manufacturing.models import Reservation, StockMove
from orders import actions
from orders.models import OrderComponent, OrderEvent
from orders.proof_of_ledgers import faults
from orders.proofs import one_snapshot
from orders.specs import Circumstances, Count
from quality.models import Consumption, Output
from tests import floor
from tests.bench import bare_stock, database, raw_stock, stockroom
from tests.bench.plant import Order, Plant, open_plant

pytestmark = pytest.mark.django_db(transaction=True)

Steps = tuple[Callable[[Order], Any], Callable[[Order], Any]]  # the first produce is a start, too


@pytest.fixture
def plant() -> Iterator[Plant]:
    config = connection.settings_dict
    with psycopg.connect(database.conninfo(config, database=config["NAME"]), autocommit=True) as ours:
        yield open_plant(ours)


@pytest.mark.parametrize("shelf", [0, 1], ids=["loose", "lots"])
def test_by_verb_by_bare_django_and_by_hand_an_order_takes_and_gives_the_same(plant: Plant, shelf: int) -> None:
    room = stockroom.open_shelves(plant)[shelf]
    done = []
    for confirm, produce in (_by_verb(plant), _by_bare_django(), _by_hand(plant)):
        (order,) = room.drafts(1)
        confirm(order)
        before = _traces(order)
        produce(order)
        produce(order)
        done.append((before, _traces(order)))

    assert done[0] == done[1] == done[2]
    (reserved, *_), (_, moves, *_) = done[0]
    assert (len(reserved), len(moves)) == (stockroom.COMPONENTS, 2 * (stockroom.COMPONENTS + 1))
    with one_snapshot():
        assert list(faults()) == []


def _by_verb(plant: Plant) -> Steps:
    by = floor.an_actor(Factory.objects.get(pk=plant.factory))

    def produce(order: Order) -> None:
        if not Output.objects.filter(order=order[0]).exists():
            floor.done(actions.start, order_id=order[0], by=by)
        where = Circumstances(lot_number=f"LOT-{order[0]}")
        floor.done(actions.report, order_id=order[0], by=by, count=Count(Decimal(1), Decimal(0)), where=where)

    return lambda order: floor.done(actions.approve, order_id=order[0], by=by), produce


def _by_bare_django() -> Steps:
    def call(view: Callable[..., Any], order: Order) -> None:
        body = json.dumps({"qty": 1, "lotNumber": f"LOT-{order[0]}"})
        assert view(RequestFactory().post("/", body, content_type="application/json"), order[1]).status_code == 200

    return lambda order: call(bare_stock.confirm, order), lambda order: call(bare_stock.produce, order)


def _by_hand(plant: Plant) -> Steps:
    def do(verb: str, order: Order) -> None:
        with plant.connection.transaction():
            raw_stock.VERBS[verb](plant.connection, order, plant.ids)

    def produce(order: Order) -> None:
        do("produce" if Output.objects.filter(order=order[0]).exists() else "begin", order)

    return lambda order: do("confirm", order), produce


def _traces(order: Order) -> tuple[list[Any], ...]:
    """What an order left in stock and history, without ids and names; its own lot is one that no other has."""
    of = {"order": order[0]}
    return (
        list(
            Reservation.objects.filter(component__order=order[0])
            .order_by("balance_id")
            .values_list("balance_id", "quantity")
        ),
        sorted(StockMove.objects.filter(**of).values_list("kind", "quantity", "balance__item__sku")),
        sorted(Consumption.objects.filter(**of).values_list("item__sku", "quantity", "run__good")),
        sorted(Output.objects.filter(**of).values_list("item__sku", "quantity", "run__good")),
        sorted(OrderComponent.objects.filter(**of).values_list("position", "consumed", "over_consumed")),
        list(OrderEvent.objects.filter(**of).order_by("seq").values_list("verb", "from_state", "to_state")),
    )
