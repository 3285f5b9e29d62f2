"""`manage.py mqtt_listen`: take telemetry from the MQTT broker until it is told to end."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from iot.mqtt.broker import broker_of
from iot.mqtt.listener import Listener


class Command(BaseCommand):
    help = "Store what machines publish to the broker of MQTT_URL; Ctrl-C or SIGTERM ends it. A second one stands by."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.MQTT_URL:
            raise CommandError("MQTT_URL is not set: mqtt://user:password@host:port, or mqtts:// for TLS.")
        try:
            broker = broker_of(settings.MQTT_URL, ca_file=settings.MQTT_CA_FILE)
        except ValueError as error:
            raise CommandError(str(error)) from None
        listener = Listener(broker, client_id=settings.MQTT_CLIENT_ID)
        for how in (signal.SIGTERM, signal.SIGINT):
            signal.signal(how, lambda signum, frame: listener.end())
        listener.run()
