"""The real broker of this machine, where there is one, and a machine's box that publishes to it."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import orjson
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from iot.mqtt.broker import Broker

BROKER = Broker("127.0.0.1", 1883, tls=False)
NO_BROKER = "no MQTT broker answers on 127.0.0.1:1883"


def answers() -> bool:
    with suppress(OSError), socket.create_connection((BROKER.host, BROKER.port), timeout=1):
        return True
    return False


@contextmanager
def a_client(client_id: str = "") -> Iterator[Client]:
    """A client of a session of its own, which ends with it; one that there was of this name is forgotten."""
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=client_id or f"test-{uuid4()}", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.connect(BROKER.host, BROKER.port, clean_start=True)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish(*messages: tuple[str, Any], qos: int = 1, retain: bool = False) -> None:
    """Publish (topic, payload) and wait until the broker has them all; a payload that is no bytes is JSON."""
    with a_client() as client:
        sent = [client.publish(topic, as_bytes(payload), qos=qos, retain=retain) for topic, payload in messages]
        for one in sent:
            one.wait_for_publish(10)
            assert one.is_published()


def as_bytes(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else orjson.dumps(payload)


def topic(slug: str, code: str) -> str:
    return f"factories/{slug}/machines/{code}/telemetry"


def many(slug: str, codes: Sequence[str], instants: Sequence[Any]) -> list[tuple[str, Any]]:
    """A sample of each machine at each of these instants."""
    return [
        (topic(slug, code), {"ts": at.isoformat(), "metrics": {"n": number}})
        for number, at in enumerate(instants)
        for code in codes
    ]
