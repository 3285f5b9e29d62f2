"""`manage.py demo_presses`: the demo's two presses, simulated until Ctrl-C or SIGTERM. `manage.py run` starts it.

An operator is simulated, too: they start a press when an order starts on it, and stop it when the order is paused, ends
or has its quantity. Nothing that reads machines can do so.
"""

import asyncio
import signal
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import F

from factoryos.kernel.transactions import whole
from factoryos.ops.demo import lines
from iot.poller.threads import DATABASE_AWAY, DatabaseThread
from iot.simulation.device import Device
from iot.simulation.memory import Memory
from iot.simulation.press import Press
from iot.simulation.tcp import TcpPort
from iot.simulation.terminal import SerialLine
from orders.models import Assignment

RATE = "1.2"  # pieces a second
REJECT_SHARE = 0.02
LOOK_S = 0.5  # between two looks at what the orders say

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Simulate the demo's presses, which run while an order runs on them. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Nothing is simulated in production.")
        try:
            asyncio.run(self._simulate())
        except (OSError, ValueError) as error:
            raise CommandError(f"The presses cannot be simulated. {error}") from error

    async def _simulate(self) -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        devices = [_device(line.machine, seed=place) for place, line in enumerate(lines.LINES)]
        memory = Memory(_folder() / "counters.json", devices)
        memory.recall()
        over_tcp, serial = devices
        port = await _listening(over_tcp)
        terminal = SerialLine([serial], link=lines.serial_link(), tongue="modbus_rtu")
        await terminal.open()
        database = DatabaseThread("demo presses")
        tasks = [asyncio.create_task(memory.keep_up()), asyncio.create_task(_operate(devices, port, database))]
        self.stdout.write(f"PRESS-01 modbus_tcp {port.host}:{port.port}\nPRESS-02 modbus_rtu {terminal.link}")
        self.stdout.flush()
        await told.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await terminal.close()
        await port.close()
        await database.close()
        memory.keep()


def _folder() -> Path:
    folder = lines.serial_link().parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _device(name: str, *, seed: int) -> Device:
    return Device(name=name, press=Press(rate=RATE, reject_share=REJECT_SHARE, seed=seed))


async def _listening(device: Device) -> TcpPort:
    """On the port that the demo's connection knows from its making, or on another where that is taken."""
    for number in (lines.PORT, 0):
        port = TcpPort([device], host=lines.HOST, port=number)
        try:
            await port.open()
        except OSError:
            if not number:
                raise
        else:
            return port
    raise AssertionError("port 0 is always free")


async def _operate(devices: list[Device], port: TcpPort, database: DatabaseThread) -> None:
    """Until cancelled: lead the connections here, then start and stop the presses as their orders say."""
    led = False
    while True:
        try:
            if not led:
                await database.do(_lead_here, port.port)
                led = True
            running = await database.do(_to_run)
        except DATABASE_AWAY:
            log.warning("demo_presses_database_away")
        else:
            for device in devices:
                press = device.press()
                if device.name in running:
                    press.start()
                else:
                    press.stop()
        await asyncio.sleep(LOOK_S)


def _lead_here(port: int) -> None:
    whole(lambda: lines.lead_to(lines.TCP, {"port": port}))
    whole(lambda: lines.lead_to(lines.SERIAL, {"port": str(lines.serial_link())}))


def _to_run() -> set[str]:
    """The presses on which an order runs that wants more pieces."""
    running = Assignment.objects.filter(
        active=True, machine__factory__slug=lines.FACTORY, machine__code__in=[line.machine for line in lines.LINES]
    )
    return set(running.filter(produced__lt=F("quantity")).values_list("machine__code", flat=True))
