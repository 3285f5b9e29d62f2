"""What a message over MQTT must look like, where it goes, and how fast; the broker itself is in tests/polling."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import RateBucket
from factoryos.kernel.permissions import VERB_ROLES, allows
from factoryos.kernel.problems import NotFound
from iot import telemetry
from iot.models import TelemetrySample
from iot.mqtt import intake, messages
from iot.mqtt.broker import Broker, broker_of
from iot.mqtt.intake import Intake
from iot.mqtt.line import IN_FLIGHT, Delivery
from iot.mqtt.listener import Handled
from iot.mqtt.messages import Unfit
from iot.mqtt.tally import QUIET_S, Tally
from iot.telemetry import Sample, Sent, Stored
from manufacturing.models import Machine
from tests.floor import a_factory, a_machine, an_actor, done

TOPIC = b"factories/penang-plant/machines/PRESS-01/telemetry"
AT = datetime(2026, 4, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://localhost", Broker("localhost", 1883, tls=False)),
        ("mqtts://broker.plant:8884/", Broker("broker.plant", 8884, tls=True)),
        ("mqtts://ann:p%40ss%2Fword@10.0.0.1", Broker("10.0.0.1", 8883, tls=True, user="ann", password="p@ss/word")),
    ],
)
def test_the_url_says_where_the_broker_is_and_who_we_are(url: str, broker: Broker) -> None:
    assert broker_of(url) == broker
    assert broker_of(url, ca_file="/ca.pem").ca_file == "/ca.pem"


@pytest.mark.parametrize(
    "url",
    ["localhost:1883", "http://x", "mqtt://", "mqtt://h:0x", "mqtt://h:99999", "mqtt://h/topic", "mqtt://u:se#cret@h"],
)
def test_another_url_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        broker_of(url)
    assert "cret" not in str(refused.value)
    assert "cret" not in repr(broker_of("mqtt://u:se-cret@h"))


def test_the_command_says_what_is_missing_or_wrong(settings: LazySettings) -> None:
    for url in ("", "http://x"):
        settings.MQTT_URL = url
        with pytest.raises(CommandError, match="MQTT_URL"):
            call_command("mqtt_listen")


def test_a_message_is_one_sample_or_several() -> None:
    one = messages.read(TOPIC, b'{"ts": "2026-04-20T10:00:00+02:00", "metrics": {"state": "running"}}')
    assert (one.slug, one.code, one.samples) == ("penang-plant", "PRESS-01", [Sample({"state": "running"}, AT)])
    several = messages.read(TOPIC, b'{"samples": [{"metrics": {}, "ts": null}, {"metrics": {"a": 1}}]}')
    assert several.samples == [Sample({}), Sample({"a": 1})]


@pytest.mark.parametrize(
    "topic",
    [
        b"factories/penang-plant/machines/PRESS-01/telemetry/",
        b"/factories/penang-plant/machines/PRESS-01/telemetry",
        b"Factories/penang-plant/machines/PRESS-01/telemetry",
        b"factories/penang-plant/machines/PRESS-01/Telemetry",
        b"factories/a/b/machines/PRESS-01/telemetry",
        b"factories//machines/PRESS-01/telemetry",
        b"factories/penang-plant/machines//telemetry",
        b"factories/+/machines/PRESS-01/telemetry",
        b"factories/#/machines/+/telemetry",
        b"factories/penang-plant/machines/PRESS\x00/telemetry",
        b"factories/penang\nplant/machines/PRESS-01/telemetry",
        b"factories/penang-plant/machines/PRESS-01\n/telemetry",
        b"factories/penang-plant/machines/\xff/telemetry",
        b"factories/" + b"x" * 256 + b"/machines/PRESS-01/telemetry",
        b"factories/penang-plant/machines/" + b"x" * 41 + b"/telemetry",
    ],
)
def test_a_topic_names_one_machine_and_nothing_else(topic: bytes) -> None:
    with pytest.raises(Unfit) as unfit:
        messages.read(topic, b'{"metrics": {}}')
    assert unfit.value.reason == "topic"


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"[]", b"null", b"\xff", b'{"a": 1}', b'{"metrics": {}, "metrics": {}}', b'{"metrics": {"a": NaN}}',
        b'{"metrics": {"a": 1e1001}}', b"[" * 100_000, b'{"metrics": ' + b'{"a":' * 30 + b"1" + b"}" * 31,
        b'{"metrics": []}', b'{"metrics": null}', b'{"metrics": {}, "ts": 7}', b'{"metrics": {}, "ts": "soon"}',
        b'{"metrics": {}, "ts": "2026-02-30T00:00:00Z"}', b'{"metrics": {}, "x": 1}', b'{"samples": []}',
        b'{"samples": {}}', b'{"samples": [1]}', b'{"samples": [{"metrics": {}}], "ts": null}',
        orjson.dumps({"samples": [{"metrics": {}}] * 501}),
    ],
)  # fmt: skip
def test_a_payload_of_another_shape_is_dropped_whole(payload: bytes) -> None:
    with pytest.raises(Unfit) as unfit:
        messages.read(TOPIC, payload)
    assert unfit.value.reason == "malformed"


def test_a_payload_is_bounded_before_it_is_read() -> None:
    with pytest.raises(Unfit) as unfit:
        messages.read(TOPIC, b"x" * (1_048_576 + 1))
    assert unfit.value.reason == "too_large"


def test_of_each_trouble_one_line_a_minute_is_written_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Mock(), [0.0]
    monkeypatch.setattr("iot.mqtt.tally.log", log)
    tally = Tally(monotonic=lambda: now[0])
    for second in range(round(QUIET_S) + 1):
        now[0] = second
        tally.dropped("topic", topic=b"a\nb\xff" + b"x" * 9999, detail="y" * 9999)
        tally.rejected(2, topic=b"a", detail="older than 90 days")
        tally.tell()
    assert tally.counts == {"dropped_topic": 61, "rejected": 122}
    warned = [call.kwargs for call in log.warning.call_args_list]
    assert [(one["reason"], one["so_far"]) for one in warned] == [
        ("topic", 1), ("rejected", 2), ("topic", 61), ("rejected", 122)
    ]  # fmt: skip
    assert warned[0]["topic"].startswith(r"a\nb\\xff") and len(warned[0]["topic"]) < 300 > len(warned[0]["detail"])
    log.info.assert_called_once_with("mqtt_taken", dropped_topic=61, rejected=122)
    now[0] += 2 * QUIET_S
    tally.tell()  # nothing came
    log.info.assert_called_once()


def delivery(topic: bytes = TOPIC, payload: Any = None, *, number: int = 0, again: bool = False) -> Delivery:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload or {"metrics": {"a": 1}})
    return Delivery(topic, body, number, again, datetime.now(UTC))


def test_a_delivery_is_known_by_its_number_and_only_when_it_comes_again() -> None:
    handled = Handled()
    handled.add([delivery(number=7), delivery(payload={"metrics": {}})])
    assert handled.has(delivery(number=7, again=True))
    assert not handled.has(delivery(number=7))
    assert not handled.has(delivery(number=8, again=True))
    assert not handled.has(delivery(payload={"metrics": {"a": 2}}, number=7, again=True))
    assert not handled.has(delivery(payload={"metrics": {}}, again=True))
    handled.add([delivery(number=100 + number) for number in range(2 * IN_FLIGHT)])
    assert not handled.has(delivery(number=7, again=True))
    handled.forget()
    assert not handled.has(delivery(number=100 + IN_FLIGHT, again=True))


@pytest.fixture
def machine(transactional_db: None) -> Machine:
    return a_machine(a_factory(slug="penang-plant"), code="PRESS-01")


def the_intake(**how: Any) -> tuple[Intake, Tally]:
    tally = Tally()
    return Intake(tally=tally, wait=how.get("wait", Mock(side_effect=AssertionError("nobody waits")))), tally


def of_time(seconds: int, **metrics: Any) -> dict[str, Any]:
    return {"ts": (datetime.now(UTC) - timedelta(hours=2) + timedelta(seconds=seconds)).isoformat(), "metrics": metrics}


def test_many_messages_are_one_transaction(machine: Machine, django_assert_num_queries: Any) -> None:
    other = a_machine(machine.factory, code="PRESS-02")
    topics = (TOPIC, TOPIC.replace(b"01", b"02"))
    one, tally = the_intake()
    first = [delivery(topic, of_time(n, state="running")) for n in range(10) for topic in topics]
    one.store(first)
    again = [delivery(topic, of_time(100 + n, state="running")) for n in range(40) for topic in topics]
    with django_assert_num_queries(7):  # factories, machines, begin, samples, locks, states, commit
        one.store(again)
    assert (tally.counts["messages"], tally.counts["samples"]) == (100, 100)
    for each in (machine, other):
        each.refresh_from_db()
        assert (each.state, each.telemetry.count(), each.state_intervals.count()) == ("running", 50, 1)


def test_no_message_spoils_another(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one for which there is a fault in our own code."""
    store = telemetry.store_all

    def faulty(many: Any) -> list[Stored]:
        if any("poison" in sample.metrics for sent in many for sample in sent.samples):
            raise ZeroDivisionError("a fault")
        return store(many)

    monkeypatch.setattr(intake.telemetry, "store_all", faulty)
    one, tally = the_intake()
    strange = TOPIC.replace(b"penang", b"kulim")
    good = of_time(0)
    payloads = [good, of_time(1, poison=1), {"samples": [of_time(2), of_time(-9_000_000)]}, b"{", good]
    one.store([*(delivery(TOPIC, payload) for payload in payloads), delivery(strange), delivery()])
    assert TelemetrySample.objects.count() == 3
    assert tally.counts == {
        "messages": 7, "samples": 3, "duplicates": 1, "rejected": 1, "dropped_failed": 1, "dropped_malformed": 1,
        "dropped_unknown_factory": 1,
    }  # fmt: skip


def test_what_the_database_cannot_take_now_is_not_dropped(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.telemetry, "store_all", Mock(side_effect=OperationalError("gone")))
    one, tally = the_intake()
    with pytest.raises(OperationalError):
        one.store([delivery(), delivery()])
    assert not any(name.startswith("dropped") for name in tally.counts)


def test_what_says_no_time_was_measured_when_it_came(machine: Machine) -> None:
    came = delivery()
    one, _ = the_intake()
    one.store([came])
    assert TelemetrySample.objects.get().at == came.at


def test_transactions_are_bounded(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Mock(side_effect=telemetry.store_all)
    monkeypatch.setattr(intake.telemetry, "store_all", store)
    monkeypatch.setattr(intake, "MOST_SAMPLES", 10)
    one, _ = the_intake()
    sizes = (4, 4, 4, 12, 1)
    start = [sum(sizes[:place]) for place in range(len(sizes))]
    one.store(
        [
            delivery(payload={"samples": [of_time(at + n) for n in range(size)]})
            for at, size in zip(start, sizes, strict=True)
        ]
    )
    assert [sum(len(sent.samples) for sent in call.args[0]) for call in store.call_args_list] == [8, 4, 12, 1]
    assert TelemetrySample.objects.count() == 25


def test_who_sends_more_than_allowed_waits_and_nothing_is_dropped(machine: Machine, settings: LazySettings) -> None:
    settings.TELEMETRY_SAMPLES_PER_SECOND = 10
    waited: list[float] = []

    def wait(seconds: float) -> None:
        assert TelemetrySample.objects.count() == 10, "it is stored when it may be, not before"
        waited.append(seconds)
        if len(waited) == 3:
            RateBucket.objects.update(tokens=10)

    one, tally = the_intake(wait=wait)
    for number in range(2):
        one.store([delivery(payload={"samples": [of_time(10 * number + n) for n in range(10)]})])
    assert TelemetrySample.objects.count() == 20
    assert len(waited) == tally.counts["waits"] == 3
    assert all(0 < seconds <= 1 for seconds in waited)


def test_a_device_reports_and_sends_and_does_nothing_else(machine: Machine) -> None:
    device = Actor(kind="device", id="PRESS-01", name="Press", factory=machine.factory.tenant(), credential="device")
    assert {verb for verb in VERB_ROLES if allows(actor=device, verb=verb)} == {"report", "send_telemetry"}


def test_a_device_speaks_of_itself_alone(machine: Machine) -> None:
    other = a_machine(machine.factory, code="PRESS-02")
    device = Actor(kind="device", id="PRESS-01", name="Press", factory=machine.factory.tenant(), credential="device")
    assert done(telemetry.store, machine=machine, samples=[Sample({})], by=device).accepted == 1
    with pytest.raises(NotFound):
        done(telemetry.store, machine=other, samples=[Sample({})], by=device)
    assert not other.telemetry.exists()


def test_of_an_instant_that_two_tell_at_once_the_first_is_kept(machine: Machine) -> None:
    by, at = an_actor(machine.factory), datetime.now(UTC)
    sent = [Sent(machine, [Sample({"n": number}, at)], by) for number in range(3)]
    assert done(telemetry.store_all, many=sent) == [Stored(1, 0, []), Stored(0, 1, []), Stored(0, 1, [])]
    assert TelemetrySample.objects.get().metrics == {"n": 0}
