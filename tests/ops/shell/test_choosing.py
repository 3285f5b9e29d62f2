"""The header's two forms: which factory, and how one likes the page; kept for the person who chose, and for no other."""

import pytest
from django.test import Client

from factoryos.kernel.models import Membership
from factoryos.ops.models import Preferences
from tests.floor import a_factory
from tests.ops.shell.people import a_colleague, at_desk, somebody

pytestmark = pytest.mark.django_db
SHEET = "/ops/components"


def test_one_works_in_the_factory_that_was_chosen_last() -> None:
    first, second = a_factory(name="Bottle Works"), a_factory(name="Garment Studio")
    user = a_colleague(first)
    Membership.objects.create(user=user, factory=second, roles=["viewer"])
    client = at_desk(user)
    assert "<summary>" in client.get(SHEET).content.decode()
    answer = client.post("/ops/switch", {"factory": second.slug, "screen": "ops:orders"})
    assert (answer.status_code, answer["Location"]) == (303, "/ops/orders")
    page = client.get(SHEET).content.decode()
    assert f'data-factory="{second.slug}"' in page
    assert "viewer in Garment Studio" in " ".join(page.split())


@pytest.mark.parametrize("slug", ["strangers", "nobodys", "", "'; --"])
def test_a_strangers_factory_is_as_missing_as_none(slug: str) -> None:
    a_factory(slug="strangers", name="Secret Works")
    mine = a_factory()
    client = at_desk(a_colleague(mine))
    answer = client.post("/ops/switch", {"factory": slug})
    assert answer.status_code == (404 if slug else 303)
    assert b"Secret Works" not in answer.content
    assert f'data-factory="{mine.slug}"' in client.get(SHEET).content.decode()


def test_a_screen_that_is_not_one_leads_home() -> None:
    factory = a_factory()
    client = at_desk(a_colleague(factory))
    for screen in ("ops:sign-out", "https://evil.example", "no such"):
        assert client.post("/ops/switch", {"factory": factory.slug, "screen": screen})["Location"] == "/ops/orders"


def test_who_belongs_to_one_factory_has_nothing_to_switch() -> None:
    page = at_desk(a_colleague(a_factory(name="Only Works"))).get(SHEET).content.decode()
    assert "Only Works" in page
    assert 'action="/ops/switch"' not in page


def test_switches_are_kept_for_the_person_on_every_desk() -> None:
    factory = a_factory()
    ana, ben = a_colleague(factory), a_colleague(factory)
    answer = at_desk(ana).post(
        "/ops/preferences", {"theme": "dark", "density": "compact", "single_keys": "off", "next": SHEET}
    )
    assert (answer.status_code, answer["Location"]) == (303, SHEET)
    page, other = (at_desk(person).get(SHEET).content.decode() for person in (ana, ben))
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page
    assert '<html lang="en" data-theme="system" data-density="comfortable" data-keys>' in other


def test_a_switch_that_is_not_sent_stays_as_it_was() -> None:
    user = a_colleague(a_factory())
    client = at_desk(user)
    client.post("/ops/preferences", {"theme": "dark", "single_keys": "off"})
    assert client.post("/ops/preferences", {"density": "compact"}, headers={"hx-request": "true"}).status_code == 204
    kept = Preferences.objects.get(user=user)
    assert (kept.theme, kept.density, kept.single_keys) == ("dark", "compact", False)


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"density": '"><script>'}, {"single_keys": "maybe"}])
def test_a_choice_that_is_none_changes_nothing(wrong: dict[str, str]) -> None:
    client = at_desk(a_colleague(a_factory()))
    assert client.post("/ops/preferences", {"theme": "dark"} | wrong).status_code == 422
    assert not Preferences.objects.exists()


def test_who_belongs_nowhere_has_switches_too_and_a_stranger_has_none() -> None:
    assert at_desk(somebody()).post("/ops/preferences", {"theme": "dark"}).status_code == 303
    assert Client().post("/ops/preferences", {"theme": "dark"})["Location"].startswith("/ops/sign-in")
    assert Preferences.objects.count() == 1


@pytest.mark.parametrize("address", ["/ops/switch", "/ops/preferences"])
def test_a_link_changes_nothing(address: str) -> None:
    assert at_desk(a_colleague(a_factory())).get(address, {"theme": "dark"}).status_code == 405
    assert not Preferences.objects.exists()
