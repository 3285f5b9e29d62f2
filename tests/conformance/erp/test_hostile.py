"""What nobody sends by accident: sizes, numbers and characters at and past every edge. Refused in words, never an error."""

import json
from typing import Any

import pytest

from orders.states import State
from tests.callers import a_member, token
from tests.conformance.erp.plant import Plant, Program, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

NUMBERS = (
    "1e400",
    "-1e400",
    "1e15",
    "1e-400",
    "0.0000000000001",
    "123456789012345678901234567890",
    "-0",
    "0.0",
    "1e1000",
)
TEXTS = ("\u0000", "\ud800", "x" * 100_000, "\u202e", "'; DROP TABLE x --", "\x1b[2J")


def is_told(reply: Any, *statuses: int) -> None:
    assert reply.status in statuses, (reply.status, reply.content[:300])
    assert b"Traceback" not in reply.content


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_past_the_edge_are_refused_wherever_they_stand(plant: Plant, number: str) -> None:
    path = plant.order(State.IN_PRODUCTION)
    frame, widget, bom = plant.frame.uuid, plant.widget.uuid, plant.standard["id"]
    before = everything()
    for url, body in (
        (f"{path}/produce", '{"qty": %s}'),
        ("orders", f'{{"productId": "{widget}", "bomId": "{bom}", "quantity": %s}}'),
        (
            "boms",
            f'{{"name": "n", "productId": "{widget}", "components": [{{"productId": "{frame}", "quantity": %s}}]}}',
        ),
        ("boms", f'{{"name": "n", "productId": "{widget}", "quantity": %s, "components": []}}'),
        ("/api/inventory/receipts", f'{{"productId": "{frame}", "quantity": %s}}'),
    ):
        is_told(plant.erp.send("POST", url, body % number), 422, 400)
    assert everything() == before


@pytest.mark.parametrize("minutes", ["1e12", "1e9", "100000000", "0.00001", "-1e-9", "1e400", "99999999.99999"])
def test_minutes_past_the_edge_are_never_an_error(plant: Plant, minutes: str) -> None:
    recipe = json.dumps(plant.recipe()).replace("30", minutes)
    is_told(plant.erp.send("POST", "boms", recipe), 201, 422, 400)
    path = plant.order(State.APPROVED)
    assert plant.erp.post(f"{path}/work-orders/wo_001/start").status == 200
    done = plant.erp.send("POST", f"{path}/work-orders/wo_001/done", f'{{"durationMinutes": {minutes}}}')
    is_told(done, 200, 422, 400)
    assert plant.erp.get(f"{path}/work-orders").status == 200


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_texts_past_the_edge_are_never_an_error(plant: Plant, text: str) -> None:
    path = plant.order(State.IN_PRODUCTION)
    for url, body in (
        ("boms", plant.recipe(name=text)),
        ("boms", plant.recipe(uom=text)),
        ("boms", plant.recipe(operations=[{"name": text, "workcenter": text}])),
        ("boms", plant.recipe(**{text[:50]: 1})),
        ("orders", plant.wanted(notes=text)),
        (f"{path}/produce", {"qty": 1, "lotNumber": text}),
        (f"{path}/produce", {"qty": 1, "serialNumbers": [text]}),
        ("/api/inventory/receipts", {"productId": str(plant.frame.uuid), "quantity": 1, "lotNumber": text}),
        ("/api/inventory/receipts", {"productId": str(plant.frame.uuid), "quantity": 1, "reference": text}),
        (f"{path}/cancel", {"reason": text}),
    ):
        reply = plant.admin.send("POST", url, json.dumps(body))
        is_told(reply, 200, 201, 409, 422)  # 409: the lot that was just made is no serial number
        if text in {"\u0000", "\ud800"}:
            assert reply.status == 422, (url, body)
    for listed in ("orders", "boms", "/api/inventory/products"):
        is_told(plant.admin.get(f"{listed}?search=%00"), 422)
        is_told(plant.admin.get(f"{listed}?search=%ED%A0%80"), 200, 422)
        is_told(plant.admin.get(f"{listed}?search={'x' * 3000}"), 200, 422)


def test_lists_in_bodies_have_an_end(plant: Plant) -> None:
    step = {"name": "s"}
    for fields in ({"operations": [step] * 12_000}, {"components": [part(plant.frame, 1)] * 8_000}):
        is_told(plant.erp.post("boms", plant.recipe(**fields)), 201, 413, 422)
    many = plant.erp.post("boms", plant.recipe(operations=[step] * 1_200))
    is_told(many, 201, 422)
    if many.status == 201:
        path = plant.order(bomId=many["id"])
        assert plant.erp.get(f"{path}/work-orders?limit=1&page=1200")["data"][0]["id"] == "wo_1200"


def test_a_serial_number_is_a_number_once(plant: Plant) -> None:
    plant.widget.tracking = "serial"
    plant.widget.save()
    path = plant.order(State.APPROVED)
    assert plant.erp.post(f"{path}/produce", {"qty": 1, "serialNumbers": ["S1"]}).status == 200
    before = everything()
    is_told(plant.erp.post(f"{path}/produce", {"qty": 2, "serialNumbers": ["S2", "S1"]}), 409, 422)
    assert everything() == before


def test_headers_past_the_edge(plant: Plant) -> None:
    path = plant.order()
    user = a_member(plant.factory, "admin")
    person = Program(token(user))
    for named in ("\u00ff", "x" * 5000, "../..", "%00", "a b"):
        is_told(person.get("orders", x_factory=named), 404)
    for seen in ('"99999999999999999999999"', '"-1"', '"1', "\u00ff", '"1","2"'):
        is_told(plant.erp.post(f"{path}/confirm", if_match=seen), 412)
    for bearer in ("fos_erp_", "fos_erp_\u00e9", "x" * 10_000, "a.b.c", "...", "fos_pat_x", "fos_store_x"):
        is_told(Program(None).get("orders", authorization=f"Bearer {bearer}"), 401)


def test_paths_past_the_edge(plant: Plant) -> None:
    path = plant.order(State.IN_PRODUCTION)
    for number in ("wo_٣", "wo_99999999999999999999", "wo_-1", "wo_", "wo_001%00", "wo_001%20", "wo_0001", "wo_1e0"):
        is_told(plant.erp.post(f"{path}/work-orders/{number}/start"), 404)
    bom = f"boms/{plant.standard['id']}"
    for version in ("99999999999999999999", "2147483648", "1e0", "%00", "١"):
        is_told(plant.erp.get(f"{bom}?version={version}"), 404, 422, 200)
    for query in (
        "status=,",
        "status=draft,,done",
        "status=%00",
        "status[]=draft",
        "status=draft&status=done",
        "search=a&search=b",
    ):
        is_told(plant.erp.get(f"orders?{query}"), 422)
    is_told(plant.erp.get("orders?from=2026-04-02&to=2026-04-01"), 200, 422)
    is_told(plant.erp.get("orders?from=0001-01-01&to=9999-12-31"), 200, 422)
    is_told(plant.erp.get("orders?from=0001-01-01T00:00:00%2B14:00"), 200, 422)
    is_told(plant.erp.get("orders?to=9999-12-31T23:59:59-14:00"), 200, 422)
    is_told(plant.erp.post("orders", plant.wanted(scheduledDate="9999-12-31T23:59:59-14:00")), 201, 422)
