"""The sheets that can be imported and exported: their columns, each cleaned by the field of the master's own form."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from import_export import widgets

from factoryos.kernel.quantities import shortest
from factoryos.supervision.fields import CodeField, DurationField, LineField, PriceField, no_route
from factoryos.supervision.sheets.resource import Cell, Column, MasterSheet
from manufacturing.models import Item, Machine, Supplier, WorkArea

_TRUE, _FALSE = {"yes", "true", "1"}, {"no", "false", "0"}


class YesNoField(forms.Field):
    def clean(self, value: Any) -> bool:
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValidationError("Say yes or no.", code="yes_or_no")
        return word in _TRUE


class OneOfField(forms.ChoiceField):
    """A choice by its code, whichever case it is written in."""

    def to_python(self, value: Any) -> str:
        return str(value).strip().lower()


class PriceCell(Cell):
    """A price as it is: 5.4, not 5.400000000000000."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return shortest(value) if isinstance(value, Decimal) else value


class SupplierName(widgets.Widget):
    """A supplier of the sheet's factory, by its name, to the letter."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Supplier] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Supplier:
        found = self.known.get(str(value))
        if found is None:
            raise ValueError(f"There is no supplier {value} in this factory.")
        return found

    def render(self, value: Supplier | None, obj: Any = None, **kwargs: Any) -> str:
        return value.name if value else ""


PRICES = ("purchase_price", "purchase_price_misc", "purchase_price_shipment")


class ItemSheet(MasterSheet):
    known_by, ignoring_case = "sku", False
    sku = Column("sku", field=LineField(max_length=255, strip=False))
    name = Column("name", field=LineField(max_length=255))
    unit = Column("unit", field=LineField(max_length=40), blank="pcs", takes_blank=True)
    unit_decimals = Column(
        "unit_decimals", field=forms.IntegerField(min_value=0, max_value=6), blank=0, takes_blank=True
    )
    tracking = Column(
        "tracking", field=OneOfField(choices=Item.Tracking.choices), blank=str(Item.Tracking.NONE), takes_blank=True
    )

    stocked = Column("stocked", field=YesNoField(), blank=True, takes_blank=True)
    supplier = Column("supplier", field=forms.Field(), takes_blank=True)
    supplier_sku = Column("supplier_sku", field=LineField(max_length=255), takes_blank=True)
    purchase_price = Column("purchase_price", field=PriceField(), takes_blank=True)
    purchase_price_misc = Column("purchase_price_misc", field=PriceField(), takes_blank=True)
    purchase_price_shipment = Column("purchase_price_shipment", field=PriceField(), takes_blank=True)

    class Meta(MasterSheet.Meta):
        model = Item
        fields = ("sku", "name", "unit", "unit_decimals", "tracking", "stocked", "supplier", "supplier_sku", *PRICES)

    def __init__(self, *, factory: Any, locking: bool = False) -> None:
        super().__init__(factory=factory, locking=locking)
        suppliers = SupplierName()
        suppliers.known = {supplier.name: supplier for supplier in Supplier.objects.filter(factory=factory)}
        self.fields["supplier"].widget = suppliers
        for name in PRICES:
            self.fields[name].widget = PriceCell(PriceField())

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("supplier")


class WorkAreaSheet(MasterSheet):
    known_by = "code"
    code = Column("code", field=CodeField())
    name = Column("name", field=LineField(max_length=200))

    class Meta(MasterSheet.Meta):
        model = WorkArea
        fields = ("code", "name")


class WorkAreaCode(widgets.Widget):
    """A work area of the sheet's factory, by its code."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, WorkArea] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> WorkArea:
        found = self.known.get(str(value).strip().lower())
        if found is None:
            raise ValueError(f"There is no work area {value} in this factory.")
        return found

    def render(self, value: WorkArea | None, obj: Any = None, **kwargs: Any) -> str:
        return value.code if value else ""


class MachineSheet(MasterSheet):
    known_by = "code"
    code = Column("code", field=CodeField(validators=[no_route]))
    name = Column("name", field=LineField(max_length=200))
    work_area = Column("work_area", field=forms.Field(), takes_blank=True)
    ideal_cycle_s = Column("ideal_cycle_s", field=DurationField(positive=True), takes_blank=True)
    active = Column("active", field=YesNoField(), blank=True, takes_blank=True)

    class Meta(MasterSheet.Meta):
        model = Machine
        fields = ("code", "name", "work_area", "ideal_cycle_s", "active")

    def __init__(self, *, factory: Any, locking: bool = False) -> None:
        super().__init__(factory=factory, locking=locking)
        areas = WorkAreaCode()
        areas.known = {area.code.lower(): area for area in WorkArea.objects.filter(factory=factory)}
        self.fields["work_area"].widget = areas

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("work_area")
