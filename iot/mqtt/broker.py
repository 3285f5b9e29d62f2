"""Where the broker is and who we are to it: MQTT_URL read once, and read strictly."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """`ca_file` is the authority that signed the broker's certificate; without one, those that the system trusts."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def broker_of(url: str, *, ca_file: str = "") -> Broker:
    """The broker of `mqtt://user:password@host:port` (mqtts: over TLS). Problem: ValueError, which tells no secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("MQTT_URL is no URL: mqtt://user:password@host:port, or mqtts:// for TLS") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("MQTT_URL must be mqtt://host:port, or mqtts://host:port for TLS")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("MQTT_URL must end with the port: a password is written with %2F for / and %23 for #")
    return Broker(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        ca_file=ca_file or None,
    )
