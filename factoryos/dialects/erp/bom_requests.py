"""What the calls on bills of materials take, field by field."""

from typing import ClassVar

from factoryos.dialects.base.fields import ChoiceField, IntegerField, ListField, QuantityField, TextField, UuidField
from factoryos.dialects.base.requests import QueryRequest, RequestSerializer
from factoryos.dialects.erp.paging import SortedQuery, sort_field

TYPES = ("manufacture", "phantom", "subcontract")
NAME, UNIT = 200, 40
MOST_COMPONENTS, MOST_OPERATIONS = 1000, 500
COMPONENT_DECIMALS = 6  # whatever the product's own unit allows: a batch may take a fraction of a piece
_LARGEST_DURATION = 10_000_000  # minutes; some nineteen years
_LATEST_VERSION = 2_147_483_647
# What a BOM shows, so that one can be sent back as it was read.
_SHOWN = frozenset({"id", "product", "version", "createdAt", "updatedAt"})


class BomQuery(SortedQuery):
    productId = UuidField(required=False, help_text="BOMs of this product.")
    type = ChoiceField(required=False, choices=TYPES)
    sortBy = sort_field("createdAt", "updatedAt", "name")


class BomVersionQuery(QueryRequest):
    version = IntegerField(required=False, least=1, largest=_LATEST_VERSION, help_text="An older version.")


class BomComponent(RequestSerializer):
    productId = UuidField()
    quantity = QuantityField(positive=True, places=COMPONENT_DECIMALS, help_text="For one batch of the BOM.")
    uom = TextField(required=False, allow_null=True, max_length=UNIT)
    ignored: ClassVar = frozenset({"name"})


class BomOperation(RequestSerializer):
    name = TextField(max_length=NAME)
    workcenter = TextField(required=False, allow_null=True, max_length=NAME)
    durationMinutes = QuantityField(required=False, largest=_LARGEST_DURATION, places=4, default=0)


class NewBom(RequestSerializer):
    name = TextField(max_length=NAME)
    productId = UuidField()
    quantity = QuantityField(required=False, positive=True, help_text="The batch that the components are for; else 1.")
    uom = TextField(required=False, allow_null=True, max_length=UNIT)
    type = ChoiceField(required=False, choices=TYPES)
    components = ListField(child=BomComponent(), most=MOST_COMPONENTS)
    operations = ListField(required=False, child=BomOperation(), most=MOST_OPERATIONS)
    ignored: ClassVar = _SHOWN


class BomChanges(RequestSerializer):
    name = TextField(required=False, filled=True, max_length=NAME)
    productId = UuidField(required=False, help_text="Only the BOM's own product; it cannot be changed.")
    quantity = QuantityField(required=False, positive=True)
    uom = TextField(required=False, allow_null=True, max_length=UNIT)
    type = ChoiceField(required=False, choices=TYPES)
    components = ListField(required=False, child=BomComponent(), most=MOST_COMPONENTS)
    operations = ListField(required=False, child=BomOperation(), most=MOST_OPERATIONS)
    ignored: ClassVar = _SHOWN


class NoFields(RequestSerializer):
    """A call that is all said by its path."""
