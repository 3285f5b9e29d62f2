"""A stand-in for the vendor's library, compiled once, and controls that behave as a test says."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from iot.drivers.focas import hosts
from iot.simulation.focas import NoCompiler, build, write_script


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build(tmp_path_factory.mktemp("focas"))
    except NoCompiler as error:
        pytest.skip(str(error))


class Plant:
    """A folder with the library, a script for each control and the log of handles."""

    def __init__(self, folder: Path, *, library: Path) -> None:
        self.folder = folder
        self.library = Path(shutil.copy(library, folder))

    def script(self, address: str, **behaviour: int) -> None:
        """Replaces what this control does. Parameters are `p6711` and so on."""
        words = {name.removeprefix("p") if name[1:].isdigit() else name: value for name, value in behaviour.items()}
        write_script(self.folder, address, words)

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
