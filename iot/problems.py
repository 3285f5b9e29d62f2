"""How iot says no, beyond what the kernel knows."""

from datetime import datetime

from factoryos.kernel.problems import Problem


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
