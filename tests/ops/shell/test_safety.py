"""What the browser is told of every page, and what no template may hold: anything that runs or styles inline."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.test import Client

from factoryos.ops.shell import reports
from factoryos.ops.shell.safety import POLICY
from tests.callers import calling
from tests.floor import a_factory
from tests.ops.shell.people import SIGN_IN, a_colleague, at_desk, somebody, try_to_sign_in

TEMPLATES = sorted((Path(product.BASE_DIR) / "templates").rglob("*.html"))
SCRIPTS = sorted((Path(product.BASE_DIR) / "static").rglob("*.js"))
# Each is refused by the policy in the browser; here it is refused before anybody has to notice.
INLINE = {
    "a style attribute": r"<[^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "a handler": r"<[^>]*\son[a-z]+\s*=",
    "an inline script": r"<script\b(?![^>]*\ssrc=)",
    "a javascript address": r"javascript:",
    "another host": r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//",
    "code for htmx": r"\shx-(?:on|vals\s*=\s*[\"']js:)",
}


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    assert "default-src 'self'" in POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"https?:|\*|data:|blob:", POLICY)
    for rule in ("object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in POLICY


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [(SIGN_IN, 200), ("/ops/components", 200), ("/ops/help", 200), ("/nowhere", 404), ("/ops/sign-out", 405)],
)
def test_every_page_has_it(address: str, status: int) -> None:
    client = at_desk(a_colleague(a_factory())) if status == 200 and address != SIGN_IN else Client()
    answer = client.get(address)
    assert answer.status_code == status
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_an_api_keeps_its_own_headers() -> None:
    answer = calling(a_factory(), "viewer").get("/production-orders")
    assert not answer.has_header("Content-Security-Policy")
    assert not answer.cookies


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_refuses(template: Path) -> None:
    text = template.read_text()
    found = {
        what: re.findall(pattern, text, re.I) for what, pattern in INLINE.items() if re.search(pattern, text, re.I)
    }
    assert not found


def test_the_scan_finds_what_it_looks_for() -> None:
    bad = ['<p style="x">', "<style>", '<b onclick="x">', "<script>x", '<a href="javascript:x">', '<img src="//evil">',
           '<b hx-on:click="x">']  # fmt: skip
    for text, pattern in zip(bad, INLINE.values(), strict=True):
        assert re.search(pattern, text, re.I), text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_evaluates_text_or_keeps_anything_in_the_browser(script: Path) -> None:
    assert not re.search(
        r"\beval\(|new Function|localStorage|sessionStorage|indexedDB|document\.write", script.read_text()
    )


@pytest.mark.django_db
def test_over_tls_every_cookie_is_secure_and_the_window_is_alone(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    user, client = somebody(), Client()
    client.get(SIGN_IN, secure=True)
    answer = client.post(SIGN_IN, {"username": user.username, "password": "correct horse battery"}, secure=True)
    assert {"sessionid", "csrftoken"} <= set(answer.cookies)
    for cookie in answer.cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    assert client.get("/nowhere", secure=True)["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_on_plain_http_a_cookie_works_and_no_header_is_sent_that_a_browser_complains_of() -> None:
    user, client = somebody(), Client()
    answer = try_to_sign_in(client, user.username)
    assert not any(cookie["secure"] for cookie in answer.cookies.values())
    assert not client.get("/nowhere").has_header("Cross-Origin-Opener-Policy")


@pytest.mark.django_db
def test_pages_are_compressed_and_hide_their_true_length() -> None:
    client = at_desk(a_colleague(a_factory()))
    answers = [client.get("/ops/components", headers={"accept-encoding": "gzip"}) for _ in range(8)]
    assert {answer["Content-Encoding"] for answer in answers} == {"gzip"}
    assert len({len(answer.content) for answer in answers}) > 1
    assert b"<h1>Components</h1>" in gzip.decompress(answers[0].content)
    assert not Client().get("/healthz", headers={"accept-encoding": "gzip"}).has_header("Content-Encoding")


# --- Reports ----------------------------------------------------------------------------------------------------------


def report(body: Any, **options: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(enforce_csrf_checks=True).post(
        "/ops/csp-report", raw, content_type="application/csp-report", **options
    )


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(reports.log, "warning", lambda event, **facts: lines.append(facts))
    return lines


@pytest.mark.django_db
def test_a_report_is_one_line_without_the_customers_name(logged: list[dict[str, Any]]) -> None:
    facts = {
        "document-uri": "http://plant/ops/orders?customer=Ana",
        "violated-directive": "script-src",
        "blocked-uri": "inline",
    }
    assert report({"csp-report": facts}).status_code == 204
    assert [line["document_uri"] for line in logged] == ["http://plant/ops/orders"]
    assert logged[0]["violated_directive"] == "script-src"
    assert "Ana" not in json.dumps(logged)


NO_REPORTS = (
    b"",
    b"{",
    b"[]",
    b"\xff",
    b'{"csp-report": 5}',
    b'{"csp-report": {"line-number": "x"}}',
    b'{"csp-report": {"document-uri": "http://["}}',
)


@pytest.mark.django_db
@pytest.mark.parametrize("body", NO_REPORTS)
def test_what_is_no_report_is_passed_over(body: bytes, logged: list[dict[str, Any]]) -> None:
    assert report(body).status_code == 204
    assert not logged


@pytest.mark.django_db
def test_reports_are_bounded_in_size_and_number(logged: list[dict[str, Any]]) -> None:
    assert report(b"x" * (reports.LARGEST + 1)).status_code == 413
    many = [report({"csp-report": {"blocked-uri": "x" * 5000}}).status_code for _ in range(reports.A_MINUTE + 5)]
    assert set(many) == {204}
    assert len(logged) == reports.A_MINUTE
    assert all(len(line["blocked_uri"]) <= 200 for line in logged)
