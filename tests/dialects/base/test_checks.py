"""What `manage.py check` asks of every dialect, and which dialect a URL belongs to."""

from dataclasses import replace

import pytest
from django.core.checks import run_checks

from factoryos.dialects.base.checks import missing_words
from factoryos.dialects.registry import DIALECTS, dialect_of, envelope_of
from orders.states import State


def test_every_dialect_has_a_word_for_every_state() -> None:
    assert missing_words(DIALECTS) == []


@pytest.mark.parametrize("state", State)
def test_a_missing_word_fails_the_check(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {other: word for other, word in DIALECTS[0].words.items() if other != state}
    monkeypatch.setattr("factoryos.dialects.registry.DIALECTS", (replace(DIALECTS[0], words=words),))
    assert [error.msg for error in run_checks() if error.id == "dialects.E001"] == [
        f"The dialect {DIALECTS[0].name} has no word for the state {state.value}."
    ]


@pytest.mark.parametrize("path", ["/api/factories", "/api/factories/", "/api/factories/x", "/api/monitoring/telemetry"])
def test_a_dialect_owns_its_prefix(path: str) -> None:
    found = dialect_of(path)
    assert found is not None and found.name == "factory"


@pytest.mark.parametrize("path", ["/api/factoriesx", "/api", "/", "/admin/api/factories", "/api/other"])
def test_a_prefix_is_whole_parts_of_a_path(path: str) -> None:
    assert dialect_of(path) is None


def test_all_under_api_is_told_in_an_envelope_and_pages_are_not() -> None:
    assert envelope_of("/api/other") is not None
    assert envelope_of("/apiary") is None
    assert envelope_of("/") is None
