"""Shifts as forms: the days of the week are days, whatever the column keeps."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin import display, register
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from factoryos.kernel.actors import Actor
from factoryos.supervision.fields import LineField, in_this_age
from factoryos.supervision.masters import MasterAdmin, MasterForm
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter
from iot.models import Shift
from iot.shift_setup import change_shift, create_shift, delete_shift

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_of(weekdays: int) -> list[str]:
    """The days that a shift's bits mean."""
    return [day for place, day in enumerate(DAYS) if weekdays >> place & 1]


class DaysField(forms.MultipleChoiceField):
    """Days of the week; its value is the column's bits."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(str(1 << place), day) for place, day in enumerate(DAYS)], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [str(1 << place) for place in range(7) if value >> place & 1] if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        return sum({int(bit) for bit in super().clean(value)})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _day_field() -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(required=False, widget=widget, validators=[in_this_age])


def _time_field(help_text: str = "") -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput({"type": "time"}, "%H:%M"), help_text=help_text)


class ShiftForm(MasterForm):
    name = LineField(max_length=60)
    weekdays = DaysField(label="Begins on")
    starts = _time_field("By the clock of the factory.")
    ends = _time_field("One that ends before it starts ends on the next day.")
    valid_from, valid_until = _day_field(), _day_field()

    class Meta:
        model = Shift
        fields = ("factory", "name", "weekdays", "starts", "ends", "valid_from", "valid_until")

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("starts") is not None and values.get("starts") == values.get("ends"):
            self.add_error(
                "ends", ValidationError("A shift lasts less than a day: it ends at another time.", code="none")
            )
        first, last = values.get("valid_from"), values.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", ValidationError("The last day lies before the first.", code="order"))
        return values


@register(Shift, site=site)
class ShiftAdmin(MasterAdmin):
    """A factory without shifts works around the clock."""

    form = ShiftForm
    may_delete = True
    list_display = ("name", "factory", "on_days", "starts", "ends", "valid_from", "valid_until")
    list_filter = (FactoryFilter,)
    list_select_related = ("factory",)
    search_fields: ClassVar[Any] = ("name__icontains",)
    readonly_fields = ("uuid",)

    @display(description="begins on", ordering="weekdays")
    def on_days(self, shift: Shift) -> str:
        return ", ".join(day[:3] for day in days_of(shift.weekdays))

    def create_thing(self, *, by: Actor, values: dict[str, Any]) -> Shift:
        return create_shift(by=by, **values)

    def change_thing(self, thing: Any, *, by: Actor, changes: dict[str, Any]) -> None:
        change_shift(shift_id=thing.pk, by=by, changes=changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_shift(shift_id=obj.pk, by=self.supervisor(request, obj))
