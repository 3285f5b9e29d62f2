"""What a technician is told about a line: each fault in its own words, with what to do, and no more than is known."""

import asyncio
import errno
import io
import socket
import struct
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone

from iot.connections import add_point, make_connection
from iot.counting import Rules
from iot.diagnosis import advice, spellings
from iot.diagnosis.examination import examine
from iot.diagnosis.findings import ExaminedPoint, Finding, Grade, Step, Target
from iot.diagnosis.targets import poller_of_bus, target_of
from iot.drivers.protocol import BusError, Point, Trouble
from iot.management.commands import connection_test
from iot.modbus.frames import EXCEPTIONS
from iot.models import PollShard
from iot.registers import Encoding, Layout
from iot.simulation.device import Device
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort
from iot.simulation.terminal import SerialLine
from tests.floor import a_factory, a_machine, an_actor, done
from tests.iot.drivers.peers import Script, listening, play, tcp, tcp_refusal
from tests.iot.drivers.wires import rtu_question, terminal

U32 = Layout(Encoding.U32)
FINE, NOTE, WRONG = Grade.FINE, Grade.NOTE, Grade.WRONG


def counter(address: int = 0, layout: Layout = U32, *, max_rate: float = 1000.0, **where: Any) -> ExaminedPoint:
    point = Point(1, layout, {"address": address, **where})
    return ExaminedPoint("PRESS-01 good", point, Rules(layout.modulus, max_rate))


async def told(target: Target, *, reads: int = 2, pause_s: float = 0.0, patience_s: float = 2.0) -> list[Finding]:
    return [one async for one in examine(target, reads=reads, pause_s=pause_s, patience_s=patience_s)]


def grades(findings: Sequence[Finding]) -> dict[Step, Grade]:
    return {finding.step: finding.grade for finding in findings}


def of(findings: Sequence[Finding], step: Step) -> Finding:
    return next(finding for finding in findings if finding.step is step)


def at_peer(script: Script, *points: ExaminedPoint, **how: Any) -> list[Finding]:
    """The findings about a Modbus/TCP server that follows a script."""
    found: list[Finding] = []
    every_s = how.pop("every_s", 1.0)

    async def scene() -> None:
        async with listening(script) as peer:
            address = {**peer.address, "timeout": 0.1}
            found.extend(await told(Target("LINE-1", "modbus_tcp", address, points, every_s), **how))

    play(scene)
    return found


def test_a_line_in_good_health_is_said_to_be_one_and_its_counter_is_seen_to_move() -> None:
    async def scene() -> None:
        device = Device(name="P", press=Press(rate=500))
        device.press().start()
        port = TcpPort([device])
        await port.open()
        address = {"host": port.host, "port": port.port}
        findings = await told(Target("LINE-1", "modbus_tcp", address, (counter(),)), reads=3, pause_s=0.05)
        await port.close()
        assert grades(findings) == {
            Step.SETTINGS: FINE, Step.REACH: FINE, Step.PROTOCOL: FINE, Step.VALUE: FINE, Step.TIMES: FINE,
            Step.MOVEMENT: FINE,
        }  # fmt: skip
        assert " a second." in of(findings, Step.MOVEMENT).text and "counted" in of(findings, Step.MOVEMENT).text
        assert of(findings, Step.VALUE).details[0].startswith("Its registers hold 0x0000 0x0")

    play(scene)


def holding(*words: int) -> Script:
    return lambda number, asked: [tcp(asked, words)]


def test_a_value_that_is_read_in_the_wrong_order_is_shown_in_every_other() -> None:
    value = of(at_peer(holding(57920, 1), counter()), Step.VALUE)
    assert (value.grade, value.text) == (NOTE, "It is 3795845121.")
    assert value.details[:1] == ["Its registers hold 0xE240 0x0001 (57920 1)."]
    assert "123456 as u32, low word first" in value.details
    odd = of(at_peer(holding(3, 0), counter()), Step.VALUE)
    assert odd.grade is NOTE and "the device itself shows" in odd.advice and "3 as u32, low word first" in odd.details
    assert of(at_peer(holding(0, 3), counter()), Step.VALUE).grade is FINE


def test_decimal_digits_are_offered_and_what_is_none_is_said() -> None:
    bcd = Layout(Encoding.BCD16)
    wrong = of(at_peer(holding(0x12AB), counter(layout=bcd)), Step.VALUE)
    assert wrong.grade is WRONG and "Is the encoding the right one?" in wrong.text
    assert "4779 as u16" in wrong.details
    assert "1234 as bcd16" in of(at_peer(holding(0x1234), counter(layout=Layout(Encoding.U16))), Step.VALUE).details


def test_a_register_that_is_refused_is_looked_for_near_by() -> None:
    def script(number: int, asked: bytes) -> Any:
        function, _, count = struct.unpack_from(">BHH", asked, 7)
        return [tcp(asked, [7] * count)] if function == 4 else [tcp_refusal(asked, 2)]

    findings = at_peer(script, counter(40010))
    value = of(findings, Step.VALUE)
    assert grades(findings)[Step.PROTOCOL] is FINE and value.grade is WRONG
    assert "register 40001 is address 0" in value.advice
    assert value.details == ["Address 40010 of input_registers answers: 458759."]


def test_another_unit_that_answers_is_named_where_the_asked_one_is_silent() -> None:
    findings = at_peer(lambda number, asked: [tcp(asked, [0, 5])] if asked[6] == 255 else [], counter(unit=3))
    wrong = of(findings, Step.PROTOCOL)
    assert wrong.grade is WRONG and "unit number" in wrong.advice and wrong.details == ["Unit 255 answers: 5."]
    assert Step.VALUE not in grades(findings)


def test_what_speaks_another_protocol_is_said_to() -> None:
    wrong = of(at_peer(lambda number, asked: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], counter()), Step.PROTOCOL)
    assert wrong.grade is WRONG and "no Modbus/TCP" in wrong.text and "something else" in wrong.advice.lower()


def test_a_counter_that_jumps_and_one_that_stands_are_told_apart() -> None:
    shown = {1: 5, 2: 900_000, 3: 7}
    jumps = at_peer(
        lambda number, asked: [tcp(asked, [shown[number] >> 16, shown[number] & 0xFFFF])], counter(), reads=3
    )
    assert of(jumps, Step.MOVEMENT).grade is WRONG
    assert of(jumps, Step.MOVEMENT).text.endswith("which makes 1000 a second at most: 5, 900000, 7.")
    stands = of(at_peer(holding(0, 5), counter()), Step.MOVEMENT)
    assert stands.grade is NOTE and "did not move" in stands.text


def test_a_counter_beyond_its_end_is_said_to_be() -> None:
    point = ExaminedPoint("P", Point(1, U32, {"address": 0}), Rules(1000, 10.0))
    value = of(at_peer(holding(0, 5000), point), Step.VALUE)
    assert (value.grade, value.text) == (WRONG, "It is 5000, but was said to begin again at 1000.")


def test_a_state_is_told_in_its_word() -> None:
    point = ExaminedPoint("P", Point(1, Layout(Encoding.U16), {"address": 0}), states={"2": "down"})
    assert of(at_peer(holding(2), point), Step.VALUE).text == "It is 2: down."
    assert of(at_peer(holding(9), point), Step.VALUE).text == "It is 9: running."


def test_a_line_that_is_slower_than_it_is_polled_and_one_that_loses_reads_are_told() -> None:
    slow = of(at_peer(lambda number, asked: [0.03, tcp(asked, [0, 5])], counter(), every_s=0.01), Step.TIMES)
    assert slow.grade is WRONG and "It is to be read every 0.01 seconds." in slow.text
    losing = at_peer(lambda number, asked: [] if number == 2 else [tcp(asked, [0, 5])], counter(), reads=3)
    lost = [finding for finding in losing if finding.step is Step.TIMES and finding.grade is WRONG]
    assert len(lost) == 1 and lost[0].text.startswith("1 of 3 reads brought less than the first: ")


def test_settings_that_cannot_work_end_the_examination() -> None:
    findings = asyncio.run(told(Target("L", "modbus_tcp", {"hots": "x"}, (counter(70_000),))))
    assert {finding.step for finding in findings} == {Step.SETTINGS} and len(findings) == 3
    assert asyncio.run(told(Target("L", "opc_ua", {})))[0].text == "There is no driver 'opc_ua'."


def test_a_name_that_nobody_knows_and_one_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, *args: Any, **kwargs: Any) -> Any:
        if host != "press.lan":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    unknown = asyncio.run(told(Target("L", "modbus_tcp", {"host": "pres.lan"})))
    assert [finding.step for finding in unknown] == [Step.SETTINGS, Step.NAME] and unknown[1].grade is WRONG
    known = asyncio.run(told(Target("L", "modbus_tcp", {"host": "press.lan", "port": 1})))
    assert of(known, Step.NAME).text == "press.lan is 127.0.0.1." and of(known, Step.REACH).grade is WRONG


@pytest.mark.parametrize("driver", ["modbus_tcp", "focas", "modbus_rtu"])
def test_a_port_that_is_turned_away_is_told_from_silence(driver: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address: dict[str, Any] = {"host": "127.0.0.1", "port": taken.getsockname()[1]}
        address |= {"library": "/nowhere/fwlib.so"} if driver == "focas" else {}
        address = {"port": f"socket://127.0.0.1:{address['port']}"} if driver == "modbus_rtu" else address
        reach = of(asyncio.run(told(Target("L", driver, address))), Step.REACH)
    assert reach.grade is WRONG and "turns the port away" in reach.advice


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (TimeoutError(), "Nothing at all came back"),
        (OSError(errno.EHOSTUNREACH, "no route"), "knows no way there"),
        (OSError(errno.ECONNREFUSED, "refused"), "turns the port away"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "in numbers"),
        (None, "See whether it is on"),
    ],
)
def test_the_ways_in_which_nothing_is_reached_have_each_their_advice(cause: Any, words: str) -> None:
    error = BusError(Trouble.UNREACHABLE, "It cannot be reached.")
    error.__cause__ = cause
    assert words in advice.of_reach(error, driver="modbus_tcp")


def test_every_exception_of_modbus_is_explained() -> None:
    texts = {
        advice.of_trouble(Trouble.REFUSED, driver="modbus_tcp", text=f"Unit 1 refuses to give register 0: {words}.")
        for words in EXCEPTIONS.values()
    }
    assert len(texts) == len(EXCEPTIONS) and "" not in texts


def test_a_serial_port_that_is_not_there_is_said_and_one_that_is_garbled_hints_at_speed_and_parity(
    tmp_path: Path,
) -> None:
    point = counter()
    gone = asyncio.run(told(Target("L", "modbus_rtu", {"port": str(tmp_path / "ttyUSB0")}, (point,))))
    assert "Is the adapter plugged in?" in of(gone, Step.REACH).text
    with terminal(lambda number, asked: [b"\xfe\x00\x81" * 9], rtu_question, tmp_path / "line") as wire:
        address = {"port": wire.port, "timeout": 0.1}
        garbled = asyncio.run(told(Target("L", "modbus_rtu", address, (point,))))
    assert of(garbled, Step.PROTOCOL).grade is WRONG
    assert "speed, parity" in of(garbled, Step.PROTOCOL).advice


def test_an_adapter_that_only_hears_itself_is_said_to_work(tmp_path: Path) -> None:
    with terminal(lambda number, asked: [asked], rtu_question, tmp_path / "line") as wire:
        address = {"port": wire.port, "timeout": 0.05}
        wrong = of(asyncio.run(told(Target("L", "modbus_rtu", address, (counter(),)))), Step.PROTOCOL)
    assert "only our own question came back" in wrong.text and wrong.advice.startswith("The adapter hears itself")


def test_a_serial_line_that_a_poller_reads_is_not_touched_and_a_network_device_is_asked_all_the_same(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        line = SerialLine([Device(name="P", press=Press(rate=0))], link=tmp_path / "tty", tongue="modbus_rtu")
        await line.open()
        target = Target("L", "modbus_rtu", {"port": str(line.link)}, (counter(),), polled_by="poller-7")
        findings = await told(target)
        assert [finding.step for finding in findings] == [Step.SETTINGS, Step.LINE]
        assert "poller-7" in findings[1].text and "cannot be shared" in findings[1].text
        assert grades(await told(Target("L", "modbus_rtu", target.address, (counter(),))))[Step.VALUE] is FINE
        await line.close()
        port = TcpPort([Device(name="P", press=Press(rate=0))])
        await port.open()
        address = {"host": port.host, "port": port.port}
        shared = await told(Target("L", "modbus_tcp", address, (counter(),), polled_by="poller-7"))
        assert (grades(shared)[Step.LINE], grades(shared)[Step.VALUE]) == (NOTE, FINE)
        await port.close()

    play(scene)


def test_without_a_point_a_register_is_tried_and_where_none_is_known_nothing_is_asked(tmp_path: Path) -> None:
    findings = at_peer(lambda number, asked: [tcp_refusal(asked, 2)])
    assert grades(findings)[Step.PROTOCOL] is FINE
    with terminal(lambda number, asked: [], rtu_question, tmp_path / "line") as wire:
        text = asyncio.run(told(Target("L", "serial_ascii", {"port": wire.port})))
        assert of(text, Step.PROTOCOL).grade is NOTE and wire.asked == []


def test_words_are_spelled_in_every_way_once() -> None:
    assert spellings.others([0, 0], than=U32) == []
    assert spellings.in_words([1, 57920]) == "0x0001 0xE240 (1 57920)"
    assert spellings.looks_odd([0x8000, 0], layout=U32) and not spellings.looks_odd([1, 57920], layout=U32)


class SetUp:
    """A factory's connection LINE-1 to a port, with a counter."""

    def __init__(self, port: int = 1) -> None:
        self.factory = a_factory()
        by = an_actor(self.factory)
        address = {"host": "127.0.0.1", "port": port}
        self.connection = done(make_connection, by=by, code="LINE-1", driver="modbus_tcp", address=address)
        machine = a_machine(self.factory, code="PRESS-01")
        facts: dict[str, Any] = {"machine_id": machine.pk, "role": "good", "where": {"address": 0}}
        done(add_point, connection_id=self.connection.pk, by=by, **facts)


@pytest.mark.django_db
def test_a_connection_is_examined_as_it_is_set_up_and_its_poller_is_named() -> None:
    here, there = SetUp(), SetUp()
    target = target_of(here.connection)
    assert (target.name, target.driver, target.every_s, target.polled_by) == ("LINE-1", "modbus_tcp", 1.0, None)
    assert [point.name for point in target.points] == ["PRESS-01 good"]
    assert target.points[0].rules == Rules(2**32, 10.0)
    soon = timezone.now() + timedelta(seconds=9)
    PollShard.objects.filter(pk=there.connection.shard_id).update(lease_owner="poller-7", lease_until=soon)
    assert target_of(there.connection).polled_by == "poller-7"
    assert poller_of_bus("modbus_tcp", {"host": "127.0.0.1", "port": 1}) == "poller-7"
    assert poller_of_bus("modbus_tcp", {"host": "127.0.0.1", "port": 2}) is None
    assert poller_of_bus("modbus_tcp", {}) is None


def run(*words: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("connection_test", *words, "--reads", "2", "--pause", "0", stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


@pytest.mark.django_db
def test_the_command_ends_with_1_where_something_is_wrong_and_asks_whose_connection_is_meant() -> None:
    here = SetUp()
    text, code = run("line-1")
    assert code == 1 and "WRONG reach: 127.0.0.1:1 does not take the connection." in text
    assert text.endswith("Something is wrong, see above.\n")
    there = SetUp()
    with pytest.raises(CommandError, match=f"{here.factory.slug}, {there.factory.slug}"):
        run("LINE-1")
    assert run("LINE-1", "--factory", there.factory.slug)[1] == 1
    for words in (("LINE-2",), ("LINE-1", "--factory", "nowhere"), (), ("LINE-1", "--driver", "focas")):
        with pytest.raises(CommandError):
            run(*words)


@pytest.mark.django_db(transaction=True)
def test_the_command_tries_settings_that_are_not_set_up() -> None:
    async def scene() -> None:
        port = TcpPort([Device(name="P", press=Press(rate=0, shows=123_456))])
        await port.open()
        words = ("--driver", "modbus_tcp", "--address", "host=127.0.0.1", f"port={port.port}", "--point", "address=0")
        text, code = await asyncio.to_thread(run, *words, "--point", "address=12", "encoding=u16", "role=state")
        await port.close()
        assert code == 0 and "ok    value of address=0: It is 123456." in text, text
        assert "ok    value of address=12 encoding=u16 role=state: It is 0." in text
        assert text.count("movement of") == 1 and "note  movement of address=0: It did not move in" in text
        assert text.endswith("Nothing is wrong.\n")

    play(scene)


def test_without_a_database_settings_are_tried_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(driver: str, address: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(connection_test, "poller_of_bus", unreachable)
    text, code = run("--driver", "modbus_tcp", "--address", "hots=x")
    assert code == 1 and text.startswith("note  The database cannot be asked") and "WRONG settings" in text


@pytest.mark.parametrize("words", [["port"], ["=5"]])
@pytest.mark.django_db
def test_a_setting_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        run("--driver", "modbus_tcp", "--address", *words)
    for point in ("encoding=f32", "word_order=middle", "max_rate=0", "max_rate=fast"):
        with pytest.raises(CommandError):
            run("--driver", "modbus_tcp", "--address", "host=x", "--point", point)
