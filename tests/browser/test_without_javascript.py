"""The console with JavaScript off: plain links and forms do all of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from orders.models import Note, ProductionOrder
from orders.states import State
from tests import floor
from tests.browser.visits import Plant, Visits, sign_in


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return Plant()


@pytest.fixture
def page(plant: Plant, visits: Visits) -> Page:
    return visits.as_(plant.person("planner"), java_script_enabled=False)


def test_signing_in_and_out(plant: Plant, visits: Visits) -> None:
    page = visits.stranger(java_script_enabled=False)
    visits.watch_of(page).expects(422)
    page.goto("/ops/orders")
    page.get_by_label("Name or e-mail address").fill(plant.person("planner").username)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in")
    sign_in(page, plant.person("planner"))
    expect(page.locator("h1")).to_have_text("Orders")
    page.locator("summary", has=page.get_by_role("img", name="Your menu")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_filtering_sorting_and_paging(page: Page, plant: Plant) -> None:
    plant.many(60, prefix="CAP-")
    plant.many(7, prefix="LID-", state="approved")
    page.goto("/ops/orders")
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr[data-row]")).to_have_count(17)
    page.get_by_role("link", name="First").click()
    expect(page.locator("tbody tr[data-row]")).to_have_count(50)
    page.locator("details.filters summary").click()
    page.get_by_role("group", name="Status").get_by_label("Approved").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tbody tr[data-row]")).to_have_count(7)
    page.get_by_role("columnheader", name="Order").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Order")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody a.open").first).to_have_text("LID-1")
    page.get_by_role("link", name=re.compile("Remove Status")).click()
    expect(page.get_by_text("67 orders")).to_be_visible()


def test_a_step_with_its_form_and_a_note(page: Page, plant: Plant) -> None:
    order = plant.running()
    page.goto(f"/ops/orders/{order.uuid}")
    page.get_by_role("link", name="Pause", exact=True).click()
    page.get_by_label("Tool change").check()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#order-head .page-head .state")).to_have_text("Paused")
    page.get_by_label("Write a note").fill("Back at two.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#order-timeline .note")).to_contain_text("Back at two.")
    assert Note.objects.get(order=order).text == "Back at two."


def test_an_order_with_two_lines_and_its_errors(page: Page, plant: Plant, visits: Visits) -> None:
    for colour in ("BLUE", "RED"):
        floor.an_item(plant.factory, sku=f"CAP-{colour}", name=f"Cap, {colour.lower()}")
    visits.watch_of(page).expects(422)
    page.goto("/ops/orders/new")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_label("Product").nth(0).fill("cap-")
    page.get_by_label("Product").nth(1).fill("CAP-RED")
    page.get_by_label("Quantity").nth(0).fill("ten")
    page.get_by_label("Quantity").nth(1).fill("20")
    page.get_by_role("button", name="Make order").click()
    expect(page.get_by_role("alert")).to_contain_text("Several are called so: choose one.")
    expect(page.get_by_role("alert")).to_contain_text("Write a number")
    expect(page.get_by_label("Quantity").nth(1)).to_have_value("20")
    page.get_by_label(re.compile("CAP-BLUE")).check()
    page.get_by_label("Quantity").nth(0).fill("10")
    page.get_by_role("button", name="Make order").click()
    expect(page.locator("#order-head .page-head .state")).to_have_text("Draft")
    made = ProductionOrder.objects.get(factory=plant.factory)
    assert [line.target for line in made.lines.order_by("sort", "pk")] == [10, 20]


def test_many_orders_with_preview_and_result(page: Page, plant: Plant) -> None:
    plant.many(60, prefix="CAP-")
    page.goto("/ops/orders")
    page.get_by_label(re.compile("Select all 60 matching")).first.check()
    page.get_by_role("button", name="Status…").first.click()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("#forecast")).to_contain_text("60 can")
    page.get_by_role("button", name="Submit 60 orders").click()
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("60 done")
    assert ProductionOrder.objects.filter(factory=plant.factory, state=State.SUBMITTED).count() == 60
