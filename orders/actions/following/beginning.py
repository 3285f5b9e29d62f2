"""New orders for statements that no order follows: made as `create` makes them, not yet written."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model
from django.db.models.base import ModelState

from factoryos.kernel.ids import uuid7
from factoryos.kernel.permissions import authorise
from factoryos.kernel.quantities import ZERO
from manufacturing.boms.explosion import Need, explode
from manufacturing.catalogue.stubs import find_or_make_stubs
from manufacturing.models import BomVersion, Item
from orders import bulk_history
from orders.actions.following.cases import Case
from orders.bulk_history import Step, Story
from orders.materials import snapshot
from orders.models import OrderLine, ProductionOrder
from orders.statements import Statement

M = TypeVar("M", bound=Model)


def begin(statements: Sequence[tuple[Statement, str]], *, now: datetime) -> list[Case]:
    """A draft for each of these statements under its reference, in their order; its item is made where nobody knows it."""
    if not statements:
        return []
    items = find_or_make_stubs({(one.by.factory.id, one.sku) for one, _ in statements})
    versions = snapshot.default_versions({item.pk for item in items.values()})
    ids = bulk_history.next_ids(len(statements))
    cases = []
    for (statement, reference), (order_id, line_id) in zip(statements, ids, strict=True):
        item = items[statement.by.factory.id, statement.sku]
        order = _order(statement, reference, item, order_id=order_id)
        line = _line(statement, order, item, versions.get(item.pk), line_id=line_id)
        cases.append(Case(statement=statement, now=now, story=Story(order=order, line=line)))
    return cases


def _order(statement: Statement, reference: str, item: Item, *, order_id: int) -> ProductionOrder:
    by = statement.by
    order = _like(
        _an_order(), id=order_id, uuid=uuid7(), factory_id=by.factory.id, origin=by.face, item_id=item.pk,
        reference=reference, planned_start=statement.planned_start, planned_end=statement.planned_end,
        quantity_target=statement.target, created_by_id=by.id, created_by_name=by.name,
    )  # fmt: skip
    order.needs_verification = by.factory.requires_verification
    return order


def _line(
    statement: Statement, order: ProductionOrder, item: Item, version: BomVersion | None, *, line_id: int
) -> OrderLine:
    line = _like(
        _a_line(), id=line_id, uuid=uuid7(), order_id=order.pk, item_id=item.pk, target=statement.target,
        bom_version_id=version.pk if version else None,
    )  # fmt: skip
    line._state.fields_cache = {"order": order, "item": item, "bom_version": version}
    return line


@cache
def _an_order() -> ProductionOrder:
    return ProductionOrder(quantity_good=ZERO, quantity_rejected=ZERO)


@cache
def _a_line() -> OrderLine:
    return OrderLine(good=ZERO, rejected=ZERO, imported_good=ZERO, imported_rejected=ZERO)


def _like(pattern: M, **columns: Any) -> M:
    """A new instance with the pattern's values besides these. To build one field by field takes longer than all that
    happens to it afterwards.
    """
    made = pattern.__class__.__new__(pattern.__class__)
    made.__dict__.update(pattern.__dict__, _state=ModelState(), **columns)
    return made


def explosions() -> Callable[[int], Sequence[Need]]:
    """What versions take, each asked for once."""
    return cache(explode)


def tell(case: Case, *, reach: Callable[[int], Sequence[Need]]) -> None:
    """The first step of a new order, and its components. Problems: RoleMissing, Invalid (a BOM beyond counting)."""
    authorise(case.by, "create")
    order, line = case.order, case.line
    if line.bom_version_id is not None:
        case.components = snapshot.components_for(order, [line], reach=reach)
    data: dict[str, Any] = {"reference": order.reference, "lines": [{"sku": line.item.sku, "target": line.target}]}
    if kept := {name: value for name, value in case.statement.facts.items() if value is not None}:
        data["facts"] = kept
        case.facts = kept
    case.add(Step("create", case.by, None, str(order.state), True, None, data))
