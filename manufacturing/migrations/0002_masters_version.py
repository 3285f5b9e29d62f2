"""A name that orders show has changed: the factory's masters_version grows, so that nothing remembered is shown again."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION manufacturing_masters_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE kernel_factory SET masters_version = masters_version + 1 WHERE id = NEW.factory_id;
    RETURN NULL;
END $$;
"""
SHOWN = {
    "manufacturing_item": ("sku", "name", "unit"),
    "manufacturing_method": ("code", "name"),
    "manufacturing_machine": ("code",),
    "manufacturing_workarea": ("code",),
}
TRIGGERS = "".join(
    f"""
    CREATE TRIGGER masters_changed AFTER UPDATE OF {", ".join(columns)} ON {table} FOR EACH ROW
        WHEN ({" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)})
        EXECUTE FUNCTION manufacturing_masters_changed();
    """
    for table, columns in SHOWN.items()
)
DROP = "".join(f"DROP TRIGGER masters_changed ON {table};" for table in SHOWN)


class Migration(migrations.Migration):
    dependencies = [("manufacturing", "0001_initial"), ("kernel", "0002_guards")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION manufacturing_masters_changed()"),
        migrations.RunSQL(TRIGGERS, DROP),
    ]
