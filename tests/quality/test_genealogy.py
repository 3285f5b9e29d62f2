"""Genealogy read both ways: what went into a lot, and what came out of one; exact, also after a correction."""

from decimal import Decimal

import pytest

from manufacturing.models import Item, Lot
from orders import actions
from orders.models import QuantityEntry
from quality.genealogy import Link, inputs_of, outputs_of
from tests import floor, stores
from tests.orders.storeroom import Storeroom
from tests.orders.tracing import part, run
from tests.orders.truth import require_truth

pytestmark = pytest.mark.django_db

Told = set[tuple[int, str | None, Decimal]]  # (run, lot, quantity)


class Line:
    """A product in lots, of a shell in lots (two each), a board with a number, and a screw that is just counted."""

    def __init__(self) -> None:
        self.room = room = Storeroom()
        self.shell = room.ingredient(tracking="lot")
        self.board = room.ingredient(tracking="serial")
        self.screw = room.ingredient(stock=100)
        for lot in ("SH-1", "SH-2"):
            room.deliver(20, lot, item=self.shell)
        room.deliver(6, item=self.board, serials=tuple(f"B{number}" for number in range(1, 7)))
        self.box = floor.an_item(room.factory, tracking="lot")
        stores.a_bom(room.by, self.box, {self.shell: 2, self.board: 1, self.screw: 4})
        self.order = room.running(6, item=self.box)

    def make(self, lot: str, boards: tuple[str, ...], **shells: int) -> QuantityEntry:
        named = {name.replace("_", "-"): quantity for name, quantity in shells.items()}
        parts = [part(self.shell, **named), part(self.board, **dict.fromkeys(boards, 1))]
        return run(self.room, self.order, len(boards), *parts, lot_number=lot)

    def inputs(self, item: Item, lot: str) -> Told:
        return self.told(inputs_of(self.lot(item, lot), factory_id=self.room.factory.pk))

    def outputs(self, item: Item, lot: str) -> Told:
        return self.told(outputs_of(self.lot(item, lot), factory_id=self.room.factory.pk))

    def lot(self, item: Item, lot: str) -> int:
        return Lot.objects.get(item=item, code=lot).pk

    def told(self, links: list[Link]) -> Told:
        assert {link.order_id for link in links} <= {self.order.pk}
        codes = dict(Lot.objects.values_list("pk", "code"))
        told = {(link.run_id, codes.get(link.lot_id), link.quantity) for link in links}
        assert len(told) == len(links)
        return told


def test_each_lot_names_just_what_went_into_it_and_just_what_came_out_of_it() -> None:
    line = Line()
    first = line.make("OUT-1", ("B1", "B2"), SH_1=4).pk
    second = line.make("OUT-1", ("B3",), SH_1=1, SH_2=1).pk
    third = line.make("OUT-2", ("B4", "B5", "B6"), SH_2=6).pk
    assert line.inputs(line.box, "OUT-1") == {
        (first, "SH-1", 4), (first, "B1", 1), (first, "B2", 1), (first, None, 8),
        (second, "SH-1", 1), (second, "SH-2", 1), (second, "B3", 1), (second, None, 4),
    }  # fmt: skip
    assert line.inputs(line.box, "OUT-2") == {
        (third, "SH-2", 6), (third, "B4", 1), (third, "B5", 1), (third, "B6", 1), (third, None, 12),
    }  # fmt: skip
    assert line.outputs(line.shell, "SH-1") == {(first, "OUT-1", 2), (second, "OUT-1", 1)}
    assert line.outputs(line.shell, "SH-2") == {(second, "OUT-1", 1), (third, "OUT-2", 3)}
    assert [line.outputs(line.board, f"B{n}") for n in (1, 3, 6)] == [
        {(first, "OUT-1", 2)}, {(second, "OUT-1", 1)}, {(third, "OUT-2", 3)},
    ]  # fmt: skip
    assert (line.inputs(line.shell, "SH-1"), line.outputs(line.box, "OUT-1")) == (set(), set())
    require_truth()


def test_numbers_on_both_sides_name_each_other() -> None:
    line = Line()
    unit = floor.an_item(line.room.factory, tracking="serial")
    stores.a_bom(line.room.by, unit, {line.board: 1, line.shell: 2})
    line.room.do(actions.cancel, line.order)  # which had all the boards reserved
    line.order = line.room.running(3, item=unit)
    runs = [
        run(line.room, line.order, 1, part(line.board, **{f"B{n}": 1}), part(line.shell, **{"SH-2": 2}),
            serial_numbers=(f"U{n}",)).pk
        for n in (1, 2, 3)
    ]  # fmt: skip
    for n, entry in zip((1, 2, 3), runs, strict=True):
        assert line.inputs(unit, f"U{n}") == {(entry, f"B{n}", 1), (entry, "SH-2", 2)}
        assert line.outputs(line.board, f"B{n}") == {(entry, f"U{n}", 1)}
    assert line.outputs(line.shell, "SH-2") == {(entry, f"U{n}", 1) for n, entry in zip((1, 2, 3), runs, strict=True)}


@pytest.mark.parametrize("named", [True, False])
def test_a_run_that_was_taken_back_leaves_no_trace_in_either_direction(named: bool) -> None:
    line = Line()
    if named:  # not the last run, but the one whose lot is named
        line.make("OUT-1", ("B1", "B2"), SH_1=4)
        kept = line.make("OUT-2", ("B3",), SH_2=2)
        line.room.report(line.order, good=-2, reason="scrapped", lot_number="OUT-1")
    else:
        kept = line.make("OUT-2", ("B3",), SH_2=2)
        line.make("OUT-1", ("B1", "B2"), SH_1=4)
        line.room.report(line.order, good=-2, reason="scrapped")
    assert (line.inputs(line.box, "OUT-1"), line.outputs(line.shell, "SH-1")) == (set(), set())
    assert [line.outputs(line.board, board) for board in ("B1", "B2")] == [set(), set()]
    assert line.inputs(line.box, "OUT-2") == {(kept.pk, "SH-2", 2), (kept.pk, "B3", 1), (kept.pk, None, 4)}
    assert line.outputs(line.shell, "SH-2") == {(kept.pk, "OUT-2", 1)}
    assert line.room.stock(item=line.shell)[0] == 38
    require_truth()


def test_a_part_of_a_run_that_was_taken_back_leaves_the_rest_exact() -> None:
    line = Line()
    first, second = line.make("OUT-1", ("B1", "B2", "B3"), SH_1=6), line.make("OUT-2", ("B4",), SH_2=2)
    line.room.report(line.order, good=-1, reason="one too many", lot_number="OUT-1")
    assert {row for row in line.inputs(line.box, "OUT-1") if row[1] in (None, "SH-1")} == {
        (first.pk, "SH-1", 4), (first.pk, None, 8),
    }  # fmt: skip
    assert len(line.inputs(line.box, "OUT-1")) == 4
    assert line.inputs(line.box, "OUT-2") == {(second.pk, "SH-2", 2), (second.pk, "B4", 1), (second.pk, None, 4)}
    assert line.outputs(line.shell, "SH-1") == {(first.pk, "OUT-1", 2)}


def test_what_was_spared_is_no_part_of_the_pieces_and_what_was_beyond_is() -> None:
    line = Line()
    parts = [part(line.shell, None, **{"SH-2": 3}), part(line.board, B1=1), part(line.screw, 1)]
    entry = run(line.room, line.order, 1, *parts, lot_number="OUT-1")
    assert line.inputs(line.box, "OUT-1") == {(entry.pk, "SH-2", 3), (entry.pk, "B1", 1), (entry.pk, None, 1)}


def test_pieces_that_were_all_waste_came_out_of_nothing() -> None:
    line = Line()
    run(line.room, line.order, 0, part(line.shell, **{"SH-1": 2}), part(line.board, B1=1), rejected=1)
    assert line.outputs(line.shell, "SH-1") == set()


def test_what_waste_still_holds_went_into_no_piece_that_was_taken_back() -> None:
    line = Line()
    shells = part(line.shell, **{"SH-1": 4})
    run(line.room, line.order, 1, shells, part(line.board, B1=1, B2=1), rejected=1, lot_number="OUT-1")
    line.room.report(line.order, good=-1, reason="scrapped", lot_number="OUT-1")
    assert line.room.stock("SH-1", item=line.shell)[0] == 18
    assert (line.inputs(line.box, "OUT-1"), line.outputs(line.shell, "SH-1")) == (set(), set())


def test_a_lot_that_was_all_given_back_went_into_nothing() -> None:
    line = Line()
    shells = part(line.shell, **{"SH-1": 2, "SH-2": 2})
    entry = run(line.room, line.order, 1, shells, part(line.board, B1=1, B2=1), rejected=1, lot_number="OUT-1")
    line.room.report(line.order, rejected=-1, reason="never made")
    assert line.room.stock("SH-2", item=line.shell)[0] == 20
    assert (line.outputs(line.shell, "SH-2"), line.outputs(line.shell, "SH-1")) == (set(), {(entry.pk, "OUT-1", 1)})


def test_another_factory_is_told_nothing() -> None:
    line = Line()
    line.make("OUT-1", ("B1",), SH_1=2)
    stranger = floor.a_factory()
    assert inputs_of(line.lot(line.box, "OUT-1"), factory_id=stranger.pk) == []
    assert outputs_of(line.lot(line.shell, "SH-1"), factory_id=stranger.pk) == []
