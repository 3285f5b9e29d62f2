"""One journey for each role, from signing in to what they came for; what they see, and what they are not offered."""

import re

from playwright.sync_api import LocatorAssertions, Page, expect

from factoryos.kernel.api_keys import digest_of
from factoryos.kernel.models import ApiKey
from orders import actions
from orders.models import ProductionOrder
from orders.states import State
from tests import floor
from tests.browser.visits import Plant, Visits, sign_in


def state_of(page: Page) -> LocatorAssertions:
    """What the head of an order's page says about its state."""
    return expect(page.locator("#order-head .page-head .state").last)


def press(page: Page, step: str) -> None:
    """A step of the order that is offered at once, or opens its dialog."""
    steps = page.get_by_role("group", name="Next steps")
    steps.get_by_role("button", name=step, exact=True).or_(steps.get_by_role("link", name=step, exact=True)).click()


def confirm(page: Page, button: str) -> None:
    page.locator("dialog#step").get_by_role("button", name=button).click()


def offered(page: Page) -> set[str]:
    """The steps that can be pressed."""
    expect(page.get_by_role("group", name="Next steps")).to_be_visible()
    return set(page.locator("#order-head [aria-label='Next steps'] :is(button, a.button)").all_inner_texts())


def visit(visits: Visits, plant: Plant, role: str, order: ProductionOrder) -> Page:
    return visits.as_(plant.person(role), f"/ops/orders/{order.uuid}")


def test_a_planner_makes_an_order_approves_and_schedules_it(plant: Plant, visits: Visits) -> None:
    floor.an_item(plant.factory, sku="CAP-28-BLUE", name="Bottle cap 28 mm, blue")
    page = visits.stranger()
    sign_in(page, plant.person("planner"))
    expect(page).to_have_url(re.compile("/ops/orders"))
    page.get_by_role("link", name="New order").first.click()
    page.get_by_role("combobox", name="Product").press_sequentially("cap-28-b")
    page.get_by_role("option", name="CAP-28-BLUE").click()
    expect(page.get_by_role("combobox", name="Product")).to_have_value("CAP-28-BLUE")
    page.get_by_label("Quantity").fill("500")
    page.get_by_label("Customer").fill("Straits Beverages")
    page.get_by_role("button", name="Make order").click()
    expect(page.locator("h1")).to_have_text(re.compile(r"PO-\d{4}-\d{6}"))
    state_of(page).to_have_text("Draft")
    press(page, "Approve")
    state_of(page).to_have_text("Approved")
    press(page, "Schedule")
    page.get_by_label("Machine 1", exact=True).select_option(label=str(plant.machine))
    confirm(page, "Schedule")
    state_of(page).to_have_text("Scheduled")
    expect(page.locator("#order-quantities")).to_contain_text(plant.machine.code)
    expect(page.locator("#order-timeline li").first).to_contain_text("scheduled the order")
    order = ProductionOrder.objects.get(factory=plant.factory, customer_name="Straits Beverages")
    assert (order.state, order.quantity_target) == (State.SCHEDULED, 500)


def test_a_technician_starts_reports_pauses_resumes_and_completes(visits: Visits, transactional_db: None) -> None:
    plant = Plant()
    order = plant.scheduled()
    page = visit(visits, plant, "technician", order)
    press(page, "Start")
    state_of(page).to_have_text("In production")
    press(page, "Report quantity")
    page.get_by_label("Good").fill("250")
    page.get_by_label("Rejected").fill("3")
    confirm(page, "Report quantity")
    expect(page.locator("#order-head")).to_contain_text("250/1000")
    press(page, "Pause")
    page.get_by_label("Tool change").check()
    confirm(page, "Pause")
    state_of(page).to_have_text("Paused")
    expect(page.locator("#order-head")).to_contain_text("Paused: Tool change")
    press(page, "Resume")
    state_of(page).to_have_text("In production")
    press(page, "Complete")
    confirm(page, "Complete")
    state_of(page).to_have_text("Completed")
    order = ProductionOrder.objects.get(pk=order.pk)
    assert (order.state, order.quantity_good, order.quantity_rejected) == (State.COMPLETED, 250, 3)
    assert not offered(page) & {"Verify", "Cancel order", "Close"}


def test_an_order_operator_submits_and_writes_to_the_customer(plant: Plant, visits: Visits) -> None:
    order = plant.draft()
    page = visit(visits, plant, "operator", order)
    press(page, "Submit")
    state_of(page).to_have_text("Submitted")
    page.get_by_label("Write a note").fill("Your caps leave on Thursday.")
    page.get_by_label("To customer").check()
    page.get_by_role("button", name="Add note").click()
    note = page.locator("#order-timeline .note.to-customer")
    expect(note).to_contain_text("Your caps leave on Thursday.")
    expect(note.locator(".audience")).to_contain_text("To customer")
    assert "Schedule" not in offered(page)


def test_quality_holds_releases_sends_back_and_verifies(visits: Visits, transactional_db: None) -> None:
    plant = Plant()
    order = plant.completed()
    page = visit(visits, plant, "qa", order)
    press(page, "Put on hold")
    page.locator("dialog#step").get_by_label("Why").fill("Cavity 3 flashes")
    confirm(page, "Put on hold")
    expect(page.locator("#order-head .held")).to_contain_text("Cavity 3 flashes")
    assert not offered(page) & {"Verify", "Send to rework"}
    page.get_by_role("link", name="Release hold").first.click()
    confirm(page, "Release hold")
    expect(page.locator("#order-head .held")).to_have_count(0)
    press(page, "Send to rework")
    page.locator("dialog#step").get_by_label("Why").fill("Deburr all of them")
    confirm(page, "Send to rework")
    state_of(page).to_have_text("In production")
    assert not offered(page) & {"Complete", "Report quantity"}
    order = ProductionOrder.objects.get(pk=order.pk)
    plant.report(order, good=990, rejected=10)
    plant.do(actions.complete, order)
    page.reload()
    press(page, "Verify")
    confirm(page, "Verify")
    state_of(page).to_have_text("Verified")
    expect(page.get_by_role("region", name="Verification")).to_contain_text("990 good, 10 rejected")


def test_a_viewer_sees_everything_and_is_offered_nothing(plant: Plant, visits: Visits) -> None:
    order = plant.draft(customer_name="Nordic Water")
    page = visits.as_(plant.person("viewer"))
    expect(page.get_by_role("row", name=re.compile(order.reference))).to_contain_text("Nordic Water")
    expect(page.locator("[name=ids]")).to_have_count(0)
    expect(page.get_by_role("link", name="New order")).to_have_count(0)
    page.get_by_role("link", name=order.reference).click()
    assert offered(page) == set()
    expect(page.get_by_label("Write a note")).to_have_count(0)
    visits.watch_of(page).expects(403)
    page.goto("/ops/orders/new")
    expect(page.locator("h1")).to_contain_text("role")


def test_an_engineer_notes_something_for_colleagues_only(plant: Plant, visits: Visits) -> None:
    order = plant.scheduled()
    page = visit(visits, plant, "engineer", order)
    assert offered(page) == set()
    page.get_by_label("Write a note").fill("New insert in cavity 3.")
    expect(page.get_by_label("To customer")).to_have_count(0)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#order-timeline .note")).to_contain_text("New insert in cavity 3.")


def test_an_admin_opens_the_admin_and_makes_a_key_that_is_shown_once(plant: Plant, visits: Visits) -> None:
    page = visits.as_(plant.person("admin", is_staff=True))
    page.locator("summary", has=page.get_by_role("img", name="Your menu")).click()
    page.get_by_role("link", name="Admin").click()
    expect(page).to_have_url(re.compile("/admin/"))
    page.goto("/admin/kernel/apikey/add/")
    page.get_by_label("Factory").select_option(label="Bottle Works")
    page.get_by_label("Kind").select_option(label="API key")
    page.get_by_label("Name").fill("Line 4 gateway")
    page.get_by_label("technician").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This is the only time the key is shown.")).to_be_visible()
    secret = page.get_by_label("Line 4 gateway").input_value()
    key = ApiKey.objects.get(factory=plant.factory, name="Line 4 gateway")
    assert (key.digest, key.roles) == (digest_of(secret), ["technician"])
    page.goto(f"/admin/kernel/apikey/{key.pk}/change/")
    expect(page.get_by_label("Name")).to_be_visible()
    assert secret not in page.content()


def test_a_customer_who_belongs_nowhere_is_told_kindly(plant: Plant, visits: Visits) -> None:
    page = visits.stranger()
    visits.watch_of(page).expects(403)
    sign_in(page, plant.person("customer"))
    expect(page.locator("h1")).to_have_text("You belong to no factory yet")
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.locator("#notices")).to_contain_text("You are signed out.")
