"""The command line of the web server and its settings: `python -m factoryos.front --port 8000`."""

import argparse
import logging
import resource
import socket
import sys
from contextlib import suppress

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess

from factoryos.front.asgi import SEND_SECONDS, Bridge
from factoryos.front.protocol import Protocol

WORKERS = 2  # processes
THREADS = 4  # per process
CONNECTIONS = 8_000  # per process; one beyond is answered 503
BACKLOG = 1_024


def listen(*, host: str, port: int) -> socket.socket:
    """The listening socket. What is set here holds for every connection accepted from it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # An answer is two packets, head and body; without this the second waits 40 ms for the first to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # a stream's reader may vanish without a word
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SEND_SECONDS * 1000)  # or stop reading
    return listener


def supervisor(*, listener: socket.socket, workers: int, threads: int, application: str) -> Multiprocess:
    config = Config(
        Bridge(application=application, threads=threads),
        interface="asgi3",
        lifespan="on",
        http=Protocol,
        ws="none",
        loop="factoryos.front.loop:FairLoop",
        workers=workers,
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=4,
        timeout_worker_healthcheck=10,
        server_header=False,
        proxy_headers=False,  # whom to believe is decided in Django's settings
        access_log=False,  # the road of the faces logs each request
        log_config=None,
        log_level="error",
    )
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.INFO)  # of this process only; that a worker died is all we want of what it says there
    log.addFilter(lambda record: record.levelno > logging.INFO or "died" in record.msg)
    return Multiprocess(config, sockets=[listener])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m factoryos.front", description="Serve FactoryOS on one port.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes; one for each processor core")
    parser.add_argument("--threads", type=int, default=THREADS, help="per process; each may hold a database connection")
    parser.add_argument("--application", default="factoryos.wsgi:application", help="module:attribute")
    args = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        listener = listen(host=args.host, port=args.port)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {args.host} port {args.port}: {error.strerror}\n")
        return 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    processes = supervisor(listener=listener, workers=args.workers, threads=args.threads, application=args.application)
    processes.run()
    return 1 if any(process.exitcode == STARTUP_FAILURE for process in processes.processes) else 0


if __name__ == "__main__":
    sys.exit(main())
