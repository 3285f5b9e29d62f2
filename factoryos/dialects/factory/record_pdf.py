"""The record as a PDF. Text is escaped and cut before it reaches the PDF library."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import orjson
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from factoryos.dialects.base.answers import dumps

LONGEST_TEXT, LONGEST_WORD = 300, 40
MOST_LOTS = 500  # rows; an order of serial numbers has a lot for every piece, and each row takes its time to lay out
_STYLES = getSampleStyleSheet()


def _text(value: Any) -> str:
    """Any value as safe markup: cut, escaped, its long words broken so that none takes seconds to lay out."""
    text = "–" if value is None else str(value)
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    words = [" ".join(word[i : i + LONGEST_WORD] for i in range(0, len(word), LONGEST_WORD)) for word in text.split()]
    return escape(" ".join(words))


def _cell(value: Any) -> Paragraph:
    return Paragraph(_text(value), _STYLES["BodyText"])


def _table(rows: list[list[Any]], *, widths: list[float], head: bool = False) -> Table:
    table = Table(
        [[_cell(value) for value in row] for row in rows],
        colWidths=[width * mm for width in widths],
        repeatRows=int(head),
    )
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


def render(record: dict[str, Any]) -> bytes:
    """The PDF of a record (as `record.record` builds it)."""
    # Through JSON, so that numbers read exactly as the API prints them.
    data = orjson.loads(dumps(record))
    order, quantities, seal = data["order"], data["quantities"], data["seal"]
    story: list[Flowable] = [
        Paragraph(_text(f"Production record {order['reference']}"), _STYLES["Title"]),
        Paragraph(_text(f"{data['factory']['name']}, {'final' if data['final'] else 'not final'}"), _STYLES["Heading3"]),
        _table(
            [
                ["Product", f"{order['product']['sku']} {order['product']['name']}" if order["product"] else None],
                ["Batch", order["batchNumber"]],
                ["State", order["state"]],
                ["Planned", f"{order['plannedStart'] or '–'} to {order['plannedEnd'] or '–'}"],
                ["Actual", f"{order['actualStart'] or '–'} to {order['actualEnd'] or '–'}"],
                ["Machines", ", ".join(share["machineCode"] or "" for share in order["assignments"]) or None],
            ],
            widths=[35, 135],
        ),
        Spacer(1, 4 * mm),
        _table(
            [["Target", "Produced", "Good", "Rejected", "Final", "Quality rate"],
             [quantities[name] for name in ("target", "produced", "good", "rejected", "final", "qualityRate")]],
            widths=[28.3] * 6,
        ),
    ]  # fmt: skip
    story += _signed(data) + _lots(data) + _history(data)
    story += [
        Paragraph("Seal", _STYLES["Heading3"]),
        _table(
            [["Chain head", seal["chainHead"]], ["Events", seal["events"]], ["Intact", "yes" if seal["intact"] else "NO"],
             ["Merkle root", seal["merkleRoot"]], ["Sealed at", seal["sealedAt"]], ["Generated", data["generatedAt"]]],
            widths=[35, 135],
        ),
    ]  # fmt: skip
    out = BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
        title=f"Production record {order['reference']}", author="FactoryOS",
    ).build(story)  # fmt: skip
    return out.getvalue()


def _signed(data: dict[str, Any]) -> list[Flowable]:
    signed = data["verification"]
    if not signed:
        return []
    counts = f"{signed['quantityGood']} good, {signed['quantityRejected']} rejected"
    told = f"{counts}, signed by {signed['verifiedBy']['name']} at {signed['verifiedAt']}"
    return [
        Paragraph("Verification", _STYLES["Heading3"]),
        _table([["Signed", told], ["Notes", signed["notes"]]], widths=[35, 135]),
    ]


def _lots(data: dict[str, Any]) -> list[Flowable]:
    rows = [["made", lot["lotNumber"], lot["quantity"]] for lot in data["lots"]["produced"]]
    rows += [
        ["used", f"{lot['sku']} {lot['lotNumber'] or '(no lot)'}", lot["quantity"]] for lot in data["lots"]["consumed"]
    ]
    if len(rows) > MOST_LOTS:
        rows[MOST_LOTS:] = [["", f"and {len(rows) - MOST_LOTS} more, which the record as JSON names", None]]
    return [Paragraph("Lots", _STYLES["Heading3"]), _table(rows, widths=[20, 110, 40])] if rows else []


def _history(data: dict[str, Any]) -> list[Flowable]:
    rows: list[list[Any]] = [["When", "What", "Who", "Why"]]
    rows += [
        [
            event["at"],
            f"{event['fromState'] or ''} → {event['toState']} ({event['verb']})",
            event["by"]["name"],
            event["reason"] or event["notes"],
        ]
        for event in data["history"]
    ]
    return [Paragraph("History", _STYLES["Heading3"]), _table(rows, widths=[45, 55, 30, 40], head=True)]
