"""Who is asking, and for which factory: a key has one, a person may have to say which. Nobody sees another's things."""

from datetime import UTC, datetime, timedelta

import pytest

from factoryos.kernel.models import ApiKey, Membership, User
from orders.states import State
from tests.callers import a_member, a_user, token
from tests.conformance.erp.plant import Plant, Program
from tests.evidence import everything

pytestmark = pytest.mark.django_db


def slug(plant: Plant) -> dict[str, str]:
    return {"x_factory": plant.factory.slug}


def of_both(here: Plant, there: Plant, *roles: str) -> Program:
    """Somebody who is a member of two factories: with these roles here, an admin there."""
    user = a_member(here.factory, *roles)
    Membership.objects.create(user=user, factory=there.factory, roles=["admin"])
    return Program(token(user))


def test_a_key_is_kept_only_as_a_digest(plant: Plant) -> None:
    secret = plant.key("planner")
    assert secret.startswith("fos_erp_")
    kept = ApiKey.objects.values().last()
    assert kept is not None and secret not in str(kept)


def test_a_key_works_until_it_expires_or_is_revoked(plant: Plant) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    program = Program(plant.key("viewer", expires_at=soon))
    assert program.get("orders").status == 200
    ApiKey.objects.filter(expires_at=soon).update(revoked_at=datetime.now(UTC))
    assert program.get("orders").status == 401


def test_the_scheme_is_bearer_and_its_case_does_not_matter(plant: Plant) -> None:
    secret = plant.key("viewer")
    nobody = Program(None)
    assert nobody.get("orders", authorization=f"bearer {secret}").status == 200
    for header in (secret, f"Basic {secret}", f"Token {secret}", "Bearer", "Bearer ", f"Bearer {secret} {secret}"):
        assert nobody.get("orders", authorization=header).status == 401, header


def test_a_key_has_one_factory_whatever_is_said(plant: Plant) -> None:
    there = Plant()
    plant.order()
    for named in (there.factory.slug, "nowhere", "", plant.factory.slug):
        assert plant.erp.get("orders", x_factory=named)["meta"]["total"] == 1, named
        assert there.erp.get("orders", x_factory=named)["meta"]["total"] == 0, named


def test_a_member_of_one_factory_gets_that_one(plant: Plant) -> None:
    plant.order()
    person = plant.person("viewer")
    assert person.get("orders")["meta"]["total"] == 1
    assert person.get("orders", **slug(plant))["meta"]["total"] == 1


def test_a_member_of_several_must_say_which(plant: Plant) -> None:
    there = Plant()
    plant.order()
    both = of_both(plant, there, "viewer")
    for call in (lambda: both.get("orders"), lambda: both.post("orders", "{"), lambda: both.get("orders/abc")):
        reply = call()
        assert (reply.status, reply.code, reply["error"]) == (400, "factory_required", "Bad Request")
    assert both.get("orders", **slug(plant))["meta"]["total"] == 1
    assert both.get("orders", **slug(there))["meta"]["total"] == 0


def test_the_roles_are_those_of_the_factory_that_is_meant(plant: Plant) -> None:
    there = Plant()
    both = of_both(plant, there, "viewer")
    assert both.post("orders", plant.wanted(), **slug(plant)).code == "role_missing"
    assert both.post("orders", there.wanted(), **slug(there)).status == 201


def test_a_factory_that_is_not_theirs_does_not_exist(plant: Plant) -> None:
    here, there = Plant(), Plant()
    for person in (of_both(plant, here, "admin"), plant.person("admin")):
        theirs, nobodys = (person.get("orders", x_factory=name) for name in (there.factory.slug, "nowhere"))
        assert (theirs.status, theirs.code) == (404, "not_found")
        assert theirs.content == nobodys.content


def test_somebody_without_any_factory_is_forbidden() -> None:
    for bearer in (token(a_user()), token()):
        for path in ("orders", "boms", "/api/inventory/products"):
            reply = Program(bearer).get(path)
            assert (reply.status, reply["error"]) == (403, "Forbidden")
    assert User.objects.count() == 2, "a first sight leaves an account behind"


@pytest.mark.parametrize(
    "bent", [{"aud": "anon"}, {"iss": "https://elsewhere"}, {"exp": None}, {"sub": None}, {"role": "anon"}], ids=str
)
def test_a_token_is_checked_in_all_its_claims(plant: Plant, bent: dict[str, str | None]) -> None:
    user = a_member(plant.factory, "admin")
    assert Program(token(user)).get("orders").status == 200
    reply = Program(token(user, **bent)).get("orders")
    assert (reply.status, reply.code) == (401, "unauthenticated")


def test_a_disabled_account_is_nobody(plant: Plant) -> None:
    user = a_member(plant.factory, "admin")
    person = Program(token(user))
    assert person.get("orders").status == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert person.get("orders").status == 401


def test_a_keys_roles_are_those_of_its_row(plant: Plant) -> None:
    without = Program(plant.key())
    assert without.get("orders").status == 200, "every key reads"
    assert without.post("orders", plant.wanted()).code == "role_missing"


def test_a_person_and_a_key_leave_their_names_in_the_history(plant: Plant) -> None:
    path = plant.order()
    person = plant.person("planner")
    person.post(f"{path}/confirm")
    plant.erp.post(f"{path}/produce", {"qty": 1})
    events = list(plant.core(path).events.values_list("verb", "actor_kind", "credential", "face"))
    assert events == [
        ("create", "api_key", "api_key", "erp"),
        ("approve", "user", "jwt", "erp"),
        ("start", "api_key", "api_key", "erp"),
        ("report", "api_key", "api_key", "erp"),
    ]


def test_nothing_of_another_factory_can_be_touched(plant: Plant) -> None:
    there = Plant()
    order, bom = there.order(State.IN_PRODUCTION), there.standard["id"]
    here, before = plant.wanted(), everything()
    calls = [
        ("GET", order, None), ("GET", f"{order}/work-orders", None), ("GET", f"{order}/productions", None),
        ("POST", f"{order}/confirm", None), ("POST", f"{order}/produce", {"qty": 1}), ("POST", f"{order}/close", None),
        ("POST", f"{order}/cancel", None), ("POST", f"{order}/work-orders/wo_001/start", None),
        ("POST", f"{order}/work-orders/wo_001/done", None), ("GET", f"boms/{bom}", None),
        ("PATCH", f"boms/{bom}", {"name": "mine"}), ("DELETE", f"boms/{bom}", None),
        ("POST", "orders", here | {"bomId": bom}), ("POST", "orders", here | {"productId": str(there.widget.uuid)}),
        ("POST", "boms", plant.recipe(productId=str(there.widget.uuid))),
        ("GET", f"/api/inventory/products/{there.frame.uuid}/stock", None),
    ]  # fmt: skip
    for method, path, body in calls:
        reply = plant.admin.send(method, path, body)
        assert (reply.status, reply.code) == (404, "not_found"), (method, path)
    assert everything() == before
    for query in (f"orders?productId={there.widget.uuid}", f"boms?productId={there.widget.uuid}"):
        assert plant.admin.get(query)["data"] == []
