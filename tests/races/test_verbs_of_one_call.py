"""Calls that run several verbs on stock, among calls that run one: none waits for another crosswise, so none is tried again."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manufacturing.models import Item
from orders.materials import ahead
from tests import floor, stores
from tests.calls import Reply
from tests.dialects.store.workshop import Workshop
from tests.races.stockroom import deadlocks, figures, require_true_ledgers
from tests.races.test_store_orders import OK, calling, replies, told

pytestmark = pytest.mark.django_db(transaction=True)

EACH = 5


class OldProduct(Workshop):
    """What is made here lay on its shelf before what it is made of was delivered: it is locked before that."""

    def __init__(self) -> None:
        super().__init__()
        self.old = floor.an_item(self.factory, sku="OLD", name="Old product")
        stores.delivered(self.actor, self.old, 1)
        self.part: Item = stores.an_ingredient(self.factory, self.actor, stock=10_000)
        stores.a_bom(self.actor, self.old, {self.part: 1})

    def for_old(self, *, state: int = 0, amount: int | None = 100) -> int:
        order_id = int(self.admin.post("", {"customerOrderId": self.customer_order, "state": state})["orderId"])
        if amount is not None:
            self.admin.post(f"{order_id}/article", {"articleId": "OLD", "amount": amount})
        return order_id


def first_run(shop: OldProduct) -> Callable[[], Reply]:
    return calling(shop, "PUT", f"{shop.for_old()}/article/OLD", {"amount": 1})


def first_count(shop: OldProduct) -> Callable[[], Reply]:
    return calling(shop, "PUT", f"{shop.for_old()}/article", {"articleId": "OLD", "finished": 1})


def more_and_counted(shop: OldProduct) -> Callable[[], Reply]:
    body = {"articleId": "OLD", "amount": 120, "finished": 1}
    return calling(shop, "PUT", f"{shop.for_old(state=1)}/article", body)


def added_with_a_count(shop: OldProduct) -> Callable[[], Reply]:
    body = {"articleId": "OLD", "amount": 100, "finished": 1}
    return calling(shop, "POST", f"{shop.for_old(state=1, amount=None)}/article", body)


WAYS = [first_run, first_count, more_and_counted, added_with_a_count]


def raced(way: Callable[[OldProduct], Callable[[], Reply]]) -> tuple[OldProduct, list[Reply], int]:
    """Some calls of this way among as many runs of running orders; with the deadlocks that they ran into."""
    shop = OldProduct()
    runs = [calling(shop, "PUT", f"{shop.for_old(state=1)}/article/OLD", {"amount": 1}) for _ in range(EACH)]
    calls = [call for pair in zip(runs, [way(shop) for _ in range(EACH)], strict=True) for call in pair]
    before = deadlocks()
    found = replies(*calls)
    return shop, found, deadlocks() - before


@pytest.mark.parametrize("way", WAYS)
def test_they_never_wait_crosswise(way: Callable[[OldProduct], Callable[[], Reply]]) -> None:
    shop, found, met = raced(way)
    assert (told(found), met) == ({OK: 2 * EACH}, 0)
    assert (figures(shop.old)[0], figures(shop.part)[0]) == (1 + 2 * EACH, 10_000 - 2 * EACH)
    require_true_ledgers()


def test_control_locked_verb_by_verb_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One way is enough: each deadlock costs a second."""

    def nothing(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(ahead, "_lock_for", nothing)
    shop, _, met = raced(first_count)
    assert met > 0
    assert figures(shop.part)[0] + figures(shop.old)[0] == Decimal(10_001)
    require_true_ledgers()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/article", {"articleId": "OLD", "amount": 120, "finished": 1}),
        ("?startProduction=true", {"reserveInDepth": True}),
    ],
)
def test_machines_that_the_start_asks_for_are_locked_before_stock(path: str, body: Any) -> None:
    """As whoever takes an order up again on the same machine does."""
    shop = OldProduct()
    order_id = shop.machine_of(shop.for_old())
    with CaptureQueriesContext(connection) as captured:
        assert shop.admin.put(f"{order_id}{path}", body).status == 200
    locks = [query["sql"] for query in captured if "FOR NO KEY UPDATE" in query["sql"]]
    tables = [next(name for name in ("_machine", "_stockbalance", "") if f"manufacturing{name}" in sql or not name)
              for sql in locks]  # fmt: skip
    assert tables.index("_machine") < tables.index("_stockbalance")
