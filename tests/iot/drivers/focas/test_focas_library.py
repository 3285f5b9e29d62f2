"""The vendor's structures byte for byte, which functions are called at all, and libraries that are none."""

import asyncio
import ctypes
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from iot.drivers.focas import codes, library
from iot.drivers.focas.driver import FocasDriver
from iot.drivers.focas.library import IODBPSD, ODBST
from iot.drivers.protocol import BusError, Point, Trouble
from iot.registers import Encoding, Layout


def test_odbst_byte_for_byte() -> None:
    fields = ["hdck", "tmmode", "aut", "run", "motion", "mstb", "emergency", "alarm", "edit"]
    assert ctypes.sizeof(ODBST) == 18
    assert [getattr(ODBST, name).offset for name in fields] == list(range(0, 18, 2))
    filled = ODBST.from_buffer_copy(struct.pack("=9h", 0, 1, 2, 3, 4, 5, 6, 7, -8))
    assert (filled.aut, filled.run, filled.emergency, filled.alarm, filled.edit) == (2, 3, 6, 7, -8)


def test_iodbpsd_byte_for_byte() -> None:
    assert ctypes.sizeof(IODBPSD) == 4 + 32 * 8
    assert (IODBPSD.datano.offset, IODBPSD.type.offset, IODBPSD.u.offset) == (0, 2, 4)
    data = struct.pack("=hhi", 6711, 3 << 8, 123456789).ljust(260, b"\xff")
    filled = IODBPSD.from_buffer_copy(data)
    assert (filled.datano, filled.type, filled.u.ldata) == (6711, 768, 123456789)
    assert (filled.u.rdata.prm_val, filled.u.rdata.dec_val) == (123456789, -1)


def test_only_functions_that_read_are_called() -> None:
    named = {
        name
        for file in Path(library.__file__).parent.glob("*.py")
        for name in re.findall(r"\b(?:cnc|pmc)_\w+", file.read_text())
    }
    assert named == {"cnc_allclibhndl3", "cnc_freelibhndl", "cnc_rdparam", "cnc_statinfo", "cnc_startupprocess"}
    assert named - {"cnc_startupprocess"} == codes.CALLS


def refusal(path: Path) -> BusError:
    async def work() -> BusError:
        driver = FocasDriver({"host": "10.0.0.1", "library": str(path)})
        with pytest.raises(BusError) as refused:
            await driver.open(deadline=asyncio.get_running_loop().time() + 10)
        return refused.value

    return asyncio.run(work())


def test_a_library_that_is_not_there_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    refused = refusal(tmp_path / "libfwlib32.so")
    assert refused.trouble is Trouble.MISSET
    assert (
        refused.text
        == f"There is no file {tmp_path}/libfwlib32.so. Copy FANUC's FOCAS library there, or correct the path."
    )


def test_a_file_that_is_no_library_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "libfwlib32.so"
    file.write_text("this is the readme")
    refused = refusal(file)
    assert (refused.trouble, refused.text) == (Trouble.MISSET, f"The file {file} is not a library.")


def test_a_library_for_another_processor_is_called_so(tmp_path: Path, compiled: Path) -> None:
    file = tmp_path / "libfwlib32.so"
    image = bytearray(compiled.read_bytes())
    image[4], image[18:20] = 1, struct.pack("<H", 0x28)  # 32 bits, ARM
    file.write_bytes(image)
    refused = refusal(file)
    assert refused.trouble is Trouble.MISSET
    assert "made for another kind of processor" in refused.text


def test_a_damaged_library_is_told_in_the_loaders_words(tmp_path: Path, compiled: Path) -> None:
    file = tmp_path / "libfwlib32.so"
    file.write_bytes(compiled.read_bytes()[:100])
    refused = refusal(file)
    assert refused.trouble is Trouble.MISSET
    assert refused.text.startswith(f"The library {file} cannot be loaded: ")


def test_another_library_is_not_taken_for_fanucs(tmp_path: Path, compiled: Path) -> None:
    source, file = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text("int other(void) { return 1; }\n")
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler is not None
    subprocess.run([compiler, "-shared", "-fPIC", "-o", file, source], check=True)
    refused = refusal(file)
    assert refused.trouble is Trouble.MISSET
    assert "not FANUC's: it has no cnc_allclibhndl3" in refused.text


GOOD: dict[str, Any] = {"host": "10.0.0.1", "port": 8193, "library": "/opt/fanuc/libfwlib32.so"}


def test_good_settings_pass() -> None:
    values = ["parts", "total", "required", "run", "mode", "alarm", "emergency"]
    points = [Point(number, Layout(Encoding.U32), {"value": value}) for number, value in enumerate(values)]
    assert FocasDriver.check(GOOD, points) == []
    assert FocasDriver.check({key: GOOD[key] for key in ("host", "library")}, []) == []


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"host": None}, {"host": "höst"}, {"port": 0}, {"port": 70000}, {"port": "8193"}, {"port": True},
     {"library": "libfwlib32.so"}, {"library": None}, {"library": "/a\0b"}],
)  # fmt: skip
def test_bad_settings_are_named(wrong: dict[str, Any]) -> None:
    assert len(FocasDriver.check({**GOOD, **wrong}, [])) == 1


def test_points_of_unknown_values_are_named() -> None:
    assert FocasDriver.check({**GOOD, "timeout": 1}, []) == ["'timeout' is no setting of a FANUC control."]
    (text,) = FocasDriver.check(GOOD, [Point(7, Layout(Encoding.U32), {"value": "speed"})])
    assert text.startswith("Point 7 reads one of parts, total, required,")
