"""What a person types: each verb's form filled in, and a form's values as a browser reads them."""

from html.parser import HTMLParser
from typing import Any

from orders import actions
from orders.models import OrderLine, ProductionOrder
from quality.models import Hold
from tests.ops.order_page.desk import Desk, now


def brought(desk: Desk, state: str) -> ProductionOrder:
    return {
        "draft": desk.draft, "submitted": lambda: desk.do(actions.submit, desk.draft()),
        "approved": lambda: desk.do(actions.approve, desk.draft()), "scheduled": desk.scheduled,
        "in_production": desk.running, "paused": desk.paused, "completed": lambda: desk.completed(10),
        "verified": lambda: verified(desk), "cancelled": lambda: desk.do(actions.cancel, desk.draft()),
    }[state]()  # fmt: skip


def verified(desk: Desk) -> ProductionOrder:
    order = desk.completed(10)
    desk.verify(order, good=9, rejected=1)
    return now(order)


def filled(desk: Desk, verb: str, order: ProductionOrder) -> dict[str, Any]:
    """What a person types for each verb."""
    line = OrderLine.objects.get(order=order)
    hold = Hold.objects.filter(order=order, released_at=None).first()
    return {
        "schedule": {"machine_0": desk.machine.pk, "planned_start": "2026-05-04T08:00", "planned_end": "2026-05-04T16:00"},
        "report": {"good": "7", "rejected": "1"},
        "pause": {"reason": "tool_change", "notes": "worn"},
        "verify": {f"good_{line.pk}": "8", f"rejected_{line.pk}": "2", "final": "10"},
        "rework": {"reason": "burrs"},
        "close": {"carrier": "DHL", "quantity": "9", "shipped_at": "2026-05-04T17:00"},
        "cancel": {"reason": "not wanted", "sure": "on"},
        "adjust_quantity": {"target": "1500", "reason": "they asked"},
        "amend": {"priority": "rush", "batch_number": "B-1"},
        "hold": {"reason": "odd colour"},
        "release_hold": {"hold": str(hold.uuid) if hold else "", "notes": "fine"},
    }.get(verb, {})  # fmt: skip


def shown_values(page: str) -> dict[str, str]:
    """What the form would send, as a browser reads it."""
    return {
        name: value for name, value in Fields.of(page).items() if name not in ("csrfmiddlewaretoken", "key", "factory")
    }


class Fields(HTMLParser):
    """The values of the fields of the one form in `main`."""

    @classmethod
    def of(cls, page: str) -> dict[str, str]:
        reader = cls()
        reader.feed(page[page.index("<main") : page.index("</main>")])
        return reader.found

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        name, value = had.get("name") or "", had.get("value") or ""
        if tag == "input" and name:
            self.found[name] = value
        elif tag in ("select", "textarea"):
            self.inside, self.found[name] = name, ""
        elif tag == "option" and "selected" in had:
            self.found[self.inside] = value
        self.fresh = tag == "textarea"

    def handle_data(self, data: str) -> None:
        if self.fresh:
            self.found[self.inside] = data.removeprefix("\n")
            self.fresh = False

    def handle_endtag(self, tag: str) -> None:
        self.fresh = False
