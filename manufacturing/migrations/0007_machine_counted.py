"""Whether a machine is counted by a counter of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('manufacturing', '0006_free_balances'),
    ]

    operations = [
        migrations.AddField(
            model_name='machine',
            name='counted',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='A counter of its own is read (iot keeps this).'),
        ),
    ]
