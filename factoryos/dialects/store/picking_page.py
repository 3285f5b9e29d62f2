"""The sheet that a picking list is drawn on: A4 on its side, its head and foot, and a pen that measures from the top."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from factoryos.dialects.store.picking_codes import bars_of, squares_of
from factoryos.kernel import paper
from factoryos.kernel.paper import Line

WIDTH, HEIGHT = landscape(A4)
MARGIN = 10 * mm
ROOM = WIDTH - 2 * MARGIN
HEAD = 35 * mm  # from the upper edge to the table
FOOT = HEIGHT - 13 * mm  # where the table must end
LEADING = 1.22
_INK, _FAINT, _HAIR = 0.0, 0.35, 0.6  # shades of grey that a printer without colours keeps apart
_QR, _SMALL_QR = 25 * mm, 18 * mm
_CODE_ROOM = 100 * mm


@dataclass(frozen=True, slots=True)
class Head:
    """What every page says of the order."""

    factory: str
    reference: str
    address: str  # of the order in the console
    facts: Sequence[tuple[str, str]]  # label and value, three columns from left to right
    printed: str


class Pen:
    """Draws on a canvas at x from the left and y from the top, in points."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._ink = paper.Ink(canvas)
        self._grey = _INK

    def new_page(self) -> None:
        self.canvas.showPage()
        self._grey = _INK

    def line(self, line: Line, *, x: float, y: float, size: float, bold: bool = False, faint: bool = False) -> None:
        """One line of text whose upper edge is at y."""
        self._shade(_FAINT if faint else _INK)
        self._ink.write(line, x=x, y=HEIGHT - y - size, size=size, bold=bold)

    def lines(self, lines: Sequence[Line], *, x: float, y: float, size: float, **look: bool) -> float:
        """Several lines; gives where the next one would begin."""
        for line in lines:
            self.line(line, x=x, y=y, size=size, **look)
            y += size * LEADING
        return y

    def right(self, lines: Sequence[Line], *, x: float, y: float, size: float, **look: bool) -> float:
        """Several lines that end at x."""
        for line in lines:
            self.line(line, x=x - paper.width_of(line, size=size), y=y, size=size, **look)
            y += size * LEADING
        return y

    def rule(self, y: float, *, thick: float = 0.4, faint: bool = True) -> None:
        """A line across the page."""
        grey = _HAIR if faint else _INK
        height = HEIGHT - y
        self.canvas.addLiteral(
            f"q {grey} G {thick} w {MARGIN:.2f} {height:.2f} m {WIDTH - MARGIN:.2f} {height:.2f} l S Q"
        )

    def box(self, *, x: float, y: float, side: float) -> None:
        """A box to tick."""
        self.canvas.addLiteral(f"q 0 G 0.8 w {x:.2f} {HEIGHT - y - side:.2f} {side:.2f} {side:.2f} re S Q")

    def black(self) -> None:
        self._shade(_INK)

    def _shade(self, grey: float) -> None:
        if grey != self._grey:
            self._grey = grey
            self.canvas.addLiteral(f"{grey} g {grey} G")


class Masthead:
    """The head of one list: measured once, drawn on every page."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._bars = bars_of(head.reference, room=_CODE_ROOM + 6 * mm)
        self._squares = None if self._bars else squares_of(head.reference[: paper.LONGEST], side=_SMALL_QR)
        room = _CODE_ROOM - (0 if self._bars else _SMALL_QR)
        self._reference, self._size = _fitting(head.reference, room=room, sizes=(18, 14, 11, 8.5), most=5)
        self._console = squares_of(head.address, side=_QR)
        width = _FACT_WIDTH - 3 * mm
        self._facts = [
            (paper.line_of(label), paper.wrapped(value, size=9, width=width, most=2)) for label, value in head.facts
        ]
        self._factory = paper.wrapped(head.factory, size=9, width=room - 28 * mm, most=1)
        foot = paper.plain(f"{head.factory} · {head.reference} · printed {head.printed}", limit=160)
        self._foot = paper.wrapped(foot, size=7.5, width=ROOM - 40 * mm, most=1)

    def draw(self, pen: Pen, *, page: int, pages: int) -> None:
        y = 8 * mm
        pen.line([(paper.FONT, "PICKING LIST")], x=MARGIN, y=y, size=9, bold=True)
        pen.lines(self._factory, x=MARGIN + 28 * mm, y=y, size=9, faint=True)
        y = pen.lines(self._reference, x=MARGIN, y=y + 4.5 * mm, size=self._size, bold=True)
        self._code(pen, y=y + 1 * mm)
        self._draw_facts(pen)
        pen.black()
        self._console.draw(pen.canvas, x=WIDTH - MARGIN - _QR, y=HEIGHT - 6 * mm - _QR)
        pen.right([paper.line_of("order in the console")], x=WIDTH - MARGIN - 1 * mm, y=31 * mm, size=6.5, faint=True)
        pen.lines(self._foot, x=MARGIN, y=FOOT + 4 * mm, size=7.5, faint=True)
        told = paper.line_of(f"page {page} of {pages}")
        pen.right([told], x=WIDTH - MARGIN, y=FOOT + 4 * mm, size=8, bold=True)

    def _code(self, pen: Pen, *, y: float) -> None:
        pen.black()
        if self._bars:
            height = max(7 * mm, 31 * mm - y - 3.5 * mm)
            self._bars.draw(pen.canvas, x=MARGIN, y=HEIGHT - y - height, height=height)
            under = paper.wrapped(self.head.reference, size=6.5, width=_CODE_ROOM, most=1)
            pen.lines(under, x=MARGIN, y=y + height + 0.5 * mm, size=6.5)
        elif self._squares:
            self._squares.draw(pen.canvas, x=MARGIN + _CODE_ROOM - _SMALL_QR + 2 * mm, y=HEIGHT - 7 * mm - _SMALL_QR)

    def _draw_facts(self, pen: Pen) -> None:
        for at, (label, value) in enumerate(self._facts):
            x = MARGIN + _CODE_ROOM + 8 * mm + (at % _FACT_COLUMNS) * _FACT_WIDTH
            y = 8 * mm + (at // _FACT_COLUMNS) * 8.8 * mm
            pen.line(label, x=x, y=y, size=6.5, faint=True)
            pen.lines(value, x=x, y=y + 2.7 * mm, size=9 if len(value) < 2 else 7)


_FACT_COLUMNS = 3
_FACT_WIDTH = (ROOM - _CODE_ROOM - 8 * mm - _QR - 3 * mm) / _FACT_COLUMNS


def _fitting(text: str, *, room: float, sizes: Sequence[float], most: int) -> tuple[list[Line], float]:
    """The lines of a text in the largest of these sizes in which it needs but one; else several of the smallest."""
    for size in sizes:
        line = paper.line_of(text)
        if paper.width_of(line, size=size) <= room:
            return [line], size
    return paper.wrapped(text, size=sizes[-1], width=room, most=most), sizes[-1]


def canvas_on(out: Any, *, title: str) -> Canvas:
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1)
    canvas.setTitle(paper.plain(title, limit=120))
    canvas.setAuthor("FactoryOS")
    canvas.setFillColor(black)
    return canvas
