"""Shifts as they are set up: by whom, what no shift can be, and never another factory's."""

from datetime import date, time
from typing import Any

import pytest

from factoryos.kernel.problems import Invalid, NotFound, RoleMissing
from iot.models import Shift
from iot.shift_setup import change_shift, create_shift, delete_shift
from tests.floor import a_factory, an_actor, done

pytestmark = pytest.mark.django_db

EARLY: dict[str, Any] = {"name": "Early", "weekdays": 31, "starts": time(6), "ends": time(14)}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("engineer", True),
        ("planner", True),
        ("technician", False),
        ("operator", False),
        ("qa", False),
        ("viewer", False),
    ],
)
def test_engineers_and_planners_set_shifts_up(role: str, may: bool) -> None:
    factory = a_factory()
    admin, by = an_actor(factory), an_actor(factory, role)
    known = done(create_shift, by=admin, **EARLY)
    calls: list[Any] = [
        lambda: create_shift(by=by, **EARLY | {"name": "Late", "starts": time(14), "ends": time(22)}),
        lambda: change_shift(shift_id=known.pk, by=by, changes={"weekdays": 63}),
        lambda: delete_shift(shift_id=known.pk, by=by),
    ]
    for call in calls:
        if may:
            done(call)
        else:
            with pytest.raises(RoleMissing):
                done(call)
    assert list(Shift.objects.values_list("name", "weekdays")) == ([("Late", 31)] if may else [("Early", 31)])


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"weekdays": 0}, "weekdays"),
        ({"weekdays": 128}, "weekdays"),
        ({"ends": time(6)}, "ends"),
        ({"valid_from": date(2026, 5, 1), "valid_until": date(2026, 4, 30)}, "valid_until"),
    ],
)
def test_what_is_no_shift_is_refused(facts: dict[str, Any], field: str) -> None:
    by = an_actor(a_factory())
    with pytest.raises(Invalid) as refused:
        create_shift(by=by, **EARLY | facts)
    assert refused.value.data["field"] == field
    known = done(create_shift, by=by, **EARLY)
    with pytest.raises(Invalid):
        done(change_shift, shift_id=known.pk, by=by, changes=facts)
    assert list(Shift.objects.values_list("weekdays", "ends", "valid_until")) == [(31, time(14), None)]


def test_another_factory_s_shift_is_out_of_reach() -> None:
    theirs = done(create_shift, by=an_actor(a_factory()), **EARLY)
    stranger = an_actor(a_factory())
    with pytest.raises(NotFound):
        done(change_shift, shift_id=theirs.pk, by=stranger, changes={"name": "Mine"})
    with pytest.raises(NotFound):
        done(delete_shift, shift_id=theirs.pk, by=stranger)
    with pytest.raises(ValueError, match="factory"):
        done(change_shift, shift_id=theirs.pk, by=stranger, changes={"factory_id": 1})
    assert Shift.objects.get().name == "Early"
