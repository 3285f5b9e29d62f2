"""Logs: structlog and the standard library in one stream, as JSON in production and readable in development.

Django calls `configure` in `django.setup()` (settings.LOGGING_CONFIG), so every process that loads the settings, be it
web worker, Celery, beat or a command, logs alike. What is bound with `structlog.contextvars` (request id, face) is in
each line.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"
# A field whose name has one of these words in it is a secret; `key` alone is not (an outbox message has a key).
_SECRET_NAME = re.compile(
    r"authorization|api[-_]?key|token|password|passwd|secret|cookie|jwt|credential_value", re.IGNORECASE
)
# Secrets within texts: our own keys, three-part tokens, `Bearer …`, and a URL's password.
_SECRET_TEXT = re.compile(
    r"fos_[A-Za-z0-9_-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:(?<=bearer )\S+)|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
_DEEPEST = 6
# One list for good: a logger keeps the one it was first used with, also when the settings are loaded once more.
_processors: list[Any] = []

Event = MutableMapping[str, Any]


def hide_secrets(logger: Any, method: str, event: Event) -> Event:
    """A processor: secrets by name, at any depth, and what looks like one in any text, are not written."""
    return {key: _hidden(key, value, depth=0) for key, value in event.items()}


def _hidden(name: str, value: Any, *, depth: int) -> Any:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, bool):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value)
    if depth < _DEEPEST and isinstance(value, dict):
        return {key: _hidden(str(key), item, depth=depth + 1) for key, item in value.items()}
    if depth < _DEEPEST and isinstance(value, (list, tuple)):
        return [_hidden("", item, depth=depth + 1) for item in value]
    return value


def configure(options: dict[str, Any]) -> None:
    """Set up all logging of this process. `options`: json (bool), level (name of the lowest level written)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    _processors[:] = [
        structlog.stdlib.filter_by_level,
        *shared,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ]
    structlog.configure(
        processors=_processors,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(json=options["json"], shared=shared, stream=sys.stderr))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(options["level"])
    for name, level in _QUIETER.items():
        logging.getLogger(name).setLevel(max(level, root.level))
    # Django's default configuration gave these handlers of their own; every line goes out once, through the root.
    for name in ("django", "django.server", "celery", "celery.task", "uvicorn"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


# Talkative at INFO about what nobody asks: each task received, each connection opened. Django's WARNING is every 4xx.
_QUIETER = {
    "celery": logging.WARNING,
    "celery.redirected": logging.WARNING,
    "kombu": logging.WARNING,
    "asyncio": logging.WARNING,
    "axes": logging.WARNING,
    "django.request": logging.ERROR,
    "django.server": logging.WARNING,
    "pymodbus": logging.WARNING,
}


def formatter(*, json: bool, shared: list[Any], stream: TextIO) -> logging.Formatter:
    """One line an event. Secrets are hidden last, after tracebacks have become text."""
    last: list[Any]
    if json:
        # Local variables of a traceback hold request bodies and credentials: they are never written.
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        last = [
            structlog.processors.ExceptionRenderer(tracebacks),
            hide_secrets,
            structlog.processors.JSONRenderer(default=str),
        ]
    else:
        last = [
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.dev.ConsoleRenderer(colors=stream.isatty()),
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
