"""Scripts of faults, and what a device does of them: at their second, in their order, for as long as they say."""

from contextlib import suppress

import pytest

from iot.simulation.device import Delivery, Device, HangUp
from iot.simulation.faults import Fault, Kind, ScriptError, parse_script, scatter
from iot.simulation.press import SECOND, Counter, Press


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 5 * SECOND

    def __call__(self) -> int:
        return self.at

    def go_to(self, second: float) -> None:
        self.at = 5 * SECOND + round(second * SECOND)


def _device(*faults: Fault, seed: int = 0) -> tuple[Device, Hands]:
    clock = Hands()
    device = Device(name="P", press=Press(rate=10), faults=faults, seed=seed, clock=clock)
    device.press().start()
    return device, clock


def _ask(device: Device) -> Delivery:
    return device.deliver(act=lambda: b"yes", refuse=lambda code: b"no %d" % code)


def test_a_script_is_read() -> None:
    text = """
    # a bad morning
    10 freeze 5 on=PRESS-01
    20.5 late 8 ms=1500   # slow
    30 reset
    40 rollover near=3
    50 exception 2 code=2
    """
    assert parse_script(text) == [
        Fault(at=10, kind=Kind.FREEZE, seconds=5, on="PRESS-01"),
        Fault(at=20.5, kind=Kind.LATE, seconds=8, ms=1500),
        Fault(at=30, kind=Kind.RESET),
        Fault(at=40, kind=Kind.ROLLOVER, near=3),
        Fault(at=50, kind=Kind.EXCEPTION, seconds=2, code=2),
    ]


@pytest.mark.parametrize(
    "line",
    ["10", "10 melt 5", "x freeze 5", "10 freeze", "10 freeze 0", "-1 reset", "nan reset", "1 freeze inf",
     "1 late 5 ms=-1", "1 late 5 ms=x", "1 late 5 colour=red", "1 exception 5 code=0", "1 freeze 2 3"],
)  # fmt: skip
def test_a_line_that_cannot_be_followed_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(ScriptError, match="line 2"):
        parse_script(f"5 reset\n{line}")


def test_every_kind_lasts_from_its_second_until_its_end() -> None:
    device, clock = _device(Fault(at=1, kind=Kind.FREEZE, seconds=2))
    answers = {}
    for second in (0.9, 1.0, 2.999, 3.0):
        clock.go_to(second)
        answers[second] = _ask(device).data
    assert answers == {0.9: b"yes", 1.0: b"", 2.999: b"", 3.0: b"yes"}


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (Fault(at=1, kind=Kind.FREEZE, seconds=2), Delivery()),
        (Fault(at=1, kind=Kind.DUPLICATE, seconds=2), Delivery(b"yesyes")),
        (Fault(at=1, kind=Kind.LATE, seconds=2, ms=250), Delivery(b"yes", 0.25)),
        (Fault(at=1, kind=Kind.EXCEPTION, seconds=2, code=4), Delivery(b"no 4")),
        (Fault(at=1, kind=Kind.STUCK, seconds=2), Delivery(b"yes")),
    ],
)
def test_what_a_fault_leaves_of_an_answer(fault: Fault, delivery: Delivery) -> None:
    device, clock = _device(fault)
    clock.go_to(2)
    assert _ask(device) == delivery


@pytest.mark.parametrize("kind", [Kind.CLOSED, Kind.HANGUP])
def test_a_cut_line_is_no_answer(kind: Kind) -> None:
    device, clock = _device(Fault(at=1, kind=kind, seconds=2))
    clock.go_to(2)
    with pytest.raises(HangUp):
        _ask(device)
    clock.go_to(3)
    assert _ask(device).data == b"yes"


@pytest.mark.parametrize("kind", [Kind.FREEZE, Kind.HANGUP, Kind.GARBAGE, Kind.EXCEPTION])
def test_what_is_not_answered_is_not_done_either(kind: Kind) -> None:
    device, clock = _device(Fault(at=1, kind=kind, seconds=2))
    clock.go_to(2)
    done: list[int] = []
    with suppress(HangUp):
        device.deliver(act=lambda: bytes(done.append(1) or 1), refuse=lambda code: b"")
    assert done == []


def test_noise_is_the_same_for_the_same_seed() -> None:
    fault = Fault(at=0, kind=Kind.GARBAGE, seconds=9)
    noises = [_ask(_device(fault, seed=seed)[0]).data for seed in (1, 1, 2)]
    assert noises[0] == noises[1] != noises[2]


def test_a_stuck_value_stands_at_its_second_while_parts_are_made() -> None:
    device, clock = _device(Fault(at=2, kind=Kind.STUCK, seconds=3))
    clock.go_to(4.9)  # nobody looked at second 2
    assert device.shown()[Counter.MADE] == 20
    clock.go_to(5)
    assert device.shown()[Counter.MADE] == 50
    assert device.press().truth().made == 50


def test_a_reset_happens_at_its_second_though_nobody_looked() -> None:
    device, clock = _device(Fault(at=2, kind=Kind.RESET))
    clock.go_to(10)
    assert device.shown()[Counter.MADE] == 80
    assert device.press().truth().made == 100


def test_a_rollover_is_near_and_loses_nothing() -> None:
    device, clock = _device(Fault(at=2, kind=Kind.ROLLOVER, near=5))
    clock.go_to(2)
    assert device.shown()[Counter.MADE] == 2**32 - 5
    clock.go_to(3)
    assert device.shown()[Counter.MADE] == 5
    assert device.press().truth().made == 30


def test_a_fault_of_another_device_does_not_befall_this_one() -> None:
    device, clock = _device(Fault(at=1, kind=Kind.FREEZE, seconds=9, on="Q"))
    clock.go_to(2)
    assert _ask(device).data == b"yes"


def test_drawn_faults_are_the_same_for_the_same_seed_and_of_every_kind() -> None:
    drawn = [scatter(seed=seed, devices=["A", "B"], lasting=3600, every=20) for seed in (7, 7, 8)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert {fault.kind for fault in drawn[0]} == set(Kind)
    assert {fault.on for fault in drawn[0]} == {"A", "B"}
    assert all(0 <= fault.at < 3600 for fault in drawn[0])
