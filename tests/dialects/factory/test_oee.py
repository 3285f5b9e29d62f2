"""The figures of a machine through the API: of which period, which numbers, and how they are rounded."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from iot.models import MachineStateInterval, Shift
from orders.models import ProductionOrder, QuantityEntry
from tests.calls import Plant

pytestmark = pytest.mark.django_db

PERIOD = "from=2025-04-20T00:00:00Z&to=2025-04-20T08:00:00Z"
EMPTY = {"availability": 0, "performance": None, "quality": None, "oee": None}


@pytest.fixture
def plant() -> Plant:
    return Plant(time_zone="Asia/Kolkata")


def test_a_shift_in_figures(plant: Plant) -> None:
    """450 min planned, 300 run, 30 down, 60 unknown, 8192 pieces of 2 s, 100 of them bad: worked out by hand."""
    plant.press.ideal_cycle_s = Decimal(2)
    plant.press.save()
    plan = {"kind": "break", "startsAt": "2025-04-20T04:00:00Z", "endsAt": "2025-04-20T04:30:00Z"}
    assert plant.admin.post("planned-downtime", plan).status == 201
    down = {"machineCode": "PRESS-01", "startedAt": "2025-04-20T03:45:00Z", "endedAt": "2025-04-20T04:45:00Z"}
    assert plant.admin.post("downtime/events", down).status == 201
    for state, begin, end in (("running", 0, 225), ("running", 285, 360), ("idle", 360, 420)):
        was(plant, state, begin, end)
    path = plant.order("in_production")
    order = ProductionOrder.objects.get(uuid=path.split("/")[1])
    QuantityEntry.objects.create(
        order=order, line=order.lines.get(), good=8092, rejected=100, source="manual", machine=plant.press,
        actor_kind="user", actor_id="x", actor_name="x", face="factory", occurred_at=minute(100),
    )  # fmt: skip
    reply = plant.as_("viewer").get(f"machines/press-01/oee?{PERIOD}")
    assert (reply.status, reply.json) == (200, {
        "machineCode": "PRESS-01", "from": "2025-04-20T00:00:00.000Z", "to": "2025-04-20T08:00:00.000Z",
        "plannedSeconds": 27000, "runSeconds": 18000, "downSeconds": 1800, "noDataSeconds": 3600,
        "totalCount": 8192, "goodCount": 8092, "rejectedCount": 100, "idealCycleSeconds": 2,
        "availability": Decimal("0.6667"), "performance": Decimal("0.9102"), "quality": Decimal("0.9878"),
        "oee": Decimal("0.5994"),
    })  # fmt: skip


def was(plant: Plant, state: str, begin: int, end: int) -> None:
    MachineStateInterval.objects.create(
        machine=plant.press, state=state, started_at=minute(begin), ended_at=minute(end)
    )


def minute(number: int) -> datetime:
    return datetime(2025, 4, 20, number // 60, number % 60, tzinfo=UTC)


def test_the_last_day_is_meant_where_nothing_is_said(plant: Plant) -> None:
    reply = plant.admin.get("machines/PRESS-01/oee")
    begin, end = (datetime.fromisoformat(reply[name]) for name in ("from", "to"))
    assert (end - begin).total_seconds() == 86_400 == reply["plannedSeconds"] == reply["noDataSeconds"]
    assert abs((datetime.now(UTC) - end).total_seconds()) < 60
    assert {name: reply[name] for name in EMPTY} == EMPTY


def test_a_day_is_the_factorys_and_its_shifts_go_by_its_clock(plant: Plant) -> None:
    Shift.objects.create(factory=plant.factory, name="Night", weekdays=127, starts="22:00", ends="06:30")
    reply = plant.admin.get("machines/PRESS-01/oee?from=2025-04-20&to=2025-04-21")
    assert (reply["from"], reply["to"]) == ("2025-04-19T18:30:00.000Z", "2025-04-20T18:30:00.000Z")
    assert reply["plannedSeconds"] == 8.5 * 3600
    noon = plant.admin.get("machines/PRESS-01/oee?from=2025-04-20T12:00:00+05:30&to=2025-04-20T13:00:00 05:30")
    assert (noon["plannedSeconds"], noon["availability"]) == (0, None)


def test_what_is_to_come_is_not_planned_yet(plant: Plant) -> None:
    assert plant.admin.get("machines/PRESS-01/oee?from=2999-01-01&to=2999-01-02")["plannedSeconds"] == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=2025-04-20T00:00:00Z&to=2025-05-21T00:00:00.001Z", "to must not be more than 31 days after from"),
        ("from=2025-04-20&to=2025-04-20", "to must be after from"),
        ("from=2025-04-21&to=2025-04-20", "to must be after from"),
        ("from=2999-04-21", "to must be after from"),
        ("from=0001-01-01&to=0001-01-02", "from must not be before 1970-01-01"),
        ("to=0001-01-02", "to must be after from"),
        ("from=2025-02-30", "from must be a valid ISO 8601 date string"),
        ("since=2025-04-20", "property since should not exist"),
    ],
)
def test_periods_that_cannot_be_are_refused(plant: Plant, query: str, message: str) -> None:
    reply = plant.admin.get(f"machines/PRESS-01/oee?{query}")
    assert (reply.status, reply["message"]) == (400, [message])


@pytest.mark.parametrize("query", ["from=9999-12-31", "from=1970-01-01T00:00:00Z&to=1970-01-02", "to=9999-12-31T23:59:59Z",
                                   "from=9999-12-30T00:00:00Z&to=9999-12-31T23:59:59.999999Z"])  # fmt: skip
def test_the_ends_of_the_calendar_are_no_fault_of_ours(plant: Plant, query: str) -> None:
    Shift.objects.create(factory=plant.factory, name="Night", weekdays=127, starts="22:00", ends="06:30")
    assert plant.admin.get(f"machines/PRESS-01/oee?{query}").status in (200, 400)


def test_thirty_one_days_are_answered(plant: Plant) -> None:
    reply = plant.admin.get("machines/PRESS-01/oee?from=2025-03-20T00:00:00Z&to=2025-04-20T00:00:00Z")
    assert reply["plannedSeconds"] == 31 * 86_400


def test_another_factorys_machine_has_no_figures_here(plant: Plant) -> None:
    strange = plant.admin.get(f"machines/{Plant().press.uuid}/oee")
    assert (strange.status, strange["message"]) == (404, "Machine not found")
