"""What the database itself does for the kernel: number series, positions of announcements, the append-only guard."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION kernel_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: it is append-only, correct it with a new row', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# A series with gaps is a PostgreSQL sequence: nobody waits for it and nothing is given twice. It is made on first use.
NUMBER_SERIES = """
CREATE FUNCTION kernel_series_name(factory bigint, series text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'series_' || factory || '_' || lower(regexp_replace(series, '[^A-Za-z0-9]+', '_', 'g'))
$$;
CREATE FUNCTION kernel_next_number(factory bigint, series text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE name text := kernel_series_name(factory, series);
BEGIN
    IF to_regclass(quote_ident(name)) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(name, 0));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', name);
    END IF;
    RETURN nextval(quote_ident(name)::regclass);
END $$;
CREATE FUNCTION kernel_peek_number(factory bigint, series text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE name text := kernel_series_name(factory, series); number bigint;
BEGIN
    IF to_regclass(quote_ident(name)) IS NULL THEN RETURN 1; END IF;
    EXECUTE format('SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM %I', name) INTO number;
    RETURN number;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION kernel_append_only()"),
        migrations.RunSQL(
            NUMBER_SERIES,
            "DROP FUNCTION kernel_peek_number(bigint, text); DROP FUNCTION kernel_next_number(bigint, text);"
            "DROP FUNCTION kernel_series_name(bigint, text)",
        ),
        migrations.RunSQL("CREATE SEQUENCE kernel_outbox_position", "DROP SEQUENCE kernel_outbox_position"),
        # A rate limit may be forgotten in a crash; it must not wait for the disk.
        migrations.RunSQL(
            "ALTER TABLE kernel_ratebucket SET UNLOGGED", "ALTER TABLE kernel_ratebucket SET LOGGED"
        ),
    ]
