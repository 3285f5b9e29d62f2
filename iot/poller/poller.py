"""The poller of a process: called for a stint at a time, with everything kept open in between."""

import asyncio
from collections.abc import Callable, Collection

from iot.poller import leases
from iot.poller.work import Once, Work


class Poller:
    """One a process. All its calls come from one thread; its event loop stands still between two of them."""

    def __init__(self) -> None:
        self.owner = leases.owner_of_this_process()
        self._runner = asyncio.Runner()
        self._work: Work | None = None

    def stint(self, *, seconds: float, told_to_end: Callable[[], bool]) -> bool:
        """Poll what was ours and what is free, for so long or until told to end; gives whether there was anything."""
        return self._runner.run(self._stint(seconds, told_to_end))

    async def _stint(self, seconds: float, told_to_end: Callable[[], bool]) -> bool:
        if self._work is None:
            self._work = Work(self.owner)
        return await self._work.stint(seconds, told_to_end)

    def read_once(self, *, shard_ids: Collection[int], connection_ids: Collection[int], wait_s: float) -> Once:
        """Read these connections, which lie on these shards, exactly once and book it. For a poller that does nothing else."""
        return self._runner.run(self._read_once(shard_ids, connection_ids, wait_s))

    async def _read_once(self, shard_ids: Collection[int], connection_ids: Collection[int], wait_s: float) -> Once:
        self._work = Work(self.owner, only=connection_ids)
        return await self._work.read_once(shard_ids, wait_s=wait_s)

    def close(self) -> None:
        """Book what was read, close every line and let others take over at once; does nothing a second time."""
        if self._work is not None:
            self._runner.run(self._work.close())
            self._work = None
        self._runner.close()
