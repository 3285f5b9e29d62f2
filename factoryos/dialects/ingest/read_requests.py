"""What the two reading calls take in their query."""

from datetime import datetime
from typing import Any

from factoryos.dialects.base.faults import Fault, Wrong
from factoryos.dialects.base.fields import IntegerField, StrictField, TextField
from factoryos.dialects.base.requests import QueryRequest, Values
from factoryos.dialects.ingest.row_values import Unsound, read_instant

LARGEST_LIMIT, DEFAULT_LIMIT = 1_000, 100
_ANY = 10**39
_LONGEST_CURSOR = 100


class TimestampField(StrictField):
    """An instant as rows spell it: `YYYY-MM-DD HH:MM:SS` in UTC, or with an offset."""

    published = {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}( ?[+-][0-9]{2}:[0-9]{2})?$",
    }

    def read(self, value: Any) -> datetime:
        try:
            text = read_instant(value)
        except Unsound:
            raise Wrong.must("must be a time of the form YYYY-MM-DD HH:MM:SS") from None
        return datetime.fromisoformat(f"{text}+00:00")


class CodeField(TextField):
    """One of the codes that a row may fail with."""

    def read(self, value: Any) -> Any:
        code = super().read(value)
        if not (
            code.startswith("DI_E_") and code[5:].isascii() and code[5:].isdigit() and len(code) == len("DI_E_20001")
        ):
            raise Wrong.must("must be a code such as DI_E_20002")
        return code


def _key(text: str) -> TextField:
    return TextField(required=False, filled=True, verbatim=True, help_text=f"{text} Exactly.")


class VersionsQuery(QueryRequest):
    """Which of an order number's orders are meant."""

    product_id = _key("Only this product's.")
    location_id = _key("Only this location's.")


class FailedRowsQuery(QueryRequest):
    """Which failed rows are meant."""

    code = CodeField(required=False, filled=True, help_text="Only rows that failed with this code, too.")
    location_id = _key("Only rows that name this location.")
    limit = IntegerField(
        least=1, largest=_ANY, required=False,
        help_text=f"Rows a page, {DEFAULT_LIMIT} unless told; above {LARGEST_LIMIT} is {LARGEST_LIMIT}.",
    )  # fmt: skip
    cursor = TextField(
        max_length=_LONGEST_CURSOR, required=False, filled=True, help_text="`nextCursor` of the page before."
    )

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python, so it cannot be declared above.
        bounds = {
            "from": TimestampField(required=False, source="from_", help_text="Received at this time or later, UTC."),
            "to": TimestampField(required=False, help_text="Received before this time, UTC."),
        }
        return bounds | super().get_fields()

    def faults(self, values: Values) -> list[Fault]:
        if "from_" in values and "to" in values and values["from_"] > values["to"]:
            return [Fault("from", "from must not be later than to")]
        return []
