"""The demo's orders: each told through the real verbs by the people whose work it is, up to where it stands today.

PRESS-01 is left free: the first guide of the README runs its own order there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from factoryos.kernel import clock
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from manufacturing.models import Item, Machine, Method
from orders.actions.add_note import add_note
from orders.actions.approve import approve
from orders.actions.cancel import cancel
from orders.actions.close import close
from orders.actions.complete import complete
from orders.actions.create import create
from orders.actions.hold import hold
from orders.actions.pause import pause
from orders.actions.report import report
from orders.actions.schedule import schedule
from orders.actions.start import start
from orders.actions.submit import submit
from orders.actions.verify import verify
from orders.models import OrderLine, ProductionOrder
from orders.specs import Circumstances, Count, NewLine, Share


@dataclass(frozen=True, slots=True)
class Plan:
    """An order as planned. `lines`: variant or None → pieces; `days`: when it is to start, from today."""

    batch: str
    sku: str
    lines: dict[str | None, int]
    machines: Sequence[str] = ()
    days: int = 1
    priority: str = "standard"
    customer: str = ""
    notes: str | None = None
    said: Sequence[tuple[str, str]] = ()  # (audience, text), each by the operator


Story = Callable[[Crew, Plan, ProductionOrder], None]


def load_orders(factory: Factory) -> None:
    """Every story that has not been told in this factory yet."""
    crew = Crew.of(factory)
    for plan, story in STORIES[factory.slug]:
        if not ProductionOrder.objects.filter(factory=factory, batch_number=plan.batch).exists():
            order = _created(crew, plan)
            story(crew, plan, order)
            for audience, text in plan.said:
                add_note(order_id=order.pk, by=crew.operator, text=text, audience=audience)


def _created(crew: Crew, plan: Plan) -> ProductionOrder:
    item = Item.objects.get(factory=crew.factory, sku=plan.sku)
    begin = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=plan.days)
    return create(
        by=crew.planner,
        lines=[NewLine(item=item, target=Decimal(pieces), variant=size) for size, pieces in plan.lines.items()],
        batch_number=plan.batch,
        planned_start=begin,
        planned_end=begin + timedelta(hours=8),
        priority=plan.priority,
        customer_name=plan.customer or None,
        notes=plan.notes,
    )


def _nothing_more(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    """It stays a draft."""


def _submitted(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    submit(order_id=order.pk, by=crew.operator)


def _approved(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    approve(order_id=order.pk, by=crew.operator)


def _scheduled(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    machines = [Machine.objects.get(factory=crew.factory, code=code) for code in plan.machines]
    share = order.quantity_target // len(machines)
    rest = order.quantity_target - share * (len(machines) - 1)
    schedule(
        order_id=order.pk,
        by=crew.planner,
        shares=[Share(machine=machine, quantity=rest if machine is machines[0] else share) for machine in machines],
        method=Method.objects.filter(item=order.item, default=True).first(),
    )


def _running(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    """Started, and three tenths of it made."""
    _scheduled(crew, plan, order)
    start(order_id=order.pk, by=crew.technician)
    _count(crew, order, good="0.29", rejected="0.01")


def _paused(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _running(crew, plan, order)
    pause(order_id=order.pk, by=crew.technician, reason="tool_change", notes="Worn punch, new one ordered.")


def _held(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _scheduled(crew, plan, order)
    hold(order_id=order.pk, by=crew.qa, reason="Resin certificate is missing")


def _completed(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _running(crew, plan, order)
    _count(crew, order, good="0.69", rejected="0.01")
    complete(order_id=order.pk, by=crew.technician)


def _verified(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _completed(crew, plan, order)
    order.refresh_from_db(fields=["quantity_good", "quantity_rejected"])
    good, rejected = order.quantity_good - 1, order.quantity_rejected + 1
    notes = "One more reject found: outer diameter oversize."
    verify(order_id=order.pk, by=crew.qa, final=good + rejected, good=good, rejected=rejected, notes=notes)


def _closed(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _verified(crew, plan, order)
    order.refresh_from_db(fields=["quantity_good"])
    shipment = {"carrier": "DHL", "trackingNumber": "JD0146000000", "quantity": order.quantity_good}
    close(order_id=order.pk, by=crew.planner, shipment=shipment)


def _closed_unverified(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    _completed(crew, plan, order)
    close(order_id=order.pk, by=crew.planner)


def _cancelled(crew: Crew, plan: Plan, order: ProductionOrder) -> None:
    cancel(order_id=order.pk, by=crew.planner, reason="The customer changed the colour")


def _count(crew: Crew, order: ProductionOrder, *, good: str, rejected: str) -> None:
    """Book a share of every line, in whole pieces."""
    for line in OrderLine.objects.filter(order_id=order.pk).order_by("sort"):
        count = Count(good=line.target * Decimal(good) // 1, rejected=line.target * Decimal(rejected) // 1)
        report(order_id=order.pk, by=crew.technician, count=count, where=Circumstances(line_id=line.pk))


_TOO_LARGE = (
    "Cannot be confirmed yet: shells and liners do not suffice for 400,000. Approving it says how many are missing."
)
_WAITING = "Scheduled although liners are short: when they are received, this order is served by itself."
_LATE = "Resin came a day late; we are working it in on the second shift."

STORIES: dict[str, list[tuple[Plan, Story]]] = {
    "penang-plant": [
        (Plan("M042026-CLS", "CAP-28", {None: 5000}, ["PRESS-02"], days=-6, customer="Lemonade & Sons"), _closed),
        (Plan("M042026-VER", "CAP-28", {None: 2000}, ["PRESS-02"], days=-3, customer="Bayan Bottlers"), _verified),
        (Plan("M052026-CMP", "CAP-28/BLUE", {None: 1500}, ["PRESS-02"], days=-1, customer="Bayan Bottlers"), _completed),
        (
            Plan(
                "M052026-RUN", "CAP-28", {None: 4000}, ["PRESS-02"], days=-2, priority="rush", customer="Lemonade & Sons",
                said=[("internal", _LATE), ("customer", "Your caps are being made now.")],
            ),
            _running,
        ),
        (Plan("M052026-PAU", "SHELL-28", {None: 800}, ["CNC-001"], days=0), _paused),
        (Plan("M062026-SPL", "SHELL-28", {None: 1000}, ["CNC-001", "CNC-002"], days=1), _scheduled),
        (
            Plan(
                "M062026-HLD", "CAP-28", {None: 600}, ["PRESS-02"], days=1, customer="Kilang Air Kelapa",
                said=[("internal", "Certificate asked for by phone.")],
            ),
            _held,
        ),
        (Plan("M062026-APR", "CAP-28", {None: 2500}, days=2, customer="Bayan Bottlers"), _approved),
        (Plan("M062026-SUB", "CAP-28/BLUE", {None: 900}, days=3, customer="Kilang Air Kelapa"), _submitted),
        (Plan("M062026-DRF", "CAP-28", {None: 1200}, days=4, priority="hold"), _nothing_more),
        (
            Plan("M072026-SHORT", "CAP-28", {None: 400_000}, days=20, customer="Kilang Air Kelapa", notes=_TOO_LARGE),
            _nothing_more,
        ),
        (
            Plan("M062026-WAIT", "CAP-38", {None: 6000}, ["PRESS-02"], days=3, customer="Susu Segar", notes=_WAITING),
            _scheduled,
        ),
        (Plan("M062026-CAN", "CAP-28/BLUE", {None: 300}, days=2, customer="Lemonade & Sons"), _cancelled),
    ],
    "garment-studio": [
        (Plan("TEE-APRIL", "TEE-CLASSIC", {"S": 20, "M": 40, "L": 30}, ["DTG-01"], days=-2), _closed_unverified),
        (Plan("TEE-MAY", "TEE-CLASSIC", {"M": 100, "L": 100}, ["DTG-01"], days=0, customer="Nordlicht Festival"), _running),
        (Plan("TEE-JUNE", "TEE-CLASSIC", {"S": 25, "XL": 25}, days=5, customer="Nordlicht Festival"), _submitted),
    ],
}  # fmt: skip
