"""The console's ledger of an order of which pieces were made elsewhere: it says which those are."""

import pytest

from tests.ops.order_page.desk import Desk, words
from tests.orders.importing import imported

pytestmark = pytest.mark.django_db


def test_what_was_stated_is_told_as_stated() -> None:
    desk = Desk()
    order = desk.running()
    imported(order, by=desk.by, good=8)
    told = words(desk.get(order))
    assert "+8 0 admin, API (ingest) Stated by a planning system : stated" in told
    assert "Made elsewhere" not in told


def test_a_correction_says_how_much_of_it_was_made_elsewhere() -> None:
    desk = Desk()
    order = desk.running()
    imported(order, by=desk.by, good=8)
    desk.report(order, good=1)
    desk.report(order, good=-3, rejected=3, reason="bent")
    told = words(desk.get(order))
    assert "Correction : bent Made elsewhere, so not in our stock: −2 good and +2 rejected" in told
    assert told.count("Made elsewhere") == 1


def test_a_correction_that_is_stated_is_told_as_stated() -> None:
    desk = Desk()
    order = desk.running()
    imported(order, by=desk.by, good=8)
    imported(order, by=desk.by, good=-2)
    assert "−2 0 admin, API (ingest) Stated by a planning system : stated" in words(desk.get(order))
