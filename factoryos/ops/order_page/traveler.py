"""The traveler: one order on paper, with a bar code for scanners, a QR code for telephones and boxes to sign in."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from factoryos.kernel import clock, paper
from factoryos.kernel.actors import Tenant
from factoryos.kernel.quantities import shortest
from factoryos.ops.order_page.words import state_word
from orders.models import ProductionOrder
from orders.sheet import Sheet

MOST_ROWS = 60  # lines, operations and machines each: what is longer is named as longer
LONGEST_BARCODE = 48  # characters that a hand scanner still reads across the page
_WIDTH = 170 * mm
_BODY = ParagraphStyle("body", fontName=paper.FONT, fontSize=10, leading=13)
_SMALL = ParagraphStyle("small", fontName=paper.FONT, fontSize=8, leading=10, textColor=colors.HexColor("#4a5158"))
_TITLE = ParagraphStyle("title", fontName=paper.FONT, fontSize=20, leading=24)
_HEAD = ParagraphStyle("head", fontName=paper.FONT, fontSize=11, leading=15, spaceBefore=10, spaceAfter=3)


def render(order: Sheet, *, factory: Tenant, address: str, now: datetime) -> bytes:
    """The PDF. Its length is bounded whatever the texts are."""
    story: list[Flowable] = [
        _top(order, factory=factory, address=address),
        Spacer(1, 4 * mm),
        _facts(order, factory=factory),
        *_lines(order),
        *_places(order),
        *_operations(order),
        *_notes(order),
    ]
    out = BytesIO()
    foot = paper.plain(f"{order.reference} · {factory.name} · printed {_time(now, factory)}", limit=140)
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=15 * mm, bottomMargin=18 * mm,
        title=f"Traveler {paper.plain(order.reference, limit=100)}", author="FactoryOS",
    )  # fmt: skip
    document.build(story, canvasmaker=lambda *args, **kwargs: _Numbered(*args, foot=foot, **kwargs))
    return out.getvalue()


class _Numbered(Canvas):
    """A canvas that writes `page 2 of 3`, which is known only when all pages are drawn."""

    def __init__(self, *args: Any, foot: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._foot, self._pages = foot, list[dict[str, Any]]()

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs leave it out

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            mark = Paragraph(paper.markup(f"{self._foot} · page {number} of {len(self._pages)}", limit=200), _SMALL)
            mark.wrapOn(self, _WIDTH, 12 * mm)
            mark.drawOn(self, 20 * mm, 9 * mm)
            super().showPage()
        super().save()


def _top(order: Sheet, *, factory: Tenant, address: str) -> Table:
    """Number, bar code and QR code."""
    left: list[Flowable] = [Paragraph(paper.markup(order.reference, limit=120), _TITLE)]
    if len(order.reference) <= LONGEST_BARCODE and order.reference.isascii() and order.reference.isprintable():
        left.append(_barcode(order.reference))
    said = f"{factory.name} · {state_word(order.state)}" + (" · ON HOLD" if order.holds else "")
    left.append(Paragraph(paper.markup(said), _BODY))
    table = Table([[left, _Qr(address, side=32 * mm)]], colWidths=[_WIDTH - 36 * mm, 36 * mm])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return table


def _barcode(text: str) -> Code128:
    """As wide as the page allows, so that the bars are as thick as they can be."""
    natural = Code128(text, barWidth=1)
    room = (_WIDTH - 40 * mm) / natural.width
    return Code128(text, barWidth=min(1.1, room), barHeight=14 * mm, quiet=True)


class _Qr(Flowable):
    """A QR code as squares."""

    def __init__(self, text: str, *, side: float) -> None:
        super().__init__()
        self.code = segno.make(text, error="m")
        self.width = self.height = side

    def draw(self) -> None:
        rows = list(self.code.matrix_iter(border=2))
        step = self.width / len(rows)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    self.canv.rect(x * step, self.height - (y + 1) * step, step, step, stroke=0, fill=1)


def _table(rows: Sequence[Sequence[Any]], widths: Sequence[float], *, head: bool = True) -> Table:
    table = Table(
        [[Paragraph(paper.markup(cell), _BODY) for cell in row] for row in rows],
        colWidths=[width * _WIDTH for width in widths], repeatRows=int(head),
    )  # fmt: skip
    style: list[Any] = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    style.append(("BOTTOMPADDING", (0, 0), (-1, -1), 9))  # room for a hand to write in
    table.setStyle([*style, ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e4e6e8"))] if head else style)
    return table


def _facts(order: Sheet, *, factory: Tenant) -> Table:
    line = order.lines[0] if order.lines else None
    more = f" and {len(order.lines) - 1} more" if len(order.lines) > 1 else ""
    priority = ProductionOrder.Priority(order.priority).label
    return _table(
        [
            ["Product", f"{line.sku} {line.name}{more}" if line else "–", "Quantity", _amount(order.target, order.unit)],
            ["Customer", order.customer_name or order.made_for or "–", "Priority", priority],
            ["Batch", order.batch_number or "–", "Due", _time(order.planned_end, factory)],
            ["Method", order.method_name or "–", "Start", _time(order.planned_start, factory)],
        ],
        [0.13, 0.42, 0.13, 0.32],
        head=False,
    )  # fmt: skip


def _lines(order: Sheet) -> list[Flowable]:
    if len(order.lines) < 2:
        return []
    rows = [["Item", "Variant", "Quantity", "Good", "Rejected"]]
    rows += [
        [f"{line.sku} {line.name}", line.variant or "–", _amount(line.target, line.unit), "", ""]
        for line in order.lines[:MOST_ROWS]
    ]
    return [_heading("To make"), _table(rows, [0.4, 0.12, 0.18, 0.15, 0.15]), *_cut(len(order.lines))]


def _places(order: Sheet) -> list[Flowable]:
    if not order.shares:
        return []
    rows = [["Machine or work area", "Quantity", "Good", "Rejected"]]
    rows += [[f"{share.code} {share.name}", shortest(share.quantity), "", ""] for share in order.shares[:MOST_ROWS]]
    return [_heading("Where"), _table(rows, [0.46, 0.18, 0.18, 0.18]), *_cut(len(order.shares))]


def _operations(order: Sheet) -> list[Flowable]:
    """With boxes for date, sign and remark."""
    if not order.work_orders:
        return []
    rows = [["Operation", "Where", "Minutes", "Done on", "Signed"]]
    rows += [
        [f"{work.sequence} {work.name}", work.workcenter or "–", shortest(work.planned_minutes), "", ""]
        for work in order.work_orders[:MOST_ROWS]
    ]
    return [_heading("Operations"), _table(rows, [0.34, 0.22, 0.12, 0.14, 0.18]), *_cut(len(order.work_orders))]


def _notes(order: Sheet) -> list[Flowable]:
    told: list[Flowable] = [_heading("Instructions")]
    if order.notes:
        told.append(Paragraph(paper.markup(order.notes, limit=4000), _BODY))
    told.append(Spacer(1, 3 * mm))
    told.append(_table([["Remarks", ""], ["Released by", ""], ["Checked by", ""]], [0.2, 0.8], head=False))
    return told


def _heading(text: str) -> Paragraph:
    return Paragraph(paper.markup(text), _HEAD)


def _cut(rows: int) -> list[Flowable]:
    return [Paragraph(paper.markup(f"and {rows - MOST_ROWS} more"), _SMALL)] if rows > MOST_ROWS else []


def _amount(amount: Any, unit: str) -> str:
    return f"{shortest(amount)} {unit}".strip()


def _time(instant: datetime | None, factory: Tenant) -> str:
    if instant is None:
        return "–"
    local = clock.in_zone(instant, factory.zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
