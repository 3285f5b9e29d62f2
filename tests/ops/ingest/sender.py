"""A planning system that states orders of one factory, what became of them, and a person who reads it in the console."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from orders.ingest.rows import FailedRow, Receipt, StatedRow
from orders.ingest.store import keep, keep_failed
from orders.models import IngestHead
from tests import floor
from tests.callers import a_member

_numbers = count(1)
REASON = "It states 800 units, but the order is completed with 500."


def a_row(factory: Factory, **stated: Any) -> StatedRow:
    facts: dict[str, Any] = {
        "order_number": f"MO-{next(_numbers):06d}", "product_id": "PROD-1", "updated_at": "2026-03-02 10:00:00",
        "source_id": "LINE-7", "ordered_at": "2026-02-20 08:00:00", "ordered_units": 500,
        "expected_start_date": "2026-03-01 06:00:00", "expected_end_date": "2026-03-03 18:00:00",
        "actual_start_date": None, "actual_end_date": None, "produced_units": None, "status": "in_progress",
    }  # fmt: skip
    return StatedRow(place=0, factory_id=factory.pk, **facts | stated)


class Sender:
    """`states` sends one version and gives its head; `became` says what the projection made of it."""

    def __init__(self, factory: Factory | None = None, *roles: str) -> None:
        self.factory = factory or floor.a_factory(time_zone="Europe/Berlin")
        self.by: Actor = floor.an_actor(self.factory, "planner")
        self.client = self.signed_in(*(roles or ("planner",)))

    def signed_in(self, *roles: str) -> Client:
        client = Client()
        client.force_login(a_member(self.factory, *roles))
        return client

    def receipt(self, received_at: datetime | None = None) -> Receipt:
        return Receipt(request_id=uuid4(), by=self.by, received_at=received_at or clock.now())

    def states(self, *, received_at: datetime | None = None, **stated: Any) -> IngestHead:
        row = a_row(self.factory, **stated)
        floor.done(lambda: keep([row], receipt=self.receipt(received_at)))
        return IngestHead.objects.get(
            factory=self.factory, order_number=row.order_number, product_id=row.product_id
        )  # fmt: skip

    def several(self, number: int, state: str = "pending", **stated: Any) -> list[IngestHead]:
        """Each changed a second after the one before it."""
        rows = [a_row(self.factory, **stated)._replace(place=place) for place in range(number)]
        floor.done(lambda: keep(rows, receipt=self.receipt()))
        found = list(
            IngestHead.objects.filter(order_number__in=[row.order_number for row in rows]).order_by("order_number")
        )
        begun = clock.now() - timedelta(hours=1)
        for place, head in enumerate(found):
            head.changed_at = begun + timedelta(seconds=place)
            self._settled(head, state)
        IngestHead.objects.bulk_update(found, ["changed_at", "state", "reason", "due_at", "projected_at", "order"])
        return found

    def became(self, head: IngestHead, state: str, *, reason: str | None = None, **facts: Any) -> IngestHead:
        self._settled(head, state)
        head.reason = reason
        for name, value in facts.items():
            setattr(head, name, value)
        head.save()
        return head

    def _settled(self, head: IngestHead, state: str) -> None:
        head.state = state
        head.due_at = clock.now() if state in ("pending", "failed") else None
        head.projected_at = None if state in ("pending", "failed") else clock.now()

    def conflict(self, **stated: Any) -> IngestHead:
        return self.became(self.states(**stated), "conflict", reason=REASON)

    def is_refused(
        self, row: Any, *errors: tuple[str, str], location: str | None = "LOC-1", at: datetime | None = None, place: int = 0
    ) -> UUID:  # fmt: skip
        """A row that fails for these (code, field); the id of its request."""
        told = [
            {"code": code, "category": "VALUE", "message": f"{field} is wrong", "field": field}
            for code, field in errors
        ]
        receipt = self.receipt(at or datetime.now(UTC))
        text = row if isinstance(row, str) else json.dumps(row)
        failed = FailedRow(
            place=place, factory_id=self.factory.pk, location_id=location, row=text, errors=json.dumps(told),
            codes=tuple(code for code, _ in errors),
        )  # fmt: skip
        floor.done(lambda: keep_failed([failed], receipt=receipt))
        return receipt.request_id

    def get(self, path: str = "", *, client: Client | None = None, **headers: str) -> Any:
        """`path` behind /ops/ingest."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (client or self.client).get(f"/ops/ingest{path}", headers=named)

    def sees(self, path: str = "") -> list[str]:
        """The order numbers of a page, from top to bottom."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.content.decode()
        return numbers(answer)


def numbers(answer: Any) -> list[str]:
    return [
        html.unescape(each)
        for each in re.findall(r'<a class="open mono" href="[^"]*">([^<]*)</a>', answer.content.decode())
    ]


def words(answer: Any) -> str:
    """What a person reads: without tags, white space made one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def link(answer: Any, name: str) -> str | None:
    """Where the link with this id leads."""
    tags = re.findall(rf'<a\b[^>]*\bid="{name}"[^>]*>', answer.content.decode())
    found = re.search(r'href="([^"]*)"', tags[0]) if tags else None
    return html.unescape(found[1]) if found else None
