"""The list sorted by customer page after page, and found by the days of making and finishing."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('orders', '0003_console_lists')]

    operations = [
        migrations.RemoveIndex(
            model_name='productionorder',
            name='order_by_customer',
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(models.F('factory'), django.db.models.functions.text.Upper('customer_name'), models.F('id'), name='order_by_customer'),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['created_at', 'actual_end'], name='order_by_days', pages_per_range=32),
        ),
    ]
