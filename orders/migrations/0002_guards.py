"""What the database itself refuses and keeps for orders: append-only ledgers, no silent moves, the tally, references."""

from django.db import migrations

APPEND_ONLY_TABLES = ("orders_orderevent", "orders_quantityentry", "orders_seal", "orders_sealleaf")

REFUSE_CHANGES = "".join(
    f"""
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION kernel_append_only();
    CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only();
    """
    for table in APPEND_ONLY_TABLES
)
ALLOW_CHANGES = "".join(
    f"DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table};" for table in APPEND_ONLY_TABLES
)

# A state that changes without a new version has no event behind it: whoever writes it bypassed the verbs.
NO_SILENT_MOVE = """
CREATE FUNCTION orders_no_silent_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order % cannot move from % to % without an event', OLD.reference, OLD.state, NEW.state
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER no_silent_move BEFORE UPDATE OF state ON orders_productionorder FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND (NEW.version <= OLD.version OR NEW.chain_head = OLD.chain_head))
    EXECUTE FUNCTION orders_no_silent_move();
"""

TALLY = """
CREATE FUNCTION orders_tally_add(the_factory bigint, the_state text, difference bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders_ordertally SET orders = orders + difference WHERE id = (
        SELECT id FROM orders_ordertally WHERE factory_id = the_factory AND state = the_state
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO orders_ordertally (factory_id, state, orders) VALUES (the_factory, the_state, difference);
    END IF;
END $$;
CREATE FUNCTION orders_tally_created() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orders_tally_add(factory_id, state, count(*)) FROM created GROUP BY factory_id, state;
    RETURN NULL;
END $$;
CREATE FUNCTION orders_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orders_tally_add(OLD.factory_id, OLD.state, -1);
    PERFORM orders_tally_add(NEW.factory_id, NEW.state, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER tally_created AFTER INSERT ON orders_productionorder REFERENCING NEW TABLE AS created
    FOR EACH STATEMENT EXECUTE FUNCTION orders_tally_created();
CREATE TRIGGER tally_moved AFTER UPDATE OF state ON orders_productionorder FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION orders_tally_moved();
"""

# A reference of a series with gaps; values that somebody chose by hand are stepped over.
MINT = """
CREATE FUNCTION orders_mint_reference(factory bigint, series text, digits int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE number bigint; minted text;
BEGIN
    LOOP
        number := kernel_next_number(factory, series);
        minted := series || '-' || lpad(number::text, greatest(digits, length(number::text)), '0');
        EXIT WHEN NOT EXISTS (SELECT 1 FROM orders_productionorder WHERE factory_id = factory AND reference = minted);
    END LOOP;
    RETURN minted;
END $$;
"""

PAUSE_REASONS = (
    ("material_shortage", "Material shortage"),
    ("tool_change", "Tool change"),
    ("machine_fault", "Machine fault"),
    ("quality_issue", "Quality issue"),
    ("quality_hold", "Quality hold"),
    ("no_operator", "No operator"),
    ("shift_end", "End of shift"),
    ("maintenance", "Maintenance"),
    ("priority_change", "Priority change"),
    ("other", "Other"),
)


def add_pause_reasons(apps, schema_editor):
    reason = apps.get_model("orders", "PauseReason")
    reason.objects.bulk_create(reason(code=code, label=label, sort=sort) for sort, (code, label) in enumerate(PAUSE_REASONS))


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("kernel", "0002_guards")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        migrations.RunSQL(
            NO_SILENT_MOVE,
            "DROP TRIGGER no_silent_move ON orders_productionorder; DROP FUNCTION orders_no_silent_move()",
        ),
        migrations.RunSQL(
            TALLY,
            "DROP TRIGGER tally_created ON orders_productionorder; DROP TRIGGER tally_moved ON orders_productionorder;"
            "DROP FUNCTION orders_tally_created(); DROP FUNCTION orders_tally_moved();"
            "DROP FUNCTION orders_tally_add(bigint, text, bigint)",
        ),
        migrations.RunSQL(MINT, "DROP FUNCTION orders_mint_reference(bigint, text, int)"),
        migrations.RunPython(add_pause_reasons, migrations.RunPython.noop),
    ]
