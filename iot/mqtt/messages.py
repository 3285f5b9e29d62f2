"""What a message must look like: the machine in its topic, samples in its payload. Anything else is dropped.

Who may publish for which machine is the broker's rule, and it compares topics byte for byte. So do we: a topic in
another case, or one that names a machine by its uuid, would go past a rule that was written for this one.
"""

import re
from dataclasses import dataclass
from typing import Any

from factoryos.kernel import clock, json_objects
from factoryos.kernel.text import CODE, is_safe
from iot.telemetry import MOST_SAMPLES, Sample

FILTER = "factories/+/machines/+/telemetry"
LARGEST = 1_048_576  # bytes of a payload, as many as a request to the API may have
_TOPIC = re.compile(r"factories/([^/+#]{1,255})/machines/([^/+#]{1,40})/telemetry")


class Unfit(Exception):
    """Why a message is dropped. `reason` is one of a few words to count by, `detail` is for whoever looks for it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Message:
    """What was sent: samples of the machine `code` of the factory `slug`, both exactly as they are spelled there."""

    slug: str
    code: str
    samples: list[Sample]


def read(topic: bytes, payload: bytes) -> Message:
    """The message with this topic and payload. Problem: Unfit."""
    slug, code = _machine_of(topic)
    if len(payload) > LARGEST:
        raise Unfit("too_large", f"{len(payload)} bytes")
    if not payload:
        raise Unfit("malformed", "it is empty")
    try:
        body = json_objects.parse(payload)
    except json_objects.Malformed as malformed:
        raise Unfit("malformed", f"no JSON object: {malformed}") from None
    return Message(slug, code, _samples(body))


def _machine_of(topic: bytes) -> tuple[str, str]:
    try:
        found = _TOPIC.fullmatch(topic.decode())
    except UnicodeDecodeError:
        found = None
    if found is None or not is_safe(found[1]) or not CODE.fullmatch(found[2]):
        raise Unfit("topic", "the topic names no machine")
    return found[1], found[2]


def _samples(body: dict[str, Any]) -> list[Sample]:
    if "samples" not in body:
        return [_sample(body, "it")]
    samples = body["samples"]
    if len(body) > 1:
        raise Unfit("malformed", "beside samples there is nothing to say")
    if not isinstance(samples, list) or not 1 <= len(samples) <= MOST_SAMPLES:
        raise Unfit("malformed", f"samples must be 1 to {MOST_SAMPLES}")
    return [_sample(sample, f"sample {place}") for place, sample in enumerate(samples)]


def _sample(sample: Any, name: str) -> Sample:
    if not isinstance(sample, dict) or not sample.keys() <= {"ts", "metrics"}:
        raise Unfit("malformed", f"{name} must be an object of ts and metrics, and nothing else")
    metrics, ts = sample.get("metrics"), sample.get("ts")
    if not isinstance(metrics, dict):
        raise Unfit("malformed", f"metrics of {name} must be an object")
    at = clock.instant(ts) if isinstance(ts, str) else None
    if ts is not None and at is None:
        raise Unfit("malformed", f"ts of {name} must be a valid ISO 8601 date string")
    return Sample(metrics, at)
