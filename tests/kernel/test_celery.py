"""The timetable, and messages as files."""

import json
import threading
from collections import Counter
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.transport import filesystem

from factoryos.celery import app, timetable
from factoryos.kernel import file_broker


def channel(transport: type[filesystem.Transport], folder: Path) -> Any:
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder), "control_folder": str(folder / "control")}
    return Connection(transport=transport, transport_options=options).channel()


def read_while_written(module: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> BaseException | None:
    """What a reader meets that looks at the very moment in which a message is put into words."""
    ours, met = channel(module.Transport, folder), []
    words = module.dumps

    def dumps_with_a_reader(payload: Any) -> str:
        try:
            ours._get("queue")
        except Exception as error:
            met.append(error)
        return str(words(payload))

    monkeypatch.setattr(module, "dumps", dumps_with_a_reader)
    ours._put("queue", {"n": 1})
    return met[0] if met else None


def test_a_message_is_not_seen_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(read_while_written(file_broker, tmp_path, monkeypatch), Empty)
    assert channel(file_broker.Transport, tmp_path)._get("queue") == {"n": 1}


def test_control_kombus_own_transport_shows_half_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(read_while_written(filesystem, tmp_path, monkeypatch), json.JSONDecodeError)


def test_each_message_is_taken_by_exactly_one_of_several_readers(tmp_path: Path) -> None:
    taken: list[int] = []
    writing = threading.Event()
    writing.set()

    def read() -> None:
        reader = channel(file_broker.Transport, tmp_path)
        while True:
            done = not writing.is_set()
            try:
                taken.append(reader._get("queue")["n"])
            except Empty:
                if done:
                    return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    writer = channel(file_broker.Transport, tmp_path)
    for n in range(300):
        writer._put("queue", {"n": n})
        writer._put("another", {"n": -1})
    writing.clear()
    for reader in readers:
        reader.join()
    assert Counter(taken) == Counter(range(300))
    assert writer._size("another") == 300


def test_every_periodic_message_expires_before_the_next_one_is_sent() -> None:
    entries = timetable().values()
    assert {entry["task"] for entry in entries} >= {"factoryos.kernel.tasks.relay_outbox", "orders.tasks.seal_history"}
    assert all(0 < entry["options"]["expires"] < entry["schedule"] for entry in entries)


def test_messages_are_json_and_a_task_is_taken_once_and_only_acknowledged_when_done() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late and app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_every_task_of_the_timetable_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in timetable().values()} <= set(app.tasks)
