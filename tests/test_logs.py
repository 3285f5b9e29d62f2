"""Logs: one line an event, with the request's id, and no secret however it came in."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from factoryos import logs

SECRETS = {
    "authorization": "Bearer abc", "api_key": "k", "Api-Key": "k", "apikey": "k", "token": "t", "access_token": "t",
    "password": "p", "cookie": "c", "Set-Cookie": "c", "client_secret": "s", "jwt": "j",
}  # fmt: skip


def hidden(**event: Any) -> dict[str, Any]:
    return dict(logs.hide_secrets(None, "info", event))


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_known_by_its_name_at_any_depth(name: str) -> None:
    assert hidden(**{name.replace("-", "_"): SECRETS[name]}) == {name.replace("-", "_"): logs.HIDDEN}
    assert hidden(request={"headers": [{name: "value"}]}) == {"request": {"headers": [{name: logs.HIDDEN}]}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sent eyJhbGciOiJI.eyJzdWIi.c2ln to us", "sent [hidden] to us"),
        ("Authorization: bearer xyz", "Authorization: bearer [hidden]"),
        ("key fos_erp_0123456789abcdefghijklmnop is", "key [hidden] is"),
        ("postgres://user:hush@db.example/x", "postgres://[hidden]@db.example/x"),
        ("redis://:hush@cache.example:6379/0", "redis://[hidden]@cache.example:6379/0"),
    ],
)
def test_a_secret_is_known_by_its_looks_within_a_text(text: str, told: str) -> None:
    assert hidden(event=text) == {"event": told}


def test_what_is_no_secret_stays() -> None:
    event = {"event": "order_moved", "key": "0196f0c2", "ms": 1.5, "passed": True, "url": "https://a.example:8000/x"}
    assert hidden(**event) == event
    assert hidden(has_token=True, token=None) == {"has_token": True, "token": None}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Production's log as it is written, line by line."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logs.sys, "stderr", stream)
    logs.configure({"json": True, "level": "INFO"})
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_both_kinds_of_loggers_write_the_same_lines_with_the_requests_id(written: Any) -> None:
    structlog.contextvars.bind_contextvars(request_id="0196")
    structlog.get_logger("ours").info("told", order="PO-1")
    logging.getLogger("theirs").warning("seen %s", "it")
    ours, theirs = written()
    assert (ours["event"], ours["order"], ours["logger"], ours["level"]) == ("told", "PO-1", "ours", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("seen it", "theirs", "warning")
    assert ours["request_id"] == theirs["request_id"] == "0196"


def test_a_traceback_tells_where_but_no_local_variable_and_no_secret(written: Any) -> None:
    def fail(body: str) -> None:
        raise ValueError("refused eyJhbGciOiJI.eyJzdWIi.c2ln")

    try:
        fail("the body of a request")
    except ValueError:
        logging.getLogger("theirs").exception("it failed")
    (line,) = written()
    text = json.dumps(line)
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["frames"][-1]["name"] == "fail"
    assert "the body of a request" not in text
    assert "eyJhbGci" not in text


def test_celery_and_the_server_write_once_and_nothing_nobody_asked_for(written: Any) -> None:
    for name in ("celery.worker.strategy", "kombu.transport", "django.request"):
        logging.getLogger(name).info("chatter")
    logging.getLogger("celery.worker").warning("lost the broker")
    logging.getLogger("granian").warning("slow")
    logging.getLogger("django.server").error("broke")
    assert [line["event"] for line in written()] == ["lost the broker", "slow", "broke"]


def test_a_logger_that_was_used_before_follows_a_later_configuration(written: Any) -> None:
    log = structlog.get_logger("early")
    log.info("first")
    logs.configure({"json": True, "level": "INFO"})
    with structlog.testing.capture_logs() as lines:
        log.info("second")
    assert [line["event"] for line in lines] == ["second"]
    assert [line["event"] for line in written()] == ["first"]
