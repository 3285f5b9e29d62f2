"""kill -9 between a stock posting and its commit: nothing of it is left, half or whole, and nothing is in the way."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from manufacturing.models import Item, Reservation, StockBalance, StockMove
from orders import actions
from orders.models import ProductionOrder
from quality.models import Consumption, Output
from tests.evidence import everything
from tests.races.stockroom import Stockroom, figures, promised, require_true_ledgers
from tests.races.test_killed import wait_until_its_session_is_gone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Does one thing in one transaction, says so before the commit, and commits when told to.
WORKER = """
import sys
import django
django.setup()
from decimal import Decimal
from django.db import transaction
from factoryos.kernel.models import Factory
from manufacturing.models import Item
from manufacturing.stock.receipts import Delivery, receive
from orders import actions
from orders.specs import Circumstances, Count
from tests.floor import an_actor
verb, factory, key = sys.argv[1], *map(int, sys.argv[2:])
with transaction.atomic():
    by = an_actor(Factory.objects.get(pk=factory))
    if verb == "receive":
        receive(Delivery(item=Item.objects.get(pk=key), quantity=Decimal(7), lot_number="NEW"), by=by)
    elif verb == "report":
        where = Circumstances(lot_number="MADE")
        actions.report(order_id=key, by=by, count=Count(Decimal(5), Decimal(1)), where=where)
    else:
        getattr(actions, verb)(order_id=key, by=by)
    print("posted", flush=True)
    sys.stdin.readline()
print("committed", flush=True)
"""


def worker(room: Stockroom, verb: str, key: int) -> subprocess.Popen[str]:
    """A process of its own, at the point between its posting and its commit."""
    known = connection.settings_dict
    # The host of the embedded server is the folder of its socket.
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    url = f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, verb, str(room.factory.pk), str(key)],
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "posted\n"
    return process


class Scene:
    """One order that runs, one that may be approved, and what they are made of."""

    def __init__(self) -> None:
        self.room = Stockroom()
        self.board = self.room.material(60, 40)
        product = self.room.product({self.board: 2})
        self.running, self.draft = self.room.running(product, 10), self.room.draft(product, 10)
        self.product = product

    def key(self, verb: str) -> int:
        return {"receive": self.board.pk, "approve": self.draft.pk}.get(verb, self.running.pk)

    def stock(self) -> dict[str, Any]:
        rows = StockBalance.objects.order_by("id").values_list("item__sku", "lot__code", "on_hand", "reserved")
        ledgers = {model.__name__: model.objects.count() for model in (StockMove, Reservation, Consumption, Output)}
        return {"balances": list(rows), **ledgers}


@pytest.mark.parametrize("verb", ["report", "approve", "cancel", "receive"])
def test_a_process_killed_before_its_commit_leaves_stock_as_it_was(verb: str) -> None:
    scene = Scene()
    before, stock = everything(), scene.stock()
    process = worker(scene.room, verb, scene.key(verb))
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert (everything(), scene.stock()) == (before, stock)
    wait_until_its_session_is_gone()
    require_true_ledgers()
    # Its locks are gone with it: the same goes through now.
    scene.room.reporting(scene.running, 5, rejected=1)()
    scene.room.doing(actions.approve, scene.draft)()
    assert (figures(scene.board), promised(scene.running)) == ((88, 28), 8)
    require_true_ledgers()


def test_control_the_same_process_left_alone_books_it_all() -> None:
    scene = Scene()
    output, _ = worker(scene.room, "report", scene.running.pk).communicate("\n", timeout=20)
    assert output == "committed\n"
    assert (figures(scene.board), figures(scene.product)) == ((88, 8), (5, 0))
    assert ProductionOrder.objects.get(pk=scene.running.pk).quantity_good == 5
    assert (Consumption.objects.count(), Output.objects.count()) == (1, 1)
    require_true_ledgers()


def test_a_delivery_killed_leaves_no_lot_and_the_next_one_is_booked() -> None:
    scene = Scene()
    process = worker(scene.room, "receive", scene.board.pk)
    process.kill()
    process.wait(10)
    wait_until_its_session_is_gone()
    assert not Item.objects.get(pk=scene.board.pk).lots.filter(code="NEW").exists()
    scene.room.receive(scene.board, 7, lot_number="NEW")
    assert figures(scene.board) == (107, 20)
    require_true_ledgers()
