"""What the database itself refuses: moves and BOM versions are only ever added. Every factory has its main location."""

from django.db import migrations

APPEND_ONLY_TABLES = (
    "manufacturing_stockmove",
    "manufacturing_bomversion",
    "manufacturing_bomcomponent",
    "manufacturing_bomoperation",
)

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


class Migration(migrations.Migration):
    dependencies = [("manufacturing", "0004_stock"), ("kernel", "0002_guards")]

    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
