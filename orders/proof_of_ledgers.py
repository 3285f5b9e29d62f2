"""Proving the totals: each is the sum of the ledger's entries, asked of the database as whole sets."""

from collections.abc import Iterator

from django.db import connection

from orders.proofs import Fault

SHOWN = 20  # faults of one kind that are named; more tell nothing new


def _links_proof(table: str, *, kinds: str, sign: str, word: str) -> tuple[str, str]:
    """Genealogy links are the sums of the moves of their run, item and lot."""
    return (
        table,
        f"""
        SELECT run_id, the_order.reference, format('its links say that %s of item %s were {word}, the moves say %s',
            trim_scale(coalesce(links.quantity, 0)), coalesce(links.item_id, moves.item_id),
            trim_scale(coalesce(moves.quantity, 0)))
        FROM (SELECT run_id, item_id, coalesce(lot_id, 0) AS lot_key, quantity FROM {table} WHERE quantity > 0) AS links
        FULL JOIN (SELECT move.run_id, balance.item_id, coalesce(balance.lot_id, 0) AS lot_key,
                {sign}sum(move.quantity) AS quantity
            FROM manufacturing_stockmove AS move JOIN manufacturing_stockbalance AS balance ON balance.id = move.balance_id
            WHERE move.kind IN ({kinds}) GROUP BY 1, 2, 3 HAVING sum(move.quantity) <> 0) AS moves
            USING (run_id, item_id, lot_key)
        LEFT JOIN orders_quantityentry AS entry ON entry.id = run_id
        LEFT JOIN orders_productionorder AS the_order ON the_order.id = entry.order_id
        WHERE links.quantity IS DISTINCT FROM moves.quantity ORDER BY run_id
        """,
    )


# What differs: (table, query). A query gives id, reference, text and is empty when all is true.
_PROOFS = (
    (
        "orders_quantityentry",
        """
        SELECT entry.id, the_order.reference, 'its line belongs to another order'
        FROM orders_quantityentry AS entry
        JOIN orders_productionorder AS the_order ON the_order.id = entry.order_id
        LEFT JOIN orders_orderline AS line ON line.id = entry.line_id
        WHERE line.order_id IS DISTINCT FROM entry.order_id ORDER BY entry.id
        """,
    ),
    (
        "orders_orderline",
        """
        SELECT line.id, the_order.reference, format('good is %s and rejected %s, its entries add up to %s and %s',
            trim_scale(line.good), trim_scale(line.rejected),
            trim_scale(coalesce(entries.good, 0)), trim_scale(coalesce(entries.rejected, 0)))
        FROM orders_orderline AS line
        JOIN orders_productionorder AS the_order ON the_order.id = line.order_id
        LEFT JOIN (SELECT line_id, sum(good) AS good, sum(rejected) AS rejected
            FROM orders_quantityentry GROUP BY line_id) AS entries ON entries.line_id = line.id
        WHERE line.good <> coalesce(entries.good, 0) OR line.rejected <> coalesce(entries.rejected, 0) ORDER BY line.id
        """,
    ),
    (
        "orders_orderline",
        """
        SELECT line.id, the_order.reference,
            format('imported are %s good and %s rejected, its entries add up to %s and %s',
                trim_scale(line.imported_good), trim_scale(line.imported_rejected),
                trim_scale(coalesce(entries.good, 0)), trim_scale(coalesce(entries.rejected, 0)))
        FROM orders_orderline AS line
        JOIN orders_productionorder AS the_order ON the_order.id = line.order_id
        LEFT JOIN (SELECT line_id, sum(imported_good) AS good, sum(imported_rejected) AS rejected
            FROM orders_quantityentry GROUP BY line_id) AS entries ON entries.line_id = line.id
        WHERE line.imported_good <> coalesce(entries.good, 0) OR line.imported_rejected <> coalesce(entries.rejected, 0)
        ORDER BY line.id
        """,
    ),
    (
        "orders_productionorder",
        """
        SELECT the_order.id, the_order.reference,
            format('target %s, good %s, rejected %s; its lines add up to %s, %s, %s',
                trim_scale(quantity_target), trim_scale(quantity_good), trim_scale(quantity_rejected),
                trim_scale(coalesce(lines.target, 0)), trim_scale(coalesce(lines.good, 0)),
                trim_scale(coalesce(lines.rejected, 0)))
        FROM orders_productionorder AS the_order
        LEFT JOIN (SELECT order_id, sum(target) AS target, sum(good) AS good, sum(rejected) AS rejected
            FROM orders_orderline GROUP BY order_id) AS lines ON lines.order_id = the_order.id
        WHERE quantity_target <> coalesce(lines.target, 0) OR quantity_good <> coalesce(lines.good, 0)
            OR quantity_rejected <> coalesce(lines.rejected, 0) ORDER BY the_order.id
        """,
    ),
    (
        "orders_assignment",
        """
        SELECT assignment.id, the_order.reference, format('produced is %s, the entries of its machine add up to %s',
            trim_scale(assignment.produced), trim_scale(coalesce(entries.produced, 0)))
        FROM orders_assignment AS assignment
        JOIN orders_productionorder AS the_order ON the_order.id = assignment.order_id
        LEFT JOIN (SELECT order_id, machine_id, sum(good + rejected) AS produced FROM orders_quantityentry
            WHERE machine_id IS NOT NULL GROUP BY order_id, machine_id) AS entries
            ON entries.order_id = assignment.order_id AND entries.machine_id = assignment.machine_id
        WHERE assignment.machine_id IS NOT NULL AND assignment.produced <> coalesce(entries.produced, 0)
        ORDER BY assignment.id
        """,
    ),
    (
        "manufacturing_stockbalance",
        """
        SELECT balance.id, item.sku, format('on hand is %s and reserved %s, its moves add up to %s and reservations to %s',
            trim_scale(balance.on_hand), trim_scale(balance.reserved),
            trim_scale(coalesce(moves.quantity, 0)), trim_scale(coalesce(reservations.quantity, 0)))
        FROM manufacturing_stockbalance AS balance
        JOIN manufacturing_item AS item ON item.id = balance.item_id
        LEFT JOIN (SELECT balance_id, sum(quantity) AS quantity FROM manufacturing_stockmove GROUP BY balance_id) AS moves
            ON moves.balance_id = balance.id
        LEFT JOIN (SELECT balance_id, sum(quantity) AS quantity FROM manufacturing_reservation GROUP BY balance_id)
            AS reservations ON reservations.balance_id = balance.id
        WHERE balance.on_hand <> coalesce(moves.quantity, 0) OR balance.reserved <> coalesce(reservations.quantity, 0)
        ORDER BY balance.id
        """,
    ),
    (
        "orders_ordercomponent",
        """
        SELECT component.id, the_order.reference,
            format('consumed is %s and beyond the BOM %s, its moves add up to %s and %s', trim_scale(component.consumed),
                trim_scale(component.over_consumed), trim_scale(coalesce(moves.used, 0)),
                trim_scale(coalesce(moves.beyond, 0)))
        FROM orders_ordercomponent AS component
        JOIN orders_productionorder AS the_order ON the_order.id = component.order_id
        LEFT JOIN (SELECT component_id, -sum(quantity) FILTER (WHERE kind IN ('consumption', 'return')) AS used,
                -sum(quantity) FILTER (WHERE kind = 'over_consumption') AS beyond
            FROM manufacturing_stockmove WHERE component_id IS NOT NULL GROUP BY component_id) AS moves
            ON moves.component_id = component.id
        WHERE component.consumed <> coalesce(moves.used, 0) OR component.over_consumed <> coalesce(moves.beyond, 0)
        ORDER BY component.id
        """,
    ),
    (
        "orders_ordercomponent",
        """
        SELECT component_id, the_order.reference, format('spared is %s, its entries add up to %s',
            trim_scale(coalesce(component.spared, 0)), trim_scale(coalesce(entries.spared, 0)))
        FROM (SELECT id AS component_id, order_id, spared FROM orders_ordercomponent) AS component
        FULL JOIN (SELECT (part->>'component')::bigint AS component_id, entry.order_id,
                sum((part->>'quantity')::numeric) AS spared
            FROM orders_quantityentry AS entry, jsonb_array_elements(entry.spared) AS part
            WHERE entry.spared <> '[]' GROUP BY 1, 2) AS entries USING (component_id, order_id)
        LEFT JOIN orders_productionorder AS the_order ON the_order.id = order_id
        WHERE coalesce(component.spared, 0) <> coalesce(entries.spared, 0) ORDER BY component_id
        """,
    ),
    (
        "manufacturing_stockmove",
        """
        SELECT entry.id, the_order.reference, format('%s good pieces were reported%s, %s were moved into stock',
            trim_scale(entry.good),
            CASE WHEN imported_good <> 0 THEN format(', of which %s were imported', trim_scale(imported_good)) END,
            trim_scale(coalesce(moves.quantity, 0)))
        FROM orders_quantityentry AS entry
        JOIN orders_productionorder AS the_order ON the_order.id = entry.order_id
        LEFT JOIN (SELECT entry_id, sum(quantity) AS quantity FROM manufacturing_stockmove WHERE kind = 'production'
            GROUP BY entry_id) AS moves ON moves.entry_id = entry.id
        WHERE entry.good - entry.imported_good <> coalesce(moves.quantity, 0) ORDER BY entry.id
        """,
    ),
    (
        "manufacturing_purchaseorderline",
        """
        SELECT line.id, purchase.reference, format('received is %s of %s, its receipts add up to %s',
            trim_scale(line.received), item.sku, trim_scale(coalesce(moves.quantity, 0)))
        FROM manufacturing_purchaseorderline AS line
        JOIN manufacturing_purchaseorder AS purchase ON purchase.id = line.purchase_order_id
        JOIN manufacturing_item AS item ON item.id = line.item_id
        LEFT JOIN (SELECT purchase_line_id, sum(quantity) AS quantity FROM manufacturing_stockmove
            WHERE purchase_line_id IS NOT NULL GROUP BY purchase_line_id) AS moves ON moves.purchase_line_id = line.id
        WHERE line.received <> coalesce(moves.quantity, 0) ORDER BY line.id
        """,
    ),
    _links_proof("quality_consumption", kinds="'consumption', 'over_consumption', 'return'", sign="-", word="used"),
    _links_proof("quality_output", kinds="'production'", sign="", word="made"),
    (
        "orders_ordertally",
        """
        SELECT factory.slug || '/' || state, NULL, format('the tally says %s orders, there are %s',
            coalesce(tally.orders, 0), coalesce(counted.orders, 0))
        FROM (SELECT factory_id, state, sum(orders) AS orders
            FROM orders_ordertally GROUP BY factory_id, state) AS tally
        FULL JOIN (SELECT factory_id, state, count(*) AS orders FROM orders_productionorder GROUP BY factory_id, state)
            AS counted USING (factory_id, state)
        JOIN kernel_factory AS factory ON factory.id = factory_id
        WHERE coalesce(tally.orders, 0) <> coalesce(counted.orders, 0) ORDER BY factory.slug, state
        """,
    ),
)


def faults() -> Iterator[Fault]:
    """Every total that is not the sum it should be, at most SHOWN of a kind. Call it within `one_snapshot`."""
    with connection.cursor() as cursor:
        for table, query in _PROOFS:
            cursor.execute(f"{query} LIMIT {SHOWN}")
            for row, reference, text in cursor.fetchall():
                yield Fault(table, row, reference, None, text)
