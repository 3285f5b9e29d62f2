"""Which buses there are, and which lines are still being closed: a bus is never held by two lines at once."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from iot.engine.actor import Actor
from iot.engine.lines import ByTask

if TYPE_CHECKING:  # the dataclass lies beside what reads the tables
    from iot.buses import Bus

_GOLDEN = 0.6180339887498949  # its multiples fill a period evenly, however many there will be


class Fleet:
    """The actors, each a bus. `on_free` is called with one that may be read now and could not be before."""

    def __init__(self, *, chance: random.Random, on_free: Callable[[Actor], None]) -> None:
        self.actors: dict[int, Actor] = {}
        self.closing: dict[int, asyncio.Task[None]] = {}  # bus → its former line
        self._chance, self._on_free = chance, on_free
        self._of_machine: dict[int, list[Actor]] = {}
        self._made = 0

    def change(self, buses: Sequence["Bus"]) -> tuple[list[Actor], list[Actor]]:
        """Those who are no longer in it, and those who are new. Who is known in this version stays as he is."""
        wanted = {bus.id: bus for bus in buses}
        gone = [one for one in self.actors.values() if _other(one.bus, wanted.get(one.bus.id))]
        for actor in gone:
            del self.actors[actor.bus.id]
        new = [self._actor(bus) for bus in wanted.values() if bus.id not in self.actors]
        self.actors.update({actor.bus.id: actor for actor in new})
        for actor in self.actors.values():
            actor.bus = wanted[actor.bus.id]  # another shard may have it
        self._of_machine = {}
        for actor in self.actors.values():
            for machine in actor.machine_ids:
                self._of_machine.setdefault(machine, []).append(actor)
        return gone, new

    def of_machines(self, machine_ids: Collection[int]) -> set[Actor]:
        return {actor for machine in machine_ids for actor in self._of_machine.get(machine, ())}

    def has(self, actor: Actor) -> bool:
        return self.actors.get(actor.bus.id) is actor

    def part(self, actor: Actor, *, loop: asyncio.AbstractEventLoop) -> None:
        """Close the line of one who is gone; whoever has the bus now waits for it."""
        task = loop.create_task(actor.line.close())
        self.closing[actor.bus.id] = task
        task.add_done_callback(lambda _: self._closed(actor.bus.id))

    def _closed(self, bus_id: int) -> None:
        del self.closing[bus_id]
        actor = self.actors.get(bus_id)
        if actor is not None and actor.held:
            actor.held = False
            self._on_free(actor)

    def _actor(self, bus: "Bus") -> Actor:
        self._made += 1
        actor = Actor(bus, share=self._made * _GOLDEN % 1.0, chance=self._chance)
        if isinstance(actor.line, ByTask):
            actor.line.on_free = lambda: self._on_free(actor) if self.has(actor) else None
        return actor


def _other(known: "Bus", wanted: "Bus | None") -> bool:
    return wanted is None or wanted.version != known.version
