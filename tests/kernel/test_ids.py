"""UUIDv7: of the right version, in the order in which they were made, never the same."""

import time
from typing import Any
from uuid import RFC_4122, UUID

import pytest

from factoryos.kernel import ids
from factoryos.kernel.ids import parse_uuid, uuid7


def test_an_id_is_a_uuid_of_version_7_that_carries_the_time() -> None:
    before, made, after = time.time_ns() // 10**6, uuid7(), time.time_ns() // 10**6
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_later_ids_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """By 250 ns, which is what 12 bits of a millisecond can tell apart."""
    instants = iter(range(1_700_000_000_000_000_000, 1_700_000_000_010_000_000, 250))
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(instants))
    made = [uuid7() for _ in range(40_000)]
    assert made == sorted(made)


def test_no_two_are_the_same_in_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_700_000_000_000_000_000)
    assert len({uuid7() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("text", ["0196F0C2-6d1a-7c3e-9b41-2f6f0a4d7e10", "00000000-0000-0000-0000-000000000000"])
def test_the_canonical_form_is_read_in_any_case(text: str) -> None:
    assert parse_uuid(text) == UUID(text)


@pytest.mark.parametrize(
    "text",
    ["", "1", "0196f0c26d1a7c3e9b412f6f0a4d7e10", "{0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10}", None, 7, b"0196f0c2",
     "urn:uuid:0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10", "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10\n",
     "0196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e1g", "٠196f0c2-6d1a-7c3e-9b41-2f6f0a4d7e10"],
)  # fmt: skip
def test_nothing_else_is_an_id(text: Any) -> None:
    assert parse_uuid(text) is None
