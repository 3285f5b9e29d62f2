"""A plant is set up through the API alone."""

from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.kernel.permissions import ROLES
from manufacturing.models import Item, Machine, Method, Operation, WorkArea
from orders.models import Assignment, PauseReason
from tests.callers import Caller, calling
from tests.floor import a_factory, a_machine, an_actor, an_item, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return calling(a_factory())


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def messages(answer: Any) -> list[str]:
    assert refused(answer) == (400, "validation_failed")
    told: list[str] = answer.json()["message"]
    return told


# --- products ---------------------------------------------------------------------------------------------------------


def test_a_product_is_made_shown_listed_and_changed(caller: Caller) -> None:
    answer = caller.post("/products", {"sku": "CAP-28", "name": " Bottle Cap 28mm "})
    product = made(answer)
    assert answer.headers["Location"] == f"{caller.base}/products/{product['id']}"
    assert {**product, "id": 0, "createdAt": 0, "updatedAt": 0} == {
        "id": 0, "sku": "CAP-28", "name": "Bottle Cap 28mm", "unit": "pcs", "unitDecimals": 0, "tracking": "none",
        "createdAt": 0, "updatedAt": 0,
    }  # fmt: skip
    assert caller.get(f"/products/{product['id'].upper()}").json() == product
    assert caller.get("/products").json()["data"] == [product]

    changed = caller.patch(f"/products/{product['id']}", {"unit": "kg", "unitDecimals": 3, "tracking": "lot"}).json()
    assert changed == {
        **product, "unit": "kg", "unitDecimals": 3, "tracking": "lot", "updatedAt": changed["updatedAt"],
    }  # fmt: skip
    assert caller.get(f"/products/{product['id']}").json() == changed
    assert caller.patch(f"/products/{product['id']}", {**product, "name": "Other"}).json()["name"] == "Other"
    assert caller.patch(f"/products/{product['id']}").status_code == 200


@pytest.mark.parametrize("sku", [" CAP ", "CAP/28 ä", "cap", "CAP", "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10", "x" * 255])
def test_a_sku_is_kept_verbatim(caller: Caller, sku: str) -> None:
    made(caller.post("/products", {"sku": "cAP", "name": "a"}))
    assert made(caller.post("/products", {"sku": sku, "name": "a"}))["sku"] == sku
    assert refused(caller.post("/products", {"sku": sku, "name": "b"})) == (409, "duplicate")
    assert Item.objects.count() == 2


def test_bad_products_are_refused_with_all_their_faults(caller: Caller) -> None:
    body = {"sku": "", "unit": " ", "unitDecimals": 7, "tracking": "x", "colour": 1, "id": "ignored"}
    assert messages(caller.post("/products", body)) == [
        "sku should not be empty",
        "name should not be empty",
        "unit should not be empty",
        "unitDecimals must not be greater than 6",
        "tracking must be one of none, lot, serial",
        "property colour should not exist",
    ]
    assert messages(caller.post("/products?dryRun=1", {"sku": "A", "name": "a"})) == [
        "property dryRun should not exist"
    ]
    assert Item.objects.count() == 0


def test_a_product_may_not_take_anothers_sku(caller: Caller) -> None:
    made(caller.post("/products", {"sku": "A", "name": "a"}))
    other = made(caller.post("/products", {"sku": "B", "name": "b"}))
    assert refused(caller.patch(f"/products/{other['id']}", {"sku": "A"})) == (409, "duplicate")
    for body in ({"sku": ""}, {"sku": None}, {"name": None}, {"unitDecimals": None}):
        assert messages(caller.patch(f"/products/{other['id']}", body))
    assert caller.get(f"/products/{other['id']}").json() == other


@pytest.mark.parametrize("name", ["x", "1", "CAP-28", "%00", "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10"])
def test_no_such_product(caller: Caller, name: str) -> None:
    made(caller.post("/products", {"sku": "CAP-28", "name": "a"}))
    for answer in (caller.get(f"/products/{name}"), caller.patch(f"/products/{name}", {"x": 1})):
        assert (answer.status_code, answer.json()["message"]) == (404, "Product not found")


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", ["products", "work-areas", "machines"])
def test_a_list_is_walked_by_cursor_newest_first_without_gaps(caller: Caller, thing: str) -> None:
    bodies: list[dict[str, Any]] = [
        {("sku" if thing == "products" else "code"): f"N-{number}", "name": f"{number}"} for number in range(5)
    ]
    for body in bodies:
        made(caller.post(f"/{thing}", body))
    page = caller.get(f"/{thing}?limit=2").json()
    assert page["meta"] | {"nextCursor": 0} == {"total": 5, "limit": 2, "offset": 0, "nextCursor": 0}
    seen = page["data"]
    assert len(seen) == 2
    made(caller.post(f"/{thing}", {**bodies[0], ("sku" if thing == "products" else "code"): "new"}))
    while cursor := page["meta"]["nextCursor"]:
        page = caller.get(f"/{thing}?limit=2&cursor={cursor}").json()
        assert page["meta"]["total"] is None
        seen += page["data"]
    assert [row["name"] for row in seen] == ["4", "3", "2", "1", "0"]
    assert [row["name"] for row in caller.get(f"/{thing}?limit=2&offset=4").json()["data"]] == ["1", "0"]
    assert caller.get(f"/{thing}?offset=1000000").json()["data"] == []
    assert messages(caller.get(f"/{thing}?sort=name")) == ["property sort should not exist"]


# --- work areas and machines ------------------------------------------------------------------------------------------


def test_a_machine_stands_in_a_work_area_named_by_code_or_id(caller: Caller) -> None:
    area = made(caller.post("/work-areas", {"code": "HALL-1", "name": "Press hall"}))
    assert caller.get("/work-areas").json()["data"] == [area]
    answer = caller.post(
        "/machines", {"code": "PRESS-01", "name": "Press", "workAreaId": "hall-1", "idealCycleSeconds": 2.5}
    )
    machine = made(answer)
    assert answer.headers["Location"] == f"{caller.base}/machines/PRESS-01"
    assert {**machine, "id": 0, "createdAt": 0, "updatedAt": 0} == {
        "id": 0, "code": "PRESS-01", "name": "Press", "workAreaId": area["id"], "idealCycleSeconds": 2.5,
        "active": True, "state": "no_data", "activeOrder": None, "createdAt": 0, "updatedAt": 0,
    }  # fmt: skip
    for name in ("PRESS-01", "press-01", machine["id"], machine["id"].upper()):
        assert caller.get(f"/machines/{name}").json() == machine
    cleared = caller.patch(
        "/machines/press-01", {"workAreaId": None, "idealCycleSeconds": None, "active": False, "state": "running"}
    ).json()
    assert (cleared["workAreaId"], cleared["idealCycleSeconds"], cleared["active"]) == (None, None, False)
    assert cleared["state"] == "no_data"
    assert caller.patch("/machines/PRESS-01", {"workAreaId": area["id"]}).json()["workAreaId"] == area["id"]


def test_a_machine_shows_the_order_that_runs_on_it() -> None:
    factory = a_factory()
    caller = calling(factory)
    busy, idle = a_machine(factory, code="BUSY"), a_machine(factory, code="IDLE")
    order = an_order(an_actor(factory))
    Assignment.objects.create(order=order, machine=busy, quantity=1, active=True, active_from=clock.now())
    Assignment.objects.create(order=order, machine=idle, quantity=1, active=False)
    running = {"id": str(order.uuid), "reference": order.reference}
    assert caller.get("/machines/BUSY").json()["activeOrder"] == running
    assert caller.get("/machines/IDLE").json()["activeOrder"] is None
    assert [row["activeOrder"] for row in caller.get("/machines").json()["data"]] == [None, running]


@pytest.mark.parametrize("thing", ["work-areas", "machines"])
def test_codes_are_unique_ignoring_case(caller: Caller, thing: str) -> None:
    made(caller.post(f"/{thing}", {"code": "Press-01", "name": "a"}))
    answer = caller.post(f"/{thing}", {"code": "pRESS-01", "name": "a"})
    assert refused(answer) == (409, "duplicate")
    assert answer.json()["message"] == "code pRESS-01 is already taken"
    made(calling(a_factory()).post(f"/{thing}", {"code": "PRESS-01", "name": "a"}))


@pytest.mark.parametrize("code", ["bulk", "Bulk"])
def test_no_machine_is_called_like_the_route_beside_it(caller: Caller, code: str) -> None:
    assert messages(caller.post("/machines", {"code": code, "name": "a"})) == ["code should not be bulk"]
    made(caller.post("/machines", {"code": "A", "name": "a"}))
    assert messages(caller.patch("/machines/A", {"code": code})) == ["code should not be bulk"]


@pytest.mark.parametrize("given", [0, -1, "2", True, 1e-5, 1e9])
def test_an_ideal_cycle_is_a_time(caller: Caller, given: Any) -> None:
    body = {"code": "A", "name": "a", "idealCycleSeconds": given}
    assert messages(caller.post("/machines", body))
    assert Machine.objects.count() == 0


def test_no_such_machine(caller: Caller) -> None:
    for name in ("x", "%00", "%E2%84%AA", str(uuid7()), "a" * 500):
        for answer in (caller.get(f"/machines/{name}"), caller.patch(f"/machines/{name}", {"x": 1})):
            assert (answer.status_code, answer.json()["message"]) == (404, "Machine not found")
    answer = caller.post("/machines", {"code": "A", "name": "a", "workAreaId": "nowhere"})
    assert (answer.status_code, answer.json()["message"]) == (404, "Work area not found")


def test_machines_in_bulk_keep_the_good_rows_and_name_the_bad(caller: Caller) -> None:
    made(caller.post("/work-areas", {"code": "HALL", "name": "h"}))
    made(caller.post("/machines", {"code": "CNC-001", "name": "old"}))
    rows = [
        {"code": "CNC-002", "name": "new", "workAreaId": "hall"},
        {"code": "cnc-001", "name": "taken"},
        {"code": "CNC-003", "name": "", "colour": 1},
        {"code": "cnc-002", "name": "twice"},
        {"code": "CNC-004", "name": "nowhere", "workAreaId": "x"},
        17,
        {"code": "CNC-005", "name": "also new", "idealCycleSeconds": 3},
    ]
    answer = caller.post("/machines/bulk", {"machines": rows})
    told = made(answer)
    assert [row["code"] for row in told["created"]] == ["CNC-002", "CNC-005"]
    assert told["created"][0] == caller.get("/machines/CNC-002").json()
    assert told["failed"] == [
        {"index": 1, "code": "cnc-001", "errors": ["code is already taken"]},
        {"index": 2, "code": "CNC-003", "errors": ["name should not be empty", "property colour should not exist"]},
        {"index": 3, "code": "cnc-002", "errors": ["code is already taken"]},
        {"index": 4, "code": "CNC-004", "errors": ["Work area not found"]},
        {"index": 5, "code": None, "errors": ["must be an object"]},
    ]
    assert told["meta"] == {"total": 7, "created": 2, "failed": 5}
    assert Machine.objects.get(code="CNC-001").name == "old"
    assert Machine.objects.count() == 3


def test_a_bulk_call_without_a_good_row_is_refused(caller: Caller) -> None:
    answer = caller.post("/machines/bulk", {"machines": [{"code": "?", "name": "a"}]})
    assert refused(answer) == (400, "validation_failed")
    assert answer.json()["details"]["failed"][0]["index"] == 0
    for rows in ([], None, {}, [{"code": f"M{number}", "name": "m"} for number in range(501)]):
        assert messages(caller.post("/machines/bulk", {"machines": rows}))
    assert Machine.objects.count() == 0


def test_five_hundred_machines_at_once_cost_a_few_queries(caller: Caller, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        made(caller.post("/work-areas", {"code": f"HALL-{number}", "name": "h"}))
    rows = [{"code": f"M-{number}", "name": "m", "workAreaId": f"hall-{number % 10}"} for number in range(500)]
    with django_assert_max_num_queries(12):
        assert made(caller.post("/machines/bulk", {"machines": rows}))["meta"]["created"] == 500


# --- methods ----------------------------------------------------------------------------------------------------------


def test_a_method_is_made_of_operations(caller: Caller) -> None:
    product = made(caller.post("/products", {"sku": "CAP-28", "name": "cap"}))
    area = made(caller.post("/work-areas", {"code": "HALL", "name": "Press hall"}))
    machine = made(caller.post("/machines", {"code": "PRESS-01", "name": "Press"}))
    body = {
        "code": "CAP-STD",
        "name": "Press and inspect",
        "productId": "CAP-28",
        "default": True,
        "operations": [
            {"name": "Press", "workAreaId": "hall", "durationMinutes": 12.5},
            {"name": "Trim", "machineId": machine["id"]},
            {"name": "Inspect", "workcenter": "Bench 3", "durationMinutes": 0},
            {"name": "Pack"},
        ],
    }
    answer = caller.post("/methods", body)
    method = made(answer)
    assert answer.headers["Location"] == f"{caller.base}/methods/{method['id']}"
    assert (method["productId"], method["default"], method["code"]) == (product["id"], True, "CAP-STD")

    def step(sequence: int, name: str, minutes: float, **where: Any) -> dict[str, Any]:
        place = {"workcenter": None, "workAreaId": None, "machineId": None} | where
        return {"sequence": sequence, "name": name, "durationMinutes": minutes} | place

    assert method["operations"] == [
        step(1, "Press", 12.5, workcenter="Press hall", workAreaId=area["id"]),
        step(2, "Trim", 0, workcenter="Press", machineId=machine["id"]),
        step(3, "Inspect", 0, workcenter="Bench 3"),
        step(4, "Pack", 0),
    ]
    assert caller.get(f"/methods/{method['id']}").json() == method
    assert caller.get("/methods").json()["data"] == [method]


def test_a_new_default_takes_the_place_of_the_old(caller: Caller) -> None:
    for sku in ("A", "B"):
        made(caller.post("/products", {"sku": sku, "name": "a"}))
    body = {"name": "m", "productId": "A", "default": True, "operations": [{"name": "o"}]}
    for code in ("M1", "M2"):
        made(caller.post("/methods", {**body, "code": code}))
    made(caller.post("/methods", {**body, "code": "M3", "default": False}))
    made(caller.post("/methods", {**body, "code": "M4", "productId": "B"}))
    assert set(Method.objects.filter(default=True).values_list("code", flat=True)) == {"M2", "M4"}
    assert refused(caller.post("/methods", {**body, "code": "m1"})) == (409, "duplicate")
    assert set(Method.objects.filter(default=True).values_list("code", flat=True)) == {"M2", "M4"}


def test_bad_methods_are_refused_whole(caller: Caller) -> None:
    made(caller.post("/products", {"sku": "A", "name": "a"}))
    good = {"code": "M", "name": "m", "productId": "A", "operations": [{"name": "o"}]}
    assert messages(caller.post("/methods", {**good, "operations": []})) == ["operations should not be empty"]
    bad = [{"name": "o"}, {"name": "", "durationMinutes": -1, "workAreaId": 5, "x": 1}]
    assert messages(caller.post("/methods", {**good, "operations": bad})) == [
        "operations.1.name should not be empty",
        "operations.1.workAreaId must be a string",
        "operations.1.durationMinutes must be a number of at least 0",
        "operations.1.property x should not exist",
    ]
    twice = [{"name": "o", "workAreaId": "a", "machineId": "b"}]
    assert messages(caller.post("/methods", {**good, "operations": twice}))
    for change, thing in (
        ({"productId": "x"}, "Product"),
        ({"operations": [{"name": "o", "machineId": "x"}]}, "Machine"),
        ({"operations": [{"name": "o", "workAreaId": "x"}]}, "Work area"),
    ):
        answer = caller.post("/methods", {**good, **change})
        assert (answer.status_code, answer.json()["message"]) == (404, f"{thing} not found")
    assert Method.objects.count() == Operation.objects.count() == 0


# --- pause reasons, and who may ---------------------------------------------------------------------------------------


def test_pause_reasons_are_the_standard_ones_and_ones_own() -> None:
    factory, other = a_factory(), a_factory()
    PauseReason.objects.create(factory=factory, code="lunch", label="Lunch", sort=99)
    PauseReason.objects.create(factory=other, code="siesta", label="Siesta", sort=99)
    assert [row["code"] for row in calling(factory).get("/pause-reasons").json()["data"]] == [
        "material_shortage", "tool_change", "machine_fault", "quality_issue", "quality_hold", "no_operator",
        "shift_end", "maintenance", "priority_change", "other", "lunch",
    ]  # fmt: skip


READS = ["", "/products", "/work-areas", "/machines", "/methods", "/pause-reasons"]
WRITES = {
    "/products": {"sku": "A", "name": "a"},
    "/work-areas": {"code": "A", "name": "a"},
    "/machines": {"code": "A", "name": "a"},
    "/machines/bulk": {"machines": [{"code": "B", "name": "b"}]},
}


@pytest.mark.parametrize("role", ROLES)
def test_every_member_reads_and_only_engineers_set_up(role: str) -> None:
    factory = a_factory()
    caller = calling(factory, role)
    assert {caller.get(path).status_code for path in READS} == {200}
    may = role in {"admin", "engineer"}
    for path, body in WRITES.items():
        answer = caller.post(path, body)
        assert answer.status_code == (201 if may else 403)
        if not may:
            assert answer.json()["details"] == {"anyOf": ["engineer"]}
    item = an_item(factory)
    machine = a_machine(factory)
    changed = [caller.patch(f"/products/{item.uuid}", {}), caller.patch(f"/machines/{machine.code}", {})]
    assert {answer.status_code for answer in changed} == {200 if may else 403}
    assert Machine.objects.count() == (3 if may else 1)


def test_a_strangers_things_answer_like_none_at_all(caller: Caller) -> None:
    other = a_factory()
    theirs, machine = an_item(other), a_machine(other, code="THEIRS")
    area = WorkArea.objects.create(factory=other, code="HALL", name="h")
    method = Method.objects.create(factory=other, item=theirs, code="M", name="m")
    made(caller.post("/products", {"sku": "MINE", "name": "a"}))
    base = {"code": "X", "name": "x"}
    steps: dict[str, Any] = {**base, "productId": "MINE"}
    missing = str(uuid7())
    for foreign in (lambda thing: thing, lambda thing: missing):
        answers = [
            caller.get(f"/products/{foreign(theirs.uuid)}"),
            caller.patch(f"/products/{foreign(theirs.uuid)}", {"name": "mine"}),
            caller.get(f"/machines/{foreign(machine.uuid)}"),
            caller.get(f"/machines/{foreign(machine.code)}"),
            caller.patch(f"/machines/{foreign(machine.uuid)}", {"name": "mine"}),
            caller.get(f"/methods/{foreign(method.uuid)}"),
            caller.post("/machines", {**base, "workAreaId": str(foreign(area.uuid))}),
            caller.post("/methods", {**base, "productId": str(foreign(theirs.uuid)), "operations": [{"name": "o"}]}),
            caller.post("/methods", {**base, "productId": str(foreign(theirs.sku)), "operations": [{"name": "o"}]}),
            caller.post("/methods", {**steps, "operations": [{"name": "o", "machineId": str(foreign(machine.uuid))}]}),
            caller.post("/methods", {**steps, "operations": [{"name": "o", "workAreaId": str(foreign(area.code))}]}),
        ]
        assert {answer.status_code for answer in answers} == {404}
        told = [answer.content for answer in answers]
        if foreign(0) == 0:
            first = told
    assert told == first
    theirs.refresh_from_db()
    assert theirs.name == "Cap"
    for path in ("/products", "/machines", "/methods", "/work-areas"):
        assert len(caller.get(path).json()["data"]) == (1 if path == "/products" else 0)
