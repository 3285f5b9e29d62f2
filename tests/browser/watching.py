"""A browser in which every fault is noticed: on the console, in the network, of the security policy, to other hosts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

# What a browser says of a status that the test expects; the response itself is judged below.
_OF_A_STATUS = re.compile(r"Failed to load resource: the server responded|Response Status Error Code")
_REPORTS = """
addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI, sourceFile, lineNumber}) =>
    console.error(`security policy: ${effectiveDirective} refused ${blockedURI} (${sourceFile}:${lineNumber})`));
"""
_GIVEN_UP = ("net::ERR_ABORTED",)  # by a navigation, or by a newer request of the same form


@dataclass
class Watch:
    """Collects the faults of all pages of a context. What a test means to provoke, it says beforehand."""

    context: BrowserContext
    origin: str
    faults: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    unreachable: bool = False

    def __post_init__(self) -> None:
        self.context.add_init_script(_REPORTS)
        self.context.on("console", self._said)
        self.context.on("weberror", self._raised)
        self.context.on("request", self._requested)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)

    def expects(self, *statuses: int) -> "Watch":
        """From now on, these statuses are part of the test."""
        self.statuses |= set(statuses)
        return self

    @contextmanager
    def out_of_reach(self) -> Iterator[None]:
        """Within it, requests may fail: the server is away, or the test blocks them."""
        self.unreachable = True
        yield
        self.unreachable = False

    def judge(self) -> None:
        assert not self.faults, "the browser found fault:\n" + "\n".join(dict.fromkeys(self.faults))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error" or (_OF_A_STATUS.search(message.text)):
            return
        if self.unreachable and "net::ERR" in message.text:
            return
        self.faults.append(f"console: {message.text} {message.location.get('url', '')}")

    def _raised(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _requested(self, request: Request) -> None:
        self.asked.append(f"{request.method} {request.url}")
        if urlsplit(request.url).scheme in ("http", "https", "ws", "wss") and not request.url.startswith(self.origin):
            self.faults.append(f"another host was asked: {request.url}")
        if urlsplit(request.url).path == "/ops/csp-report":
            self.faults.append(f"security policy: {request.post_data}")

    def _failed(self, request: Request) -> None:
        if request.failure not in _GIVEN_UP and not self.unreachable:
            self.faults.append(f"request: {request.failure} {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.statuses:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


def pages_of(context: BrowserContext) -> list[Page]:
    return [page for page in context.pages if not page.is_closed()]


def keep(contexts: list[BrowserContext], folder: Any) -> None:
    """A picture and the source of every open page."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for context in contexts:
        for page in pages_of(context):
            number += 1
            page.screenshot(path=folder / f"{number}.png", full_page=True)
            (folder / f"{number}.html").write_text(f"<!-- {page.url} -->\n{page.content()}")
