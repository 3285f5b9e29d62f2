"""What the call that sends telemetry takes. Of a sample only its shape is judged here: its content by itself, later."""

from typing import Any, ClassVar

from factoryos.dialects.base.faults import Wrong
from factoryos.dialects.base.fields import ListField, NameOrIdField, StrictField, TextField
from factoryos.dialects.base.operations import Json
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.dialects.base.times import TimeField
from iot.telemetry import LONGEST_NAME, LONGEST_TEXT, MOST_METRICS, MOST_SAMPLES

_SLUG = 255


class MetricsField(StrictField):
    """Names and values, whatever they are."""

    published: ClassVar[Json] = {
        "type": "object",
        "additionalProperties": True,
        "description": f"At most {MOST_METRICS}, by names of at most {LONGEST_NAME} characters: numbers, booleans, and texts of "
        f"at most {LONGEST_TEXT} characters. `state` is running, idle, down or no_data.",
    }

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong.must("must be an object")
        return value


class NewSample(RequestSerializer):
    ts = TimeField(required=False, allow_null=True, source="at", help_text="Now, if left out.")
    metrics = MetricsField()


class Whereabouts(RequestSerializer):
    """The part of the body that says which factory and machine it is about."""

    machineCode = NameOrIdField()
    factory = TextField(
        required=False,
        filled=True,
        max_length=_SLUG,
        help_text="Its slug. Without it, the machine must be in just one of your factories.",
    )
    ignored: ClassVar = frozenset({"samples"})


class NewTelemetry(Whereabouts):
    samples = ListField(child=NewSample(), least=1, most=MOST_SAMPLES)
    ignored: ClassVar = frozenset()
