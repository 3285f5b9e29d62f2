"""What the calls on the inventory take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import ListField, QuantityField, TextField, UuidField
from factoryos.dialects.base.requests import RequestSerializer, Values
from factoryos.dialects.erp.paging import SortedQuery, sort_field

LOT, SERIAL, REFERENCE = 64, 100, 200
MOST_SERIALS = 10_000


class StockQuery(SortedQuery):
    sortBy = sort_field("createdAt", "updatedAt", "name", "sku")


class Receipt(RequestSerializer):
    productId = UuidField()
    quantity = QuantityField(positive=True)
    lotNumber = TextField(required=False, allow_null=True, max_length=LOT, help_text="For products tracked by lot.")
    serialNumbers = ListField(
        required=False, child=TextField(max_length=SERIAL), most=MOST_SERIALS,
        help_text="For products tracked by serial number: one for each piece.",
    )  # fmt: skip
    locationId = UuidField(required=False, allow_null=True, help_text="Else the main location.")
    reference = TextField(required=False, allow_null=True, max_length=REFERENCE, help_text="Such as a delivery note.")
    ignored: ClassVar = frozenset({"id", "createdAt"})

    def faults(self, values: Values) -> list[Fault]:
        serials = values.get("serial_numbers", [])
        if len(set(serials)) != len(serials):
            return [Fault("serialNumbers", "serialNumbers must be unique")]
        return []
