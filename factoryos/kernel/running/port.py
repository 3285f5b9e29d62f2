"""Whether a port is free, asked before anything starts: with SO_REUSEPORT two servers share one without a word."""

import socket


def why_not(host: str, port: int) -> str | None:
    """The reason why a server cannot listen there, in words, or None when it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections just closed are no obstacle
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return error.strerror or str(error)
    return None
