"""From which address a request comes, and whose word about it is believed."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_IPV6_PREFIX = 64  # what one customer line or desk is given; its 2^64 addresses are one caller


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. X-Forwarded-For is believed only behind our own proxy, and only what that one wrote.

    The last entry is the proxy's; anybody can send the ones before it.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_TLS:
        given = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or given
    try:
        found = ip_address(given.partition("%")[0])
    except ValueError:
        return "0.0.0.0"  # noqa: S104 not an address to listen on: a caller who has none, such as a socket's
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, _IPV6_PREFIX), strict=False).network_address)
