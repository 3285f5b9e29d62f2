"""Real answers of every call of the ERP API fit the published description, so that it cannot lie."""

from collections import defaultdict
from typing import Any

import pytest

from factoryos.dialects.erp.docs import ERP_DESCRIPTION
from orders.states import State
from tests.api import contract
from tests.calls import Reply
from tests.conformance.erp.plant import BASE, Plant, Program

pytestmark = pytest.mark.django_db

PRODUCTS, RECEIPTS = "/api/inventory/products", "/api/inventory/receipts"


class Judged(Program):
    """A program whose every answer is held against the description. Remembers which successes were seen."""

    seen: dict[str, set[int]]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        reply = super().send(method, path, body, **headers)
        url = path if path.startswith("/") else BASE + path
        assert contract.faults(method, url, reply) == [], (method, url, reply.status, reply.content[:2000])
        self.seen[contract.operation(method, url.partition("?")[0])["operationId"]].add(reply.status)
        return reply


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.fixture
def program(plant: Plant) -> Judged:
    found = Judged(plant.key("admin"))
    found.seen = defaultdict(set)
    return found


def compose(plant: Plant, program: Judged) -> str:
    bom = program.post("boms", plant.recipe())
    path = f"boms/{bom['id']}"
    program.patch(path, {"operations": [{"name": "Assembly"}]}, if_match=bom.headers["ETag"])
    for read in ("boms?type=manufacture&search=pro", path, f"{path}?version=1"):
        program.get(read)
    return path


def stock_up(plant: Plant, program: Judged) -> None:
    glue, pump = plant.item("GLUE", tracking="lot", unit_decimals=3), plant.item("PUMP", tracking="serial")
    program.post(RECEIPTS, {"productId": str(glue.uuid), "quantity": 1.5, "lotNumber": "L1", "reference": "DN 1"})
    program.post(RECEIPTS, {"productId": str(pump.uuid), "quantity": 2, "serialNumbers": ["S1", "S2"]})
    for read in (PRODUCTS, f"{PRODUCTS}/{glue.uuid}/stock", f"{PRODUCTS}/{pump.uuid}/stock"):
        program.get(read)


def produce(plant: Plant, program: Judged, bom_id: str) -> None:
    order = program.post("orders", plant.wanted(bomId=bom_id, scheduledDate="2026-04-01T06:00:00Z", notes="Two\nlines"))
    path = f"orders/{order['id']}"
    program.post(f"{path}/confirm", if_match=order.headers["ETag"])
    program.post(f"{path}/work-orders/wo_001/start")
    program.post(f"{path}/produce", {"qty": 25, "lotNumber": "LOT-1"}, idempotency_key="k")
    replayed = program.post(f"{path}/produce", {"qty": 25, "lotNumber": "LOT-1"}, idempotency_key="k")
    assert replayed.headers["Idempotency-Replayed"] == "true"
    program.post(f"{path}/work-orders/wo_001/done", {"durationMinutes": 32, "notes": "Slight delay"})
    program.get(path)
    program.post(f"{path}/close")
    for read in (f"{path}/productions", f"{path}/work-orders", "orders?status=done,draft&from=2026-04-01&limit=1"):
        program.get(read)
    program.post(f"orders/{program.post('orders', plant.wanted(bomId=bom_id))['id']}/cancel", {"reason": "mistaken"})


def test_every_success_is_as_described(plant: Plant, program: Judged) -> None:
    stock_up(plant, program)
    path = compose(plant, program)
    produce(plant, program, path.partition("/")[2])
    gone = program.send("DELETE", path)
    assert (gone.status, gone.content) == (204, b"")
    expected = {row.id: row.reply.status for row in ERP_DESCRIPTION.operations.values()}
    assert {name: status for name, status in expected.items() if status not in program.seen[name]} == {}


def test_refusals_are_as_described(plant: Plant, program: Judged) -> None:
    bom = f"boms/{plant.standard['id']}"
    draft, confirmed, done = (plant.order(state) for state in (State.DRAFT, State.APPROVED, State.COMPLETED))
    nobodys = "01900000-0000-7000-8000-000000000000"
    for call, code in (
        (("POST", "boms", '{"a":'), "malformed_json"),
        (("POST", "boms", {"name": "x"}), "validation_failed"),
        (("POST", "boms", plant.recipe(productId=nobodys)), "not_found"),
        (("GET", "boms?page=0", None), "validation_failed"),
        (("GET", f"boms/{nobodys}", None), "not_found"),
        (("DELETE", bom, None), "bom_in_use"),
        (("DELETE", f"boms/{nobodys}", None), "not_found"),
        (("POST", f"{draft}/produce", {"qty": 1}), "illegal_state"),
        (("POST", f"{confirmed}/produce", {"qty": 101}), "over_production"),
        (("POST", f"{confirmed}/confirm", None), "illegal_state"),
        (("POST", f"{done}/cancel", None), "terminal_state"),
        (("POST", f"{done}/close", None), "terminal_state"),
        (("POST", f"{draft}/work-orders/wo_001/start", None), "illegal_state"),
        (("POST", f"{draft}/work-orders/wo_009/start", None), "not_found"),
        (("POST", RECEIPTS, {"productId": nobodys, "quantity": 1}), "not_found"),
        (("POST", RECEIPTS, "x" * 1_048_577), "too_large"),
    ):
        assert program.send(*call).code == code, call
    assert program.patch(bom, {"name": "x"}, if_match='"99"').code == "stale"
    assert program.send("DELETE", bom, if_match='"99"').code == "stale"
    assert program.post("boms", "x", content_type="text/plain").code == "unsupported_media_type"


def test_short_stock_and_a_known_serial_number_are_as_described(program: Judged) -> None:
    short = Plant(boards=150)
    starving = Judged(short.key("admin"))
    starving.seen = program.seen
    assert starving.post(f"{short.order()}/confirm").code == "insufficient_stock"
    pump = str(short.item("PUMP", tracking="serial").uuid)
    received = {"productId": pump, "quantity": 1, "serialNumbers": ["S1"]}
    assert [starving.post(RECEIPTS, received).status for _ in range(2)] == [201, 409]


def test_strangers_are_refused_as_described(plant: Plant, program: Judged) -> None:
    nobody, viewer = Judged(None), Judged(plant.key("viewer"))
    nobody.seen = viewer.seen = program.seen
    assert nobody.get("boms").code == "unauthenticated"
    assert viewer.post("boms", plant.recipe()).code == "role_missing"
    assert viewer.send("DELETE", f"boms/{plant.standard['id']}").code == "role_missing"
