"""What stands around the rows: each field's rule, and which fault is told where there are several."""

import json
from typing import Any

import pytest

from factoryos.dialects.ingest.catalogue import Refused
from factoryos.dialects.ingest.envelope import parse_envelope
from factoryos.kernel.problems import Kind
from tests.dialects.ingest.stating import SOUND, body

SOLUTION = {"solutionName": "INV_OOTB"}
ROWS = {"data": [SOUND]}


def refusal(envelope: Any) -> Refused:
    raw = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    with pytest.raises(Refused) as refused:
        parse_envelope(raw)
    return refused.value


REFUSED = {
    "nothing": ({}, "10002", "solutionName"),
    "no solutionName": (ROWS, "10002", "solutionName"),
    "solutionName null": ({"solutionName": None, **ROWS}, "10002", "solutionName"),
    "solutionName no string": ({"solutionName": 7, **ROWS}, "10002", "solutionName"),
    "solutionName empty": ({"solutionName": "", **ROWS}, "10002", "solutionName"),
    "solutionName blank": ({"solutionName": " \u2003", **ROWS}, "10002", "solutionName"),
    "solutionName in another case": ({"SolutionName": "INV_OOTB", **ROWS}, "10002", "solutionName"),
    "another solution": ({"solutionName": "X", **ROWS}, "10202", "solutionName"),
    "solution in another case": ({"solutionName": "inv_ootb", **ROWS}, "10202", "solutionName"),
    "solution and white space": ({"solutionName": "INV_OOTB ", **ROWS}, "10202", "solutionName"),
    "no data": (SOLUTION, "10003", "data"),
    "data null": ({**SOLUTION, "data": None}, "10003", "data"),
    "data an object": ({**SOLUTION, "data": {}}, "10003", "data"),
    "data a string": ({**SOLUTION, "data": "x"}, "10003", "data"),
    "data empty": ({**SOLUTION, "data": []}, "10003", "data"),
    "too many rows": ({**SOLUTION, "data": [None] * 2_001}, "10302", "data"),
    "DELETE": ({**SOLUTION, **ROWS, "operationType": "DELETE"}, "10004", "operationType"),
    "operationType null": ({**SOLUTION, **ROWS, "operationType": None}, "10004", "operationType"),
    "operationType empty": ({**SOLUTION, **ROWS, "operationType": ""}, "10004", "operationType"),
    "operationType padded": ({**SOLUTION, **ROWS, "operationType": " UPSERT"}, "10004", "operationType"),
    "operationType with a long s": ({**SOLUTION, **ROWS, "operationType": "upſert"}, "10004", "operationType"),
    "operationType true": ({**SOLUTION, **ROWS, "operationType": True}, "10004", "operationType"),
    "dryRun a string": ({**SOLUTION, **ROWS, "dryRun": "true"}, "10002", "dryRun"),
    "dryRun a number": ({**SOLUTION, **ROWS, "dryRun": 1}, "10002", "dryRun"),
    "dryRun null": ({**SOLUTION, **ROWS, "dryRun": None}, "10002", "dryRun"),
    "a further field": ({**SOLUTION, **ROWS, "operationtype": "UPSERT"}, "10002", "operationtype"),
    "a field twice": (body(SOUND)[:-1] + b', "data": []}', "10002", "data"),
}


@pytest.mark.parametrize("envelope, code, field", REFUSED.values(), ids=REFUSED.keys())
def test_what_breaks_a_rule_of_the_envelope_is_refused_and_named(envelope: Any, code: str, field: str) -> None:
    refused = refusal(envelope)
    [error] = refused.errors
    assert (error["code"], error["category"], error["field"]) == (
        f"DI_E_{code}", "LIMIT" if code == "10302" else "REQUEST", field,
    )  # fmt: skip
    assert refused.code == error["code"]


def test_kinds_give_the_status() -> None:
    kinds = {refusal(envelope).code: refusal(envelope).kind for envelope, _, _ in REFUSED.values()}
    assert kinds == {
        "DI_E_10002": Kind.INVALID,
        "DI_E_10003": Kind.INVALID,
        "DI_E_10004": Kind.INVALID,
        "DI_E_10202": Kind.MISSING,
        "DI_E_10302": Kind.TOO_LARGE,
    }


def test_the_first_fault_in_the_order_of_the_fields_is_told() -> None:
    wrong = {"solutionName": "X", "data": [], "operationType": "DELETE", "dryRun": 1, "more": 1}
    mended = {"solutionName": "INV_OOTB", "data": [SOUND], "operationType": "append", "dryRun": True}
    found = []
    for name in mended:
        found.append(refusal(wrong).code[5:])
        wrong[name] = mended[name]
    assert [*found, refusal(wrong).errors[0]["field"]] == ["10202", "10003", "10004", "10002", "more"]


def test_every_further_field_is_named_up_to_twenty_and_fit_to_be_shown() -> None:
    names = ["a", "b\ud800\0", "c" * 5_000, *(f"n{number}" for number in range(30))]
    errors = refusal({**SOLUTION, **ROWS, **dict.fromkeys(names)}).errors
    assert len(errors) == 20 and {error["code"] for error in errors} == {"DI_E_10002"}
    assert [error["field"] for error in errors[:3]] == ["a", "b\\ud800\\x00", "c" * 100]
    assert errors[0]["message"] == "a is not a field of this request"


def test_what_the_seed_sends_is_an_upsert_of_its_rows() -> None:
    envelope = parse_envelope(body(SOUND, operationType="UPSERT"))
    assert (envelope.rows, envelope.append, envelope.dry_run) == ([SOUND], False, False)
    assert envelope.operation_type == "UPSERT"


@pytest.mark.parametrize("word, append", [("upsert", False), ("UpSert", False), ("append", True), ("APPEND", True)])
def test_operations_are_read_in_any_case(word: str, append: bool) -> None:
    assert parse_envelope(body(SOUND, operationType=word)).append is append


def test_without_an_operation_it_is_an_upsert_and_without_dry_run_it_counts() -> None:
    envelope = parse_envelope(body(SOUND))
    assert (envelope.append, envelope.dry_run) == (False, False)
    assert parse_envelope(body(SOUND, dryRun=True)).dry_run is True


def test_two_thousand_rows_are_taken_whatever_they_are() -> None:
    assert len(parse_envelope(body(*[None] * 2_000)).rows) == 2_000
