"""What the vendor's return codes (EW_… of `fwlib32.h`) mean: a kind of trouble and a sentence for a technician."""

from iot.drivers.protocol import Trouble

# All that is ever called. None of them changes anything in a control.
CALLS = frozenset({"cnc_allclibhndl3", "cnc_freelibhndl", "cnc_rdparam", "cnc_statinfo"})

_CODES: dict[int, tuple[str, Trouble, str]] = {
    -17: ("EW_PROTOCOL", Trouble.GARBLED, "What the control sent does not follow the protocol."),
    -16: ("EW_SOCKET", Trouble.CLOSED, "The connection to the control broke."),
    -15: ("EW_NODLL", Trouble.MISSET, "The library's own part for this series of control is missing beside it."),
    -11: ("EW_BUS", Trouble.CLOSED, "The bus to the control failed."),
    -10: ("EW_SYSTEM2", Trouble.CLOSED, "The library failed inside."),
    -9: ("EW_HSSB", Trouble.CLOSED, "The serial bus to the control failed."),
    -8: (
        "EW_HANDLE",
        Trouble.CLOSED,
        "The library does not know this connection any more, or has no room for another.",
    ),
    -7: ("EW_VERSION", Trouble.MISSET, "This version of the library does not fit the control."),
    -6: ("EW_UNEXP", Trouble.CLOSED, "The library met something it did not expect."),
    -5: ("EW_SYSTEM", Trouble.CLOSED, "The library met a fault of the system."),
    -4: ("EW_PARITY", Trouble.GARBLED, "The control's shared memory has a parity fault."),
    -3: ("EW_MMCSYS", Trouble.MISSET, "The library is not installed completely."),
    -2: ("EW_RESET", Trouble.REFUSED, "The control was reset or stopped while it was asked."),
    -1: ("EW_BUSY", Trouble.REFUSED, "The control is busy."),
    1: ("EW_FUNC", Trouble.REFUSED, "The control does not have this function, or is not ready for it."),
    2: ("EW_LENGTH", Trouble.REFUSED, "The control says the length of the data is wrong."),
    3: ("EW_NUMBER", Trouble.REFUSED, "The control has no parameter of this number."),
    4: ("EW_ATTRIB", Trouble.REFUSED, "The parameter is of another kind than a counter."),
    5: ("EW_DATA", Trouble.REFUSED, "The control says the data is wrong."),
    6: ("EW_NOOPT", Trouble.REFUSED, "The control lacks the option for this."),
    7: ("EW_PROT", Trouble.REFUSED, "The control protects this."),
    8: ("EW_OVRFLOW", Trouble.REFUSED, "The control's memory is full."),
    9: ("EW_PARAM", Trouble.REFUSED, "A parameter of the control forbids this."),
    10: ("EW_BUFFER", Trouble.REFUSED, "The control's buffer is full or empty."),
    11: ("EW_PATH", Trouble.REFUSED, "The control has no such path."),
    12: ("EW_MODE", Trouble.REFUSED, "The control is in a mode in which it does not answer this."),
    13: ("EW_REJECT", Trouble.REFUSED, "The control rejected the question."),
    14: ("EW_DTSRVR", Trouble.REFUSED, "The control's data server failed."),
    15: ("EW_ALARM", Trouble.REFUSED, "The control has an alarm and does not answer this."),
    16: ("EW_STOP", Trouble.REFUSED, "The control is not running."),
    17: ("EW_PASSWD", Trouble.REFUSED, "The control protects this with a password."),
}
# After these the handle is worth nothing: it is given back and another taken at the next question.
_HANDLE_LOST = frozenset({-17, -16, -11, -10, -9, -8, -6, -5})


class LibraryUnusable(Exception):
    """The file named in the settings is not the vendor's library, or not for this computer. Its text is a sentence."""


class LibraryFailed(Exception):
    """A call of the library did not do what it was asked for."""

    def __init__(self, *, call: str, code: int | None, text: str, trouble: Trouble = Trouble.GARBLED) -> None:
        super().__init__(text)
        self.call, self.code, self.text, self.trouble = call, code, text, trouble

    @classmethod
    def from_code(cls, code: int, *, call: str) -> "LibraryFailed":
        """What this return code of this function means."""
        name, trouble, text = _CODES.get(
            code, ("unknown", Trouble.REFUSED, "The library gave a code nobody has told us of.")
        )
        if call == "cnc_allclibhndl3" and code == -16:
            trouble, text = Trouble.UNREACHABLE, "Nothing answers at the control's address."
        return cls(call=call, code=code, text=f"{text} ({name}, {code}, {call})", trouble=trouble)

    @property
    def handle_lost(self) -> bool:
        """Whether the connection must be made anew."""
        return self.code in _HANDLE_LOST
