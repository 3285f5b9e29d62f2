"""What no rule can tell: shapes that differ without colour, forced colours, and what a screen reader hears."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from factoryos.ops.templatetags.console import GLYPHS
from orders.states import State
from tests.browser.visits import Plant, Visits

# States that may look alike, for they are alike to whoever scans the list; every other pair must differ in shape.
ALIKE = ({State.SUBMITTED, State.APPROVED}, {State.VERIFIED, State.CLOSED})


def picture(mark: Locator) -> Image.Image:
    return Image.open(io.BytesIO(mark.screenshot())).convert("L")


def marks(page: Page) -> dict[str, Image.Image]:
    """The glyph of every state, in grey."""
    rows = {name: page.locator(f"#row-{name} .state .icon").last for name in GLYPHS}
    rows["hold"] = page.locator("#row-hold .state-hold .icon").first
    return {name: picture(mark) for name, mark in rows.items()}


def ink(image: Image.Image) -> float:
    """Which share of the picture is not of the colour of its corner."""
    pixels = image.tobytes()
    return sum(abs(pixel - pixels[0]) > 60 for pixel in pixels) / len(pixels)


def shape(image: Image.Image) -> bytes:
    """Black and white, whatever the two greys were."""
    small = image.resize((16, 16))
    middle = sum(small.getextrema()) / 2
    return bytes(pixel > middle for pixel in small.tobytes())


def differ(one: Image.Image, other: Image.Image) -> bool:
    return sum(a != b for a, b in zip(shape(one), shape(other), strict=True)) >= 8


@pytest.mark.parametrize(
    "looks", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=["light", "dark", "forced"]
)
def test_states_are_told_apart_by_shape_alone(looks: dict[str, str], plant: Plant, visits: Visits) -> None:
    page = visits.as_(plant.person("admin"), "/ops/components", device_scale_factor=2, **looks)
    found = marks(page)
    assert {name: round(ink(image), 2) for name, image in found.items() if not 0.02 < ink(image) < 0.9} == {}
    names = list(found)
    same = {
        frozenset((a, b)) for a in names for b in names
        if a < b and not any({a, b} <= alike for alike in ALIKE) and not differ(found[a], found[b])
    }  # fmt: skip
    assert same == set()


def test_a_state_is_a_word_as_well(plant: Plant, visits: Visits) -> None:
    page = visits.as_(plant.person("admin"), "/ops/components")
    for name in GLYPHS:
        expect(page.locator(f"#row-{name} .state").last).to_have_text(State(name).label)


def test_how_many_are_selected_and_what_came_of_it_is_said_aloud(plant: Plant, visits: Visits) -> None:
    plant.many(3, prefix="CAP-")
    page = visits.as_(plant.person("planner"), "/ops/orders?q=CAP-")
    page.get_by_role("checkbox", name="Select all on this page").check()
    said = page.locator("[data-bulk-count]").first
    expect(said).to_have_attribute("aria-live", "polite")
    expect(said).to_have_text("3 selected:")
    page.get_by_role("button", name="Status…").first.click()
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("region", name="Confirm").get_by_role("button").first.click()
    result = page.locator("#operation p[aria-live=polite]")
    expect(result).to_have_text(re.compile(r"3 done, .*0 failed", re.DOTALL))


def test_a_dialog_gives_the_focus_back_to_what_opened_it(plant: Plant, visits: Visits) -> None:
    order = plant.running()
    page = visits.as_(plant.person("planner"), f"/ops/orders/{order.uuid}")
    opener = page.get_by_role("group", name="Next steps").get_by_role("link", name="Pause", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog#step")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_errors_take_the_focus_and_lead_to_their_fields(plant: Plant, visits: Visits) -> None:
    page = visits.as_(plant.person("planner"), "/ops/orders/new", expects=(422,))
    page.get_by_role("button", name="Make order").click()
    summary = page.locator(".errors")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.get_by_role("combobox", name="Product")).to_be_focused()
