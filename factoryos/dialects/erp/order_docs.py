"""The calls on production orders and work orders, as the published description tells them: one row a route and method."""

from factoryos.dialects.base.operations import Operation

ORDER_OPERATIONS: dict[str, Operation] = {}
