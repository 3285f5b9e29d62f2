"""One listener an installation: the others stand by. It takes, stores, acknowledges, and comes back after any trouble.

The broker keeps one session for all of them. Whoever holds the lock in the database connects with it; when that one is
killed, the lock falls to the next, who gets from the broker what was not acknowledged. So two at once neither share
messages nor throw each other out.
"""

import hashlib
import random
import time
from collections import OrderedDict
from collections.abc import Iterable

import structlog
from django.db import InterfaceError, OperationalError, connection

from factoryos.kernel.problems import Busy
from iot.mqtt.broker import Broker
from iot.mqtt.intake import Intake
from iot.mqtt.line import IN_FLIGHT, Delivery, Line, LineLost
from iot.mqtt.messages import FILTER
from iot.mqtt.tally import Tally

log = structlog.get_logger("iot.mqtt")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STEADY_S = 60.0  # what lasted so long was no failed attempt
STANDBY_S = 2.0  # between two looks whether the other still listens
_LOCK_CLASS = 7_041_883  # advisory locks of two numbers: ours, and the session's name
# A host that vanished would hold the lock until TCP notices, which by default takes two hours.
_NOTICE_THE_DEAD = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"


class ToldToEnd(Exception):
    """In the middle of waiting."""


class Listener:
    """Runs until `end` is called. `topics` is the filter to subscribe to."""

    def __init__(self, broker: Broker, *, client_id: str, topics: str = FILTER) -> None:
        self._broker, self._client_id, self._topics = broker, client_id, topics
        self._ending = False
        self._known = Handled()
        self.tally = Tally()

    def end(self) -> None:
        """May be called by a signal's handler: what is being stored is stored first."""
        self._ending = True

    def run(self) -> None:
        pause, standing_by = FIRST_PAUSE_S, False
        while not self._ending:
            began = time.monotonic()
            try:
                if not _locked(self._client_id):
                    if not standing_by:
                        log.info("mqtt_standing_by", client=self._client_id)
                    standing_by = True
                    self._sleep(STANDBY_S)
                    continue
                standing_by = False
                self._listen()
            except LineLost as lost:
                log.warning("mqtt_line_lost", why=str(lost))
            except Busy:
                log.warning("mqtt_database_busy")
            except (OperationalError, InterfaceError) as error:
                log.warning("mqtt_database_away", why=str(error))
                connection.close()  # and with it the lock
            pause = FIRST_PAUSE_S if time.monotonic() - began > STEADY_S else pause
            self._sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 jitter, not a secret
            pause = min(LONGEST_PAUSE_S, pause * 2)
        connection.close()

    def _listen(self) -> None:
        """One connection, as long as it lasts. Problems: LineLost; what the database raises."""
        line = Line(self._broker, client_id=self._client_id, topics=self._topics)
        try:
            line.open()
            log.info("mqtt_listening", broker=str(self._broker), topics=self._topics, resumed=line.resumed)
            if not line.resumed:
                self._known.forget()
            intake = Intake(tally=self.tally, wait=lambda seconds: self._let_pass(line, seconds))
            while not self._ending:
                self._step(line, intake)
        except ToldToEnd:
            pass
        finally:
            line.close()

    def _step(self, line: Line, intake: Intake) -> None:
        deliveries = line.take(most=IN_FLIGHT, patience_s=1)
        new = [one for one in deliveries if not self._known.has(one)]
        self.tally.counts["redelivered"] += len(deliveries) - len(new)
        if new:
            intake.store(new)
            self._known.add(new)
        line.acknowledge(deliveries)
        self.tally.tell()

    def _sleep(self, seconds: float) -> None:
        """In short pieces: a signal's handler does not end a sleep, and may not touch what a thread waits for."""
        until = time.monotonic() + seconds
        while not self._ending and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    def _let_pass(self, line: Line, seconds: float) -> None:
        if self._ending:
            raise ToldToEnd
        line.wait(seconds)


class Handled:
    """The last deliveries that were stored, by their packets' numbers.

    An acknowledgement that was lost with the connection brings a message again. Where its samples say their time they
    are known anyway; those that do not would be taken for new ones.
    """

    def __init__(self) -> None:
        self._digests: OrderedDict[int, bytes] = OrderedDict()

    def has(self, delivery: Delivery) -> bool:
        return delivery.again and self._digests.get(delivery.number) == _digest(delivery)

    def add(self, deliveries: Iterable[Delivery]) -> None:
        for one in deliveries:
            if one.number:
                self._digests.pop(one.number, None)
                self._digests[one.number] = _digest(one)
        while len(self._digests) > 2 * IN_FLIGHT:  # no more than that can be on the way
            self._digests.popitem(last=False)

    def forget(self) -> None:
        """The session is a new one, and so are its numbers."""
        self._digests.clear()


def _digest(delivery: Delivery) -> bytes:
    return hashlib.blake2b(delivery.topic + b"\0" + delivery.payload, digest_size=16).digest()


def _locked(name: str) -> bool:
    """Take the lock for as long as the database connection lasts; again, if we have it already."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE_THE_DEAD)
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK_CLASS, name])
        return bool(cursor.fetchone()[0])
