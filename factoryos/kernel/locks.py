"""The one way to lock rows: by primary key, in ascending order, without blocking foreign-key checks of others."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from factoryos.kernel.rows import find_one

M = TypeVar("M", bound=Model)


def lock_one(model: type[M], *, row_id: int, factory_id: int) -> M | None:
    """The factory's row with this primary key, locked; the same lock as `locked`, for the one row every verb begins with."""
    return find_one(model, "id = %s AND factory_id = %s FOR NO KEY UPDATE", [row_id, factory_id])


def locked(rows: QuerySet[M], *, ids: Iterable[Any]) -> QuerySet[M]:
    """`rows` with these primary keys, locked in the order of their keys (rules: every path locks in one order)."""
    return rows.filter(pk__in=list(ids)).order_by("pk").select_for_update(of=("self",), no_key=True)
