"""A batch as the published description shows it. It is read by envelope.py and rows.py, which take a column in any case."""

from factoryos.dialects.base.fields import BooleanField, ChoiceField, IntegerField, ListField, TextField
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.ingest.envelope import APPEND, MOST_ROWS, SOLUTION_NAME, UPSERT
from factoryos.dialects.ingest.read_requests import TimestampField
from factoryos.dialects.ingest.row_values import LONGEST_TEXT


def _text(text: str) -> TextField:
    return TextField(max_length=LONGEST_TEXT, help_text=text)


def _time(text: str) -> TimestampField:
    return TimestampField(help_text=text)


def _fact(text: str) -> TimestampField:
    return TimestampField(help_text=text, required=False, allow_null=True)


class IngestRow(RequestSerializer):
    """One statement about one order."""

    product_id = _text("What is made: an item's sku. Key.")
    location_id = _text("Where: a factory's location_id, one of those that the token may write. Key.")
    order_number = _text("The sender's name of the order. Key.")
    updated_at = _time("When this was so. Key: another time is another version.")
    source_id = _text("The line or system that says so.")
    ordered_at = _time("When it was ordered.")
    ordered_units = IntegerField(help_text="Units to be made.")
    expected_start_date = _time("When production shall begin.")
    expected_end_date = _time("When it shall be done.")
    actual_start_date = _fact("When production began.")
    actual_end_date = _fact("When it was done.")
    produced_units = IntegerField(required=False, allow_null=True, help_text="Good units made so far, in total.")
    status = TextField(
        required=False, allow_null=True, max_length=LONGEST_TEXT, verbatim=True, help_text="Any word; kept as it is."
    )


class Ingest(RequestSerializer):
    """A batch of statements."""

    solutionName = ChoiceField(choices=[SOLUTION_NAME])
    data = ListField(child=IngestRow(), least=1, most=MOST_ROWS)  # type: ignore[assignment]  # DRF's own is of no use here
    operationType = ChoiceField(
        required=False, choices=[UPSERT, APPEND], help_text=f"{UPSERT} unless told; in any case."
    )
    dryRun = BooleanField(required=False, help_text="Judge everything, store nothing.")
