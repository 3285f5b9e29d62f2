"""What an order made, batch by batch, as the store API shows it: one object for the order, and the same for each line."""

from typing import Any

from factoryos.dialects.store.fields import milliseconds
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound
from orders.made_rows import MadeLine, MadeRow, made_lines

Json = dict[str, Any]

BATCHES = "productionOrderBatchResponseDto"


def batches_dto(order_id: int, *, by: Actor, article_id: str | None = None) -> Json:
    """All batches and serial numbers of an order, or of one of its articles. Problem: NotFound (the order, the line)."""
    lines = made_lines(order_id, by=by)
    if article_id is not None:
        lines = [line for line in lines if line.sku == article_id]
        if not lines:
            raise NotFound(thing="Line")
    # The fields that the API was published with tell of one article; of several, the whole order.
    names = {line.sku for line in lines}
    return {
        "articleId": names.pop() if len(names) == 1 else None,
        **_counted([{**row, "articleId": line.sku} for line in lines for row in _rows(line)]),
        "articles": [{"articleId": line.sku, **_counted(_rows(line))} for line in lines],
    }


def _counted(rows: list[Json]) -> Json:
    """A batch is counted once, whatever numbers were told of its pieces; of two articles, a batch of one name twice."""
    batches = {(row.get("articleId"), row["batchId"]) for row in rows if row["batchId"] is not None}
    return {
        "countBatch": len(batches),
        "countSerial": sum(row["serialNr"] is not None for row in rows),
        "batches": rows,
    }


def _rows(line: MadeLine) -> list[Json]:
    return [_row(line, made) for made in line.rows]


def _row(line: MadeLine, made: MadeRow) -> Json:
    return {
        "batchId": made.batch,
        "serialNr": made.serial,
        "orderedAmount": 1 if made.single else line.target,
        "deliveredAmount": made.quantity,
        "bestBefore": milliseconds(made.best_before),
    }
