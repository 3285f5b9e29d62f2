"""Servers for the tests of the web server."""

from collections.abc import Iterator

import pytest

from tests.front.server import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as running_server:
        yield running_server


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server of one's own, to hurt."""
    with running() as running_server:
        yield running_server
