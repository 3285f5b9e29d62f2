"""What was counted before there was stock becomes stock: a move for every entry of good pieces.

A correction takes back from the line's last entries, as one of today would: a move for each of them. An item of which
some line's lots do not each add up (a correction that named another lot) opens without lots, as the sum is right.
"""

from django.db import migrations

OPEN = """
INSERT INTO manufacturing_stocklocation (uuid, factory_id, code, name)
    SELECT gen_random_uuid(), id, 'main', 'Main store' FROM kernel_factory ON CONFLICT DO NOTHING;

CREATE TEMPORARY TABLE opening ON COMMIT DROP AS
    SELECT entry.id AS entry_id, entry.order_id, entry.line_id, line.item_id, item.factory_id, entry.good, entry.actor_kind,
        entry.actor_id, entry.actor_name, entry.face, entry.at,
        CASE WHEN item.tracking = 'lot' THEN entry.lot_number END AS lot_code
    FROM orders_quantityentry AS entry
    JOIN orders_orderline AS line ON line.id = entry.line_id
    JOIN manufacturing_item AS item ON item.id = line.item_id
    WHERE entry.good <> 0;
UPDATE opening SET lot_code = NULL WHERE item_id IN (
    SELECT item_id FROM opening GROUP BY item_id, line_id, lot_code HAVING sum(good) < 0);

-- Pieces of a line and lot laid in a row, the last made first; corrections laid beside them say which were taken back.
CREATE TEMPORARY TABLE opening_move ON COMMIT DROP AS
    WITH made AS (
        SELECT entry_id, line_id, lot_code, good, sum(good) OVER turn AS last, sum(good) OVER turn - good AS first
        FROM opening WHERE good > 0 WINDOW turn AS (PARTITION BY line_id, lot_code ORDER BY entry_id DESC)
    ), taken AS (
        SELECT entry_id, line_id, lot_code, -sum(good) OVER turn AS last, good - sum(good) OVER turn AS first
        FROM opening WHERE good < 0 WINDOW turn AS (PARTITION BY line_id, lot_code ORDER BY entry_id)
    )
    SELECT entry_id, entry_id AS run_id, good AS quantity FROM made
    UNION ALL
    SELECT taken.entry_id, made.entry_id, greatest(taken.first, made.first) - least(taken.last, made.last)
    FROM taken JOIN made ON made.line_id = taken.line_id AND made.lot_code IS NOT DISTINCT FROM taken.lot_code
        AND made.first < taken.last AND taken.first < made.last;

INSERT INTO manufacturing_lot (uuid, factory_id, item_id, code, serial)
    SELECT gen_random_uuid(), factory_id, item_id, lot_code, false FROM opening
    WHERE lot_code IS NOT NULL GROUP BY factory_id, item_id, lot_code;
INSERT INTO manufacturing_stockbalance (factory_id, item_id, lot_id, location_id, on_hand)
    SELECT opening.factory_id, opening.item_id, lot.id, location.id, sum(opening.good) FROM opening
    JOIN manufacturing_stocklocation AS location ON location.factory_id = opening.factory_id AND location.code = 'main'
    LEFT JOIN manufacturing_lot AS lot ON lot.item_id = opening.item_id AND lot.code = opening.lot_code
    GROUP BY opening.factory_id, opening.item_id, lot.id, location.id;
INSERT INTO manufacturing_stockmove (uuid, factory_id, balance_id, kind, quantity, order_id, entry_id, run_id, actor_kind,
        actor_id, actor_name, face, at)
    SELECT gen_random_uuid(), opening.factory_id, balance.id, 'production', move.quantity, opening.order_id,
        opening.entry_id, move.run_id, actor_kind, actor_id, actor_name, face, at
    FROM opening
    JOIN opening_move AS move ON move.entry_id = opening.entry_id
    LEFT JOIN manufacturing_lot AS lot ON lot.item_id = opening.item_id AND lot.code = opening.lot_code
    JOIN manufacturing_stockbalance AS balance
        ON balance.item_id = opening.item_id AND balance.lot_id IS NOT DISTINCT FROM lot.id
    ORDER BY opening.entry_id, move.run_id DESC;
INSERT INTO quality_output (factory_id, order_id, run_id, item_id, lot_id, quantity)
    SELECT move.factory_id, move.order_id, move.run_id, balance.item_id, balance.lot_id, sum(move.quantity)
    FROM manufacturing_stockmove AS move JOIN manufacturing_stockbalance AS balance ON balance.id = move.balance_id
    GROUP BY move.factory_id, move.order_id, move.run_id, balance.item_id, balance.lot_id;
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_components"), ("manufacturing", "0005_stock_guards"), ("quality", "0002_links")]

    operations = [migrations.RunSQL(OPEN, migrations.RunSQL.noop)]
