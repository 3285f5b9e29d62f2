"""What an installation lets its factories' engineers connect to: they choose addresses, its keepers choose the bounds.

Whoever may type an address can have this computer speak to it, and whoever names a library has it run here.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def bounds_faults(driver: str, address: Mapping[str, Any]) -> list[str]:
    """What lies out of bounds in an address that has passed its driver's check, in sentences."""
    return _host_faults(address) + (_library_faults(address["library"]) if driver == "focas" else [])


def _library_faults(library: str) -> list[str]:
    allowed = settings.FOCAS_LIBRARIES
    if library in allowed or not (allowed or settings.PRODUCTION):
        return []
    return [
        f"{library} may not be loaded here: whoever keeps this installation names the libraries that may "
        "(FACTORYOS_FOCAS_LIBRARIES)."
    ]


def _host_faults(address: Mapping[str, Any]) -> list[str]:
    networks, host = settings.MACHINE_NETWORKS, _host(address)
    if not networks or host is None:
        return []
    named = ", ".join(map(str, networks))
    try:
        number = ipaddress.ip_address(host)
    except ValueError:  # a name may mean one computer today and another one tomorrow
        return [f"{host} must be written in numbers: machines are in {named} here."]
    return (
        [] if any(number in network for network in networks) else [f"{host} is out of bounds: machines are in {named}."]
    )


def _host(address: Mapping[str, Any]) -> str | None:
    if "host" in address:
        return str(address["host"]).strip()
    return urlsplit(str(address["port"])).hostname if "://" in str(address["port"]) else None
