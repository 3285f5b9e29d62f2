"""The vendor's library: which of its functions are called, the layout of what they fill in, what its codes mean.

Names and layouts are those of the published `fwlib32.h` (ODBST, REALPRM, IODBPSD with MAX_AXIS 32). Its `long` is 32 bits
wide in every build of the library, also where the compiler's is 64. Only functions that read are bound.
"""

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

from iot.drivers.focas.codes import CALLS, LibraryFailed, LibraryUnusable

MAX_AXIS = 32
NO_AXIS = 0
ONE_LONG = 4 + 4  # the length cnc_rdparam wants: the head and one two-word value


class ODBST(ctypes.Structure):
    """What `cnc_statinfo` fills in, for every series but 15."""

    _fields_ = [
        (name, ctypes.c_int16)
        for name in ("hdck", "tmmode", "aut", "run", "motion", "mstb", "emergency", "alarm", "edit")
    ]


class REALPRM(ctypes.Structure):
    """A parameter with a decimal point."""

    _fields_ = [("prm_val", ctypes.c_int32), ("dec_val", ctypes.c_int32)]


class _Values(ctypes.Union):
    _fields_ = [
        ("cdata", ctypes.c_char),
        ("idata", ctypes.c_int16),
        ("ldata", ctypes.c_int32),
        ("rdata", REALPRM),
        ("cdatas", ctypes.c_char * MAX_AXIS),
        ("idatas", ctypes.c_int16 * MAX_AXIS),
        ("ldatas", ctypes.c_int32 * MAX_AXIS),
        ("rdatas", REALPRM * MAX_AXIS),
    ]


class IODBPSD(ctypes.Structure):
    """What `cnc_rdparam` fills in."""

    _fields_ = [("datano", ctypes.c_int16), ("type", ctypes.c_int16), ("u", _Values)]


_SIGNATURES: dict[str, Sequence[object]] = {
    "cnc_allclibhndl3": (ctypes.c_char_p, ctypes.c_uint16, ctypes.c_long, ctypes.POINTER(ctypes.c_uint16)),
    "cnc_freelibhndl": (ctypes.c_uint16,),
    "cnc_rdparam": (ctypes.c_uint16, ctypes.c_int16, ctypes.c_int16, ctypes.c_int16, ctypes.c_void_p),
    "cnc_statinfo": (ctypes.c_uint16, ctypes.c_void_p),
}
_ROOM = 1024  # the buffers are larger than their structures: a series that fills in more must not write past them
_LOG = b"focas.log"


class Library:
    """The loaded library. Its calls block, and may hang or crash: only the host process makes them."""

    def __init__(self, path: str) -> None:
        """Problem: LibraryUnusable."""
        _look_at(Path(path))
        loader = getattr(ctypes, "WinDLL", ctypes.CDLL)  # stdcall on Windows
        try:
            self._library = loader(path)
        except OSError as error:
            raise LibraryUnusable(f"The library {path} cannot be loaded: {error}.") from error
        for name, arguments in _SIGNATURES.items():
            if not hasattr(self._library, name):
                raise LibraryUnusable(f"{path} is a library, but not FANUC's: it has no {name}.")
            function = getattr(self._library, name)
            function.argtypes, function.restype = arguments, ctypes.c_int16
        self._start()

    def _start(self) -> None:
        """The Linux library refuses every call before this one; that for Windows does not have it."""
        if not hasattr(self._library, "cnc_startupprocess"):
            return
        start = self._library.cnc_startupprocess
        start.argtypes, start.restype = (ctypes.c_long, ctypes.c_char_p), ctypes.c_int16
        if code := start(0, _LOG):
            raise LibraryUnusable(f"The library does not start (cnc_startupprocess gives {code}).")

    def connect(self, host: str, *, port: int, seconds: int) -> int:
        """A handle on the control. Problem: LibraryFailed."""
        handle = ctypes.c_uint16()
        self._call("cnc_allclibhndl3", host.encode(), port, seconds, ctypes.byref(handle))
        return handle.value

    def disconnect(self, handle: int) -> None:
        """Give the handle back. Problem: LibraryFailed."""
        self._call("cnc_freelibhndl", handle)

    def parameter(self, handle: int, *, number: int) -> int:
        """A two-word parameter without axis. Problem: LibraryFailed."""
        room = bytearray(_ROOM)
        filled = IODBPSD.from_buffer(room)
        self._call("cnc_rdparam", handle, number, NO_AXIS, ONE_LONG, ctypes.byref(filled))
        if filled.datano != number:
            raise LibraryFailed(
                call="cnc_rdparam", code=None, text=f"Asked for parameter {number}, got {filled.datano}."
            )
        return int(filled.u.ldata)

    def status(self, handle: int) -> ODBST:
        """The state of the control. Problem: LibraryFailed."""
        filled = ODBST.from_buffer(bytearray(_ROOM))
        self._call("cnc_statinfo", handle, ctypes.byref(filled))
        return filled

    def _call(self, name: str, *arguments: object) -> None:
        if code := getattr(self._library, name)(*arguments):
            raise LibraryFailed.from_code(code, call=name)


assert set(_SIGNATURES) == CALLS


def _look_at(path: Path) -> None:
    """Say what is wrong in better words than the loader, which calls a library of another processor a missing file."""
    if not path.is_file():
        raise LibraryUnusable(f"There is no file {path}. Copy FANUC's FOCAS library there, or correct the path.")
    if not os.access(path, os.R_OK):
        raise LibraryUnusable(f"The file {path} may not be read by this program.")
    own, other = _kind(Path("/proc/self/exe")), _kind(path)
    if own is None:
        return  # not Linux: the loader's words must do
    if other is None:
        raise LibraryUnusable(f"The file {path} is not a library.")
    if own != other:
        raise LibraryUnusable(f"The library {path} is made for another kind of processor than this computer's.")


def _kind(path: Path) -> bytes | None:
    """Word size, byte order and processor out of an ELF file's head; None where there is none."""
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError:
        return None
    return head[4:6] + head[18:20] if head.startswith(b"\x7fELF") and len(head) == 20 else None
