"""What the calls on bills of materials and stock take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.faults import Fault
from factoryos.dialects.base.fields import ListField, NameOrIdField, QuantityField, TextField
from factoryos.dialects.base.paging import PagedQuery
from factoryos.dialects.base.requests import RequestSerializer, Values
from factoryos.dialects.base.times import TimeField

REASON, LOT, SERIAL, REFERENCE = 500, 64, 100, 200
MOST_COMPONENTS, MOST_SERIALS = 500, 10_000
_PLACES = 6  # of a component's amount, whatever its product's unit allows


class BomPart(RequestSerializer):
    productId = NameOrIdField(source="item", verbatim=True)
    quantity = QuantityField(positive=True, places=_PLACES)
    ignored: ClassVar = frozenset({"sku", "name", "unit"})


class NewBomVersion(RequestSerializer):
    changeReason = TextField(max_length=REASON)
    components = ListField(required=False, child=BomPart(), least=1, most=MOST_COMPONENTS)
    quantity = QuantityField(
        required=False, positive=True, places=_PLACES, help_text="The batch that the components are for; 1 if left out."
    )
    ignored: ClassVar = frozenset(
        {"bomId", "productId", "version", "current", "name", "type", "createdBy", "createdAt"}
    )

    def faults(self, values: Values) -> list[Fault]:
        if "quantity" in values and "components" not in values:
            return [Fault("quantity", "quantity should only be given together with components")]
        return []


class NewReceipt(RequestSerializer):
    productId = NameOrIdField(source="item", verbatim=True)
    quantity = QuantityField(positive=True)
    lotNumber = TextField(required=False, allow_null=True, max_length=LOT)
    serialNumbers = ListField(required=False, child=TextField(max_length=SERIAL), most=MOST_SERIALS)
    location = NameOrIdField(required=False, allow_null=True)
    bestBefore = TimeField(
        required=False,
        allow_null=True,
        dates=True,
        help_text="An instant, or a day in the factory's zone: its beginning.",
    )
    reference = TextField(required=False, allow_null=True, max_length=REFERENCE, help_text="Such as a delivery note.")
    ignored: ClassVar = frozenset({"id", "kind", "sku", "by", "face", "at"})

    def faults(self, values: Values) -> list[Fault]:
        serials = values.get("serial_numbers", [])
        if len(set(serials)) != len(serials):
            return [Fault("serialNumbers", "serialNumbers must be unique")]
        if serials and values.get("lot_number"):
            return [Fault("lotNumber", "lotNumber should not be given together with serialNumbers")]
        if values.get("best_before") and not serials and not values.get("lot_number"):
            return [Fault("bestBefore", "bestBefore should only be given together with lotNumber or serialNumbers")]
        return []


class BalancesQuery(PagedQuery):
    productId = NameOrIdField(required=False)
    lotNumber = TextField(required=False, filled=True, max_length=SERIAL, help_text="A lot or serial number. Exact.")
    location = NameOrIdField(required=False)
