"""What the demo's planning system states: orders that follow in the background, one of a product that nobody knows yet, one
that waits for quality, and one that cannot be followed because its number was typed wrong.
"""

from datetime import UTC, datetime, timedelta

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import Factory
from factoryos.ops.demo.crew import Crew
from orders.ingest import store
from orders.ingest.rows import Receipt, StatedRow
from orders.models import IngestHead

# Number, product, ordered, made so far, the planning system's word, and in how many days it is to begin.
STATED: dict[str, list[tuple[str, str, int, int | None, str, int]]] = {
    "penang-plant": [
        ("PL-4711", "CAP-28", 5_000, None, "planned", 3),
        ("PL-4712", "CAP-45-GOLD", 20_000, None, "firmed", 6),
        ("PL-4713", "CAP-38", 8_000, 3_200, "in progress", -1),
        ("PL-4714", "CAP-28", 2_500, 2_500, "shipped", -4),
        ("PL-4715", "CAP-38", 12_000_000_000_000, None, "planned", 2),
    ],
    "garment-studio": [],
}


def load_planning(factory: Factory) -> None:
    """Keep the statements, once; the orders follow when a worker runs. Runs in the caller's transaction."""
    stated = STATED[factory.slug]
    if not stated or IngestHead.objects.filter(factory=factory).exists():
        return
    now = clock.now()
    receipt = Receipt(request_id=uuid7(), by=Crew.of(factory).planner, received_at=now)
    store.keep([_row(factory, place, *facts, now=now) for place, facts in enumerate(stated)], receipt=receipt)


def _row(
    factory: Factory, place: int, number: str, product: str, ordered: int, made: int | None, word: str, days: int,
    *, now: datetime,
) -> StatedRow:  # fmt: skip
    start = now.replace(hour=6, minute=0, second=0) + timedelta(days=days)
    began = _text(start) if days < 0 else None
    return StatedRow(
        place, factory.pk, number, product, _text(now), "PLANNING", _text(start - timedelta(days=7)), ordered,
        _text(start), _text(start + timedelta(days=2)), began, None, made, word,
    )  # fmt: skip


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
