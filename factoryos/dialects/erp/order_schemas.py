"""What the ERP API answers about production orders and work orders, as schema components."""

from factoryos.dialects.base.operations import Json

ORDER_SCHEMAS: dict[str, Json] = {}
