"""The console without a mouse: single keys, their off switch, where the focus goes and that one sees it."""

import re

import pytest
from playwright.sync_api import Page, expect

from orders import actions
from orders.models import ProductionOrder
from tests.browser.visits import Plant, Visits


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return Plant()


@pytest.fixture
def orders(plant: Plant) -> list[ProductionOrder]:
    """As the list shows them: the newest first."""
    return [plant.draft(customer_name=f"Customer {number}") for number in range(6)][::-1]


@pytest.fixture
def page(plant: Plant, orders: list[ProductionOrder], visits: Visits) -> Page:
    page = visits.as_(plant.person("planner"))
    expect(page.locator("#live")).to_have_text("live")
    return page


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def ticked(page: Page) -> list[int]:
    return [number for number, box in enumerate(page.locator("[name=ids]").all()) if box.is_checked()]


def row(order: ProductionOrder) -> str:
    return f"row-{order.uuid}"


def test_rows_are_walked_selected_and_opened(page: Page, orders: list[ProductionOrder]) -> None:
    keys(page, "j")
    assert focused(page) == row(orders[0])
    keys(page, "j", "j", "k")
    assert focused(page) == row(orders[1])
    keys(page, "x")
    assert ticked(page) == [1]
    keys(page, "j", "j", "Shift+X")
    assert ticked(page) == [1, 2, 3]
    expect(page.locator("[data-bulk-count]").first).to_have_text("3 selected:")
    keys(page, "x")
    assert ticked(page) == [1, 2]
    keys(page, "Enter")
    expect(page.locator("h1")).to_have_text(orders[3].reference)


def test_status_priority_and_note_of_the_selected(page: Page) -> None:
    for key, heading in (("s", "status"), ("p", "priority"), ("n", "note")):
        keys(page, "j", "x", key)
        expect(page).to_have_url(re.compile("/ops/bulk/preview"))
        expect(page.locator("h1")).to_have_text(re.compile(heading, re.IGNORECASE))
        keys(page, "g", "o")
        expect(page.locator("h1")).to_have_text("Orders")


def test_search_help_and_the_way_out(page: Page, orders: list[ProductionOrder]) -> None:
    keys(page, "/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type(orders[2].reference)
    expect(page.locator("tbody tr[data-row]")).to_have_count(1)
    keys(page, "Escape")
    assert page.evaluate("document.activeElement.name ?? ''") != "q"
    keys(page, "?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_visible()
    keys(page, "j")  # not behind the sheet
    keys(page, "Escape")
    expect(sheet).to_be_hidden()


def test_on_an_orders_page_the_keys_lead_to_its_note_its_steps_and_back(
    page: Page, orders: list[ProductionOrder]
) -> None:
    keys(page, "j", "Enter")
    expect(page).to_have_url(re.compile(str(orders[0].uuid)))
    keys(page, "n")
    assert focused(page) == "note-text"
    keys(page, "Escape", "s")
    expect(page.get_by_label("Steps that are not possible now")).to_be_visible()
    keys(page, "Escape", "p")
    expect(page.get_by_role("dialog").get_by_label("Priority")).to_be_visible()
    keys(page, "Escape", "Escape")
    expect(page).to_have_url(re.compile("/ops/orders[?]"))


def test_letters_written_into_a_field_do_nothing_else(page: Page) -> None:
    page.locator("#id_q").focus()
    page.keyboard.type("xjks?pn")
    expect(page.locator("#id_q")).to_have_value("xjks?pn")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "/ops/orders" in page.url


@pytest.mark.parametrize("chord", ["Control+j", "Alt+x", "Meta+s"])
def test_no_key_of_the_browser_is_taken(page: Page, chord: str) -> None:
    page.evaluate("addEventListener('keydown', (event) => { window.taken = event.defaultPrevented })")
    keys(page, chord)
    assert page.evaluate("window.taken") is False
    assert focused(page) == ""


def test_single_keys_are_switched_off_and_stay_off(page: Page) -> None:
    page.locator("summary", has=page.get_by_role("img", name="Your menu")).click()
    with page.expect_response("**/ops/preferences"):
        page.get_by_role("group", name="Keys without Ctrl").get_by_label("Off").check()
    keys(page, "Escape", "j")
    assert not focused(page).startswith("row-")
    page.reload()
    keys(page, "j", "?")
    assert not focused(page).startswith("row-")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys(page, "Escape")


def test_the_focus_is_back_on_its_row_after_a_change_elsewhere(
    page: Page, plant: Plant, orders: list[ProductionOrder]
) -> None:
    keys(page, "j", "j")
    plant.do(actions.submit, orders[4])
    expect(page.locator(f"#{row(orders[4])} .state")).to_have_text("Submitted")
    assert focused(page) == row(orders[1])


def test_tab_order_follows_the_page_and_every_stop_is_seen(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    keys(page, "Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    seen = []
    for _ in range(200):
        keys(page, "Tab")
        stop = page.evaluate(SEEN)
        if stop is None:
            break
        seen.append(stop)
    assert len(seen) > 15
    assert not [stop["what"] for stop in seen if not stop["outlined"]]
    places = [stop["place"] for stop in seen if stop["place"] in ("header", "filter", "orders")]
    assert places == sorted(places, key=["header", "filter", "orders"].index)


def test_the_skip_link_leads_to_the_content(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    keys(page, "Tab", "Enter")
    assert focused(page) == "main"


# What has the focus, whether a ring of at least 2 px shows it, and which part of the page it is in.
SEEN = """() => {
    const it = document.activeElement;
    if (!it || it === document.body) return null;
    const {outlineStyle, outlineWidth} = getComputedStyle(it);
    const place = it.closest("header") ? "header" : it.closest("#filter") ? "filter" : it.closest("#orders") ? "orders" : "";
    return {what: it.outerHTML.slice(0, 120), outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, place};
}"""
