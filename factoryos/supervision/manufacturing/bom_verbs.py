"""What a supervisor does to BOMs: another one becomes the default, or one goes out of use."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import User
from factoryos.kernel.problems import NotFound
from factoryos.supervision.acting import as_supervisor
from factoryos.supervision.verbs import chosen
from manufacturing.boms import writing
from manufacturing.models import Bom
from orders.bom_use import lock_to_retire, retire_unused

_HEADINGS = ("Bill of materials", "Item", "Type", "Version", "Default", "Factory")


def _cells(bom: Bom) -> tuple[object, ...]:
    return (bom, bom.item, bom.get_type_display(), bom.version, "yes" if bom.default else "no", bom.factory)


def _make_default(bom: Bom, by: Actor) -> str:
    locked = writing.lock_bom(bom.pk)
    if locked is None:
        raise NotFound(thing="A BOM in use")
    writing.make_default(locked, by=by)
    return f"It is the default of {bom.item} now."


def _retire(bom: Bom, by: Actor) -> str:
    retire_unused(lock_to_retire(bom.pk, by=by), by=by)
    return "It is retired."


def _action(
    name: str, *, words: str, note: str, do: Callable[[Bom, Actor], str]
) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    def action(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = chosen.rows_of(request, queryset.select_related("item", "factory"))
        if not rows:
            return None
        if "confirmed" not in request.POST:
            asking = chosen.Asking(name, f"{words}: {len(rows)}", note, _HEADINGS, _cells)
            return chosen.ask(page, request, asking, rows=rows, form=forms.Form())
        user = request.user
        assert isinstance(user, User)
        return chosen.each(page, request, rows, do=lambda bom: do(bom, as_supervisor(user, bom.factory)))

    action.__name__ = name
    action.short_description = f"{words} the chosen bills"  # type: ignore[attr-defined]  # the admin reads it
    action.allowed_permissions = ("act",)  # type: ignore[attr-defined]
    return action


ACTIONS = [
    _action(
        "make_default", words="Make default", do=_make_default,
        note="Every face that names no bill of materials takes the item's default one, from the next order on.",
    ),
    _action(
        "retire", words="Retire", do=_retire,
        note="A bill that is retired is taken for no new order, and does not come back. One that an unfinished order was"
        " made with is refused.",
    ),
]  # fmt: skip
