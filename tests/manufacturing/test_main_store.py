"""Places of the main store for finished pieces: found or made for many items at once, each of them once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manufacturing.models import Lot, StockBalance, StockLocation
from manufacturing.stock.main_store import find_main_places
from tests import floor

pytestmark = pytest.mark.django_db


def test_items_with_and_without_lots_of_several_factories_have_their_places_in_one_query() -> None:
    factories = [floor.a_factory() for _ in range(2)]
    for factory in factories:
        StockLocation.objects.create(factory=factory, code="main", name="Main store")
    items = [floor.an_item(factory, tracking=tracking) for factory in factories for tracking in ("none", "lot")]
    wanted = [
        (items[0], None),
        (items[1], "L1"),
        (items[1], "L2"),
        (items[2], None),
        (items[3], "L1"),
        (items[0], None),
    ]
    for _ in ("new", "known"):
        with CaptureQueriesContext(connection) as captured:
            found = find_main_places(wanted)
        assert len(captured) == 1
        balances = [StockBalance.objects.select_related("lot", "location").get(pk=key) for key in found]
        assert [(one.item_id, one.lot.code if one.lot else None) for one in balances] == [
            (item.pk, code) for item, code in wanted
        ]
        assert all(one.location.factory_id == one.factory_id == one.item.factory_id for one in balances)
        assert (Lot.objects.count(), StockBalance.objects.count()) == (3, 5)


def test_the_first_piece_of_all_makes_the_main_store() -> None:
    item = floor.an_item(floor.a_factory())
    (place,) = find_main_places([(item, "L1")])
    assert StockBalance.objects.get(pk=place).location.code == "main"
    assert find_main_places([(item, "L1")]) == [place]


def test_a_lot_that_lies_elsewhere_gets_a_place_of_its_own_here() -> None:
    factory = floor.a_factory()
    item = floor.an_item(factory, tracking="lot")
    here, there = (StockLocation.objects.create(factory=factory, code=code, name=code) for code in ("main", "cold"))
    lot = Lot.objects.create(factory=factory, item=item, code="L1")
    elsewhere = StockBalance.objects.create(factory=factory, item=item, lot=lot, location=there)
    (place,) = find_main_places([(item, "L1")])
    assert place != elsewhere.pk and StockBalance.objects.get(pk=place).location == here
    assert find_main_places([]) == []
