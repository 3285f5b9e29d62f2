"""Bills of materials: what a change is and what is none, units, repeated and stale calls, and who may."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from manufacturing.boms.writing import retire_bom
from manufacturing.models import Bom, BomOperation, BomVersion
from tests import floor
from tests.conformance.erp.plant import Plant, part
from tests.evidence import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.fixture
def path(plant: Plant) -> str:
    return f"boms/{plant.standard['id']}"


def kept(path: str) -> Bom:
    return Bom.objects.get(uuid=path.partition("/")[2])


# --- what is no change ------------------------------------------------------------------------------------------------


def test_the_products_unit_said_or_left_out_is_the_same(plant: Plant, path: str) -> None:
    """Nothing was said of units: they are the products'."""
    for body in (
        {"uom": "pcs"},
        {"uom": None},
        {"components": [part(plant.frame, 1, uom="pcs"), part(plant.board, 2.0, uom=None)]},
        {"operations": [{"name": " Assembly ", "workcenter": "Line A", "durationMinutes": 30.0}]},
    ):
        reply = plant.erp.patch(path, body)
        assert (reply.status, reply["version"]) == (200, 1), body
    assert BomVersion.objects.count() == 1
    assert plant.erp.patch(path, {"uom": "units"})["version"] == 2, "another name of it is echoed, and so is a change"


@pytest.mark.parametrize(
    "body",
    [
        {"operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 31}]},
        {"operations": [{"name": "Assembly", "durationMinutes": 30}]},
        {"operations": [{"name": "Assembly", "workcenter": "Line A", "durationMinutes": 30}, {"name": "Test"}]},
        {"type": "phantom"},
        {"quantity": 2},
    ],
    ids=str,
)
def test_every_word_counts(plant: Plant, path: str, body: dict[str, Any]) -> None:
    assert plant.erp.patch(path, body)["version"] == 2


def test_the_order_of_components_counts(plant: Plant, path: str) -> None:
    turned = list(reversed(plant.standard["components"]))
    reply = plant.erp.patch(path, {"components": turned})
    assert (reply["version"], reply["components"]) == (2, turned)


def test_an_older_version_sent_back_is_the_newest(plant: Plant, path: str) -> None:
    plant.erp.patch(path, {"name": "New", "operations": []})
    old = plant.erp.get(f"{path}?version=1")
    again = plant.erp.patch(path, old.json)
    assert (again["version"], again["name"], again["operations"]) == (3, old["name"], old["operations"])


# --- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uom", ["units", "unit", "pcs", "pc", "ea", "EA"])
def test_pieces_go_by_many_names_and_are_echoed(plant: Plant, uom: str) -> None:
    reply = plant.bom(uom=uom, components=[part(plant.frame, 1, uom=uom)])
    assert (reply["uom"], reply["components"][0]["uom"]) == (uom, uom)


def test_other_units_must_be_the_products_own(plant: Plant) -> None:
    glue = plant.item("GLUE", unit="kg", unit_decimals=3)
    fine = plant.bom(productId=str(glue.uuid), quantity=0.125, uom="kg", components=[part(plant.frame, 0.000001)])
    assert (fine["quantity"], fine["uom"]) == (Decimal("0.125"), "kg")
    before = everything()
    for fields, messages in (
        ({"components": [part(plant.frame, 1), part(glue, 1, uom="g")]}, ["components.1.uom must be kg"]),
        ({"uom": "kg", "components": [part(glue, 1, uom="pcs")]}, ["uom must be pcs", "components.0.uom must be kg"]),
        ({"quantity": 0.5}, ["quantity must be a whole number"]),
        ({"productId": str(glue.uuid), "quantity": 0.0001}, ["quantity must be of at most 3 decimal places"]),
        (
            {"components": [part(plant.frame, 0.0000001)]},
            ["components.0.quantity must not have more than 6 decimal places"],
        ),
    ):
        reply = plant.erp.post("boms", plant.recipe(**fields))
        assert (reply.status, reply.code, reply["message"]) == (422, "validation_failed", messages)
    assert everything() == before


def test_what_stood_before_is_not_judged_again(plant: Plant, path: str) -> None:
    """A product's unit may be renamed under a BOM that echoes the old one."""
    plant.erp.patch(path, {"uom": "units"})
    plant.widget.unit = "box"
    plant.widget.save()
    assert plant.erp.patch(path, {"name": "Boxed"}).status == 200
    assert plant.erp.patch(path, {"uom": "units"}).status == 422


# --- written as told --------------------------------------------------------------------------------------------------


def test_who_wrote_a_version_is_kept(plant: Plant, path: str) -> None:
    plant.as_("engineer").patch(path, {"name": "New"})
    assert list(BomVersion.objects.order_by("number").values_list("made_by_name", flat=True)) == ["ERP key"] * 2
    assert BomVersion.objects.values("made_by_id").distinct().count() == 2


def test_a_workcenter_is_a_place_where_it_is_spelled_like_one(plant: Plant, path: str) -> None:
    steps = [
        {"name": "a", "workcenter": "line-a"},
        {"name": "b", "workcenter": "LINE A"},
        {"name": "c", "workcenter": "x"},
    ]
    reply = plant.erp.patch(path, {"operations": [*steps, {"name": "d"}]})
    assert [step["workcenter"] for step in reply["operations"]] == ["line-a", "LINE A", "x", None]
    areas = BomOperation.objects.filter(version__number=2).order_by("sequence").values_list("work_area", flat=True)
    assert list(areas) == [plant.line.pk, plant.line.pk, None, None]


def test_a_huge_bom_is_written_and_read_in_few_queries(plant: Plant) -> None:
    parts = [part(plant.item(f"PART-{number}"), 1) for number in range(150)]
    with CaptureQueriesContext(connection) as captured:
        plant.bom(components=parts, operations=[{"name": f"Step {number}"} for number in range(100)])
    assert len(captured) < 30
    too_many = plant.erp.post("boms", plant.recipe(components=parts * 7))
    assert (too_many.status, too_many["message"]) == (422, ["components must not have more than 1000 elements"])


# --- stale, repeated, refused -----------------------------------------------------------------------------------------


def test_a_stale_version_changes_and_retires_nothing(plant: Plant, path: str) -> None:
    plant.erp.patch(path, {"name": "Two"}, if_match='"1"')
    before = everything()
    for tag in ('"1"', '"3"', "2", "x"):
        for reply in (plant.erp.patch(path, {"name": "x"}, if_match=tag), plant.erp.delete(path, if_match=tag)):
            assert (reply.status, reply.code, reply["details"]) == (412, "stale", {"current": 2})
    assert everything() == before and plant.erp.get(path)["version"] == 2
    assert plant.erp.patch(path, {"name": "Three"}, if_match='W/"2"').headers["ETag"] == '"3"'
    assert plant.erp.delete(path, if_match='"3"').status == 204


def test_a_stale_version_is_told_before_wrong_fields_and_after_no_such_bom(plant: Plant, path: str) -> None:
    assert plant.erp.patch(path, {"nmae": 1}, if_match='"9"').status == 412
    assert plant.erp.patch("boms/x", {"nmae": 1}, if_match='"9"').status == 404


def test_a_repeated_key_makes_changes_and_deletes_once(plant: Plant) -> None:
    made = [plant.erp.post("boms", plant.recipe(), idempotency_key="k") for _ in range(2)]
    assert made[0].content == made[1].content and Bom.objects.count() == 1
    assert {reply.headers["Location"] for reply in made} == {f"/api/manufacturing/boms/{made[0]['id']}"}
    path = f"boms/{made[0]['id']}"
    changed = [plant.erp.patch(path, {"name": "New"}, idempotency_key="k") for _ in range(2)]
    assert [reply["version"] for reply in changed] == [2, 2]
    gone = [plant.erp.delete(path, idempotency_key="k") for _ in range(2)]
    assert [(reply.status, reply.content, reply.headers.get("Idempotency-Replayed")) for reply in gone] == [
        (204, b"", None),
        (204, b"", "true"),
    ]
    assert plant.erp.delete(path).status == 404


def test_in_use_is_remembered_under_a_key_and_a_wrong_field_is_not(plant: Plant, path: str) -> None:
    order = plant.order()
    assert plant.erp.delete(path, idempotency_key="k").code == "bom_in_use"
    plant.erp.post(f"{order}/cancel")
    again = plant.erp.delete(path, idempotency_key="k")
    assert (again.code, again.headers["Idempotency-Replayed"]) == ("bom_in_use", "true")
    assert plant.erp.delete(path, {"why": "x"}, idempotency_key="l").status == 422
    assert plant.erp.delete(path, idempotency_key="l").status == 204


def test_nothing_to_say_has_neither_kind_nor_length(plant: Plant, path: str) -> None:
    headers = plant.erp.delete(path).headers
    assert "Content-Type" not in headers and "Content-Length" not in headers
    assert headers["X-Request-Id"] and headers["X-RateLimit-Limit"]


@pytest.mark.parametrize("role", ["technician", "qa", "operator", "viewer"])
def test_only_who_composes_may_write(plant: Plant, path: str, role: str) -> None:
    before, caller = everything(), plant.as_(role)
    replies = [caller.post("boms", plant.recipe()), caller.patch(path, {"name": "x"}), caller.delete(path)]
    assert [(reply.status, reply.code) for reply in replies] == [(403, "role_missing")] * 3
    assert replies[0]["details"] == {"anyOf": ["engineer", "planner"]}
    assert everything() == before and caller.get(path).status == 200


@pytest.mark.parametrize("role", ["engineer", "planner", "admin"])
def test_who_composes_may_write(plant: Plant, role: str) -> None:
    caller = plant.as_(role)
    made = caller.post("boms", plant.recipe())
    path = f"boms/{made['id']}"
    assert [made.status, caller.patch(path, {"name": "x"}).status, caller.delete(path).status] == [201, 200, 204]


# --- retired ----------------------------------------------------------------------------------------------------------


def test_a_bom_retired_through_another_face_is_gone_here_too(plant: Plant, path: str) -> None:
    floor.done(retire_bom, bom=kept(path), by=plant.actor)
    for reply in (
        plant.erp.get(path),
        plant.erp.get(f"{path}?version=1"),
        plant.erp.patch(path, {}),
        plant.erp.delete(path),
    ):
        assert (reply.status, reply["message"]) == (404, "BOM not found")
    assert plant.erp.get("boms")["meta"]["total"] == 0


def test_a_retired_bom_stays_with_its_orders_and_takes_no_new_ones(plant: Plant, path: str) -> None:
    order = plant.order()
    plant.erp.post(f"{order}/cancel")
    assert plant.erp.delete(path).status == 204
    assert plant.erp.get(order)["bomId"] == plant.standard["id"]
    assert plant.erp.post("orders", plant.wanted())["message"] == "BOM not found"


def test_the_next_bom_becomes_the_default(plant: Plant, path: str) -> None:
    heir = plant.bom(name="Heir")
    assert kept(path).default
    plant.erp.delete(path)
    assert kept(f"boms/{heir['id']}").default
