"""Runs that name what they used and made, and the genealogy that is asked afterwards: exact, from either end."""

from decimal import Decimal
from typing import Any

import pytest

from manufacturing.models import Item, Lot
from orders.proof_of_ledgers import faults
from quality.genealogy import inputs_of, outputs_of
from tests import stores
from tests.conformance.store.shop import Shop, in_path

pytestmark = pytest.mark.django_db


class Bench(Shop):
    """PUMP-1 (by serial number) = 1 MOTOR (by serial number) + 2 SEAL (by lot); caps as in every shop, kept by lot."""

    def __init__(self) -> None:
        super().__init__()
        Item.objects.filter(pk=self.cap.pk).update(tracking="lot")
        self.pump = self.item("PUMP-1", "Pump", tracking="serial")
        self.motor = self.item("MOTOR", "Motor", tracking="serial")
        self.seal = self.item("SEAL", "Seal", tracking="lot")
        stores.a_bom(self.actor, self.pump, {self.motor: 1, self.seal: 2})
        stores.delivered(self.actor, self.motor, 3, serials=("M-1", "M-2", "M-3"))
        stores.delivered(self.actor, self.seal, 5, "S-A")
        stores.delivered(self.actor, self.seal, 5, "S-B")
        stores.delivered(self.actor, self.liner, 1_000, "LN-78")

    def run(self, order_id: int, article: str, body: dict[str, Any], *, waste: int = 0) -> None:
        reply = self.admin.put(f"{order_id}/article/{in_path(article)}?waste={waste}", body)
        assert reply.status == 200, reply.content

    def line(self, article: str, amount: int) -> int:
        order_id = self.order()
        added = self.admin.post(f"{order_id}/article", {"articleId": article, "amount": amount})
        assert added.status == 200, added.content
        return order_id

    def into(self, item: Item, code: str) -> dict[tuple[str, str | None], Decimal]:
        """What went into a lot: (sku, lot) → quantity."""
        return self._told(inputs_of(self.lot(item, code).pk, factory_id=self.factory.pk))

    def out_of(self, item: Item, code: str) -> dict[tuple[str, str | None], Decimal]:
        return self._told(outputs_of(self.lot(item, code).pk, factory_id=self.factory.pk))

    def _told(self, links: Any) -> dict[tuple[str, str | None], Decimal]:
        skus = dict(Item.objects.filter(factory=self.factory).values_list("pk", "sku"))
        codes = dict(Lot.objects.filter(factory=self.factory).values_list("pk", "code"))
        found: dict[tuple[str, str | None], Decimal] = {}
        for link in links:
            key = skus[link.item_id], codes.get(link.lot_id)
            found[key] = found.get(key, Decimal(0)) + link.quantity
        return found


def test_three_runs_by_serial_number_name_exactly_what_they_used_and_made() -> None:
    bench = Bench()
    order_id = bench.line("PUMP-1", 3)
    for number, seals in (("1", {"S-A": 2}), ("2", {"S-A": 1, "S-B": 1}), ("3", {"S-B": 2})):
        parts = [
            {"articleId": "MOTOR", "serial": [f"M-{number}"]},
            {"articleId": "SEAL", "batches": [{"batchId": lot, "amount": part} for lot, part in seals.items()]},
        ]
        bench.run(order_id, "PUMP-1", {"amount": 1, "serial": f"P-{number}", "partTraceability": parts})
    assert bench.into(bench.pump, "P-1") == {("MOTOR", "M-1"): 1, ("SEAL", "S-A"): 2}
    assert bench.into(bench.pump, "P-2") == {("MOTOR", "M-2"): 1, ("SEAL", "S-A"): 1, ("SEAL", "S-B"): 1}
    assert bench.into(bench.pump, "P-3") == {("MOTOR", "M-3"): 1, ("SEAL", "S-B"): 2}
    assert bench.out_of(bench.motor, "M-2") == {("PUMP-1", "P-2"): 1}
    assert bench.out_of(bench.seal, "S-A") == {("PUMP-1", "P-1"): 1, ("PUMP-1", "P-2"): 1}
    assert bench.out_of(bench.seal, "S-B") == {("PUMP-1", "P-2"): 1, ("PUMP-1", "P-3"): 1}
    rows = bench.admin.get(f"{order_id}/batch")
    assert (rows["countSerial"], [row["serialNr"] for row in rows["batches"]]) == (3, ["P-1", "P-2", "P-3"])
    assert list(faults()) == []


def test_three_runs_by_batch_name_exactly_what_they_used_and_made() -> None:
    bench = Bench()
    order_id = bench.line("CAP-28/BLUE", 500)
    for batch, lot, good, waste in (("B-1", "LN-77", 100, 3), ("B-2", "LN-78", 200, 0), ("B-1", "LN-78", 50, 0)):
        parts = [{"articleId": "LINER-28", "batches": [{"batchId": lot, "amount": good + waste}]}]
        bench.run(order_id, "CAP-28/BLUE", {"amount": good, "batch": batch, "partTraceability": parts}, waste=waste)
    assert bench.into(bench.cap, "B-1") == {
        ("LINER-28", "LN-77"): 103, ("LINER-28", "LN-78"): 50, ("SHELL-28", None): 153
    }  # fmt: skip
    assert bench.into(bench.cap, "B-2") == {("LINER-28", "LN-78"): 200, ("SHELL-28", None): 200}
    assert bench.out_of(bench.liner, "LN-77") == {("CAP-28/BLUE", "B-1"): 100}
    assert bench.out_of(bench.liner, "LN-78") == {("CAP-28/BLUE", "B-2"): 200, ("CAP-28/BLUE", "B-1"): 50}
    assert list(faults()) == []


def test_what_was_taken_back_is_no_part_of_it_any_more() -> None:
    bench = Bench()
    order_id = bench.line("CAP-28/BLUE", 500)
    parts = [{"articleId": "LINER-28", "batches": [{"batchId": "LN-78", "amount": 100}]}]
    bench.run(order_id, "CAP-28/BLUE", {"amount": 100, "batch": "B-1", "partTraceability": parts})
    bench.run(order_id, "CAP-28/BLUE", {"amount": 10, "batch": "B-2"})
    taken_back = bench.admin.put(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "finished": 100})
    assert taken_back.status == 200, taken_back.content
    assert bench.out_of(bench.liner, "LN-77") == {}
    assert bench.into(bench.cap, "B-1") == {("LINER-28", "LN-78"): 100, ("SHELL-28", None): 100}
    assert [row["batchId"] for row in bench.admin.get(f"{order_id}/batch")["batches"]] == ["B-1"]
    assert list(faults()) == []
