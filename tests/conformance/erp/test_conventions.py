"""What this API agrees on for all calls: ids, times, quantities, units, text, versions, errors, and what comes first."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings

from orders.states import State
from tests.conformance.erp.plant import Plant, Program, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db

PHRASES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
           412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type",
           422: "Unprocessable Entity"}  # fmt: skip


def sent(plant: Plant, text: str) -> Any:
    """An order whose body is `text`, with <widget> and <bom> in it."""
    known = {"<widget>": str(plant.widget.uuid), "<bom>": plant.standard["id"]}
    for name, value in known.items():
        text = text.replace(name, value)
    return plant.erp.send("POST", "orders", text)


# --- ids


def test_an_id_is_a_uuid_of_version_7_in_any_case(plant: Plant) -> None:
    path = plant.order()
    identity = path.split("/")[1]
    assert identity[14] == "7" and plant.standard["id"][14] == "7"
    assert plant.erp.get(f"orders/{identity.upper()}")["id"] == identity


def test_an_id_that_is_none_is_not_found_in_a_path_and_wrong_in_a_body_or_filter(plant: Plant) -> None:
    for garbage in ("abc", "1", str(uuid4())[:-1], str(uuid4()) + "0", "%00", "x" * 500):
        for path in (f"orders/{garbage}", f"boms/{garbage}", f"/api/inventory/products/{garbage}/stock"):
            assert plant.erp.get(path).status == 404, path
        assert plant.erp.get(f"orders?productId={garbage}").status == 422
        assert plant.erp.get(f"boms?productId={garbage}").status == 422
    for garbage in ("abc", 1, None, "", [], True):
        for field in ("productId", "bomId"):
            reply = plant.erp.post("orders", plant.wanted() | {field: garbage})
            expected = 201 if (field, garbage) == ("bomId", None) else 422
            assert reply.status == expected, (field, garbage, reply.content)


# --- times


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-04-01T06:00:00Z", "2026-04-01T06:00:00Z"),
        ("2026-04-01T06:00:00.000Z", "2026-04-01T06:00:00Z"),
        ("2026-04-01T14:00:00+08:00", "2026-04-01T06:00:00Z"),
        ("2026-04-01T01:00:00-05:00", "2026-04-01T06:00:00Z"),
        ("2026-04-01T06:00:00", "2026-04-01T06:00:00Z"),
        ("2026-04-01T06:00", "2026-04-01T06:00:00Z"),
        ("2026-04-01T06:00:00.25Z", "2026-04-01T06:00:00.250Z"),
    ],
)
def test_times_are_taken_with_any_offset_and_shown_in_utc(plant: Plant, given: str, shown: str) -> None:
    assert plant.erp.post("orders", plant.wanted(scheduledDate=given))["scheduledDate"] == shown


# --- quantities and units


@pytest.mark.parametrize(
    ("spelled", "shown"), [("50.0", "50"), ("5e1", "50"), ("50.000000", "50"), ("1e9", "1000000000"), ("1", "1")]
)
def test_a_quantity_may_be_spelled_many_ways_and_is_shown_in_one(plant: Plant, spelled: str, shown: str) -> None:
    reply = sent(plant, f'{{"productId":"<widget>","bomId":"<bom>","quantity":{spelled}}}')
    assert reply.status == 201
    assert f'"quantity":{shown},'.encode() in reply.content


def test_decimals_are_exact_and_as_many_as_the_unit_has(plant: Plant) -> None:
    plant.widget.unit_decimals = 2
    plant.widget.save()
    reply = sent(plant, '{"productId":"<widget>","bomId":"<bom>","quantity":0.25}')
    assert b'"quantity":0.25,' in reply.content and b'"remainingQty":0.25,' in reply.content
    assert sent(plant, '{"productId":"<widget>","bomId":"<bom>","quantity":0.125}').status == 422


@pytest.mark.parametrize("uom", ["units", "unit", "pcs", "pc", "ea"])
def test_pieces_go_by_several_names_and_are_echoed(plant: Plant, uom: str) -> None:
    reply = plant.bom(uom=uom, components=[part(plant.frame, 1, uom=uom)])
    assert (reply["uom"], reply["components"][0]["uom"]) == (uom, uom)
    shown = plant.erp.get(plant.order(bomId=reply["id"]))["components"]
    assert [row["uom"] for row in shown] == [uom]


def test_any_other_unit_must_be_the_products_own(plant: Plant) -> None:
    glue = plant.item("GLUE", unit="kg", unit_decimals=3)
    reply = plant.bom(components=[part(glue, 0.5, uom="kg"), part(plant.frame, 1)])
    assert [row["uom"] for row in reply["components"]] == ["kg", "pcs"]
    for uom in ("g", "units", "KG", 5):
        told = plant.erp.post("boms", plant.recipe(components=[part(plant.frame, 1), part(glue, 1, uom=uom)]))
        assert (told.status, told.code) == (422, "validation_failed"), uom
        assert told["message"][0].startswith("components.1.uom"), told.content
    assert plant.erp.post("boms", plant.recipe(uom="kg"))["message"][0].startswith("uom")
    empty = plant.bom(components=[part(glue, 1, uom=" ")])
    assert empty["components"][0]["uom"] == "kg", "an empty text says as much as none"


# --- fields


def test_an_object_as_read_can_be_sent_back(plant: Plant) -> None:
    """What it shows and the call does not take is ignored: it is never written."""
    path = plant.order(State.IN_PRODUCTION)
    order, bom = plant.erp.get(path), plant.erp.get(f"boms/{plant.standard['id']}")
    unshown = {"productId": str(plant.widget.uuid)}
    again = plant.erp.post("orders", json.loads(order.content) | unshown)
    assert (again.status, again["status"], again["producedQty"], again["quantity"]) == (201, "draft", 0, 100)
    assert again["reference"] != order["reference"] and again["id"] != order["id"]
    copy = plant.erp.post("boms", json.loads(bom.content) | unshown)
    assert (copy.status, copy["version"]) == (201, 1)
    assert copy["id"] != bom["id"]
    assert plant.erp.send("PATCH", f"boms/{bom['id']}", bom.content).json == bom.json


def test_a_call_without_fields_takes_nothing_or_an_empty_object(plant: Plant) -> None:
    for body in (None, {}, "{}"):
        path = plant.order()
        calls = ("confirm", "work-orders/wo_001/start", "work-orders/wo_001/done", "close")
        for call in calls:
            assert plant.erp.post(f"{path}/{call}", body).status == 200, (call, body)
        assert plant.admin.post(f"{plant.order()}/cancel", body).status == 200
    bare = plant.erp.send("POST", f"{plant.order()}/confirm", None, content_type="")
    assert bare.status == 200, "nothing has no media type"
    for call in ("confirm", "close", "work-orders/wo_001/start", "work-orders/wo_001/done", "produce"):
        reply = plant.erp.post(
            f"{plant.order()}/{call}", {"colour": "red", "qty": 1} if call == "produce" else {"colour": 1}
        )
        assert (reply.status, reply["message"]) == (422, ["property colour should not exist"]), call


def test_a_trailing_slash_is_served_like_none(plant: Plant) -> None:
    path = plant.order()
    assert plant.erp.get(f"{path}/").content == plant.erp.get(path).content
    assert plant.erp.post(f"{path}/confirm/").status == 200
    assert plant.erp.post("orders/", plant.wanted()).status == 201
    assert plant.erp.get("/api/inventory/products/").status == 200


# --- versions


def test_if_match_lets_only_the_seen_version_be_changed(plant: Plant) -> None:
    path = plant.order()
    assert plant.erp.get(path).headers["ETag"] == '"1"'
    before = everything()
    for stale in ('"2"', "rubbish", '"0"'):
        reply = plant.erp.post(f"{path}/confirm", if_match=stale, idempotency_key="k")
        assert (reply.status, reply.code) == (412, "stale")
    assert everything() == before
    reply = plant.erp.post(f"{path}/confirm", if_match='"1"')
    assert (reply.status, reply.headers["ETag"]) == (200, '"2"')
    for call, body in (("produce", {"qty": 1}), ("close", None), ("cancel", None)):
        assert plant.admin.post(f"{path}/{call}", body, if_match='"1"').status == 412, call
    assert plant.erp.post(f"{path}/produce", {"qty": 1}, if_match="*").status == 200
    assert plant.erp.get(path).headers["ETag"] == '"4"', "start and report are a version each"


def test_a_bom_changed_meanwhile_is_neither_changed_nor_deleted(plant: Plant) -> None:
    path = f"boms/{plant.standard['id']}"
    plant.erp.patch(path, {"name": "New"}, if_match='"1"')
    for reply in (plant.erp.patch(path, {"name": "Newer"}, if_match='"1"'), plant.erp.delete(path, if_match='"1"')):
        assert (reply.status, reply.code) == (412, "stale")
    assert plant.erp.get(path)["name"] == "New"
    assert plant.erp.delete(path, if_match='"2"').status == 204


# --- errors


def test_every_refusal_has_one_shape(plant: Plant) -> None:
    path, draft = plant.order(State.APPROVED), plant.order()
    replies = [
        plant.erp.send("POST", "orders", "{"), plant.as_("viewer").post("orders", {}), plant.erp.get("orders/abc"),
        plant.erp.send("PUT", "orders", {}), plant.erp.post(f"{path}/confirm"), plant.erp.post("orders", {}),
        plant.erp.post(f"{draft}/confirm", if_match='"9"'), plant.erp.post("orders", "{}", content_type="text/plain"),
        plant.erp.post("orders", json.dumps({"notes": "x" * 1_048_577})), plant.erp.get("nowhere"),
        plant.erp.post(f"{path}/produce", {"qty": 101}),
    ]  # fmt: skip
    assert [reply.status for reply in replies] == [400, 403, 404, 405, 409, 422, 412, 415, 413, 404, 422]
    for reply in replies:
        body = reply.json
        assert list(body)[:4] == ["statusCode", "message", "error", "code"], body
        assert set(body) <= {"statusCode", "message", "error", "code", "details"}
        assert (body["statusCode"], reply.headers["Content-Type"]) == (reply.status, "application/json")
        assert isinstance(body["message"], list) is (body["code"] == "validation_failed")
        if reply.status != 413:  # its phrase has changed over the years
            assert body["error"] == PHRASES[reply.status]


def test_the_example_of_a_refusal_as_printed(plant: Plant) -> None:
    body = plant.wanted(quantity=0, scheduledDate="soon")
    assert plant.erp.post("orders", body).content == (
        b'{"statusCode":422,"message":["quantity must be a positive number","scheduledDate must be an ISO 8601 date"],'
        b'"error":"Unprocessable Entity","code":"validation_failed"}'
    )


def test_the_checks_come_in_one_order(plant: Plant) -> None:
    """Credential, role, size and kind of body, JSON, object, fields, things named in it, and only then the verb."""
    nobody, viewer = Program(None), plant.as_("viewer")
    done, nowhere = plant.order(State.COMPLETED), f"orders/{uuid4()}"
    big, twice = json.dumps({"a": "x" * 1_048_577}), '{"qty":1,"qty":2}'
    steps: list[tuple[Any, int]] = [
        (nobody.send("POST", f"{nowhere}/produce", big, content_type="text/plain"), 401),
        (viewer.send("POST", f"{nowhere}/produce", big, content_type="text/plain"), 403),
        (plant.erp.send("POST", f"{nowhere}/produce", big, content_type="text/plain"), 413),
        (plant.erp.send("POST", f"{nowhere}/produce", twice, content_type="text/plain"), 415),
        (plant.erp.send("POST", f"{nowhere}/produce", twice), 400),
        (plant.erp.send("POST", f"{nowhere}/produce", '{"qty":0}'), 404),
        (plant.erp.send("POST", f"{done}/produce", '{"qty":0,"lineId":"abc"}'), 422),
        (plant.erp.post(f"{done}/produce", {"qty": 1, "lineId": str(uuid4())}), 404),
        (plant.erp.post(f"{done}/produce", {"qty": 1000}), 409),
    ]
    assert [reply.status for reply, _ in steps] == [status for _, status in steps]


@override_settings(RATE_LIMIT_PER_MINUTE=2)
def test_limits_are_told_on_every_answer(plant: Plant) -> None:
    program = Program(plant.key("viewer"))
    replies = [program.get("orders"), program.get("orders/abc"), program.get("boms")]
    assert [reply.status for reply in replies] == [200, 404, 429]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["1", "0", "0"]
    assert {reply.headers["X-RateLimit-Limit"] for reply in replies} == {"2"}
    assert all(int(reply.headers["X-RateLimit-Reset"]) > 1_700_000_000 for reply in replies)
    assert all(reply.headers["X-Request-Id"] for reply in replies)
    assert (replies[2].code, int(replies[2].headers["Retry-After"]) > 0) == ("rate_limited", True)
