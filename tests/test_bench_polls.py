"""The benchmark of polling: everybody in it reads real answers, and each of ours is a fresh one."""

import pytest

from tests.bench import polls
from tests.bench.pollers import OURS


def test_everybody_polls_the_same_devices_without_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert polls.measure(["--devices", "20", "--seconds", "0.1", "--rounds", "1"]) == 0

    told = capsys.readouterr().out
    assert "errors: 0," in told and "a round of 20 healthy devices" in told
    for name in (OURS, "pymodbus", "bare epoll"):
        assert f" {name} " in told
