"""What scanners read on a picking list: Code 128 where an id can be written in it, a QR code where it cannot.

Both are written as they stand in the page's own language, in whole modules: hundreds of them on a list cost nothing so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

QUIET = 10  # modules that must be white on either side of the bars (ISO/IEC 15417)
WIDEST, NARROWEST = 0.33 * mm, 0.19 * mm  # a module: what is narrower is not read by every hand scanner
_QR_QUIET = 2  # modules; the paper around it is white too
_QR_MODULE, _QR_LARGEST = 0.45 * mm, 30 * mm

_DARK = re.compile(b"\x01+")

Bar = tuple[int, int]  # where it begins, how wide it is, in modules


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128: its bars, and the width of one module in points."""

    bars: Sequence[Bar]
    modules: int
    module: float

    @property
    def width(self) -> float:
        return self.modules * self.module

    def draw(self, canvas: Canvas, *, x: float, y: float, height: float) -> None:
        """With its lower left corner at x, y."""
        bars = " ".join(f"{start} 0 {wide} 1 re" for start, wide in self.bars)
        canvas.addLiteral(f"q {self.module:.4f} 0 0 {height:.3f} {x:.3f} {y:.3f} cm {bars} f Q")


@dataclass(frozen=True, slots=True)
class Squares:
    """A QR code: its rows, and the length of a side in points."""

    rows: Sequence[bytes]
    side: float

    def draw(self, canvas: Canvas, *, x: float, y: float) -> None:
        """With its lower left corner at x, y. Neighbours are drawn as one, which shows no seams on screens."""
        step, last = self.side / (len(self.rows) + 2 * _QR_QUIET), len(self.rows) - 1
        squares = " ".join(
            f"{start} {last - at} {wide} 1 re" for at, row in enumerate(self.rows) for start, wide in _runs(row)
        )
        quiet = _QR_QUIET * step
        canvas.addLiteral(f"q {step:.4f} 0 0 {step:.4f} {x + quiet:.3f} {y + quiet:.3f} cm {squares} f Q")


def bars_of(text: str, *, room: float) -> Bars | None:
    """`text` as Code 128 with its quiet zones in `room` points; None where it has other letters or too many of them."""
    # Beyond ASCII the library would drop letters, and take four of them for function codes.
    if not text or not text.isascii() or not text.isprintable():
        return None
    if 11 * (len(text) // 2 + 3) > room / NARROWEST:  # the least that digits take
        return None
    code = Code128(text, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    bars, at = list[Bar](), 0
    for sign in code.decomposed:  # aAbB…: one module, two modules; a space in small letters, a bar in capitals
        wide = ord(sign.lower()) - ord("a") + 1
        if sign.isupper():
            bars.append((at, wide))
        at += wide
    module = min(WIDEST, room / (at + 2 * QUIET))
    return Bars(bars, at, module) if module >= NARROWEST else None


def squares_of(text: str, *, side: float | None = None) -> Squares:
    """`text` as a QR code, as large as it must be to be read. One mask for all: to weigh all eight takes the time of five."""
    code = segno.make(text, error="m" if len(text) < 100 else "l", micro=False, mask=0, mode="byte", encoding="utf-8")
    rows = tuple(bytes(row) for row in code.matrix)
    return Squares(rows, side or min(_QR_LARGEST, _QR_MODULE * (len(rows) + 2 * _QR_QUIET)))


def _runs(row: bytes) -> Iterator[Bar]:
    """Where dark modules stand side by side."""
    for found in _DARK.finditer(row):
        yield found.start(), found.end() - found.start()
