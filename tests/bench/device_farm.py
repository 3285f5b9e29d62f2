"""Thousands of simulated Modbus/TCP devices in a process of their own, as cheap as they can be: no device is measured.

Each has its own port and answers every question with the number of questions that it was asked so far, in 32 bits.
"""

import multiprocessing
import os
import resource
import select
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from factoryos.kernel.running.children import end_with_parent

_ANSWER = struct.Struct(">4sHBBBI")


def raise_file_limit() -> int:
    """As many open files as the system lets us have; gives how many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def serve(pipe: Connection, parent: int, devices: int) -> None:
    """Open the ports, tell them through the pipe, answer until killed."""
    end_with_parent(signal.SIGKILL, parent=parent)
    raise_file_limit()
    epoll = select.epoll()
    doors, lines, asked = {}, {}, {}
    for _ in range(devices):
        door = socket.create_server(("127.0.0.1", 0), backlog=16)
        doors[door.fileno()] = door
        epoll.register(door, select.EPOLLIN)
    pipe.send([door.getsockname()[1] for door in doors.values()])
    while True:
        for number, _ in epoll.poll():
            if number in doors:
                line, _ = doors[number].accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines[line.fileno()], asked[line.fileno()] = line, 0
                epoll.register(line, select.EPOLLIN)
            elif not _answer(lines[number], asked):
                epoll.unregister(number)
                lines.pop(number).close()


def _answer(line: socket.socket, asked: dict[int, int]) -> bool:
    try:
        question = line.recv(64)
        if len(question) < 12:
            return False
        asked[line.fileno()] += 1
        line.send(_ANSWER.pack(question[:4], 7, question[6], question[7], 4, asked[line.fileno()]))
    except OSError:
        return False
    return True


@contextmanager
def farm(devices: int) -> Iterator[list[int]]:
    """The ports of so many devices."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, os.getpid(), devices), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()
