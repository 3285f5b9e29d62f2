"""Changing many orders from the list: what is selected is what is changed, however the list was brought there."""

import re
from collections import Counter

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page, expect

from orders.models import ProductionOrder
from orders.states import State
from tests.browser.visits import Plant, Visits


def number(value: int) -> re.Pattern[str]:
    """1240 as it is shown: with a thin space that does not break."""
    return re.compile(rf"(?<!\d){f'{value:,}'.replace(',', chr(0x202F))}(?!\d)")


def listed(page: Page) -> Locator:
    return page.locator("#orders tbody tr[data-row]")


def select_page(page: Page) -> None:
    page.get_by_role("checkbox", name="Select all on this page").check()


def select_matching(page: Page, count: int) -> None:
    """What is offered once the page is selected: all that match, with their number."""
    select_page(page)
    offer = page.get_by_label(re.compile(f"Select all {number(count).pattern} matching")).first
    expect(offer).to_be_visible()
    offer.check()


def counted(page: Page) -> Locator:
    return page.locator("[data-bulk-count]").first


def choose(page: Page, action: str, *, group: str = "Status…", place: str = "above") -> None:
    """On to the preview of an action, by the bar above or below the table."""
    page.get_by_role("group", name=f"{place} the table").get_by_role("button", name=group).click()
    page.get_by_role("button", name=action, exact=True).click()
    expect(page.locator("#forecast")).to_be_visible()


def states_of(plant: Plant, prefix: str) -> Counter[str]:
    found = ProductionOrder.objects.filter(factory=plant.factory, reference__startswith=prefix)
    return Counter(found.values_list("state", flat=True))


def apply(page: Page) -> None:
    page.get_by_role("region", name="Confirm").get_by_role("button").first.click()
    expect(page).to_have_url(re.compile("/ops/operations/"))


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    """Each test one of its own, for "all that match" means all of them."""
    return Plant()


@pytest.mark.slow
def test_1240_orders_as_a_background_job_and_the_failed_once_more(plant: Plant, visits: Visits) -> None:
    plant.many(1180, state="approved", prefix="CAN-")
    plant.many(42, state="in_production", prefix="RUN-")
    plant.many(18, state="approved", prefix="HELD-", holds=1)
    page = visits.as_(plant.person("planner"))
    expect(page.get_by_text(re.compile(f"{number(1240).pattern} orders"))).to_be_visible()
    select_page(page)
    expect(counted(page)).to_have_text("50 selected:")
    select_matching(page, 1240)
    expect(counted(page)).to_have_text(re.compile(f"{number(1240).pattern} selected"))
    choose(page, "Start")
    expect(page.locator("h1")).to_have_text(re.compile(f"Move {number(1240).pattern} orders to In production"))
    forecast = page.locator("#forecast")
    expect(forecast).to_contain_text(re.compile(f"{number(1180).pattern} can, 60 cannot"))
    expect(forecast).to_contain_text("42 already in production")
    expect(forecast).to_contain_text("18 on hold")
    apply(page)
    operation = page.locator("#operation")
    expect(operation.get_by_text("You may leave this page; the work goes on.")).to_be_visible()
    first = int(page.locator("#operation .progress progress").first.get_attribute("value") or 0)
    expect(page.locator("#operation .progress progress").first).not_to_have_attribute("value", str(first))
    summary = operation.locator("p[aria-live=polite]")
    expect(summary).to_contain_text(
        re.compile(f"{number(1180).pattern} done, 42 left as is, 18 failed"), timeout=60_000
    )
    expect(operation.get_by_text("You may leave this page")).to_have_count(0)
    assert listed_results(page)[:18] == ["Failed"] * 18  # failures first
    assert states_of(plant, "CAN-") == {State.IN_PRODUCTION: 1180}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_productionorder SET open_holds = 0 WHERE reference LIKE 'HELD-%%'")
    page.get_by_role("button", name="Retry the 18 failed").click()
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("18 done, 0 left as is, 0 failed")
    assert states_of(plant, "HELD-") == {State.IN_PRODUCTION: 18}


def listed_results(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#operation td[data-label=Result]").all_inner_texts()]


def test_what_was_typed_into_the_live_box_is_what_all_matching_means(plant: Plant, visits: Visits) -> None:
    """NetBox #7445, #15852, #16733: select-all went by the filter that the page was loaded with."""
    plant.many(70, prefix="CAP-")
    plant.many(60, prefix="LID-")
    page = visits.as_(plant.person("planner"))
    page.locator("#id_q").press_sequentially("LID-")
    expect(page).to_have_url(re.compile("q=LID-"))
    expect(page.get_by_text("60 orders")).to_be_visible()
    select_matching(page, 60)
    choose(page, "Submit")
    expect(page.locator("#forecast")).to_contain_text("60 can")
    apply(page)
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("60 done")
    assert states_of(plant, "LID-") == {State.SUBMITTED: 60}
    assert states_of(plant, "CAP-") == {State.DRAFT: 70}


def test_deselecting_one_of_all_matching_is_honoured(plant: Plant, visits: Visits) -> None:
    """NetBox #282."""
    orders = plant.many(60, prefix="CAP-")
    page = visits.as_(plant.person("planner"))
    select_matching(page, 60)
    spared = orders[-1]
    page.get_by_role("checkbox", name=f"Select {spared.reference}", exact=True).uncheck()
    expect(counted(page)).to_have_text("59 selected:")
    choose(page, "Submit")
    expect(page.locator("#forecast")).to_contain_text("59 can")
    apply(page)
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("59 done")
    assert states_of(plant, "CAP-") == {State.SUBMITTED: 59, State.DRAFT: 1}
    assert ProductionOrder.objects.get(pk=spared.pk).state == State.DRAFT


@pytest.mark.parametrize("place", ["above", "below"])
def test_the_buttons_above_and_below_the_table_act_alike(place: str, plant: Plant, visits: Visits) -> None:
    """NetBox #10829."""
    plant.many(60, prefix="CAP-")
    page = visits.as_(plant.person("planner"))
    select_page(page)
    page.get_by_label(re.compile("Select all 60 matching")).nth(0 if place == "above" else 1).check()
    choose(page, "Submit", place=place)
    expect(page.locator("#forecast")).to_contain_text("60 can")


def test_after_fragments_only_the_rows_shown_then_are_selected(plant: Plant, visits: Visits) -> None:
    """NetBox #16542: sorted and paged without a whole page in between."""
    orders = plant.many(60, prefix="CAP-")
    page = visits.as_(plant.person("planner"))
    page.evaluate("document.documentElement.dataset.same = 'page'")
    select_page(page)
    page.get_by_role("columnheader", name="Order").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Order")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Next").click()
    expect(listed(page)).to_have_count(10)
    assert page.locator("html").get_attribute("data-same") == "page", "the page was loaded anew"
    expect(counted(page)).to_have_text("With the selected:")  # those of the other page are no longer meant
    select_page(page)
    expect(counted(page)).to_have_text("10 selected:")
    choose(page, "Submit")
    expect(page.locator("#forecast")).to_contain_text("10 can")
    apply(page)
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("10 done")
    last = {order.reference for order in sorted(orders, key=lambda order: order.reference)[50:]}
    done = ProductionOrder.objects.filter(factory=plant.factory, state=State.SUBMITTED)
    assert set(done.values_list("reference", flat=True)) == last


def test_a_range_is_selected_with_shift_and_nothing_is_sent_without_a_selection(plant: Plant, visits: Visits) -> None:
    plant.many(8, prefix="CAP-")
    page = visits.as_(plant.person("planner"))
    page.get_by_role("group", name="above the table").get_by_role("button", name="Status…").click()
    expect(counted(page)).to_have_text("Select orders first:")
    boxes = page.locator("[name=ids]")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(counted(page)).to_have_text("4 selected:")
    head = page.get_by_role("checkbox", name="Select all on this page")
    assert head.evaluate("box => box.indeterminate")
    head.click()
    expect(counted(page)).to_have_text("8 selected:")


def test_pressing_apply_twice_is_one_operation(plant: Plant, visits: Visits) -> None:
    plant.many(3, prefix="CAP-")
    page = visits.as_(plant.person("planner"))
    select_page(page)
    choose(page, "Submit")
    page.get_by_role("region", name="Confirm").get_by_role("button").first.dblclick()
    expect(page.locator("#operation p[aria-live=polite]")).to_contain_text("3 done")
    page.goto("/ops/operations")
    expect(page.locator("tbody tr")).to_have_count(1)
