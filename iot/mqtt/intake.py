"""From messages to samples in the tables: many messages a transaction, and none that spoils the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Lower

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from factoryos.kernel.problems import Busy, Problem
from factoryos.kernel.transactions import whole
from iot import telemetry
from iot.mqtt import messages
from iot.mqtt.line import Delivery
from iot.mqtt.messages import Message, Unfit
from iot.mqtt.tally import Tally
from iot.telemetry import Sent, Stored
from manufacturing.models import Machine

log = structlog.get_logger("iot.mqtt")

MOST_SAMPLES = 2000  # a transaction
FACE = "iot"
Place = tuple[str, str]  # a factory's slug and a machine's code
Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Known:
    """A message of a machine that there is."""

    delivery: Delivery
    sent: Sent


class Intake:
    """Stores what arrived. `wait` lets so many seconds pass where a factory sends more than it may."""

    def __init__(self, *, tally: Tally, wait: Wait) -> None:
        self._tally, self._wait = tally, wait

    def store(self, deliveries: Sequence[Delivery]) -> None:
        """All of these are stored, or dropped for good, when it returns.

        Problems: OperationalError, InterfaceError, Busy (the database does not answer now); whatever `wait` raises. What
        was stored until then is stored; to store it again adds nothing.
        """
        self._tally.counts["messages"] += len(deliveries)
        read = [(delivery, message) for delivery in deliveries if (message := self._read(delivery)) is not None]
        for part in _parts(self._known(read)):
            self._keep_to_the_limit(part)
            self._store_together(part)

    def _read(self, delivery: Delivery) -> Message | None:
        try:
            return messages.read(delivery.topic, delivery.payload)
        except Unfit as unfit:
            self._tally.dropped(unfit.reason, topic=delivery.topic, detail=unfit.detail)
            return None

    def _known(self, read: Sequence[tuple[Delivery, Message]]) -> list[Known]:
        factories, machines = _found({(message.slug, message.code) for _, message in read})
        known = []
        for delivery, message in read:
            if message.slug not in factories:
                self._tally.dropped("unknown_factory", topic=delivery.topic, detail="no such factory")
            elif (machine := machines.get((message.slug, message.code))) is None:
                self._tally.dropped("unknown_machine", topic=delivery.topic, detail="no machine of exactly this code")
            else:
                # What says no time was measured when it came, however long we wait with it.
                samples = [one if one.at else replace(one, at=delivery.at) for one in message.samples]
                known.append(Known(delivery, Sent(machine, samples, by=_device(machine, factories[message.slug]))))
        return known

    def _keep_to_the_limit(self, part: Iterable[Known]) -> None:
        counted: dict[int, int] = {}
        for one in part:
            factory_id = one.sent.machine.factory_id
            counted[factory_id] = counted.get(factory_id, 0) + len(one.sent.samples)
        for factory_id, count in counted.items():
            while (allowance := telemetry.take_allowance(factory_id=factory_id, count=count)).exceeded:
                self._tally.counts["waits"] += 1
                self._wait(min(allowance.retry_after, count / allowance.limit))

    def _store_together(self, part: Sequence[Known]) -> None:
        try:
            stored = whole(lambda: telemetry.store_all([one.sent for one in part]))
        except (OperationalError, InterfaceError, Busy):
            raise
        except Exception as error:
            if len(part) > 1:  # one of them is to blame, and the others are not
                for one in part:
                    self._store_together([one])
                return
            self._give_up(part[0], error)
            return
        for one, outcome in zip(part, stored, strict=True):
            self._count(one, outcome)

    def _give_up(self, one: Known, error: Exception) -> None:
        """A message that cannot be stored would come for ever and keep all others from coming."""
        if not isinstance(error, Problem):
            log.error("mqtt_message_failed", machine=one.sent.machine.code, exc_info=error)
        self._tally.dropped("failed", topic=one.delivery.topic, detail=str(error))

    def _count(self, one: Known, stored: Stored) -> None:
        self._tally.counts["samples"] += stored.accepted
        self._tally.counts["duplicates"] += stored.duplicates
        if stored.rejected:
            reason = stored.rejected[0].reason
            self._tally.rejected(len(stored.rejected), topic=one.delivery.topic, detail=reason)


def _found(places: set[Place]) -> tuple[dict[str, Factory], dict[Place, Machine]]:
    """The factories by slug, and the machines by place, exactly as they are spelled."""
    factories = {factory.slug: factory for factory in Factory.objects.filter(slug__in={slug for slug, _ in places})}
    slugs = {factory.pk: factory.slug for factory in factories.values()}
    machines = Machine.objects.alias(folded=Lower("code")).filter(  # as the index has it
        factory_id__in=slugs, folded__in={code.lower() for slug, code in places if slug in factories}
    )
    return factories, {(slugs[machine.factory_id], machine.code): machine for machine in machines}


def _device(machine: Machine, factory: Factory) -> Actor:
    """The machine itself speaks; that it may, the broker has said."""
    return Actor(
        kind="device", id=machine.code, name=machine.name, factory=factory.tenant(), face=FACE, credential="device"
    )


def _parts(known: Iterable[Known]) -> Iterable[list[Known]]:
    """Pieces of bounded transactions, in order."""
    part: list[Known] = []
    samples = 0
    for one in known:
        if part and samples + len(one.sent.samples) > MOST_SAMPLES:
            yield part
            part, samples = [], 0
        part.append(one)
        samples += len(one.sent.samples)
    if part:
        yield part
