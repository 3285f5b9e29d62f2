"""Every screen in every state that it can be in: the table that the accessibility tests go through.

A screen is the name of an address. One that is in neither of the two tables here fails the build.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import connection
from playwright.sync_api import Page, expect

from factoryos.ops.ingest.words import EVERY
from factoryos.ops.models import BulkOperation, BulkRow
from manufacturing.models import Machine
from orders import actions
from orders.models import ProductionOrder
from tests import floor
from tests.browser.visits import Plant, Visits, sign_in
from tests.ops.ingest.sender import Sender

# Addresses that answer with no page of their own: a change, a file, a stream, a fragment of another page.
NO_PAGE = {
    "switch", "csp-report", "stream", "orders-export", "order-traveler", "products", "operation-csv", "operation-retry",
    "operation-undo", "bulk-apply", "order-notes", "view-save", "home", "ingest-retry", "ingest-failed-rows-csv",
}  # fmt: skip


class Scene:
    """A plant with an order in each state, and pages of its people."""

    def __init__(self) -> None:
        self.plant, self.empty = Plant(name="Bottle Works"), Plant(name="Not yet opened")
        plant = self.plant
        self.orders: dict[str, ProductionOrder] = {
            "draft": plant.draft(customer_name="Straits Beverages", priority="rush", notes="Blue.\nTwo boxes."),
            "lines": plant.draft(100, 200, 300),
            "completed": plant.completed(on=[self._machine()]),
        }
        for state in ("verified", "closed"):
            self.orders[state] = plant.completed()
            plant.verify(self.orders[state], good=950, rejected=50)
        plant.do(actions.close, self.orders["closed"], shipment={"carrier": "Sea"})
        self.orders["cancelled"] = plant.do(actions.cancel, plant.draft(), reason="No longer wanted")
        self.orders["running"] = plant.running()
        plant.report(self.orders["running"], good=120, rejected=3)
        floor.done(actions.add_note, order_id=self.orders["running"].pk, by=plant.by, text="Cavity 3 flashes.")
        self.orders["held"] = plant.do(actions.hold, plant.running(on=[self._machine()]), reason="Colour is off")
        plant.many(55, prefix="CAP-")
        self._state(Sender(plant.factory))

    def _state(self, sender: Sender) -> None:
        """What a planning system says of these orders and of others; one statement in each state."""
        for state in EVERY:
            stated = sender.states(order_number=f"MO-{state}", product_id="A-PRODUCT-WITH-A-RATHER-LONG-NUMBER-0815")
            sender.became(stated, state, reason=None if state in ("pending", "done") else f"Why it is {state}.")
        facts = {"order_number": "MO-1", "product_id": self.plant.item.sku}
        sender.states(**facts, updated_at="2026-03-01 10:00:00", produced_units=100)
        self.stated = sender.became(
            sender.states(**facts, updated_at="2026-03-02 10:00:00", produced_units=120, status="completed"),
            "conflict", reason="It states what the order can no longer take.", order=self.orders["running"],
        )  # fmt: skip
        sender.is_refused({"order_number": "MO-2", "ordered_units": "500"}, ("DI_E_20003", "ordered_units"))
        sender.several(60, "waiting")

    def _machine(self) -> Machine:
        return floor.a_machine(self.plant.factory)

    def order(self, state: str) -> str:
        return f"/ops/orders/{self.orders[state].uuid}"


Open = Callable[[Visits, Scene], Page]


@dataclass(frozen=True)
class State:
    """`screens`: the addresses it shows, by name."""

    name: str
    screens: tuple[str, ...]
    open: Open


def at(path: str | Callable[[Scene], str], *, role: str = "planner", does: Callable[[Page], Any] | None = None,
       status: int = 200) -> Open:  # fmt: skip
    """Open a page as somebody, do something there."""

    def opened(visits: Visits, scene: Scene) -> Page:
        where = path if isinstance(path, str) else path(scene)
        page = visits.as_(scene.plant.person(role, is_staff=role == "admin"), where, expects=(status,))
        if does:
            does(page)
        return page

    return opened


def of_order(state: str, *, role: str = "admin", step: str = "", does: Callable[[Page], Any] | None = None) -> Open:
    """The page of an order; `step`: with the dialog of that step open, in which something is done."""

    def opened(page: Page) -> None:
        if step:
            group = page.get_by_role("group", name="Next steps")
            group.get_by_role("link", name=step, exact=True).click()
            expect(page.locator("dialog#step")).to_be_visible()
        if does:
            does(page)

    return at(lambda scene: scene.order(state), role=role, does=opened, status=422)


def _sign_in(does: Callable[[Page, Scene], Any] = lambda page, scene: None) -> Open:
    def opened(visits: Visits, scene: Scene) -> Page:
        page = visits.stranger()
        visits.watch_of(page).expects(422, 429, 403)
        page.goto("/ops/sign-in")
        does(page, scene)
        return page

    return opened


def _wrong(page: Page, times: int = 1) -> None:
    for _ in range(times):
        page.get_by_label("Name or e-mail address").fill(f"nobody-{times}@plant.test")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()


def _without_cookies(page: Page, scene: Scene) -> None:
    page.context.clear_cookies()
    _wrong(page)
    expect(page.locator("h1")).to_contain_text("open too long")


def _no_factory(visits: Visits, scene: Scene) -> Page:
    page = visits.stranger()
    visits.watch_of(page).expects(403)
    sign_in(page, scene.plant.person("customer"))
    return page


def _nothing_yet(role: str, path: str = "/ops/orders") -> Open:
    return lambda visits, scene: visits.as_(scene.empty.person(role), path)


def _admin_of_order(scene: Scene) -> str:
    return f"/admin/orders/productionorder/{scene.orders['running'].pk}/change/"


def _failing(visits: Visits, scene: Scene) -> Page:
    """The page of an order as it is when something in us fails; here a table is away for a moment."""
    page = visits.as_(scene.plant.person("planner"), "/ops/help", expects=(500,))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ops_savedview RENAME TO ops_savedview_away")
        try:
            page.goto("/ops/orders")
        finally:
            cursor.execute("ALTER TABLE ops_savedview_away RENAME TO ops_savedview")
    expect(page.locator("h1")).to_have_text("This page failed")
    return page


def _press(button: str) -> Callable[[Page], None]:
    return lambda page: page.locator("main").get_by_role("button", name=button, exact=True).first.click()


def _submit_empty_dialog(page: Page) -> None:
    page.locator("dialog#step .buttons button").first.click()
    expect(page.locator("dialog#step .errors")).to_be_visible()


def _selected(page: Page) -> None:
    page.get_by_role("checkbox", name="Select all on this page").check()


def _chosen(page: Page) -> None:
    _selected(page)
    _press("Status…")(page)
    expect(page.locator("h1")).to_contain_text("orders")


def _previewed(action: str) -> Callable[[Page], None]:
    def does(page: Page) -> None:
        _chosen(page)
        _press(action)(page)
        expect(page.locator("#forecast")).to_be_visible()

    return does


def _applied(page: Page) -> None:
    """Some of them fail: put on hold what is over and what is not."""
    _previewed("Hold")(page)
    page.get_by_label("Reason").fill("Audit")
    page.get_by_role("region", name="Confirm").get_by_role("button").first.click()
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("failed")


def _running_operation(visits: Visits, scene: Scene) -> Page:
    """Confirmed, and nobody has begun to work it off."""
    person = scene.plant.person("planner")
    operation = BulkOperation.objects.create(
        factory=scene.plant.factory, user=person, action="approve", key=uuid4().hex, selected=2
    )
    BulkRow.objects.bulk_create(
        BulkRow(operation=operation, position=place, order=scene.orders[state])
        for place, state in enumerate(("draft", "running"))
    )
    page = visits.as_(person, f"/ops/operations/{operation.uuid}")
    expect(page.locator("#operation progress")).to_be_visible()
    return page


def _open(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def _saved(page: Page) -> None:
    page.locator(".views summary", has_text="Save view").click()
    page.get_by_label("Name of the view").fill(f"Mine {uuid4().hex[:4]}")
    page.locator("#save-view button").click()
    page.locator(".views summary", has_text="Change").click()


def _help(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def _note(page: Page) -> None:
    page.locator("#order-timeline").get_by_role("link", name="Edit").first.click()
    expect(page.locator("dialog#step")).to_be_visible()


def _fresh_note(page: Page) -> None:
    page.get_by_label("Write a note").fill("Ready at two.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#order-timeline").get_by_role("link", name="Edit").first).to_be_visible()
    _note(page)


NEWEST = "/ops/orders?all=1"
STATES = [
    State("sign-in", ("sign-in",), _sign_in()),
    State("sign-in refused", ("sign-in",), _sign_in(lambda page, scene: _wrong(page))),
    State("sign-in locked", ("sign-in",), _sign_in(lambda page, scene: _wrong(page, times=5))),
    State("form too old", ("sign-in",), _sign_in(_without_cookies)),
    State("sign-out asked", ("sign-out",), at("/ops/sign-out", status=405)),
    State("no factory", ("orders",), _no_factory),
    State("list", ("orders",), at(NEWEST)),
    State("list selected", ("orders",), at(NEWEST, does=_selected)),
    State("list of a viewer", ("orders",), at(NEWEST, role="viewer")),
    State("list with filters", ("orders",), at("/ops/orders?status=draft&priority=rush&q=PO", does=_open(".filters summary"))),
    State("list without match", ("orders",), at("/ops/orders?q=nothing-is-called-so")),
    State("list with a wrong filter", ("orders",), at("/ops/orders?from=2025-02-30", status=422)),
    State("list of nothing yet", ("orders",), _nothing_yet("planner")),
    State("list of nothing for a viewer", ("orders",), _nothing_yet("viewer")),
    State("list with a menu", ("orders", "preferences"), at(NEWEST, does=_open("header summary:has([role=img])"))),
    State("saved view", ("orders", "view"), at("/ops/orders?status=draft", does=_saved)),
    *(State(f"order {name}", ("order",), of_order(name)) for name in
      ("draft", "lines", "running", "held", "completed", "verified", "closed", "cancelled")),
    State("order of a viewer", ("order",), of_order("running", role="viewer")),
    State("order, other steps", ("order",), of_order("draft", does=_open("#order-head details.menu summary"))),
    *(State(f"step {step}", ("order", "order-verb"), of_order(state, step=step)) for state, step in
      (("draft", "Schedule"), ("draft", "Cancel order"), ("lines", "Adjust quantity"), ("draft", "Edit details"),
       ("running", "Pause"), ("running", "Report quantity"), ("running", "Put on hold"), ("completed", "Verify"),
       ("completed", "Send to rework"), ("verified", "Close"))),
    State("step refused", ("order", "order-verb"), of_order("running", step="Pause", does=_submit_empty_dialog)),
    State("step as a page", ("order-verb",), at(lambda scene: f"{scene.order('running')}/pause")),
    State("note edited", ("order", "order-note"), of_order("running", does=_fresh_note)),
    State("new order", ("order-new",), at("/ops/orders/new")),
    State("new order, errors", ("order-new",), at("/ops/orders/new", does=_press("Make order"), status=422)),
    State("new order, lines", ("order-new",), at("/ops/orders/new", does=_press("Add a line"))),
    State("bulk choice", ("bulk-preview",), at(NEWEST, does=_chosen)),
    State("bulk preview", ("bulk-preview",), at(NEWEST, does=_previewed("Cancel"))),
    State("operation with failures", ("operation",), at("/ops/orders?sort=reference&q=PO-", role="admin", does=_applied)),
    State("operation running", ("operation",), _running_operation),
    State("operations", ("operations",), at("/ops/operations")),
    State("operations, none yet", ("operations",), _nothing_yet("planner", "/ops/operations")),
    State("imports", ("ingest",), at("/ops/ingest")),
    State("imports selected", ("ingest",), at("/ops/ingest", does=_selected)),
    State("imports of a viewer", ("ingest",), at("/ops/ingest?state=all", role="viewer")),
    State("imports in one state", ("ingest",), at("/ops/ingest?state=pending")),
    State("imports searched", ("ingest",), at("/ops/ingest?q=MO-")),
    State("imports without match", ("ingest",), at("/ops/ingest?q=nothing-is-called-so")),
    State("imports with a wrong filter", ("ingest",), at("/ops/ingest?state=nonsense", status=422)),
    State("imports, none yet", ("ingest",), _nothing_yet("planner", "/ops/ingest")),
    State("statement", ("ingest-statement",), at(lambda scene: f"/ops/ingest/{scene.stated.pk}")),
    State("refused rows", ("ingest-failed-rows",), at("/ops/ingest/failed-rows?code=DI_E_20003", does=_open("tbody summary"))),
    State("refused rows, none like it", ("ingest-failed-rows",), at("/ops/ingest/failed-rows?code=DI_E_1")),
    State("refused rows, wrong filter", ("ingest-failed-rows",), at("/ops/ingest/failed-rows?from=2025-02-30", status=422)),
    State("refused rows, none yet", ("ingest-failed-rows",), _nothing_yet("planner", "/ops/ingest/failed-rows")),
    State("components", ("components",), at("/ops/components", role="admin")),
    State("help", ("help",), at("/ops/help")),
    State("help dialog", ("orders", "help"), at(NEWEST, does=_help)),
    State("forbidden", ("order-new",), at("/ops/orders/new", role="viewer", status=403)),
    State("not found", ("order",), at(f"/ops/orders/{uuid4()}", status=404)),
    State("no such page", (), at("/ops/no/such/page", status=404)),
    State("failed", ("orders",), _failing),
    State("admin", (), at("/admin/", role="admin")),
    State("admin list", (), at("/admin/orders/productionorder/", role="admin")),
    State("admin order", (), at(_admin_of_order, role="admin")),
    State("admin form", (), at("/admin/kernel/apikey/add/", role="admin")),
    State("admin purchase", (), at("/admin/manufacturing/purchaseorder/add/", role="admin")),
    State("admin item", (), at("/admin/manufacturing/item/add/", role="admin")),
    State("admin people", (), at("/admin/kernel/membership/", role="admin")),
]  # fmt: skip
