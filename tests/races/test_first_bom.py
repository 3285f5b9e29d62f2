"""A product's first bill of materials, said by several at once: it is one BOM, and what each said is a version of it."""

import pytest

from manufacturing.boms import versions
from manufacturing.models import Bom, BomVersion
from tests.calls import Person, Plant, Reply
from tests.floor import an_item
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def said_at_once(times: int) -> list[tuple[int, int]]:
    """Several calls that each would make a new product's first BOM: [(status, version)]."""
    plant = Plant()
    an_item(plant.factory, sku="WIRE")
    bearer = plant.as_("engineer").bearer
    people = [Person(bearer, slug=plant.factory.slug) for _ in range(times)]
    body = {"changeReason": "r", "components": [{"productId": "WIRE", "quantity": 1}]}
    path = f"products/{plant.item.uuid}/bom-versions"
    replies = at_once(*(lambda person=person: person.post(path, body) for person in people))  # type: ignore[misc]
    return sorted((reply.status, reply["version"]) for reply in replies if isinstance(reply, Reply))


@pytest.mark.parametrize("attempt", range(3))
def test_the_first_bom_said_by_several_at_once_is_one_bom(attempt: int) -> None:
    assert said_at_once(6) == [(201, number) for number in range(1, 7)]
    assert Bom.objects.get().version == 6
    assert BomVersion.objects.count() == 6


def test_without_turns_there_would_be_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each then looks before the other has written."""
    monkeypatch.setattr(versions, "take_turns", lambda by: None)
    for _ in range(10):
        said_at_once(6)
        if Bom.objects.filter(default=False).exists():
            return
    pytest.fail("the fault was never seen")
