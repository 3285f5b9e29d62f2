"""Presses behind lines that lie: what a poller gets to hear, while the press knows what it has truly made.

The line plays the worst driver there may be: it takes an answer that came late for the answer to the next question, and
noise for a value wherever noise spells one. Only such noise is left out as a sound counter could show in that instant,
for nobody could tell it from the counter.
"""

import random
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from iot.counting import LENIENCY
from iot.models import CounterPoint
from iot.registers import Encoding, Garbled, Layout
from iot.simulation.device import Clock, Device, HangUp
from iot.simulation.faults import Fault, Kind
from iot.simulation.press import SECOND, Counter, Press
from manufacturing.models import Machine

Role = CounterPoint.Role
COUNTED_BY = {Role.GOOD: Counter.GOOD, Role.REJECT: Counter.REJECTS, Role.TOTAL: Counter.MADE}
HEADROOM = 1.3  # a machine's fastest pace, as a technician states it, above the one it has
_IN_TIME = 0.4  # seconds that the driver waits
_KEPT = 8.0  # seconds after which an answer on its way is lost for good


@dataclass(frozen=True, slots=True)
class Make:
    """A kind of press. `rate` in cycles a second, `scale` in pieces a cycle; `shows` is where its counters begin.

    One that `forgets` has its counters set back now and then.
    """

    name: str
    encoding: Encoding
    rate: float
    roles: tuple[Role, ...] = (Role.GOOD,)
    share: float = 0.0
    scale: Decimal = Decimal(1)
    shows: int = 0
    forgets: bool = False


MAKES = (
    Make("U16", Encoding.U16, 300.0, shows=64_900),
    Make("BCD16", Encoding.BCD16, 48.0, (Role.TOTAL, Role.REJECT), share=0.05, shows=9_700),
    Make("U32", Encoding.U32, 180.0, (Role.GOOD, Role.REJECT), share=0.03, shows=2**32 - 900),
    Make("HALF", Encoding.U16, 90.0, scale=Decimal("0.5"), shows=65_100),
    Make("MOULD", Encoding.BCD32, 6.0, scale=Decimal(8), shows=99_999_900),
    Make("FORGETS", Encoding.U32, 120.0, (Role.TOTAL,), shows=40_000, forgets=True),
    Make("FORGETS-BCD", Encoding.BCD16, 30.0, (Role.TOTAL, Role.REJECT), share=0.05, shows=3_000, forgets=True),
)
Raws = dict[Role, int]


@dataclass(slots=True)
class Line:
    """A press, its faults, and its points by role. `tally` counts what was delivered, by fault."""

    make: Make
    machine: Machine
    press: Press
    device: Device
    max_rate: float
    clock: Clock
    chance: random.Random
    tally: "Tally[str]"
    points: dict[Role, int] = field(default_factory=dict)
    heard_at: int = 0  # when a true answer was read that has been booked
    _late: list[tuple[int, int, bytes]] = field(default_factory=list)  # asked, arrives, answer
    _noise: Raws = field(default_factory=dict)

    @property
    def machine_id(self) -> int:
        return self.machine.pk

    @property
    def layout(self) -> Layout:
        return self.press.layout

    def true(self) -> Raws:
        """Counts truly made, by role, up to now."""
        truth = self.device.press().truth()
        of = {Role.GOOD: truth.good, Role.REJECT: truth.rejects, Role.TOTAL: truth.made}
        return {role: of[role] for role in self.make.roles}

    def tells_the_truth(self, raws: Raws) -> bool:
        shown = self.press.shown()
        return raws == {role: shown[COUNTED_BY[role]] for role in self.make.roles}

    def produced(self) -> int:
        """All cycles made up to now that its counters tell of."""
        true = self.true()
        return true[Role.TOTAL] if Role.TOTAL in true else sum(true.values())

    def ask(self) -> list[Raws]:
        """What its counters are heard to show: nothing, one answer, or the same one twice."""
        if (old := self._an_old_answer()) is not None:
            return [old]
        acted = False

        def act() -> bytes:
            nonlocal acted
            acted = True
            return self._spell()

        try:
            delivery = self.device.deliver(act=act, refuse=lambda code: b"")
        except HangUp:
            self.tally["cut" if self.device.is_off_the_line() else "hangup"] += 1
            return []
        if delivery.after > _IN_TIME:
            asked = self.clock()
            self._late.append((asked, asked + round(delivery.after * SECOND), delivery.data))
            return []
        if not acted:
            return self._garbled(delivery.data)
        raws = self._read(delivery.data)
        if self.device.shown() != self.press.shown():
            self.tally["stuck"] += 1
        self._noise = {}
        if len(delivery.data) > 2 * self.layout.words * len(self.make.roles):
            self.tally["duplicate"] += 1
            return [raws, raws]
        return [raws]

    def forget(self) -> bool:
        """Set the counters back to 0, where anybody could tell; whether it was done.

        Not where it looks like an old answer or a rollover, nor where the counter may be beyond it before it is read.
        """
        shown, made = self.press.shown(), COUNTED_BY[self.make.roles[0]]
        far = (12 * LENIENCY + 70) * self.max_rate
        unheard = self.clock() - self.heard_at > 3 * SECOND
        if unheard or not far < shown[made] < 0.85 * self.layout.modulus:
            return False
        self.press.set_counters(to=0)
        self._late.clear()
        self.tally["set back"] += 1
        return True

    def _spell(self) -> bytes:
        shown = self.device.shown()
        words = [word for role in self.make.roles for word in self.layout.encode(shown[COUNTED_BY[role]])]
        return b"".join(word.to_bytes(2, "big") for word in words)

    def _read(self, data: bytes) -> Raws:
        width = self.layout.words
        words = [int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data), 2)]
        return {
            role: self.layout.decode(words[place * width : (place + 1) * width])
            for place, role in enumerate(self.make.roles)
        }

    def _an_old_answer(self) -> Raws | None:
        now = self.clock()
        self._late = [one for one in self._late if now - one[0] < _KEPT * SECOND]
        here = [one for one in self._late if one[1] <= now]
        if not here or self.chance.random() < 0.4 or self.device.is_off_the_line():
            return None
        old = self.chance.choice(here)
        self._late.remove(old)
        raws = self._read(old[2])
        if raws != self._read(self._spell()):
            self.tally["late"] += 1
        return raws

    def _garbled(self, data: bytes) -> list[Raws]:
        if not data:
            self.tally["silent"] += 1
            return []
        try:
            raws = self._read(data.ljust(2 * self.layout.words * len(self.make.roles), b"\x07"))
        except Garbled:
            self.tally["garbled"] += 1
            return []
        raws = {role: raw for role, raw in raws.items() if not self._could_be_true(role, raw)}
        self._noise = raws
        self.tally["garbage"] += bool(raws)
        return [raws] if raws else []

    def _could_be_true(self, role: Role, raw: int) -> bool:
        modulus, seconds = self.layout.modulus, (self.clock() - self.heard_at) / SECOND + 3
        most = self.max_rate * seconds * LENIENCY + 3
        ahead = (raw - self.press.shown()[COUNTED_BY[role]]) % modulus
        follows = role in self._noise and 0 <= raw - self._noise[role] <= most
        return ahead <= most or modulus - ahead <= most or follows


def lines(
    a_machine: Callable[[], Machine], *, seed: int, pace: float, lasting: float, every: float, clock: Clock, tally: "Tally[str]"
) -> list[Line]:  # fmt: skip
    """A line for each make, with faults for `lasting` seconds, one about every `every`; `pace` multiplies the rates."""
    made = []
    for number, make in enumerate(MAKES):
        rate = f"{make.rate * pace:.3f}"
        press = Press(
            rate=rate, reject_share=make.share, seed=seed + number, layout=Layout(make.encoding), shows=make.shows
        )
        chance = random.Random(f"{seed} {make.name}")
        faults = _faults(chance, lasting=lasting, every=every)
        device = Device(name=make.name, press=press, faults=faults, seed=seed, clock=clock)
        max_rate = max(1.0, float(rate) * HEADROOM)
        made.append(Line(make, a_machine(), press, device, max_rate, clock, chance, tally))
    return made


_LASTS: Sequence[tuple[Kind, Callable[[random.Random], float]]] = (
    (Kind.CLOSED, lambda chance: chance.uniform(1, 60) if chance.random() < 0.4 else chance.uniform(1, 10)),
    (Kind.FREEZE, lambda chance: chance.uniform(1, 8)),
    (Kind.HANGUP, lambda chance: chance.uniform(1, 4)),
    (Kind.GARBAGE, lambda chance: chance.uniform(1, 5)),
    (Kind.EXCEPTION, lambda chance: chance.uniform(1, 4)),
    (Kind.DUPLICATE, lambda chance: chance.uniform(2, 8)),
    (Kind.LATE, lambda chance: chance.uniform(3, 9)),
    (Kind.STUCK, lambda chance: chance.uniform(2, 8)),
)


def _faults(chance: random.Random, *, lasting: float, every: float) -> list[Fault]:
    """Each kind comes before any comes again, with a pause between two."""
    faults, at, deck = [], chance.uniform(2, every), list[int]()
    while at < lasting:
        deck = deck or chance.sample(range(len(_LASTS)), len(_LASTS))
        kind, lasts = _LASTS[deck.pop()]
        seconds = lasts(chance)
        faults.append(Fault(at=at, kind=kind, seconds=seconds, ms=chance.randrange(100, 3000)))
        at += seconds + 4 + chance.expovariate(1 / every)
    return faults
