"""Masters: things a factory sets up once and keeps. Forms that hold one factory together; writes through the catalogue."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import User
from factoryos.kernel.problems import Duplicate
from factoryos.supervision.acting import as_supervisor
from factoryos.supervision.listing import CheapList
from factoryos.supervision.one_transaction import OneTransaction
from factoryos.supervision.tenancy import ScopedAdmin


class MasterForm(forms.ModelForm):
    """A thing of one factory: its name is the factory's once, and whatever it names belongs to the same factory."""

    known_by: ClassVar[str] = ""  # the column with the name that people know it by
    ignoring_case: ClassVar[bool] = True

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        factory = values.get("factory") or (self.instance.factory if self.instance.factory_id else None)
        if factory is None:
            return values
        for name, value in list(values.items()):
            if isinstance(value, Model) and getattr(value, "factory_id", factory.pk) != factory.pk:
                self.add_error(name, ValidationError(f"{value} belongs to another factory.", code="other_factory"))
        self._refuse_taken(factory.pk)
        return values

    def _refuse_taken(self, factory_id: int) -> None:
        value = self.cleaned_data.get(self.known_by)
        if not self.known_by or not value:
            return
        lookup = f"{self.known_by}__iexact" if self.ignoring_case else self.known_by
        same = type(self.instance)._default_manager.filter(**{lookup: value, "factory_id": factory_id})
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error(
                self.known_by, ValidationError(Duplicate(field=self.known_by, value=value).text, code="taken")
            )


class MasterAdmin(OneTransaction, CheapList, ScopedAdmin):
    """The page of a master. What belongs to a factory stays there: the factory is chosen once, when it is made."""

    tenant_path = "factory"
    may_add = may_change = True
    fixed: ClassVar[tuple[str, ...]] = ("factory",)  # once it is made

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the database fills in is shown once it is there."""
        return (*super().get_readonly_fields(request, obj), *self.fixed) if obj else ()

    def supervisor(self, request: HttpRequest, obj: Any) -> Actor:
        assert isinstance(request.user, User)
        return as_supervisor(request.user, obj.factory)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = self.supervisor(request, obj)
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            if changes:
                self.change_thing(obj, by=by, changes=changes)
            return
        values = {name: value for name, value in form.cleaned_data.items() if name != "factory"}
        made = self.create_thing(by=by, values=values)
        obj.__dict__.update(made.__dict__)

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What a thing is still needed for, told in words: listing a hundred thousand orders would help nobody."""
        things = list(objs)
        users = [text for thing in things for text in needed_for(thing)]
        names = [f"{capfirst(thing._meta.verbose_name)}: {thing}" for thing in things]
        return names, {str(self.opts.verbose_name_plural): len(things)}, set(), users


def needed_for(thing: Model) -> list[str]:
    """The kinds of things that name this one and must not lose it."""
    found: list[str] = []
    for relation in thing._meta.get_fields(include_hidden=True):
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created:
            continue
        if relation.on_delete.__name__ != "PROTECT":  # type: ignore[union-attr]  # of a reverse relation, as just asked
            continue
        rows: QuerySet[Any] = relation.related_model._base_manager.filter(**{relation.field.name: thing})  # type: ignore[union-attr]
        if rows[:1].exists():
            plural = str(relation.related_model._meta.verbose_name_plural)  # type: ignore[union-attr]
            if (text := f"Some {plural} need it") not in found:
                found.append(text)
    return found
