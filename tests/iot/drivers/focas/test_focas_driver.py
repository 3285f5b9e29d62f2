"""The FANUC driver against a stand-in library: counts, codes, hangs and crashes."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iot.drivers.focas import hosts
from iot.drivers.focas.driver import FocasDriver
from iot.drivers.protocol import BusError, Point, ReadError, Reading, Trouble
from iot.drivers.registry import driver_class
from iot.registers import Encoding, Layout

ONE, TWO = "10.0.0.1", "10.0.0.2"
PARTS = Point(1, Layout(Encoding.U32), {"value": "parts"})
TOTAL = Point(2, Layout(Encoding.U32), {"value": "total"})
REQUIRED = Point(3, Layout(Encoding.U32), {"value": "required"})
RUN = Point(4, Layout(Encoding.U16), {"value": "run"})
SLOP = 0.1  # seconds by which an answer may be late


def control(plant: Any, address: str) -> FocasDriver:
    made = driver_class("focas")({"host": address, "library": str(plant.library)})  # type: ignore[call-arg]
    assert isinstance(made, FocasDriver)
    return made


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def raws(driver: FocasDriver, *points: Point, seconds: float = 10.0) -> list[Any]:
    """Raw values, and the troubles where there are none."""
    results = await driver.read(points, deadline=soon(seconds))
    return [result.raw if isinstance(result, Reading) else result.trouble for result in results]


def on_loop(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()

    asyncio.run(run())


def pid(driver: FocasDriver) -> int:
    assert driver._process is not None
    return driver._process.pid


async def gone(process: int) -> bool:
    """Whether this process ends within three seconds."""
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.01)
    return False


def test_counts_and_run_state_are_read(plant: Any) -> None:
    plant.script(ONE, p6711=41, p6712=99999999, p6713=500, run=3)

    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        before = datetime.now(UTC)
        results = await driver.read([PARTS, TOTAL, REQUIRED, RUN], deadline=soon())
        assert [(result.point_id, result.raw) for result in results if isinstance(result, Reading)] == [
            (1, 41), (2, 99999999), (3, 500), (4, 3)]  # fmt: skip
        assert all(before <= r.at <= before + timedelta(seconds=5) for r in results if isinstance(r, Reading))
        plant.script(ONE, p6711=42)
        assert await raws(driver, PARTS) == [42]
        await driver.close()

    on_loop(work)


def test_the_handle_is_freed_and_the_process_ends_at_close(plant: Any) -> None:
    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        process = pid(driver)
        assert (plant.calls("taken", ONE), plant.calls("freed", ONE)) == (1, 0)
        await driver.close()
        assert plant.calls("freed", ONE) == 1
        assert await gone(process)
        await driver.close()
        await control(plant, TWO).close()

    on_loop(work)


def test_a_hang_does_not_outlive_its_deadline_nor_the_process(plant: Any) -> None:
    plant.script(ONE, p6711=7)

    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        process = pid(driver)
        plant.script(ONE, hang_read=1)
        began = time.monotonic()
        assert await raws(driver, PARTS, RUN, seconds=0.5) == [Trouble.TIMEOUT, Trouble.TIMEOUT]
        assert 0.5 <= time.monotonic() - began <= 0.5 + SLOP
        assert await gone(process)
        plant.script(ONE, p6711=8)
        assert await raws(driver, PARTS) == [8]
        assert pid(driver) != process
        await driver.close()

    on_loop(work)


def test_a_hang_costs_another_control_of_the_host_nothing_but_a_reconnect(plant: Any) -> None:
    plant.script(TWO, p6711=5)

    async def work() -> None:
        hangs, well = control(plant, ONE), control(plant, TWO)
        await asyncio.gather(hangs.open(deadline=soon()), well.open(deadline=soon()))
        assert pid(hangs) == pid(well)
        plant.script(ONE, hang_read=1)
        hung = asyncio.create_task(raws(hangs, PARTS, seconds=0.6))
        await asyncio.sleep(0.05)
        assert await raws(well, PARTS, seconds=0.4) == [5]  # while the other hangs
        plant.script(TWO, p6711=6, slow_read=700)
        began = time.monotonic()
        slow = asyncio.create_task(raws(well, PARTS, seconds=8))  # under way when the host is killed
        assert await hung == [Trouble.TIMEOUT]
        assert await slow == [6]
        assert time.monotonic() - began < 8
        assert plant.calls("taken", TWO) == 2
        await asyncio.gather(hangs.close(), well.close())

    on_loop(work)


def test_a_control_that_hangs_while_connecting_is_given_up_later_and_comes_back(plant: Any) -> None:
    plant.script(ONE, hang_connect=1)

    async def work() -> None:
        well, hangs = control(plant, TWO), control(plant, ONE)
        await well.open(deadline=soon())
        began = time.monotonic()
        with pytest.raises(BusError) as refused:
            await hangs.open(deadline=soon(0.3))
        assert refused.value.trouble is Trouble.TIMEOUT
        assert time.monotonic() - began <= 0.3 + SLOP
        process = pid(well)
        assert await raws(well, PARTS) == [0]  # a control that is switched off is slow to connect, and kills nobody
        assert pid(well) == process
        await asyncio.sleep(2)
        plant.script(ONE, p6711=3)
        assert await raws(hangs, PARTS) == [3]
        assert pid(hangs) != process
        assert await raws(well, PARTS) == [0]
        await asyncio.gather(hangs.close(), well.close())

    on_loop(work)


def test_a_connection_made_after_its_deadline_is_given_back_when_closed(plant: Any) -> None:
    plant.script(ONE, slow_connect=600)

    async def work() -> None:
        other, late = control(plant, TWO), control(plant, ONE)
        await other.open(deadline=soon())
        with pytest.raises(BusError):
            await late.open(deadline=soon(0.2))
        await asyncio.sleep(1)
        assert (plant.calls("taken", ONE), plant.calls("freed", ONE)) == (1, 1)
        await other.close()

    on_loop(work)


def test_a_crash_costs_a_reconnect(plant: Any) -> None:
    plant.script(ONE, crash_read=1)
    plant.script(TWO, p6711=5)

    async def work() -> None:
        crashes, well = control(plant, ONE), control(plant, TWO)
        await asyncio.gather(crashes.open(deadline=soon()), well.open(deadline=soon()))
        (result,) = await crashes.read([PARTS], deadline=soon())
        assert isinstance(result, ReadError)
        assert (result.trouble, "SIGSEGV" in result.text) == (Trouble.CLOSED, True)
        assert await raws(well, PARTS) == [5]  # it was not asking: it notices nothing
        plant.script(ONE, p6711=9)
        assert await raws(crashes, PARTS) == [9]
        assert pid(crashes) == pid(well)
        await asyncio.gather(crashes.close(), well.close())

    on_loop(work)


def test_a_host_that_is_killed_or_stopped_is_replaced(plant: Any) -> None:
    plant.script(ONE, p6711=1)

    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        os.kill(pid(driver), signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert await raws(driver, PARTS) == [1]
        stopped = pid(driver)
        os.kill(stopped, signal.SIGSTOP)
        assert await raws(driver, PARTS, seconds=0.3) == [Trouble.TIMEOUT]
        assert await gone(stopped)
        assert await raws(driver, PARTS) == [1]
        await driver.close()

    on_loop(work)


def test_one_bad_point_does_not_spoil_the_others(plant: Any) -> None:
    plant.script(ONE, p6711=11, p6713=13, fail_6712=3, fail_status=15)

    async def work() -> None:
        driver = control(plant, ONE)
        assert await raws(driver, PARTS, TOTAL, RUN, REQUIRED) == [11, Trouble.REFUSED, Trouble.REFUSED, 13]
        plant.script(ONE, p6711=-5, p6713=70000, run=2)
        narrow = Point(5, Layout(Encoding.U16), {"value": "required"})
        assert await raws(driver, PARTS, narrow, RUN) == [Trouble.MISSET, Trouble.MISSET, 2]
        plant.script(ONE, echo=6710)
        assert await raws(driver, PARTS) == [Trouble.GARBLED]
        await driver.close()

    on_loop(work)


@pytest.mark.parametrize(
    ("code", "trouble", "words", "connects"),
    [
        (-1, Trouble.REFUSED, "busy", 1),
        (-8, Trouble.CLOSED, "EW_HANDLE", 2),
        (-16, Trouble.CLOSED, "EW_SOCKET", 2),
        (-17, Trouble.GARBLED, "EW_PROTOCOL", 2),
        (4, Trouble.REFUSED, "EW_ATTRIB", 1),
        (-99, Trouble.REFUSED, "-99", 1),
    ],
)
def test_codes_become_sentences_and_lost_handles_are_taken_anew(
    plant: Any, code: int, trouble: Trouble, words: str, connects: int
) -> None:
    async def work() -> None:
        driver = control(plant, ONE)
        plant.script(ONE, fail_read=code)
        results = await driver.read([PARTS, TOTAL], deadline=soon())
        assert all(isinstance(r, ReadError) and r.trouble is trouble and words in r.text for r in results), results
        plant.script(ONE, p6711=2)
        assert await raws(driver, PARTS) == [2]
        assert plant.calls("taken", ONE) == connects
        await driver.close()
        assert plant.calls("freed", ONE) == connects

    on_loop(work)


def test_a_control_that_is_switched_off_is_unreachable(plant: Any) -> None:
    plant.script(ONE, fail_connect=-16)

    async def work() -> None:
        driver = control(plant, ONE)
        with pytest.raises(BusError) as refused:
            await driver.open(deadline=soon())
        assert refused.value.trouble is Trouble.UNREACHABLE
        assert plant.calls("taken", ONE) == 0

    on_loop(work)


def test_what_the_library_prints_does_not_stand_between_the_answers(plant: Any) -> None:
    plant.script(ONE, print=1, p6711=4)

    async def work() -> None:
        driver = control(plant, ONE)
        assert await raws(driver, PARTS, RUN) == [4, 0]
        await driver.close()

    on_loop(work)


def test_a_host_outlives_the_loop_that_asked_for_it(plant: Any) -> None:
    plant.script(ONE, p6711=1)
    driver = control(plant, ONE)
    on_loop(lambda: driver.open(deadline=soon()))
    process = pid(driver)

    async def work() -> None:
        assert await raws(driver, PARTS) == [1]
        assert pid(driver) == process
        await driver.close()

    on_loop(work)


def test_the_host_ends_with_us_and_knows_no_secrets(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")

    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        process = driver._process
        assert process is not None
        with open(f"/proc/{process.pid}/environ", "rb") as file:
            assert b"DATABASE_URL" not in file.read()
        with open(f"/proc/{process.pid}/maps") as file:
            assert "psycopg" not in file.read()
        assert process._process.stdin is not None
        process._process.stdin.close()  # as the system does when we die
        assert await gone(process.pid)
        assert plant.calls("freed", ONE) == 1

    on_loop(work)


def test_hosts_leave_no_folder_behind(plant: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setattr(hosts.tempfile, "tempdir", str(own))

    async def work() -> None:
        driver = control(plant, ONE)
        await driver.open(deadline=soon())
        assert len(list(own.iterdir())) == 1
        await driver.close()
        for _ in range(200):
            if not list(own.iterdir()):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the folder is still there")

    on_loop(work)
