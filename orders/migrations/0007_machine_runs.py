"""When an assignment's run began and ended, and the index by which a machine's entries are found."""

import django.db.models.deletion
from django.db import migrations, models


# What runs now began when its order did.
RUNNING = """
UPDATE orders_assignment AS assignment SET active_from = coalesce(the_order.actual_start, the_order.updated_at)
FROM orders_productionorder AS the_order WHERE the_order.id = assignment.order_id AND assignment.active;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('manufacturing', '0007_machine_counted'),
        ('orders', '0006_opening_stock'),
    ]

    operations = [
        migrations.AddField(
            model_name='assignment',
            name='active_from',
            field=models.DateTimeField(blank=True, help_text='When it last began to run there.', null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='active_until',
            field=models.DateTimeField(blank=True, help_text='When that run ended; none while it lasts.', null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='before_from',
            field=models.DateTimeField(blank=True, help_text='When the run before that one began.', null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='before_until',
            field=models.DateTimeField(blank=True, help_text='When the run before that one ended.', null=True),
        ),
        migrations.AlterField(
            model_name='quantityentry',
            name='machine',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='manufacturing.machine'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('active_from__isnull', False)), fields=['machine', '-active_from'], name='assignment_runs'),
        ),
        migrations.AddIndex(
            model_name='quantityentry',
            index=models.Index(condition=models.Q(('machine__isnull', False)), fields=['machine', 'occurred_at'], include=('good', 'rejected'), name='entry_of_machine'),
        ),
        migrations.RunSQL(RUNNING, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('active', False), models.Q(('active_from__isnull', False), ('active_until__isnull', True)), _connector='OR'), name='assignment_active_since'),
        ),
    ]
