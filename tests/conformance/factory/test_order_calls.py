"""The calls on an order that the guide does not show: a new target, the record, the whole history, the ledger."""

from decimal import Decimal

import pytest

from tests.calls import Plant
from tests.evidence import everything

pytestmark = pytest.mark.django_db

SPLIT = {
    "mode": "split",
    "splits": [{"machineCode": "CNC-001", "quantity": 600}, {"machineCode": "CNC-002", "quantity": 400}],
}
SHIPMENT = {"carrier": "DHL", "trackingNumber": "1Z", "shippedAt": "2026-04-21T10:00:00+02:00", "quantity": 988}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_the_preview_says_what_would_be_and_changes_nothing(plant: Plant) -> None:
    path = plant.order()
    plant.admin.post(f"{path}/schedule", SPLIT)
    before = everything()
    reply = plant.as_("viewer").get(f"{path}/adjust-quantity/preview?quantityTarget=1500")
    assert reply.json == {
        "quantityTarget": 1500,
        "current": 1000,
        "perMachine": [
            {"machineCode": "CNC-001", "current": 600, "proposed": 900, "produced": 0},
            {"machineCode": "CNC-002", "current": 400, "proposed": 600, "produced": 0},
        ],
        "needsAllocation": True,
        "warnings": [],
    }
    assert everything() == before
    for query in ("", "?quantityTarget=0", "?quantityTarget=x", "?quantityTarget=1.5"):
        assert plant.admin.get(f"{path}/adjust-quantity/preview{query}").status == 400


def test_a_new_target_for_several_machines_needs_splits_and_proposes_them(plant: Plant) -> None:
    path = plant.order()
    plant.admin.post(f"{path}/schedule", SPLIT)
    wanted = {"quantityTarget": 1500, "reason": "the customer asked"}
    before = everything()
    reply = plant.admin.post(f"{path}/adjust-quantity", wanted)
    assert (reply.status, reply.code) == (400, "allocation_required")
    shares = reply["details"]["proposed"]
    assert shares == [{"machineCode": "CNC-001", "quantity": 900}, {"machineCode": "CNC-002", "quantity": 600}]
    assert everything() == before
    splits = [{"machineCode": "CNC-002", "quantity": 700}, {"machineCode": "CNC-001", "quantity": 800}]
    reply = plant.admin.post(f"{path}/adjust-quantity", wanted | {"splits": splits})
    assert reply.status == 200, reply.content
    assert [(share["machineCode"], share["quantity"]) for share in reply["assignments"]] == [
        ("CNC-001", 800),
        ("CNC-002", 700),
    ]
    adjustment = reply["adjustment"]
    assert (adjustment["reason"], adjustment["current"], adjustment["quantityTarget"]) == (wanted["reason"], 1000, 1500)
    assert [share["proposed"] for share in adjustment["perMachine"]] == [800, 700]


def test_a_refused_allocation_is_kept_under_its_key(plant: Plant) -> None:
    path = plant.order()
    plant.admin.post(f"{path}/schedule", SPLIT)
    wanted = {"quantityTarget": 1500, "reason": "more"}
    replies = [plant.admin.post(f"{path}/adjust-quantity", wanted, idempotency_key="k") for _ in range(2)]
    assert [reply.status for reply in replies] == [400, 400]
    assert replies[0].content == replies[1].content
    assert replies[1].headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    "body",
    [
        {"quantityTarget": 1500},
        {"quantityTarget": 1500, "reason": " "},
        {"quantityTarget": 1000, "reason": "same"},
        {"quantityTarget": 0, "reason": "none"},
    ],
)
def test_a_new_target_is_refused(plant: Plant, body: dict[str, object]) -> None:
    reply = plant.admin.post(f"{plant.order()}/adjust-quantity", body)
    assert (reply.status, reply.code) == (400, "validation_failed")


def test_the_history_lists_moves_and_with_all_what_moved_nothing(plant: Plant) -> None:
    path = plant.order("in_production")
    plant.admin.post(f"{path}/log-quantity", {"quantityProduced": 5})
    plant.admin.patch(path, {"notes": "odd"})
    listed = plant.admin.get(f"{path}/transitions")
    assert [move["verb"] for move in listed["data"]] == ["create", "schedule", "start"]
    assert listed["meta"] == {"total": 3, "limit": 100, "offset": 0, "nextCursor": None}
    everything_told = plant.admin.get(f"{path}/transitions?all=true")["data"]
    assert [event["verb"] for event in everything_told] == ["create", "schedule", "start", "report", "amend"]
    hashes = [event["hash"] for event in everything_told]
    assert [event["previousHash"] for event in everything_told] == [None, *hashes[:-1]]
    assert plant.admin.get(f"{path}/transitions?all=maybe").status == 400
    first = plant.admin.get(f"{path}/transitions?limit=2")
    rest = plant.admin.get(f"{path}/transitions?limit=2&cursor={first['meta']['nextCursor']}")
    assert [move["verb"] for move in first["data"] + rest["data"]] == ["create", "schedule", "start"]


def test_the_ledger_is_listed_newest_first(plant: Plant) -> None:
    path = plant.order("in_production")
    for good in (1, 2, 3):
        plant.admin.post(f"{path}/log-quantity", {"quantityGood": good})
    reply = plant.admin.get(f"{path}/quantity-entries?limit=2")
    assert [entry["quantityGood"] for entry in reply["data"]] == [3, 2]
    assert reply["meta"]["total"] == 3
    rest = plant.admin.get(f"{path}/quantity-entries?cursor={reply['meta']['nextCursor']}")
    assert [entry["quantityGood"] for entry in rest["data"]] == [1]


def test_the_record_of_a_closed_order_is_final_and_equal_but_for_its_time(plant: Plant) -> None:
    path = plant.order("verified", batchNumber="M062026-UBH")
    assert plant.admin.get(f"{path}/record")["final"] is False
    plant.admin.post(f"{path}/transition", {"toState": "closed", "shipment": SHIPMENT})
    first, second = (plant.as_("viewer").get(f"{path}/record").json for _ in range(2))
    assert first | {"generatedAt": None} == second | {"generatedAt": None}
    assert " ".join(first) == (
        "recordVersion generatedAt final factory order quantities verification shipment lots quality history seal"
    )
    assert (first["final"], first["seal"]["intact"], first["seal"]["events"]) == (True, True, 6)
    quantities = {"target": 1000, "produced": 1000, "good": 988, "rejected": 12, "final": 1000}
    assert first["quantities"] == quantities | {"qualityRate": Decimal("0.988")}
    assert first["shipment"] == SHIPMENT | {"shippedAt": "2026-04-21T08:00:00.000Z"}
    assert [event["verb"] for event in first["history"]] == [
        "create",
        "schedule",
        "start",
        "complete",
        "verify",
        "close",
    ]


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("*/*", "", "application/json"),
        ("application/json", "", "application/json"),
        ("application/pdf", "", "application/pdf"),
        ("text/html, application/pdf;q=0.9", "", "application/pdf"),
        ("application/json", "?format=pdf", "application/pdf"),
        ("application/pdf", "?format=json", "application/json"),
    ],
)
def test_the_record_comes_as_json_or_pdf(plant: Plant, accept: str, query: str, kind: str) -> None:
    reply = plant.admin.get(f"{plant.order()}/record{query}", accept=accept)
    assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert reply.content.startswith(b"%PDF-" if kind == "application/pdf" else b"{")


def test_the_record_comes_as_nothing_else(plant: Plant) -> None:
    reply = plant.admin.get(f"{plant.order()}/record", accept="text/html")
    assert (reply.status, reply.code) == (406, "not_acceptable")


def test_shipping_more_than_is_good_is_refused(plant: Plant) -> None:
    path = plant.order("verified")
    body = {"toState": "closed", "shipment": SHIPMENT | {"quantity": 989}}
    reply = plant.admin.post(f"{path}/transition", body)
    assert (reply.status, reply.code) == (400, "validation_failed")
    assert plant.admin.get(path)["state"] == "verified"


def test_rework_answers_with_the_order_and_its_transition(plant: Plant) -> None:
    path = plant.order("completed")
    assert plant.as_("qa").post(f"{path}/rework", {}).status == 400
    reply = plant.as_("qa").post(f"{path}/rework", {"reason": "burrs"})
    assert (reply.status, reply["state"], reply["transition"]["verb"]) == (200, "in_production", "rework")
    assert reply["transition"]["reason"] == "burrs"


def test_overlapping_windows_are_only_a_warning(plant: Plant) -> None:
    window = {"plannedStart": "2026-04-20T08:00:00Z", "plannedEnd": "2026-04-20T16:00:00Z"}
    first = plant.admin.get(plant.order("scheduled", **window))["reference"]
    reply = plant.admin.post(f"{plant.order(**window)}/schedule", {"machineId": "PRESS-01"})
    warning = reply["warnings"][0]
    assert (reply.status, reply["shortages"]) == (200, [])
    assert (warning["code"], warning["machineCode"], warning["reference"]) == ("window_overlap", "PRESS-01", first)
