"""WCAG 2.2 AA as far as a program can tell: axe finds nothing on any state of any screen, in light and in dark."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.urls import URLResolver
from playwright.sync_api import Page

from factoryos.ops import urls
from tests.browser.screens import NO_PAGE, STATES, Scene, State
from tests.browser.visits import Visits

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_COLOURS = [
    "color-contrast",
    "link-in-text-block",
]  # all that differs between light and dark, see static/ops/tokens.css
# `preload` would have it copy style sheets into the page, which the security policy refuses. Colours are judged when
# they have changed, not on the way.
RUN = """async (only) => {
    await Promise.all(document.getAnimations().map(({finished}) => finished.catch(() => null)));
    return (await axe.run({preload: false, runOnly: only})).violations.flatMap(
    ({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target} ${failureSummary.split("\\n")[1]}`));
}"""


@pytest.fixture(scope="module")
def scene(transactional_db: None) -> Scene:
    return Scene()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing(state: State, scene: Scene, visits: Visits) -> None:
    page = state.open(visits, scene)
    found = faults(page, widths=WIDTHS if state.screens else ())
    assert not found, f"{page.url}\n" + "\n".join(found)


def test_control_what_is_wrong_with_a_page_is_found(scene: Scene, visits: Visits) -> None:
    page = visits.as_(scene.plant.person("viewer"), "/ops/help")
    page.evaluate("""() => {
        document.querySelector("main").insertAdjacentHTML("beforeend", '<img src="/static/ops/favicon.svg"><button></button>');
        document.querySelector("main button:empty").style.minWidth = "700px";
        const {style} = document.querySelector("main p");
        style.color = "light-dark(black, #222)";
        style.background = "light-dark(white, #111)";
    }""")
    found = "\n".join(faults(page, widths=WIDTHS))
    for wrong in ("light: image-alt", "light: button-name", "dark: color-contrast"):
        assert wrong in found
    for wrong in ("without a name: <button", "at 320 px the page"):
        assert wrong in found
    assert "light: color-contrast" not in found


def faults(page: Page, *, widths: tuple[int, ...]) -> list[str]:
    found = [f"{scheme}: {fault}" for scheme in ("light", "dark") for fault in violations(page, scheme)]
    found += page.evaluate(NAMELESS)
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        found += page.evaluate(BEYOND, width)
    return found


WIDTHS = (640, 320)  # 200 % and 400 % zoom of a desk's 1280 pixels
BEYOND = """(width) => document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
    .filter((it) => it.getBoundingClientRect().right > width + 1 && !it.closest(".scroll"))
    .slice(0, 3).map((it) => `at ${width} px the page scrolls sideways: ${it.outerHTML.slice(0, 150)}`)
    .concat(`at ${width} px the page is ${document.documentElement.scrollWidth} px wide`)"""
# Controls that are a picture only, and say nothing to whoever does not see it.
NAMELESS = """() => [...document.querySelectorAll("main :is(button, a[href], summary), header :is(button, a[href], summary)")]
    .filter((it) => it.getClientRects().length && !it.textContent.trim())
    .filter((it) => !it.ariaLabel && !it.querySelector("[aria-label], [title]"))
    .map((it) => `without a name: ${it.outerHTML.slice(0, 200)}`)"""


def violations(page: Page, scheme: str) -> list[str]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    if not page.evaluate("'axe' in window"):  # to read it takes as long as to go through a page
        page.evaluate(AXE)
    only = {"type": "tag", "values": TAGS} if scheme == "light" else {"type": "rule", "values": OF_COLOURS}
    found: list[str] = page.evaluate(RUN, only)
    return found


def names_of(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, URLResolver):
            yield from names_of(route.url_patterns)
        elif route.name:
            yield route.name


def test_every_screen_of_the_console_is_in_the_table() -> None:
    named = set(names_of(urls.urlpatterns))
    assert named - NO_PAGE - {name for state in STATES for name in state.screens} == set()
    assert named >= NO_PAGE, "a table names addresses that are gone"
