"""How far a file was taken: noted after each batch that was committed, so that whatever stops a run, the next one goes on.

A batch that was committed and not noted is taken again, which changes nothing.
"""

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from django.conf import settings

from factoryos.kernel.ids import uuid7


@dataclass(slots=True)
class Progress:
    """What was taken of a file so far, over all runs. `end` is the byte behind the last row."""

    end: int = 0
    rows: int = 0
    failed: int = 0
    changed: int = 0
    seconds: float = 0
    codes: Counter[str] = field(default_factory=Counter)  # how often each error or warning was found
    examples: dict[str, str] = field(default_factory=dict)  # of each the first sentence
    request_id: str = field(default_factory=lambda: str(uuid7()))

    def count(self, code: str, message: str, times: int = 1) -> None:
        """So many rows were told this."""
        self.codes[code] += times
        self.examples.setdefault(code, message)

    @property
    def unchanged(self) -> int:
        """Sound rows that were known already, or that a later one of their batch overwrote."""
        return self.rows - self.failed - self.changed


class Note:
    """The note about one file and the way it is taken; another content, operation or sender is another note."""

    def __init__(self, path: Path, **way: Any) -> None:
        stat = path.stat()
        self._about = {"path": str(path.resolve()), "size": stat.st_size, "changed": stat.st_mtime_ns, **way}
        name = hashlib.sha256(json.dumps(self._about, sort_keys=True).encode()).hexdigest()[:32]
        self.path = Path(settings.FACTORYOS_HOME) / "ingest" / f"{name}.json"

    def read(self) -> Progress | None:
        """What was noted; None where nothing was, or nothing that can be read."""
        try:
            noted = json.loads(self.path.read_text())["progress"]
            return Progress(**noted | {"codes": Counter(noted["codes"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, progress: Progress) -> None:
        """Replace the note; whoever reads it meanwhile finds the old one or the new one, whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        values = {known.name: getattr(progress, known.name) for known in fields(progress)}
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({"about": self._about, "progress": values}))
        new.replace(self.path)

    def forget(self) -> None:
        """The file was taken whole: another run begins anew."""
        self.path.unlink(missing_ok=True)
