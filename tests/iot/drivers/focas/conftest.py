"""A stand-in for the vendor's library, compiled once, and controls that behave as a test says."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot.drivers.focas import hosts


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (gcc or cc): the stand-in for FANUC's library cannot be built")
    built = tmp_path_factory.mktemp("focas") / "libfwlib32.so"
    source = Path(__file__).with_name("stand_in.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
    return built


class Plant:
    """A folder with the library, a script for each control and the log of handles."""

    def __init__(self, folder: Path, *, library: Path) -> None:
        self.folder = folder
        self.library = Path(shutil.copy(library, folder))

    def script(self, address: str, **behaviour: int) -> None:
        """Replaces what this control does. Parameters are `p6711` and so on."""
        lines = "".join(
            f"{name.removeprefix('p') if name[1:].isdigit() else name} {value}\n" for name, value in behaviour.items()
        )
        draft = self.folder / "draft"
        draft.write_text(lines)
        draft.rename(self.folder / f"{address}.script")

    def calls(self, what: str, address: str) -> int:
        log = self.folder / "calls.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(line.startswith(f"{what} {address} ") for line in lines)


@pytest.fixture
def plant(tmp_path: Path, compiled: Path) -> Iterator[Plant]:
    made = Plant(tmp_path, library=compiled)
    yield made
    left = hosts._HOSTS.get(str(made.library))
    assert left is None or not left.alive or left.kill() is not None, "a test left its host running"
