"""For tests that call more often than a client may."""

from typing import Any

import pytest

from factoryos.kernel import limits


@pytest.fixture
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published limit cannot be switched off, so a test that makes more than 200 calls a minute says so."""

    def whole(*, limit: int, **_: Any) -> limits.Allowance:
        return limits.untouched(limit=limit)

    monkeypatch.setattr(limits, "take_in_window", whole)
