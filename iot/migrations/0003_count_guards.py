"""The counter ledger is only ever added to."""

from django.db import migrations

REFUSE_CHANGES = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON iot_countevent
    FOR EACH ROW EXECUTE FUNCTION kernel_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON iot_countevent
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only();
"""
ALLOW_CHANGES = "DROP TRIGGER append_only ON iot_countevent; DROP TRIGGER append_only_truncate ON iot_countevent;"


class Migration(migrations.Migration):
    dependencies = [("iot", "0002_polling")]

    operations = [migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES)]
