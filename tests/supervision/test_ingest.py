"""Statements of planning systems in the admin: their versions, and items that were made because of them."""

import pytest
from django.db.models import Model

from factoryos.supervision.site import site
from manufacturing.models import Item
from orders.models import IngestFailedRow, IngestHead, ProductionOrder
from tests import floor
from tests.ops.ingest.sender import Sender
from tests.supervision.world import World, page, signed_in

pytestmark = pytest.mark.django_db


def test_a_head_shows_its_versions_and_no_others() -> None:
    world = World()
    sender = Sender(world.factory)
    for minute in range(3):
        head = sender.states(order_number="MO-A", updated_at=f"2026-03-02 10:0{minute}:00", status=f"word-{minute}")
    sender.states(order_number="MO-B", status="another")
    Sender().states(order_number="MO-A", status="foreign")
    answer = signed_in(world.supervisor()).get(page(IngestHead, "change", head.pk))
    (table,) = answer.context["tables"]
    assert [row[1] for row in table.rows] == ["word-2", "word-1", "word-0"]
    assert f'href="/ops/ingest/{head.pk}"' in answer.content.decode()


def test_an_order_names_what_is_stated_of_it() -> None:
    world = World()
    answer = signed_in(world.supervisor()).get(page(ProductionOrder, "change", world.things[ProductionOrder].pk))
    assert f"Reason of {world.factory.slug}" in answer.content.decode()


def test_a_list_of_one_state_is_read_as_its_index_has_it() -> None:
    admin, request = site._registry[IngestHead], type("Request", (), {"GET": {"state__exact": "conflict"}})()
    assert admin.get_ordering(request) == ("-changed_at", "-pk")


def form_of(answer: object) -> dict[str, str]:
    form = answer.context["adminform"].form  # type: ignore[attr-defined]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def test_an_item_that_was_made_by_itself_is_found_and_ends_being_a_stub_when_somebody_says_so() -> None:
    world = World()
    client = signed_in(world.supervisor())
    item = floor.an_item(world.factory, sku="PROD-001", name="PROD-001", stub=True)
    found = client.get(f"{page(Item, 'changelist')}?stub__exact=1").context["cl"].result_list
    assert [each.pk for each in found] == [item.pk]
    where = page(Item, "change", item.pk)
    values = form_of(client.get(where)) | {"name": "Bottle cap"}
    assert values["stub"]
    assert client.post(where, values).status_code == 302  # described, but not said to be complete
    assert Item.objects.values_list("name", "stub").get(pk=item.pk) == ("Bottle cap", True)
    del values["stub"]
    assert client.post(where, values).status_code == 302
    assert not Item.objects.get(pk=item.pk).stub


def test_no_other_item_becomes_a_stub() -> None:
    world = World()
    client = signed_in(world.supervisor())
    item = floor.an_item(world.factory)
    where = page(Item, "change", item.pk)
    answer = client.get(where)
    assert 'name="stub"' not in answer.content.decode()
    assert client.post(where, form_of(answer) | {"stub": "on", "name": "Other"}).status_code == 302
    assert Item.objects.values_list("name", "stub").get(pk=item.pk) == ("Other", False)
    assert 'name="stub"' not in client.get(page(Item, "add")).content.decode()


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (IngestFailedRow, "codes=1"),
        (IngestFailedRow, "row=%00"),
        (IngestFailedRow, "received_at__year=99999"),
        (IngestHead, "order_number__regex=("),
        (IngestHead, "content=x"),
    ],
)
def test_a_filter_that_the_database_cannot_read_is_no_error_of_ours(model: type[Model], query: str) -> None:
    world = World()
    client = signed_in(world.supervisor())
    client.raise_request_exception = False
    answer = client.get(f"{page(model, 'changelist')}?{query}")
    assert answer.status_code in (302, 400)
    if answer.status_code == 302:
        assert answer.headers["Location"].endswith("?e=1")
