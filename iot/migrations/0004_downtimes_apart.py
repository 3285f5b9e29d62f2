"""Two downtimes of one machine never overlap, whoever writes them.

A machine's key is written as the range of itself alone, so that one index of ranges holds both: comparing numbers in such
an index would need the extension btree_gist, which not every PostgreSQL brings along.
"""

from django.db import migrations

KEEP_APART = """
ALTER TABLE iot_downtime ADD CONSTRAINT downtime_apart EXCLUDE USING gist (
    int8range(machine_id, machine_id, '[]') WITH &&, tstzrange(started_at, ended_at) WITH &&
);
"""


class Migration(migrations.Migration):
    dependencies = [("iot", "0003_count_guards")]

    operations = [migrations.RunSQL(KEEP_APART, "ALTER TABLE iot_downtime DROP CONSTRAINT downtime_apart")]
