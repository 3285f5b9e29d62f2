"""One story in every tongue: told through any face it leaves the same events, entries and stock, but for who said it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey
from manufacturing.models import StockMove
from orders.models import OrderEvent, ProductionOrder, QuantityEntry, WorkOrder
from tests.callers import a_member, token
from tests.calls import Person, Reply
from tests.conformance.erp.plant import Plant
from tests.conformance.store.shop import Seller

pytestmark = pytest.mark.django_db

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
STARTS = "2026-04-01T06:00:00Z"


class Teller:
    """Tells what happened in one tongue, in a plant of its own that is like every other teller's."""

    def __init__(self) -> None:
        self.plant = Plant()
        self.plant.widget.tracking = "lot"
        self.plant.widget.save()
        assert self.plant.standard.status == 201
        self.order: str

    def create(self) -> Reply: ...
    def produce(self, quantity: int, lot: str) -> Reply: ...
    def close(self) -> Reply: ...
    def cancel(self, reason: str) -> Reply: ...

    def approve(self) -> Reply:
        """For both in the same words: the factory API has none of its own."""
        return self.plant.person("planner").post(f"orders/{self.order}/confirm")


class Erp(Teller):
    def create(self) -> Reply:
        wanted = {"productId": str(self.plant.widget.uuid), "quantity": 100, "scheduledDate": STARTS, "notes": "n"}
        reply = self.plant.admin.post("orders", wanted | {"priority": "rush"})
        self.order = reply["id"]
        return reply

    def produce(self, quantity: int, lot: str) -> Reply:
        return self.plant.admin.post(f"orders/{self.order}/produce", {"qty": quantity, "lotNumber": lot})

    def close(self) -> Reply:
        return self.plant.admin.post(f"orders/{self.order}/close")

    def cancel(self, reason: str) -> Reply:
        return self.plant.admin.post(f"orders/{self.order}/cancel", {"reason": reason})


class Factory(Teller):
    def __init__(self) -> None:
        super().__init__()
        self.person = Person(token(a_member(self.plant.factory, "admin")), slug=self.plant.factory.slug)
        self.started = False

    def create(self) -> Reply:
        wanted = {
            "productId": "WIDGET-PRO", "quantityTarget": 100, "plannedStart": STARTS, "notes": "n", "priority": "rush",
            "overProduction": {"policy": "strict"},
        }  # fmt: skip
        reply = self.person.post("production-orders", wanted)
        self.order = reply["id"]
        return reply

    def produce(self, quantity: int, lot: str) -> Reply:
        if not self.started:
            assert self._to("in_production").status == 200
            self.started = True
        return self.person.post(
            f"production-orders/{self.order}/log-quantity", {"quantityGood": quantity, "lotNumber": lot}
        )

    def close(self) -> Reply:
        return self._to("completed")

    def cancel(self, reason: str) -> Reply:
        return self._to("cancelled", reason=reason)

    def _to(self, word: str, **more: str) -> Reply:
        return self.person.post(f"production-orders/{self.order}/transition", {"toState": word} | more)


class Store(Teller):
    """Makes the order for a customer's order, which the others know nothing of; it has no notes, no rank and no reasons."""

    def __init__(self) -> None:
        super().__init__()
        self.plant.factory.store_id = f"S-{self.plant.factory.pk}"
        self.plant.factory.save()
        _, key = create_api_key(kind=ApiKey.Kind.STORE_KEY, name="Till", roles=["admin"], factory=self.plant.factory)
        self.seller = Seller(self.plant.factory.store_id, key)

    def create(self) -> Reply:
        row = {"articleId": "WIDGET-PRO", "amount": 100}
        wanted = self.seller.post("/v1/customer_orders", {"name": "n", "rows": [row]})
        reply = self.seller.post(f"customer_order/{wanted['orderId']}")
        self.number = reply["orderId"]
        self.order = str(ProductionOrder.objects.get(pk=self.number).uuid)
        return reply

    def produce(self, quantity: int, lot: str) -> Reply:
        return self.seller.put(f"{self.number}/article/WIDGET-PRO", {"amount": quantity, "batch": lot})

    def close(self) -> Reply:
        return self.seller.put(f"{self.number}/finish")

    def cancel(self, reason: str) -> Reply:
        return self.seller.put(f"{self.number}/cancel")


def finished(teller: Teller) -> list[Reply]:
    told = [teller.create(), teller.approve(), teller.produce(25, "LOT-1"), teller.produce(75, "LOT-2")]
    return [*told, teller.close()]


def cut_short(teller: Teller) -> list[Reply]:
    return [teller.create(), teller.approve(), teller.produce(40, "LOT-1"), teller.cancel("the customer called")]


def too_much(teller: Teller) -> list[Reply]:
    told = [teller.create(), teller.approve(), teller.produce(60, "LOT-1")]
    refused = teller.produce(60, "LOT-1")
    assert (refused.status // 100, refused.code) == (4, "over_production")
    return [*told, teller.close()]


def without_ids(value: Any, order: ProductionOrder) -> Any:
    """As it was written, but for ids, and for the reference, whose form is the face's own."""
    text = json.dumps(value, default=str, sort_keys=True)
    return json.loads(_ID.sub("<id>", text.replace(order.reference, "<reference>")))


def left_behind(teller: Teller) -> dict[str, Any]:
    """Everything that the story wrote, but for who wrote it, when, and in which tongue."""
    order = ProductionOrder.objects.get(uuid=teller.order)
    facts = (
        "state", "version", "priority", "notes", "planned_start", "over_production", "quantity_target", "quantity_good",
        "quantity_rejected", "open_holds",
    )  # fmt: skip
    events = OrderEvent.objects.filter(order=order).order_by("seq")
    entries = QuantityEntry.objects.filter(order=order).order_by("pk")
    moves = StockMove.objects.filter(order=order).order_by("pk")
    found = {
        "order": {name: getattr(order, name) for name in facts},
        "events": list(events.values("seq", "verb", "moved", "from_state", "to_state", "reason", "notes", "data")),
        "entries": list(entries.values("good", "rejected", "source", "lot_number", "reason", "short_consumption")),
        "moves": list(moves.values("kind", "quantity", "balance__item__sku", "balance__lot__code")),
        "work orders": list(WorkOrder.objects.filter(order=order).order_by("pk").values("sequence", "name", "status")),
    }
    told: dict[str, Any] = without_ids(found, order)
    items = {"widget": teller.plant.widget, "frame": teller.plant.frame, "board": teller.plant.board}
    told["stock"] = {name: teller.plant.balance(item) for name, item in items.items()}
    return told


@pytest.mark.parametrize("story", [finished, cut_short, too_much], ids=lambda story: story.__name__)
def test_a_story_leaves_the_same_in_either_tongue(story: Callable[[Teller], list[Reply]]) -> None:
    erp, factory = Erp(), Factory()
    for teller in (erp, factory):
        assert {reply.status for reply in story(teller)} <= {200, 201}
    ours, theirs = left_behind(erp), left_behind(factory)
    assert len(ours["events"]) >= 4
    for part in ours:
        assert ours[part] == theirs[part], part


@pytest.mark.parametrize("story", [finished, cut_short], ids=lambda story: story.__name__)
def test_the_store_tells_it_alike_but_for_what_it_has_no_words_for(story: Callable[[Teller], list[Reply]]) -> None:
    erp, store = Erp(), Store()
    for teller in (erp, store):
        assert {reply.status for reply in story(teller)} <= {200, 201}
    ours, theirs = left_behind(erp), left_behind(store)
    for told in (ours, theirs):
        told["events"][0]["data"] = None  # what it was made for
        for name in ("priority", "notes", "planned_start", "over_production"):
            del told["order"][name]
        for event in told["events"]:
            event["reason"] = None
    for part in ours:
        assert ours[part] == theirs[part], part


def test_only_face_and_credential_tell_who_spoke() -> None:
    erp, factory = Erp(), Factory()
    spoken = []
    for teller in (erp, factory):
        finished(teller)
        events = OrderEvent.objects.filter(order__uuid=teller.order).exclude(verb="approve")
        spoken.append(set(events.values_list("face", "credential", "actor_kind")))
    assert spoken == [{("erp", "api_key", "api_key")}, {("factory", "jwt", "user")}]


def test_both_faces_show_one_order() -> None:
    """What one face does is what the other one shows, at once and with one version."""
    teller = Factory()
    finished(teller)
    here = teller.plant.admin.get(f"orders/{teller.order}")
    there = teller.person.get(f"production-orders/{teller.order}")
    assert here.headers["ETag"] == there.headers["ETag"]
    assert (here["reference"], here["origin"]) == (there["reference"], there["origin"])
    assert (here["status"], there["state"]) == ("done", "completed")
    assert (here["producedQty"], here["quantity"]) == (there["quantityGood"], there["quantityTarget"])
    assert [lot["lotNumber"] for lot in here["lots"]] == ["LOT-1", "LOT-2"]
