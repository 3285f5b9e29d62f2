"""What a machine counted by itself, as the faces, the order list and the admin tell it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from factoryos.dialects.base.answers import moment
from factoryos.dialects.factory.stream_requests import EVENTS
from factoryos.dialects.factory.stream_views import shown
from factoryos.kernel import clock, outbox
from factoryos.kernel.live import Announcement
from factoryos.kernel.models import OutboxMessage
from iot import machine_states
from orders.models import OrderEvent, ProductionOrder, QuantityEntry
from tests import floor
from tests.api import contract
from tests.callers import a_member, a_user
from tests.calls import Plant, Reply
from tests.conformance.erp.plant import Plant as ErpPlant
from tests.counted import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


def running(plant: Plant, **facts: Any) -> tuple[str, ProductionOrder]:
    path = plant.order("in_production", **facts)
    return path, ProductionOrder.objects.get(uuid=path.split("/")[1])


def read(plant: Plant, path: str) -> Reply:
    """As everybody may, and as it is published."""
    reply = plant.as_("viewer").get(path)
    assert reply.status == 200
    assert contract.faults("GET", f"/api/factories/{plant.factory.slug}/{path}", reply) == []
    return reply


def test_the_factory_api_tells_the_machine_as_who_counted(plant: Plant) -> None:
    path, order = running(plant)
    entry = counted(order, plant.press, good=12, rejected=3)
    shown = read(plant, path)
    assert [shown[f"quantity{name}"] for name in ("Produced", "Good", "Rejected")] == [15, 12, 3]
    assert (shown["assignments"][0]["quantityProduced"], shown["version"]) == (15, 4)
    (told,) = read(plant, f"{path}/quantity-entries")["data"]
    assert (told["id"], told["source"], told["face"], told["machineCode"]) == (
        str(entry.uuid), "machine", "machine", "PRESS-01"
    )  # fmt: skip
    assert (told["quantityProduced"], told["by"]) == (15, {"id": "PRESS-01", "name": "Press-01"})
    assert [event["verb"] for event in read(plant, f"{path}/transitions")["data"]] == ["create", "schedule", "start"]
    last = read(plant, f"{path}/transitions?all=true")["data"][-1]
    assert (last["verb"], last["face"], last["fromState"], last["toState"]) == (
        "report", "machine", "in_production", "in_production"
    )  # fmt: skip
    assert last["by"] == {"id": "PRESS-01", "name": "Press-01", "kind": "device"}
    assert last["data"] == {"entry": str(entry.uuid), "good": "12", "rejected": "3", "source": "machine"}
    assert last["previousHash"]


def test_the_record_of_such_an_order_is_whole_in_both_forms(plant: Plant) -> None:
    path, order = running(plant)
    counted(order, plant.press, good=1000)
    plant.take(path, "completed")
    final = {"quantityFinal": 1000, "quantityGood": 1000, "quantityRejected": 0}
    assert plant.as_("qa").post(f"{path}/verify", final)["verification"]["difference"] == {"good": 0, "rejected": 0}
    plant.take(path, "closed")
    record = read(plant, f"{path}/record")
    assert (record["final"], record["seal"]["intact"], record["quantities"]["good"]) == (True, True, 1000)
    assert plant.admin.get(f"{path}/record?format=pdf").content.startswith(b"%PDF")


def test_counting_by_hand_is_possible_beside_a_counter(plant: Plant) -> None:
    path, order = running(plant)
    counted(order, plant.press, good=12)
    reply = plant.as_("technician").post(f"{path}/log-quantity", {"quantityGood": 2})
    assert (reply.status, reply["entry"]["source"], reply["quantityGood"]) == (201, "manual", 14)
    taken = plant.as_("technician").post(f"{path}/log-quantity", {"quantityGood": -2, "reason": "counted twice"})
    assert (taken.status, taken["quantityGood"], taken["entry"]["machineCode"]) == (201, 12, "PRESS-01")


def test_a_machine_shows_what_it_does_and_which_order_it_runs_now(plant: Plant) -> None:
    path, order = running(plant)
    running_order = {"id": str(order.uuid), "reference": order.reference}
    floor.done(machine_states.report, machine=plant.press, state="running", at=order.created_at)
    assert (read(plant, "machines/press-01")["state"], read(plant, "machines/PRESS-01")["activeOrder"]) == (
        "running", running_order
    )  # fmt: skip
    listed = {row["code"]: (row["state"], row["activeOrder"]) for row in read(plant, "machines")["data"]}
    assert listed == {
        "PRESS-01": ("running", running_order), "CNC-001": ("no_data", None), "CNC-002": ("no_data", None)
    }  # fmt: skip
    changed = plant.as_("engineer").patch("machines/PRESS-01", {"idealCycleSeconds": 2.5, "state": "down"})
    assert (changed.status, changed["state"], changed["activeOrder"]) == (200, "running", running_order)
    plant.take(path, "paused")
    assert read(plant, "machines/PRESS-01")["activeOrder"] is None
    plant.take(path, "in_production")
    plant.take(path, "completed")
    assert read(plant, "machines/PRESS-01")["activeOrder"] is None


def test_the_stream_tells_of_states_and_of_counts(plant: Plant) -> None:
    _, order = running(plant)
    OutboxMessage.objects.all().delete()
    at = clock.now()
    floor.done(machine_states.report, machine=plant.press, state="down", at=at)
    counted(order, plant.press, good=1)
    outbox.announce()
    rows = OutboxMessage.objects.filter(topic__in=EVENTS).order_by("position")
    told = [shown(Announcement(row.position or 0, row.topic, plant.factory.pk, row.key, row.payload)) for row in rows]
    assert [(name, {**data, "at": 0}) for name, data in told] == [
        ("machine.state", {"type": "machine.state", "at": 0, "machineCode": "PRESS-01", "state": "down"}),
        ("order.quantity", {"type": "order.quantity", "at": 0, "orderId": str(order.uuid), "state": "in_production"}),
    ]
    assert told[0][1]["at"] == moment(at)


def test_the_erp_api_tells_the_machine_as_who_produced() -> None:
    plant = ErpPlant()
    path = plant.order("scheduled")
    plant.do("start", path)
    order = plant.core(path)
    machine = order.assignments.get().machine
    counted(order, machine, good=12, rejected=3)
    assert plant.admin.get(path)["producedQty"] == 12
    reply = plant.admin.get(f"{path}/productions")
    assert contract.faults("GET", f"/api/manufacturing/{path}/productions", reply) == []
    (production,) = reply["data"]
    assert (production["qty"], production["by"]) == (12, {"id": machine.code, "name": machine.name})


def test_the_admin_shows_the_entry_and_the_event(plant: Plant) -> None:
    _, order = running(plant)
    counted(order, plant.press, good=12)
    keeper = Client()
    keeper.force_login(a_user(is_staff=True, is_superuser=True))
    entry, event = QuantityEntry.objects.get(), OrderEvent.objects.latest("id")
    for name, pk in (
        ("productionorder", order.pk), ("quantityentry", entry.pk), ("orderevent", event.pk), ("quantityentry", None)
    ):  # fmt: skip
        what = f"admin:orders_{name}_{'change' if pk else 'changelist'}"
        page = keeper.get(reverse(what, args=[pk] if pk else []))
        assert page.status_code == 200
        assert "Press-01" in page.content.decode()


def test_the_order_list_names_the_machine_as_who_changed_it(plant: Plant) -> None:
    _, order = running(plant)
    counted(order, plant.press, good=12)
    console = Client()
    console.force_login(a_member(plant.factory, "planner"))
    assert "by PRESS-01" in console.get("/ops/orders?all=1").content.decode()
    assert b"PRESS-01" in console.get("/ops/orders/export.csv?all=1").getvalue()
