"""How iot says no, beyond what the kernel knows."""

from datetime import datetime

from factoryos.kernel.problems import Duplicate, Problem


class Overlap(Problem):
    """Two downtimes of one machine would overlap. Data: machine, started_at and ended_at (or None) of the other one."""

    code = "overlap"

    def __init__(self, *, machine: str, started_at: datetime, ended_at: datetime | None) -> None:
        super().__init__(machine=machine, started_at=started_at, ended_at=ended_at)

    @property
    def text(self) -> str:
        ended_at = self.data["ended_at"]
        until = f"to {ended_at:%Y-%m-%d %H:%M} UTC" if ended_at else "on, and still is"
        return f"{self.data['machine']} was down already from {self.data['started_at']:%Y-%m-%d %H:%M} UTC {until}"


class BusTaken(Duplicate):
    """Two active connections of a factory to one bus. Data: field, value (the bus), other (the connection's code or None)."""

    def __init__(self, *, bus: str, other: str | None) -> None:
        super().__init__(field="bus", value=bus)
        self.data = {**self.data, "other": other}

    @property
    def text(self) -> str:
        return f"{self.data['value']} is polled by {self.data['other'] or 'another connection'} already"


class RoleTaken(Duplicate):
    """A machine has a point of this role. Data: field, value (the role), machine, other (the connection's code or None)."""

    def __init__(self, *, machine: str, role: str, other: str | None) -> None:
        super().__init__(field="role", value=role)
        self.data = {**self.data, "machine": machine, "other": other}

    @property
    def text(self) -> str:
        where = self.data["other"] or "another connection"
        return f"{self.data['machine']} has a point for {self.data['value']} already, on {where}"


class CountedTwice(Problem):
    """Good pieces and all pieces of one machine would both be counted. Data: machine."""

    code = "counted_twice"
    template = "{machine} has a counter of good pieces or of all pieces already: with both, pieces would count twice"
