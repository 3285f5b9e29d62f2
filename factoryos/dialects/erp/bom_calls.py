"""The calls on bills of materials: read the body, name the products, write one version, show the BOM.

Order of checks: 404 for the BOM, 412 for its version, 422 for fields, 404 for products named in the body, 422 for what only
the products can tell (units, decimals), then the rules of BOMs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from factoryos.dialects.base.answers import json_answer, no_content
from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import fits
from factoryos.dialects.base.headers import etag
from factoryos.dialects.base.requests import Values, invalid, read
from factoryos.dialects.erp import bom_requests as take
from factoryos.dialects.erp import bom_responses as show
from factoryos.dialects.erp import naming
from factoryos.dialects.erp.paging import list_answer, order_of, page_of, slice_of
from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import NotFound, Stale
from factoryos.kernel.transactions import Answer
from manufacturing.boms import selectors
from manufacturing.boms.writing import Part, Recipe, Step, change_bom, create_bom, lock_bom
from manufacturing.models import Bom, Item
from manufacturing.units import is_same_unit
from orders.bom_use import lock_to_retire, retire_unused

PATH = "/api/manufacturing/boms"
_COLUMNS = {"createdAt": "id", "updatedAt": "updated_at", "name": "name"}

Json = dict[str, Any]


def page(values: Values, *, by: Actor) -> Answer:
    found = selectors.find_boms(
        by.factory.id,
        item_uuid=values.get("product_id"),
        bom_type=values.get("type"),
        text=values.get("search", ""),
    )
    page, order = page_of(values), order_of(values, columns=_COLUMNS)
    here = slice_of(found.order_by(*order), page=page)
    # Versions, components and operations are read for the page alone.
    rows = selectors.boms_of(by.factory.id).filter(pk__in=here.values("pk")).order_by(*order)
    return list_answer(_shown(list(rows)), page=page, total=found.count())


def answer(bom_id: int, *, by: Actor, version: int | None = None, status: int = 200) -> Answer:
    """The BOM as its current or an older version says. Problem: NotFound (no such BOM, no such version)."""
    row = selectors.boms_of(by.factory.id, version=version).filter(id=bom_id).first()
    if row is None:
        raise NotFound(thing="BOM")
    headers = {"ETag": etag(row["number"])}
    if status == 201:
        headers["Location"] = f"{PATH}/{row['uuid']}"
    return json_answer(_shown([row])[0], status=status, headers=headers)


def _shown(rows: Sequence[selectors.Row]) -> list[Json]:
    versions = [row["version_id"] for row in rows]
    components, operations = selectors.components_of(versions), selectors.operations_of(versions)
    return [
        show.bom(row, components=components.get(version, []), operations=operations.get(version, []))
        for row, version in zip(rows, versions, strict=True)
    ]


def create(body: JsonObject, *, by: Actor) -> Answer:
    values = read(take.NewBom, body)
    item_uuid = values.pop("product_id")
    items = naming.products([item_uuid, *_named_in(values)], by=by)
    blank = Recipe(name=values["name"], parts=())
    bom = create_bom(by=by, item=items[item_uuid], recipe=_mixed(blank, values, item=items[item_uuid], items=items))
    return answer(bom.pk, by=by, status=201)


def change(body: JsonObject, *, by: Actor, bom_id: int, seen: int | None) -> Answer:
    """A new version, but only if it says something new: what is sent back as it was read changes nothing."""
    bom = lock_bom(bom_id)
    if bom is None:
        raise NotFound(thing="BOM")
    _require_version(bom, seen=seen)
    values = read(take.BomChanges, body)
    if values.pop("product_id", bom.item.uuid) != bom.item.uuid:
        raise invalid([Fault("productId", "productId must be the product that the BOM is for")])
    items = naming.products(_named_in(values), by=by)
    before = selectors.recipe_of(bom)
    after = _mixed(before, values, item=bom.item, items=items)
    if _said(after, item=bom.item) != _said(before, item=bom.item):
        change_bom(bom, by=by, recipe=after)
    return answer(bom_id, by=by)


def retire(body: JsonObject, *, by: Actor, bom_id: int, seen: int | None) -> Answer:
    bom = lock_to_retire(bom_id, by=by)
    _require_version(bom, seen=seen)
    read(take.NoFields, body)
    retire_unused(bom, by=by)
    return no_content()


def _require_version(bom: Bom, *, seen: int | None) -> None:
    if seen is not None and seen != bom.version:
        raise Stale(current=bom.version)


def _named_in(values: Values) -> list[Any]:
    return [part["product_id"] for part in values.get("components", ())]


def _mixed(recipe: Recipe, values: Values, *, item: Item, items: dict[Any, Item]) -> Recipe:
    """The recipe with what a body says of it; a list replaces the whole list. Problem: Invalid (units, decimals)."""
    changes: Json = {name: values[name] for name in ("name", "type", "quantity") if name in values}
    if "uom" in values:
        changes["uom"] = values["uom"] or ""
    if "components" in values:
        changes["parts"] = [
            Part(items[part["product_id"]], part["quantity"], part.get("uom") or "") for part in values["components"]
        ]
    if "operations" in values:
        changes["steps"] = [
            Step(step["name"], step.get("workcenter") or "", Decimal(step["duration_minutes"]))
            for step in values["operations"]
        ]
    if found := list(_misfits(changes, item=item)):
        raise invalid(found)
    return replace(recipe, **changes)


def _misfits(changes: Json, *, item: Item) -> Iterable[Fault]:
    """What is wrong with new fields in the light of the products' units. What stood before is not judged again."""
    if "quantity" in changes and not fits(changes["quantity"], decimals=item.unit_decimals):
        unit = "a whole number" if item.unit_decimals == 0 else f"of at most {item.unit_decimals} decimal places"
        yield Fault("quantity", f"quantity must be {unit}")
    labels = [("uom", changes.get("uom", ""), item)]
    labels += [(f"components.{place}.uom", part.uom, part.item) for place, part in enumerate(changes.get("parts", ()))]
    for name, label, of in labels:
        if label and not is_same_unit(label, of.unit):
            yield Fault(name, f"{name} must be {of.unit}")


def _said(recipe: Recipe, *, item: Item) -> tuple[Any, ...]:
    """All that a recipe says, to be compared: a unit that was left out is the product's own."""
    parts = [(part.item.pk, part.quantity, part.uom or part.item.unit) for part in recipe.parts]
    steps = [(step.name, step.workcenter, step.duration_minutes) for step in recipe.steps]
    return recipe.name, str(recipe.type), recipe.quantity, recipe.uom or item.unit, parts, steps
