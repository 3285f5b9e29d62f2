"""Rows at random, judged by the product and by the contract's rules written down once more: both say the same."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from factoryos.dialects.ingest.reading_json import Digits, Repeated
from factoryos.dialects.ingest.rows import Checked, Checker
from tests.dialects.ingest import oracle
from tests.dialects.ingest.stating import LOCATIONS, NOW, SOUND, check, check_text, codes, told

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
THEN = int((NOW - datetime(1, 1, 1, tzinfo=UTC)).total_seconds())

_TWO = some.integers(0, 99).map("{:02}".format)
_HOURS = some.integers(0, 24).map("{:02}".format)
_SIXTY = some.integers(0, 60).map("{:02}".format)
_DATES = some.builds(
    "{}-{:02}-{:02}".format,
    some.sampled_from(["0000", "0001", "1900", "2000", "2023", "2024", "2025", "9999"]),
    some.integers(0, 13),
    some.integers(0, 32),
)
_TIMES = some.one_of(
    some.builds("{} {}:{}:{}".format, _DATES, _HOURS, _SIXTY, _SIXTY),
    some.datetimes().map(lambda time: time.isoformat(" ", "seconds")),
)
_OFFSETS = some.sampled_from(["", "", "", "Z", " ", "+02", "\n"]) | some.builds(
    "{}{}{:02}:{}".format, some.sampled_from(["", " ", "  "]), some.sampled_from("+-−"), some.integers(0, 16),
    some.sampled_from(["00", "30", "59", "60"]),
)  # fmt: skip
_TIMESTAMPS = some.builds("{}{}".format, _TIMES, _OFFSETS)


@some.composite
def _spoilt(draw: some.DrawFn, texts: some.SearchStrategy[str]) -> str:
    """A text in which one character is another one, is missing, or is there twice."""
    text = draw(texts)
    place = draw(some.integers(0, len(text) - 1))
    other = draw(some.sampled_from(["", "٥", "５", "T", " ", "-", ":", "0", "\0", text[place] * 2]))
    return text[:place] + other + text[place + 1 :]


_CHARACTERS = some.characters(codec=None) | some.sampled_from(
    "aZ09 \t\n\0\x7f\x85\u00a0\u2003\u200b\ud800\udc00😀é\u0301"
)
_STRINGS = some.one_of(
    some.text(alphabet=_CHARACTERS, max_size=8),
    some.text(alphabet=" \t\u2003\u3000", max_size=3),
    some.builds(lambda text, times: text * times, _CHARACTERS, some.sampled_from([254, 255, 256])),
    some.sampled_from([*LOCATIONS, "LOC-999", "loc-001", " In-Progress ", "QA passed", "qa_passed", "Godot"]),
)
_QUOTED = some.one_of(_STRINGS, _TIMESTAMPS, _spoilt(_TIMESTAMPS)).map(json.dumps)
_NUMBERS = some.one_of(
    some.integers(-3, 600).map(str),
    some.integers(2**63 - 2, 2**63 + 1).map(str),
    some.integers(-(10**30), 10**30).map(str),
    some.integers(18, 5_000).map(lambda digits: "1" * digits),
    some.sampled_from(["-0", "0.0", "-0.0", "498.0", "4.98e2", "1e400", "1E5", "-1e-400", "1e99999999999999999999"]),
)
_NESTED = some.sampled_from(["[]", "{}", '[{"a": [null]}]', '{"a": 1, "a": 2}', "true", "false"])
_LITERALS = some.one_of(some.just("null"), _QUOTED, _NUMBERS, _NESTED)


@some.composite
def _names(draw: some.DrawFn) -> str:
    name = draw(some.sampled_from(list(SOUND)))
    return draw(some.sampled_from([name, name.upper(), name.title(), name + "s", name + " ", "extra", "Extra", ""]))


_FITTING = {
    "text": _STRINGS.map(json.dumps),
    "status": _QUOTED,
    "time": _TIMESTAMPS.map(json.dumps),
    "number": _NUMBERS,
}


@some.composite
def _rows(draw: some.DrawFn) -> oracle.Pairs:
    """The seed's row after some changes: values of the kind of their column or of any, names in any case, again, gone."""
    row = [(name, json.dumps(value)) for name, value in SOUND.items()]
    for _ in range(draw(some.integers(0, 4))):
        place = draw(some.integers(0, len(row) - 1)) if row else 0
        match draw(some.sampled_from(["fitting", "fitting", "fitting", "any", "gone", "renamed", "added", "upper"])):
            case "fitting" if row and row[place][0].lower() in oracle.KINDS:
                name = row[place][0]
                row[place] = (name, draw(_FITTING[oracle.KINDS[name.lower()].rstrip("?")]))
            case "any" if row:
                row[place] = (row[place][0], draw(_LITERALS))
            case "gone" if row:
                del row[place]
            case "renamed" if row:
                row[place] = (draw(_names()), row[place][1])
            case "upper":
                row = [(name.upper(), text) for name, text in row]
            case _:
                row.append((draw(_names()), draw(_LITERALS)))
    return row


def _as_json(row: oracle.Pairs) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in row) + "}"


@settings(PATIENT, max_examples=400)
@given(some.lists(_rows(), min_size=1, max_size=4))
def test_the_product_and_the_oracle_agree_on_every_row(rows: list[oracle.Pairs]) -> None:
    checked = check_text(*map(_as_json, rows))
    good = {stated.place: stated for stated in checked.good}
    faults = {fault["index"]: fault["errors"] for fault in told(checked)}
    assert [*good] == sorted(good) and [*faults] == sorted(faults) and len(good) + len(faults) == len(rows)
    for place, row in enumerate(rows):
        verdict = oracle.judge(row, locations=set(LOCATIONS), now=THEN)
        assert {(error["code"][5:], error["field"]) for error in faults.get(place, [])} == verdict.errors
        assert len(faults.get(place, [])) == len(verdict.errors)  # each is told once
        assert {(code[5:], field) for index, code, field in checked.warnings if index == place} == verdict.warnings
        if not verdict.errors:
            _is_stored(good[place]._asdict(), verdict.stored)


def _is_stored(stated: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert stated["factory_id"] == LOCATIONS[wanted["location_id"]]
    for name, kind in oracle.KINDS.items():
        if name != "location_id":
            value = stated[name]
            if kind.startswith("time") and value is not None:
                found, value = oracle.time_of(json.dumps(value))
                assert not found and len(stated[name]) == len("YYYY-MM-DD HH:MM:SS")
            assert value == wanted[name] and type(value) is type(wanted[name])


@PATIENT
@given(some.lists(_rows(), max_size=4))
def test_the_quick_way_takes_no_row_and_changes_none_that_the_thorough_way_would_not(rows: list[oracle.Pairs]) -> None:
    texts = [_as_json(row) for row in rows]
    quick = check_text(*texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checker, "_quickly", lambda checker, place, row: None)
        thorough = check_text(*texts)
    assert (quick.good, quick.failed, quick.warnings) == (thorough.good, thorough.failed, thorough.warnings)


_SCALARS = some.one_of(
    some.none(), some.booleans(), some.integers(), _STRINGS, _TIMESTAMPS,
    some.builds(Digits, some.sampled_from(["1.5", "1e9", "9" * 5_000]), some.booleans()),
)  # fmt: skip
_KEYS = some.sampled_from(list(SOUND)) | _STRINGS


def _twice(row: dict[str, Any]) -> Repeated:
    repeated = Repeated(row)
    repeated.keys_twice = tuple(row)
    return repeated


_VALUES = some.recursive(
    _SCALARS,
    lambda inner: some.one_of(
        some.lists(inner, max_size=3),
        some.dictionaries(_KEYS, inner, max_size=5),
        some.dictionaries(_KEYS, inner, max_size=5).map(_twice),
    ),
    max_leaves=12,
)


@settings(PATIENT, max_examples=60)
@given(some.lists(_VALUES, max_size=4))
def test_no_json_value_at_all_is_too_odd_to_be_judged(rows: list[Any]) -> None:
    checked: Checked = check(*rows)
    places = [stated.place for stated in checked.good] + [kept.place for kept in checked.failed]
    assert sorted(places) == list(range(len(rows)))
    assert [fault["index"] for fault in told(checked)] == [kept.place for kept in checked.failed]
    for kept, fault in zip(checked.failed, told(checked), strict=True):
        assert 1 <= len(fault["errors"]) <= 20
        assert kept.errors.isascii() and json.loads(kept.errors) == fault["errors"]
        assert kept.row is None or (kept.row.isascii() and len(kept.row) <= 8 * 1024)
        assert kept.location_id is None or (
            kept.location_id.isprintable() or oracle.text_of(json.dumps(kept.location_id))[0] == set()
        )


def test_the_oracle_takes_the_seeds_row_and_knows_a_bad_one() -> None:
    seed = [(name, json.dumps(value)) for name, value in SOUND.items()]
    assert oracle.judge(seed, locations=set(LOCATIONS), now=THEN)[:2] == (set(), set())
    spoilt = [*seed, ("Status", "7"), ("more", "null")]
    assert oracle.judge(spoilt, locations=set(), now=THEN).errors == set(codes(check_text(_as_json(spoilt)))) | {
        ("40001", "location_id")
    }
