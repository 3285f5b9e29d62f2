"""How iot says no, beyond what the kernel knows."""

from datetime import datetime

from factoryos.kernel.problems import Problem


class Overlap(Problem):
    """Two downtimes of one machine would overlap. Data: machine, started_at and ended_at (or None) of the other one."""

    code, template = "overlap", "{machine} was down already from {started_at:%Y-%m-%d %H:%M} UTC{until}"

    def __init__(self, *, machine: str, started_at: datetime, ended_at: datetime | None) -> None:
        until = f" to {ended_at:%Y-%m-%d %H:%M} UTC" if ended_at else ", and still is"
        super().__init__(machine=machine, started_at=started_at, ended_at=ended_at, until=until)
