"""Every published code is in the catalogue, once for each sentence, in its category and with its status."""

import pytest

from factoryos.dialects.base.refusals import STATUS_OF_KIND
from factoryos.dialects.ingest import catalogue
from factoryos.dialects.ingest.catalogue import Entry, Refused, shown, told

# As published: code, category, statuses (none: it is a row's).
TABLE = {
    "DI_E_10001": ("REQUEST", {400}),
    "DI_E_10002": ("REQUEST", {400}),
    "DI_E_10003": ("REQUEST", {400}),
    "DI_E_10004": ("REQUEST", {400}),
    "DI_E_10005": ("REQUEST", {415}),
    "DI_E_10101": ("AUTH", {401}),
    "DI_E_10102": ("AUTH", {403}),
    "DI_E_10201": ("REQUEST", {404}),
    "DI_E_10202": ("REQUEST", {404}),
    "DI_E_10203": ("REQUEST", {405}),
    "DI_E_10204": ("REQUEST", {404, 400}),
    "DI_E_10301": ("LIMIT", {413}),
    "DI_E_10302": ("LIMIT", {413}),
    "DI_E_10303": ("LIMIT", {429}),
    "DI_E_10304": ("LIMIT", {503}),
    "DI_E_10901": ("INTERNAL", {500}),
    "DI_E_20001": ("SCHEMA", set()),
    "DI_E_20002": ("SCHEMA", set()),
    "DI_E_20003": ("TYPE", set()),
    "DI_E_20004": ("VALUE", set()),
    "DI_E_20005": ("VALUE", set()),
    "DI_E_20006": ("SCHEMA", set()),
    "DI_E_20007": ("SCHEMA", set()),
    "DI_E_20008": ("VALUE", set()),
    "DI_E_20101": ("VALUE", set()),
    "DI_E_20201": ("TYPE", set()),
    "DI_E_20202": ("VALUE", set()),
    "DI_E_30001": ("CONFLICT", set()),
    "DI_E_40001": ("REFERENCE", set()),
    # The entry that counts those warnings for which there is no room.
    "DI_W_00000": ("WARNING", set()),
    **{f"DI_W_0000{number}": ("WARNING", set()) for number in range(1, 8)},
}
ENTRIES = [entry for entry in vars(catalogue).values() if isinstance(entry, Entry)]
FACTS = {"fault": "is odd", "reason": "odd", "limit": 2_000, "retry_after": 1, "count": 3}


def test_the_catalogue_is_the_published_one() -> None:
    found: dict[str, tuple[str, set[int]]] = {}
    for entry in ENTRIES:
        category, statuses = found.setdefault(entry.code, (entry.category, set()))
        assert category == entry.category
        if entry.kind is not None:
            statuses.add(STATUS_OF_KIND[entry.kind])
    assert found == TABLE


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.code} {entry.template}")
def test_every_sentence_can_be_told(entry: Entry) -> None:
    error = told(entry, "status", **FACTS)
    assert (error["code"], error["category"], error["field"]) == (entry.code, entry.category, "status")
    assert "{" not in error["message"] and not error["message"].endswith(".")


def test_published_examples_are_worded_so() -> None:
    assert told(catalogue.NOT_A_TIME, "ordered_at")["message"] == "ordered_at is not a calendar date and time"
    assert told(catalogue.NOT_A_WHOLE_NUMBER, "ordered_units")["message"] == "ordered_units must be a whole number"
    assert told(catalogue.REQUIRED, "product_id")["message"] == "product_id is required"


def test_a_refusal_says_what_its_entry_says() -> None:
    refused = Refused(catalogue.ROWS, field="data", limit=2_000)
    assert (refused.code, refused.kind) == ("DI_E_10302", catalogue.ROWS.kind)
    assert refused.text == refused.errors[0]["message"] == "data holds more than 2000 rows"
    assert not refused.remembered


def test_braces_of_a_sender_are_no_template() -> None:
    assert told(catalogue.UNKNOWN_COLUMN, "{field}{limit}")["message"] == "{field}{limit} is not a column"
    assert Refused(catalogue.ENVELOPE, field="{x}", fault="is odd").text == "{x} is odd"


def test_names_of_others_are_shown_short_and_printable() -> None:
    assert shown("x" * 300) == "x" * 100 and shown("é") == "é"
    assert shown("\ud800\0\u202e") == "\\ud800\\x00\\u202e"
