"""The line to the broker: one connection of a lasting session, read only as fast as what came is stored.

The session outlives the connection: what is published meanwhile, and what was taken but not acknowledged, the broker
sends when we are back. So nothing may be acknowledged before it is stored.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from factoryos.kernel import clock
from iot.mqtt.broker import Broker
from iot.mqtt.messages import FILTER, LARGEST

IN_FLIGHT = 100  # messages that the broker may send before the first of them is acknowledged
SESSION_KEPT_S = 7 * 86_400
# The broker itself passes over what is larger, silently. What is only just too large we see, and say so.
LARGEST_PACKET = 2 * LARGEST
KEEPALIVE_S = 60
PATIENCE_S = 10.0  # for the broker's answers
_LINGER_S = 0.002  # for one more message, when some have come


class LineLost(Exception):
    """There is no connection (any more), and why."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it arrived at the instant `at`. `again`: the broker has sent it before and does not know what came
    of it. `number` is the packet's, 0 where nobody waits for an acknowledgement."""

    topic: bytes
    payload: bytes
    number: int
    again: bool
    at: datetime


class Line:
    """A connection that is used once: open, take and acknowledge, close. Not for several threads."""

    def __init__(self, broker: Broker, *, client_id: str, topics: str = FILTER) -> None:
        self._broker, self._topics = broker, topics
        self._arrived: deque[Delivery] = deque()
        self._lost: str | None = None
        self._ready = False
        self.resumed = False  # the broker kept our session
        self._client = _client_of(broker, client_id)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def open(self) -> None:
        """Connect and subscribe. Problem: LineLost."""
        wishes = Properties(PacketTypes.CONNECT)
        wishes.SessionExpiryInterval = SESSION_KEPT_S
        wishes.ReceiveMaximum = IN_FLIGHT
        wishes.MaximumPacketSize = LARGEST_PACKET
        try:
            self._client.connect(
                self._broker.host, self._broker.port, KEEPALIVE_S, clean_start=False, properties=wishes
            )
        except (OSError, ValueError) as error:  # no such host, refused, a certificate that is not trusted
            raise LineLost(f"{self._broker} cannot be reached: {error}") from None
        until = time.monotonic() + PATIENCE_S
        while not self._ready:
            self._turn(0.1)
            if time.monotonic() > until:
                raise LineLost(f"{self._broker} does not answer")

    def take(self, *, most: int, patience_s: float) -> list[Delivery]:
        """What has arrived, oldest first; waits up to `patience_s` for the first. Problem: LineLost."""
        if not self._arrived:
            self._turn(patience_s)
        known = 0
        while known < len(self._arrived) < most:
            known = len(self._arrived)
            self._turn(_LINGER_S)
        return [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]

    def wait(self, seconds: float) -> None:
        """Let time pass without losing the line; what arrives meanwhile waits, but not without bounds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if len(self._arrived) < IN_FLIGHT:
                self._turn(min(left, 0.5))
            else:
                self._client.loop_misc()
                time.sleep(min(left, 0.5))

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """These are stored, or dropped for good: the broker may forget them."""
        for delivery in deliveries:
            if delivery.number:
                self._client.ack(delivery.number, 1)

    def close(self) -> None:
        """Hang up; the session stays."""
        self._client.disconnect()
        until = time.monotonic() + 1
        while (
            self._lost is None and time.monotonic() < until and self._client.loop(0.1) == MQTTErrorCode.MQTT_ERR_SUCCESS
        ):
            pass

    def _turn(self, seconds: float) -> None:
        """Read and write what there is; at most one message. Problem: LineLost."""
        outcome = self._client.loop(seconds)
        if self._lost is not None or outcome != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LineLost(self._lost or f"the connection broke ({outcome.name})")

    def _on_connect(self, client: Client, _: Any, flags: Any, reason: ReasonCode, __: Any) -> None:
        if reason.is_failure:
            self._lost = f"{self._broker} refused: {reason}"
            return
        self.resumed = flags.session_present
        # Whatever was published before somebody asked to keep it is no sign of life: nothing retained is sent.
        wish = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe(self._topics, options=wish)

    def _on_subscribe(self, _: Any, __: Any, ___: int, reasons: list[ReasonCode], ____: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._lost = f"{self._broker} does not let us subscribe to {self._topics}: {reasons[0]}"
        self._ready = True

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: ReasonCode, ____: Any) -> None:
        self._lost = self._lost or f"{self._broker} hung up: {reason}"

    def _on_message(self, _: Any, __: Any, message: MQTTMessage) -> None:
        number = message.mid if message.qos else 0
        # The bytes of the topic: `message.topic` would raise where they are no UTF-8.
        self._arrived.append(Delivery(message._topic, bytes(message.payload), number, message.dup, clock.now()))


def _client_of(broker: Broker, client_id: str) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    if broker.user is not None:
        client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        client.tls_set(ca_certs=broker.ca_file)
    return client
