"""What a refused call must leave as it was: a digest of everything that an order is, and how much was written about it."""

from django.db import connection

# What may change in place, and what is only ever added to.
_ROWS = (
    "orders_productionorder", "orders_orderline", "orders_assignment", "orders_workorder", "orders_ordertally",
    "orders_ordercomponent", "orders_orderfacts", "orders_customerorder", "orders_customerorderrow",
    "manufacturing_bom", "manufacturing_lot", "manufacturing_stockbalance",
    "manufacturing_reservation", "manufacturing_shortage", "manufacturing_purchaseorderline", "quality_hold",
    "quality_verification", "quality_consumption", "quality_output", "iot_andoncall", "iot_telemetrysample",
    "iot_downtime", "iot_planneddowntime", "orders_manufacturingorderversion", "orders_ingesthead",
)  # fmt: skip
_LEDGERS = (
    "orders_orderevent", "orders_quantityentry", "manufacturing_bomversion", "manufacturing_stockmove",
    "kernel_outboxmessage", "kernel_rememberedanswer",
)  # fmt: skip

_QUERY = " UNION ALL ".join(
    [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} AS t"
        for table in _ROWS
    ]
    + [f"SELECT '{table}', count(*)::text FROM {table}" for table in _LEDGERS]
)


def everything() -> dict[str, str]:
    """A digest of the rows of each table, and the length of each ledger."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERY)
        return dict(cursor.fetchall())


def added(before: dict[str, str]) -> dict[str, int]:
    """How many rows each ledger grew by since `before`."""
    now = everything()
    return {table: int(now[table]) - int(before[table]) for table in _LEDGERS}
