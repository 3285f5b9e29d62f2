"""A real browser before the real server: one house for all, a browser for each file, a watched visit for each test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from tests.browser.house import House, a_house
from tests.browser.visits import Plant, Visits
from tests.browser.watching import keep
from tests.conftest import NO_CHROMIUM, empty_all_tables

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    # A plant's name without TLS, which browsers do not trust as they do localhost.
    "--host-resolver-rules=MAP plant.example 127.0.0.1, MAP factory.test 127.0.0.1",
]  # fmt: skip
BROWSER_NEXT = pytest.StashKey[bool]()
CHROMIUM = os.environ.get("FACTORYOS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    return CHROMIUM


@pytest.fixture(scope="session")
def house(chromium: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Open while tests of this folder run, one after another; its home and port are kept for the next ones."""
    with django_db_blocker.unblock(), a_house() as furnished:
        yield furnished


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Of a file, not of the session: while it is open this thread counts as one that runs an event loop."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # that loop is the browser's alone; our queries wait in no loop
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
    patch.undo()


@pytest.fixture(scope="module")
def transactional_db(
    house: House, browser: Browser, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[None]:
    """What the tests of a file commit, for server and worker to see; gone afterwards.

    It takes the place of pytest-django's fixture, by whose name a run knows that it needs a test database.
    """
    with django_db_blocker.unblock():
        empty_all_tables()
        house.open()
        yield
        empty_all_tables()
        if not request.node.stash.get(BROWSER_NEXT, False):
            house.close()
        connections.close_all()  # Django keeps one for code in a loop and another for code outside, see `browser`


@pytest.fixture(scope="module")
def plant(transactional_db: None) -> Plant:
    return Plant(name="Bottle Works")


@pytest.fixture(scope="module")
def _sessions() -> dict[int, Any]:
    return {}


@pytest.fixture
def visits(
    transactional_db: None, browser: Browser, house: House, _sessions: dict[int, Any], request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visits]:  # fmt: skip
    """Browsers for people. At the end every fault that one of them found fails the test."""
    visits = Visits(browser, house, known=_sessions)
    yield visits
    failed = getattr(request.node, "failed", False) or any(watch.faults for watch in visits.watches)
    if failed:
        folder = tmp_path_factory.getbasetemp() / "browser-failures" / _name_of(request)
        keep([watch.context for watch in visits.watches], folder)
        print(f"Pictures and sources of the pages: {folder}\n{house.log()}")  # noqa: T201
    for watch in visits.watches:
        watch.context.close()
    for watch in visits.watches:
        watch.judge()


def _name_of(request: pytest.FixtureRequest) -> Path:
    return Path("".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:100])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Note whether the next test wants a browser too: then the house need not be closed between."""
    module = item.getparent(pytest.Module)
    assert module is not None
    module.stash[BROWSER_NEXT] = nextitem is not None and Path(__file__).parent in nextitem.path.parents


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
