"""Every page of every table of the admin × who asks. Generated from the site: a new table without its row here fails."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from factoryos.kernel.models import Factory, User
from factoryos.supervision.site import site
from orders.models import ManufacturingOrderVersion, ProductionOrder
from tests.callers import a_member
from tests.standing import made_for_a_file
from tests.supervision.rights import RIGHTS
from tests.supervision.world import (
    REGISTERED,
    World,
    keeper,
    page,
    signed_in,
    staff,
    state_of_everything,
)

pytestmark = pytest.mark.django_db

Worlds = tuple[World, World]
each_table = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
NOBODYS = 999_999_999
OF_OBJECT = ("change", "history", "delete")
LOWER_APPS = ("kernel", "manufacturing", "quality", "orders", "iot", "ops")


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[Worlds]:
    yield from made_for_a_file(django_db_blocker, lambda: (World(), World()))


@pytest.fixture
def world(worlds: Worlds) -> World:
    """One of the two that there are in every test."""
    return worlds[0]


def crafted(thing: Model) -> dict[str, str]:
    """A form with something for every column, as nobody's page would send it."""
    texts = {field.attname: "1" for field in thing._meta.concrete_fields if not field.primary_key}
    return texts | {"state": "closed", "factory": str(getattr(thing, "factory_id", 1)), "post": "yes", "_save": "Save"}


def asked(client: Client, model: type[Model], pk: Any) -> list[tuple[str, str, Any]]:
    """Everything that can be asked about a table and one of its rows: [(what, method, answer)]."""
    answers: list[tuple[str, str, Any]] = []
    thing = model._default_manager.first()
    assert thing is not None
    for name in ("changelist", "add"):
        answers.append((name, "GET", client.get(page(model, name))))
    answers.append(("add", "POST", client.post(page(model, "add"), crafted(thing))))
    for name in OF_OBJECT:
        answers.append((name, "GET", client.get(page(model, name, pk))))
        if name != "history":
            answers.append((name, "POST", client.post(page(model, name, pk), crafted(thing))))
    return answers


def told(answer: Any, pk: Any) -> str:
    """A body without what differs between any two answers: the row's own address and tokens."""
    text = re.sub(r'"[0-9A-Za-z]{64}"', "", answer.content.decode())
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", "", text.replace(f"/{pk}/", "/#/"))


def test_every_table_of_the_lower_apps_is_shown_and_has_its_rights_here() -> None:
    tables = {model for label in LOWER_APPS for model in apps.get_app_config(label).get_models()}
    tables.remove(ManufacturingOrderVersion)  # its key has several columns: it stands on the page of its head
    assert tables == set(REGISTERED) == set(RIGHTS)


def test_a_world_has_one_of_everything() -> None:
    assert set(World().things) == set(REGISTERED)


@each_table
def test_who_is_not_signed_in_is_sent_to_the_console_s_sign_in(model: type[Model], world: World) -> None:
    before = state_of_everything()
    client = signed_in(None)
    for what, method, answer in asked(client, model, world.things[model].pk):
        assert answer.status_code == 302, (what, method)
        assert client.get(answer["Location"])["Location"].startswith("/ops/sign-in?next="), what
    assert state_of_everything() == before


@each_table
def test_a_member_without_staff_is_refused_everything(model: type[Model], world: World) -> None:
    client = signed_in(a_member(world.factory, "admin"))
    before = state_of_everything()
    assert {answer.status_code for _, _, answer in asked(client, model, world.things[model].pk)} == {403}
    assert state_of_everything() == before


@each_table
def test_staff_without_the_role_admin_supervises_nothing(model: type[Model], world: World) -> None:
    client = signed_in(staff(a_member(world.factory, "planner", "engineer", "qa")))
    before = state_of_everything()
    # Of rows, those that could be written by somebody are missing; the rest is refused at the door.
    assert {answer.status_code for _, _, answer in asked(client, model, world.things[model].pk)} <= {403, 404}
    assert state_of_everything() == before


@each_table
def test_a_stranger_s_row_answers_like_one_that_nobody_has(model: type[Model], worlds: Worlds) -> None:
    here, there = worlds
    client = signed_in(here.supervisor())
    theirs = there.things[model]
    before = state_of_everything()
    for name in OF_OBJECT:
        for method in ("get", "post"):
            got = [
                getattr(client, method)(page(model, name, pk), crafted(theirs) if method == "post" else None)
                for pk in (theirs.pk, NOBODYS)
            ]
            assert got[0].status_code == got[1].status_code, (name, method)
            assert got[0].status_code in {403, 404} if method == "get" or name != "history" else True
            assert told(got[0], theirs.pk) == told(got[1], NOBODYS), (name, method)
    assert state_of_everything() == before


@each_table
def test_a_list_shows_nothing_of_a_stranger(model: type[Model], worlds: Worlds) -> None:
    here, there = worlds
    client = signed_in(here.supervisor())
    answer = client.get(page(model, "changelist"))
    if not RIGHTS[model].supervisors:
        assert answer.status_code == 403
        return
    for query in ("", f"?factory={there.factory.pk}", f"?q={there.factory.slug}"):
        found = client.get(page(model, "changelist") + query)
        if found.status_code == 302 and model in {Factory, User}:
            continue  # they have no such filter
        assert found.status_code == 200
        rows = {row.pk for row in found.context["cl"].result_list}
        assert there.things[model].pk not in rows, query
        text = (
            found.content.decode().replace(f"?q={there.factory.slug}", "").replace(f'value="{there.factory.slug}"', "")
        )
        assert there.factory.name not in text and (there.factory.slug not in text or "q=" in query), query
    own = client.get(page(model, "changelist")).context["cl"].result_list
    assert here.things[model].pk in {row.pk for row in own}


@each_table
def test_a_supervisor_and_a_keeper_may_what_the_table_s_rights_say(model: type[Model], world: World) -> None:
    rights = RIGHTS[model]
    thing = world.things[model]
    for user, sees, writes in (
        (world.supervisor(), rights.supervisors, rights.writes),
        (keeper(), True, rights.keepers),
    ):
        client = signed_in(user)
        expected = {
            "changelist": 200 if sees else 403,
            "add": 200 if "add" in writes else 403,
            "change": 200 if sees else 403,
            "history": 200 if sees else 404,
            "delete": 200 if "delete" in writes else 403,
        }
        got = {name: client.get(page(model, name)).status_code for name in ("changelist", "add")}
        got |= {name: client.get(page(model, name, thing.pk)).status_code for name in OF_OBJECT}
        assert got == expected, user.is_superuser
        form = client.get(page(model, "change", thing.pk))
        if sees:
            assert ('name="_save"' in form.content.decode()) == ("change" in writes), user.is_superuser


@each_table
def test_what_may_not_be_written_is_not_written_by_a_crafted_form(model: type[Model], world: World) -> None:
    thing = world.things[model]
    for user, writes in ((world.supervisor(), RIGHTS[model].writes), (keeper(), RIGHTS[model].keepers)):
        client = signed_in(user)
        before = state_of_everything()
        for name, args in (("add", ()), ("change", (thing.pk,)), ("delete", (thing.pk,))):
            if name not in writes:
                assert client.post(page(model, name, *args), crafted(thing)).status_code == 403, name
        assert state_of_everything() == before


@each_table
def test_no_list_offers_to_delete_many_at_once(model: type[Model], world: World) -> None:
    client = signed_in(keeper())
    before = state_of_everything()
    answer = client.post(
        page(model, "changelist"),
        {"action": "delete_selected", "_selected_action": [world.things[model].pk], "post": "yes", "index": "0"},
    )
    assert answer.status_code in {200, 302, 403}
    assert state_of_everything() == before


AUTOCOMPLETES = [
    (inline.model if inline else admin.model, field)
    for admin in site._registry.values()
    for inline in (None, *admin.inlines)
    for field in (inline or admin).autocomplete_fields
]


@pytest.mark.parametrize(("model", "field"), AUTOCOMPLETES, ids=lambda value: getattr(value, "__name__", value))
def test_a_choice_offers_nothing_of_a_stranger(model: type[Model], field: str, worlds: Worlds) -> None:
    here, there = worlds
    names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    url = reverse("admin:autocomplete")
    offered = {row["id"] for row in signed_in(here.supervisor()).get(url, names | {"term": ""}).json()["results"]}
    remote = model._meta.get_field(field).remote_field.model  # type: ignore[union-attr]
    assert str(there.things[remote].pk) not in offered
    assert str(here.things[remote].pk) in offered
    assert signed_in(None).get(url, names).status_code == 302
    assert signed_in(a_member(here.factory, "admin")).get(url, names).status_code == 403
    assert signed_in(staff(a_member(here.factory, "planner"))).get(url, names | {"term": ""}).status_code == 403


@each_table
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(model: type[Model], world: World) -> None:
    client = signed_in(keeper())

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    url = page(model, "changelist")
    for warm in (url, page(model, "change", world.things[model].pk)):
        queries(warm)  # what a process asks only once is asked
    few = [queries(url), queries(page(model, "change", world.things[model].pk))]
    for _ in range(4):
        World()
    assert [queries(url), queries(page(model, "change", world.things[model].pk))] == few
    assert few[0] <= 12


def test_a_hundred_orders_cost_as_many_queries_as_ten() -> None:
    world = World()
    client = signed_in(world.supervisor())
    counts = []
    client.get(page(ProductionOrder, "changelist"))  # what a process asks only once is asked
    for number in (10, 90):
        for _ in range(number):
            assert world.plant.order()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page(ProductionOrder, "changelist"))
        counts.append(len(captured))
        assert len(answer.context["cl"].result_list) == min(50, 11 if number == 10 else 101)
    assert counts[0] == counts[1] <= 12


def test_an_address_cannot_ask_for_secrets_or_through_relations() -> None:
    world = World()
    world.member.password = make_password("something")
    world.member.save()
    client = signed_in(world.supervisor())
    for query in ("password__startswith=md5", "memberships__factory=1", "memberships=1"):
        assert client.get(page(User, "changelist") + f"?{query}").status_code in {302, 400}, query


def test_the_site_tells_nothing_about_objects_past_its_lists(world: World) -> None:
    client = signed_in(world.supervisor())
    assert client.get("/admin/r/1/1/").status_code == 404
    assert client.get("/admin/").status_code == 200
    assert "FactoryOS admin" in client.get("/admin/").content.decode()
    assert 'href="/ops/orders"' in client.get("/admin/").content.decode()


@each_table
def test_a_form_for_something_new_shows_only_what_can_be_filled_in(model: type[Model]) -> None:
    if "add" not in RIGHTS[model].keepers:
        return
    text = signed_in(keeper()).get(page(model, "add")).content.decode()
    assert "DatabaseDefault" not in text and 'class="readonly"' not in text
