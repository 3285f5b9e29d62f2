"""What the console lists and people say: notes (never deleted), the customer's name, indexes for its orders and search."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import factoryos.kernel.ids
from django.conf import settings
from django.db import migrations, models

NEVER_DELETED = """
CREATE TRIGGER never_deleted BEFORE DELETE ON orders_note FOR EACH ROW EXECUTE FUNCTION kernel_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_guards'),
        ('manufacturing', '0002_masters_version'),
        ('orders', '0002_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=factoryos.kernel.ids.uuid7, editable=False, unique=True)),
                ('audience', models.CharField(choices=[('internal', 'Internal'), ('customer', 'To customer')], db_collation='C', default='internal', max_length=10)),
                ('text', models.CharField(max_length=2000)),
                ('first_text', models.CharField(blank=True, editable=False, max_length=2000, null=True)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_id', models.CharField(max_length=80)),
                ('actor_name', models.CharField(max_length=150)),
                ('face', models.CharField(max_length=20)),
                ('operation', models.UUIDField(blank=True, help_text='The bulk operation that it was written by.', null=True)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('edited_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='productionorder',
            name='customer_name',
            field=models.CharField(blank=True, db_collation='C', help_text='Whom it is made for, as people call them.', max_length=200, null=True),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(fields=['factory', 'planned_end', 'id'], name='order_by_due'),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(fields=['factory', 'updated_at', 'id'], name='order_by_change'),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(models.F('factory'), models.Case(models.When(priority='rush', then=models.Value(0)), models.When(priority='standard', then=models.Value(1)), default=models.Value(2), output_field=models.SmallIntegerField()), models.F('id'), name='order_by_rank'),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(models.F('factory'), django.db.models.functions.text.Reverse('reference'), name='order_by_reference_end'),
        ),
        migrations.AddIndex(
            model_name='productionorder',
            index=models.Index(models.F('factory'), django.db.models.functions.text.Upper('customer_name'), condition=models.Q(('customer_name__isnull', False)), name='order_by_customer'),
        ),
        migrations.AddField(
            model_name='note',
            name='factory',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.factory'),
        ),
        migrations.AddField(
            model_name='note',
            name='order',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='orders.productionorder'),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(fields=['order', '-id'], name='note_of_order'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('audience__in', ['internal', 'customer'])), name='note_audience_known'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='note_says_something'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edited_at__isnull', True), ('first_text__isnull', True)), models.Q(('edited_at__isnull', False), ('first_text__isnull', False)), _connector='OR'), name='note_edit_is_marked'),
        ),
        migrations.RunSQL(sql=NEVER_DELETED, reverse_sql="DROP TRIGGER never_deleted ON orders_note"),
    ]
