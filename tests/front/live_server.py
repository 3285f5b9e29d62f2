"""The web server as a process on the test's own database, with the real application, and readers of its streams."""

import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.db import connection

from factoryos.kernel.live.line import NAME
from factoryos.kernel.models import User
from tests.callers import token
from tests.front.server import ROOT, Server, command, eventually, free_port


def database_url() -> str:
    known = connection.settings_dict
    # The host of the embedded server is the folder of its socket.
    place = quote(str(known["HOST"] or "localhost"), safe="") + (f":{known['PORT']}" if known["PORT"] else "")
    return f"postgres://{known['USER']}:{known['PASSWORD'] or ''}@{place}/{known['NAME']}"


@contextmanager
def real_server() -> Iterator[Server]:
    port = free_port()
    environ = {**os.environ, "DATABASE_URL": database_url()}
    process = subprocess.Popen(
        command(port, application="tests.front.live_app:application"), cwd=ROOT, env=environ, stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    server = Server(process, port)
    try:
        eventually(lambda: status_of(server, "/healthz") == 200, within=40)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def status_of(server: Server, path: str, *, method: str = "GET", **headers: str) -> int:
    return answer_of(server, path, method=method, **headers)[0]


def answer_of(server: Server, path: str, *, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    client = server.client()
    try:
        client.request(method, path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        client.close()


def bearer(user: User, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user, **claims)}"}


class Stream:
    """An open stream, read event by event."""

    def __init__(self, server: Server, path: str, headers: dict[str, str]) -> None:
        self._client: http.client.HTTPConnection = server.client()
        self._client.request("GET", path, headers=headers)
        self.answer = self._client.getresponse()
        self.last_id = ""
        if self.answer.status == 200:
            self.first = self.block()
            assert self.first["retry"]

    def block(self) -> dict[str, str] | None:
        """The fields of the next block; a comment has the empty name. None: the stream ended."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                self.last_id = fields.get("id", self.last_id)
                return fields
            name, _, value = line.rstrip("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        return None

    def event(self) -> tuple[str, Any] | None:
        """(name, data) of the next event; None: the stream ended."""
        while (block := self.block()) is not None:
            if "event" in block:
                return block["event"], json.loads(block["data"])
        return None

    def close(self) -> None:
        self.answer.close()
        self._client.close()


def lines() -> int:
    """How many listening connections the database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", [NAME]
        )
        return int(cursor.fetchone()[0])
