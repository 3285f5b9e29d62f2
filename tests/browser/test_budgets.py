"""What a page may weigh and how soon it must stand: the list of fifty orders, and whatever any screen transfers."""

from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import Plant, Visits

KB = 1024
LCP_MS, CLS, INP_MS = 1000, 0.05, 200
VITALS = """() => new Promise((done) => {
    const found = {lcp: 0, cls: 0};
    new PerformanceObserver((list) => list.getEntries().forEach(({startTime}) => { found.lcp = startTime; }))
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver((list) => list.getEntries().forEach(({value, hadRecentInput}) => {
        if (!hadRecentInput) found.cls += value;
    })).observe({type: "layout-shift", buffered: true});
    setTimeout(done, 700, found);
})"""
SIZES = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .map(({name, encodedBodySize}) => [new URL(name).pathname, encodedBodySize])"""


@pytest.fixture(scope="module")
def listed(plant: Plant) -> Plant:
    plant.many(60, prefix="CAP-", customer="Straits Beverages")
    return plant


def sizes(page: Page) -> dict[str, int]:
    """Bytes as they were transferred, by path; of the stream's worker too, which no page counts as its own."""
    found = dict(page.evaluate(SIZES))
    worker = page.locator("body").get_attribute("data-worker")
    if worker:
        answer = page.evaluate("(url) => fetch(url).then(() => null)", worker)
        assert answer is None
        found |= dict(page.evaluate(SIZES))
    return found


def of_kind(found: dict[str, int], ending: str) -> int:
    return sum(size for path, size in found.items() if path.endswith(ending))


@pytest.mark.slow
def test_the_list_stands_soon_and_does_not_jump(listed: Plant, visits: Visits) -> None:
    user, found = listed.person("planner"), []
    for _ in range(5):
        page = visits.as_(user)  # a browser that knows nothing of ours
        expect(page.locator("tbody tr[data-row]")).to_have_count(50)
        found.append(page.evaluate(VITALS))
        page.context.close()
    told = f"LCP {[round(each['lcp']) for each in found]} ms, CLS {[round(each['cls'], 4) for each in found]}"
    print(told)  # noqa: T201  with -rP one reads it
    assert 0 < median(each["lcp"] for each in found) <= LCP_MS, told
    assert max(each["cls"] for each in found) <= CLS, told


@pytest.mark.parametrize("screen", ["list", "order", "new", "operations", "imports", "components", "step"])
def test_no_screen_transfers_more_than_its_budget(screen: str, listed: Plant, visits: Visits) -> None:
    order = listed.draft()
    path = {
        "list": "/ops/orders", "order": f"/ops/orders/{order.uuid}", "new": "/ops/orders/new", "operations": "/ops/operations",
        "imports": "/ops/ingest",
        "components": "/ops/components", "step": f"/ops/orders/{order.uuid}/cancel",
    }[screen]  # fmt: skip
    page = visits.as_(listed.person("planner"), path)
    expect(page.locator("#live")).to_have_text("live")
    found = sizes(page)
    scripts, styles, pictures = (of_kind(found, ending) for ending in (".js", ".css", ".svg"))
    print(f"{screen}: scripts {scripts}, styles {styles}, pictures {pictures}, page {found[path]}")  # noqa: T201
    assert 0 < scripts <= 35 * KB
    assert 0 < styles <= 15 * KB
    assert 0 < pictures <= 6 * KB
    assert 0 < found[path] <= 25 * KB
    assert of_kind(found, ".woff2") == 0


# From the press of a key or a button to the next picture that the browser shows (the events that it finds worth telling).
SLOWEST = """() => new Promise((done) => {
    let slowest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({duration}) => { slowest = Math.max(slowest, duration); }))
        .observe({type: "event", durationThreshold: 16, buffered: true});
    setTimeout(() => done(slowest), 300);
})"""


@pytest.mark.slow
def test_what_is_pressed_shows_at_once(listed: Plant, visits: Visits) -> None:
    page = visits.as_(listed.person("planner"))
    expect(page.locator("tbody tr[data-row]")).to_have_count(50)
    for key in ("j", "x", "j", "j", "Shift+X", "?", "Escape", "k"):
        page.keyboard.press(key)
    page.get_by_role("checkbox", name="Select all on this page").check()
    page.locator(".filters summary").first.click()
    page.locator("main [name=q]").fill("Straits")
    slowest = page.evaluate(SLOWEST)
    print(f"slowest interaction {slowest} ms")  # noqa: T201
    assert slowest <= INP_MS
