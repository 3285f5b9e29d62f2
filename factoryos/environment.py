"""Reading the environment: one place for defaults, secrets kept under FACTORYOS_HOME and the database choice."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

# Per connection, so that no request waits for ever on a lock, a statement or a forgotten transaction (milliseconds).
SESSION_LIMITS = "-c lock_timeout=3000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000"


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    return int(text(name, str(default)))


def words(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default


def secret(name: str, *, home: Path, production: bool) -> str:
    """The secret from the environment; in development a random one, made once and kept readable by its owner only."""
    value = os.environ.get(name, "").strip()
    if value or production:
        return value or "insecure-unset"  # factoryos.checks refuses to serve with it
    path = home / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # a second command made it in the same instant
            os.link(draft, path)  # whole or not at all: nobody reads half a secret
        draft.unlink()
    return path.read_text()


def database(name: str, *, home: Path) -> dict[str, Any]:
    """The server behind DATABASE_URL, else our own embedded one (started on first use by factoryos.kernel)."""
    url = os.environ.get(name, "").strip()
    if url:
        config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=False))
        if config["ENGINE"] != "django.db.backends.postgresql":
            raise ValueError(f"{name} must name a PostgreSQL server: FactoryOS runs on nothing else")
    else:
        from factoryos.kernel.embedded_postgres import connection_settings

        config = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 600, **connection_settings(home)}
    config.setdefault("OPTIONS", {})
    config["OPTIONS"].setdefault("options", SESSION_LIMITS)
    # Parameters travel beside the statement, and what runs again and again is parsed and planned once a connection.
    config["OPTIONS"].setdefault("server_side_binding", True)
    config["OPTIONS"].setdefault("prepare_threshold", 2)
    return config


def celery(redis_url: str, *, home: Path) -> dict[str, Any]:
    """Celery's settings: Redis when there is one, else files under FACTORYOS_HOME. Either may be lost at any time."""
    settings: dict[str, Any] = {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_time_limit": 120,
        "task_soft_time_limit": 90,
        "worker_soft_shutdown_timeout": 5,  # seconds a running task gets at SIGQUIT; the next sweep finds what it left
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "broker_connection_retry_on_startup": True,
        "worker_hijack_root_logger": False,
        "timezone": "UTC",
    }
    if redis_url:
        # A message that a killed worker took is offered again after five minutes, well past any task's time limit.
        return {**settings, "broker_url": redis_url, "broker_transport_options": {"visibility_timeout": 300}}
    queue = home / "broker"
    queue.mkdir(parents=True, exist_ok=True)
    folders = {"data_folder_in": str(queue), "data_folder_out": str(queue)}
    options = {**folders, "control_folder": str(home / "broker-control")}
    url = "filesystem://localhost//"  # the host means nothing, but Celery warns of a URL that has none
    # Looked at five times a second, for a wake-up should not wait long; an idle look is one listing of an empty folder.
    return {**settings, "broker_url": url, "broker_transport_options": {**options, "polling_interval": 0.2}}
