"""`manage.py machine_sim`: simulated presses on TCP ports, serial lines and as a FANUC control, until Ctrl-C or SIGTERM."""

import asyncio
import json
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from iot.registers import Encoding, Layout
from iot.simulation.device import Device
from iot.simulation.faults import Fault, ScriptError, parse_script, scatter
from iot.simulation.focas import PORT, FocasControl
from iot.simulation.hall import Hall, follow
from iot.simulation.memory import Memory
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort
from iot.simulation.terminal import SerialLine
from iot.simulation.tongues import TONGUES

_DAY = 86_400.0
_MOST_UNITS = 247


class Command(BaseCommand):
    help = (
        "Simulated presses that count: where each is reached is told at the start, what each has truly made at the "
        "end (Ctrl-C or SIGTERM), as one line of JSON. Presses stand still until their run coil (coil 0) is "
        "written, the orders file says `NAME run`, or --running is given."
    )
    requires_system_checks: list[str] = []  # it needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--modbus-tcp", type=int, metavar="PORT", help="serve presses here; 0 takes a free port")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
        parser.add_argument("--presses", type=int, default=1, metavar="N", help="how many over TCP (default: 1)")
        parser.add_argument(
            "--units-per-port", type=int, default=_MOST_UNITS, metavar="N", help="then the next port is taken too"
        )
        parser.add_argument(
            "--serial-link", action="append", default=[], metavar="[TONGUE=]PATH",
            help=f"one more press, on a terminal linked from PATH; tongues: {', '.join(TONGUES)} (default: the first)",
        )  # fmt: skip
        parser.add_argument(
            "--focas", type=Path, metavar="FOLDER",
            help="one more press, as a FANUC control: a stand-in for FANUC's library is built into this folder, which "
            "needs a C compiler",
        )  # fmt: skip
        parser.add_argument(
            "--focas-port", type=int, default=PORT, metavar="PORT", help="0 takes a free port (default: %(default)s)"
        )
        parser.add_argument("--rate", default="1.2", help="pieces a second (default: %(default)s)")
        parser.add_argument("--reject-share", type=float, default=0.0, help="of all pieces, from 0 to 1")
        parser.add_argument("--encoding", choices=[item.value for item in Encoding], default=Encoding.U32.value)
        parser.add_argument("--running", action="store_true", help="presses run from the start")
        parser.add_argument("--orders", type=Path, metavar="FILE", help="lines `NAME run|stop [RATE]`, read on change")
        parser.add_argument("--state", type=Path, metavar="FILE", help="counters go on from what is kept here")
        parser.add_argument("--script", type=Path, metavar="FILE", help="faults, see iot/simulation/faults.py")
        parser.add_argument("--fault-every", type=float, metavar="SECONDS", help="faults drawn from the seed instead")
        parser.add_argument("--seed", type=int, default=0, help="of rejects, noise and drawn faults (default: 0)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hall = _hall(options)
            memory = Memory(options["state"], hall.devices) if options["state"] else None
            if memory:
                memory.recall()
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        try:
            asyncio.run(self._serve(hall, options["orders"], memory))
        except OSError as error:
            raise CommandError(str(error)) from error

    async def _serve(self, hall: Hall, orders: Path | None, memory: Memory | None) -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        await hall.open()
        tasks = [asyncio.create_task(follow(hall, orders))] if orders else []
        tasks += [asyncio.create_task(memory.keep_up())] if memory else []
        try:
            for line in _whereabouts(hall):
                self.stdout.write(line)
            self.stdout.flush()
            await told.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await hall.close()
            if memory:
                memory.keep()
        self.stdout.write(json.dumps({name: truth.as_json() for name, truth in hall.truths().items()}))


def _whereabouts(hall: Hall) -> list[str]:
    lines = []
    for bus in hall.buses:
        if isinstance(bus, TcpPort):
            lines += [
                f"{device.name} modbus_tcp {bus.host}:{bus.port} unit {unit}" for unit, device in bus.devices.items()
            ]
        elif isinstance(bus, SerialLine):
            lines += [f"{device.name} {bus.tongue} {bus.link} unit {device.unit}" for device in bus.devices]
        elif isinstance(bus, FocasControl):
            lines.append(f"{bus.device.name} focas {bus.host}:{bus.port} library {bus.library}")
    return lines


def _hall(options: dict[str, Any]) -> Hall:
    """The hall that the options describe. Problem: ValueError, OSError."""
    over_tcp = options["presses"] if options["modbus_tcp"] is not None else 0
    each = options["units_per_port"]
    if not 1 <= each <= _MOST_UNITS or over_tcp < 0:
        raise ValueError(f"a port serves from 1 to {_MOST_UNITS} units")
    links = [_tongue_and_path(link) for link in options["serial_link"]]
    controls = 1 if options["focas"] else 0
    names = [f"PRESS-{number:02d}" for number in range(1, over_tcp + len(links) + controls + 1)]
    if not names:
        raise ValueError("nothing to simulate: give --modbus-tcp, --serial-link or --focas")
    faults = _faults(options, names)
    devices = [
        _device(options, faults, name=name, place=place, unit=place % each + 1 if place < over_tcp else 1)
        for place, name in enumerate(names)
    ]
    ports = [
        TcpPort(
            devices[first : min(first + each, over_tcp)],
            host=options["host"],
            port=options["modbus_tcp"] and options["modbus_tcp"] + first // each,
        )
        for first in range(0, over_tcp, each)
    ]
    lines = [
        SerialLine([device], link=path, tongue=tongue)
        for device, (tongue, path) in zip(devices[over_tcp : over_tcp + len(links)], links, strict=True)
    ]
    focas = [
        FocasControl(device, folder=options["focas"], port=options["focas_port"])
        for device in devices[over_tcp + len(links) :]
    ]
    return Hall([*ports, *lines, *focas], devices)


def _device(options: dict[str, Any], faults: list[Fault], *, name: str, place: int, unit: int) -> Device:
    press = Press(
        rate=options["rate"],
        reject_share=options["reject_share"],
        seed=options["seed"] + place,
        layout=Layout(Encoding(options["encoding"])),
    )
    device = Device(name=name, press=press, unit=unit, faults=faults, seed=options["seed"])
    if options["running"]:
        press.start()
    return device


def _faults(options: dict[str, Any], names: list[str]) -> list[Fault]:
    if options["script"]:
        faults = parse_script(options["script"].read_text(encoding="utf-8"))
        if strangers := {fault.on for fault in faults} - {"", *names}:
            raise ScriptError(f"no such press: {', '.join(sorted(strangers))}")
        return faults
    if options["fault_every"] is not None:
        if options["fault_every"] <= 0:
            raise ValueError("faults come every more than 0 seconds")
        return scatter(seed=options["seed"], devices=names, lasting=_DAY, every=options["fault_every"])
    return []


def _tongue_and_path(link: str) -> tuple[str, Path]:
    tongue, equals, path = link.partition("=")
    if not equals:
        return next(iter(TONGUES)), Path(link)
    if tongue not in TONGUES:
        raise ValueError(f"no such tongue: {tongue}")
    return tongue, Path(path)
