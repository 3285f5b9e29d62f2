"""Named filters and sorts of the list: kept for oneself, or shared with the factory; one of one's own may be the default.

Only the cleaned query is kept, so that a view means tomorrow what it means today. Others' shared views may be looked
at and not touched; others' private ones do not exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db import IntegrityError
from django.db.models import Q
from django.http import QueryDict

from factoryos.kernel.actors import Actor
from factoryos.kernel.database import violated_constraint
from factoryos.kernel.models import User
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Busy, Duplicate, Invalid, NotFound
from factoryos.kernel.text import is_safe
from factoryos.ops.models import SavedView
from factoryos.ops.order_list.listing import Listing

SCREEN = "orders"
MOST = 50  # of one person in one factory
SHARING = "note"  # who may tell colleagues something may also share a view with them


def safe(text: str) -> None:
    if not is_safe(text):
        raise forms.ValidationError("Control characters are not allowed.")


class ViewForm(forms.Form):
    """The form under "Save view"."""

    name = forms.CharField(max_length=60, validators=[safe])
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)
    shared = forms.BooleanField(required=False)
    is_default = forms.BooleanField(required=False)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody in one of their factories: whose views they are."""

    user: User
    actor: Actor

    @property
    def own(self) -> Any:
        """Their own views here."""
        return SavedView.objects.filter(factory_id=self.actor.factory.id, owner=self.user, screen=SCREEN)

    @property
    def visible(self) -> Any:
        """Their own and those shared with the factory."""
        return SavedView.objects.filter(
            Q(owner=self.user) | Q(shared=True), factory_id=self.actor.factory.id, screen=SCREEN
        )


def cleaned(query: str, *, by: Actor) -> str:
    """What a view keeps of an address: filter and sort, written in the one way. Problem: Invalid."""
    listing = Listing(QueryDict(query), by=by)
    if not listing.valid or listing.notices:
        raise Invalid(messages=["A filter that cannot be applied cannot be saved"], field="query")
    return listing.saved_query


def find(uuid: UUID, *, owner: Owner) -> SavedView:
    """A view that they may look at. Problem: NotFound."""
    return _found(owner.visible.filter(uuid=uuid).first())


def find_own(uuid: UUID, *, owner: Owner) -> SavedView:
    """A view that is theirs, to be changed. Problem: NotFound."""
    return _found(owner.own.filter(uuid=uuid).first())


def save(fields: dict[str, Any], *, owner: Owner) -> SavedView:
    """Keep a new view. Problems: Invalid, Duplicate, RoleMissing."""
    if fields["shared"]:
        authorise(owner.actor, SHARING)
    if owner.own.count() >= MOST:
        raise Invalid(messages=[f"More than {MOST} views are too many; delete one first"], field="name")
    refuse_taken(fields["name"], owner=owner)
    view = SavedView(
        factory_id=owner.actor.factory.id, owner=owner.user, screen=SCREEN, name=fields["name"],
        query=cleaned(fields["query"], by=owner.actor), shared=fields["shared"],
    )  # fmt: skip
    with _told_apart(view.name):
        view.save()
    if fields["is_default"]:
        make_default(view, owner=owner)
    return view


def rename(view: SavedView, name: str, *, owner: Owner) -> None:
    """Problem: Duplicate."""
    if name != view.name:
        refuse_taken(name, owner=owner)
        view.name = name
        with _told_apart(name):
            view.save(update_fields=["name"])


def share(view: SavedView, *, owner: Owner) -> None:
    """Problem: RoleMissing."""
    authorise(owner.actor, SHARING)
    view.shared = True
    view.save(update_fields=["shared"])


def unshare(view: SavedView) -> None:
    view.shared = False
    view.save(update_fields=["shared"])


def make_default(view: SavedView, *, owner: Owner) -> None:
    """What the bare address shows from now on."""
    with _told_apart(view.name):
        owner.own.filter(is_default=True).update(is_default=False)
        owner.own.filter(pk=view.pk).update(is_default=True)


def no_default(view: SavedView, *, owner: Owner) -> None:
    owner.own.filter(pk=view.pk).update(is_default=False)


def refuse_taken(name: str, *, owner: Owner) -> None:
    """Raise Duplicate where they have a view of this name already."""
    if owner.own.filter(name=name).exists():
        raise Duplicate(field="name", value=name)


@contextmanager
def _told_apart(name: str) -> Iterator[None]:
    """Two at once, both of which found the name free, or both of which set a default: the unique index refuses one."""
    try:
        yield
    except IntegrityError as error:
        if violated_constraint(error) == "saved_view_name_once":
            raise Duplicate(field="name", value=name) from error
        raise Busy() from error


def _found(view: SavedView | None) -> SavedView:
    if view is None:
        raise NotFound(thing="View")
    return view
