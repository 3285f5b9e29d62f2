"""Setting up shifts: when a factory works, as engineers and planners say."""

from typing import Any

from factoryos.kernel.actors import Actor
from factoryos.kernel.locks import lock_one
from factoryos.kernel.permissions import authorise_any
from factoryos.kernel.problems import Invalid, NotFound
from iot.models import Shift

CHANGEABLE = frozenset({"name", "weekdays", "starts", "ends", "valid_from", "valid_until"})
_MAY = ("set_up", "schedule")


def create_shift(*, by: Actor, **facts: Any) -> Shift:
    """A new shift of the actor's factory; `facts` are CHANGEABLE columns. Problems: RoleMissing, Invalid."""
    authorise_any(by, _MAY)
    shift = Shift(factory_id=by.factory.id, **facts)
    _require_sound(shift)
    shift.save(force_insert=True)
    return shift


def change_shift(*, shift_id: int, by: Actor, changes: dict[str, Any]) -> Shift:
    """Change a shift, also for the past: what is worked out anew then knows it so. Problems: RoleMissing, NotFound, Invalid."""
    authorise_any(by, _MAY)
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"a shift has no {unknown} to change")
    shift = lock_one(Shift, row_id=shift_id, factory_id=by.factory.id)
    if shift is None:
        raise NotFound(thing="Shift")
    for column, value in changes.items():
        setattr(shift, column, value)
    _require_sound(shift)
    shift.save(update_fields=list(changes))
    return shift


def delete_shift(*, shift_id: int, by: Actor) -> None:
    """Take a shift away. Problems: RoleMissing, NotFound."""
    authorise_any(by, _MAY)
    deleted, _ = Shift.objects.filter(pk=shift_id, factory_id=by.factory.id).delete()
    if not deleted:
        raise NotFound(thing="Shift")


def _require_sound(shift: Shift) -> None:
    """Problem: Invalid."""
    if not 1 <= shift.weekdays <= 127:
        raise Invalid(messages=["A shift begins on some day of the week."], field="weekdays")
    if shift.starts == shift.ends:
        raise Invalid(messages=["A shift ends at another time than it starts."], field="ends")
    if shift.valid_from and shift.valid_until and shift.valid_until < shift.valid_from:
        raise Invalid(messages=["The last day of a shift lies before its first."], field="valid_until")
