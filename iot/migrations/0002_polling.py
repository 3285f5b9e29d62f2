"""Connections, counter points with their ledger, reviews, and the shards that are leased."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import factoryos.kernel.ids
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('iot', '0001_initial'),
        ('kernel', '0003_outbox_told'),
        ('manufacturing', '0007_machine_counted'),
        ('orders', '0007_machine_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='PollShard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lease_owner', models.CharField(blank=True, db_collation='C', max_length=120, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('fence', models.PositiveBigIntegerField(default=0, help_text='Grows with every lease; an older one may write nothing.')),
                ('polled_at', models.DateTimeField(blank=True, help_text='When a poller last said that it is at work here.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=factoryos.kernel.ids.uuid7, editable=False, unique=True)),
                ('code', models.CharField(db_collation='C', max_length=40)),
                ('driver', models.CharField(db_collation='C', help_text='A name of iot.drivers.registry.', max_length=20)),
                ('address', models.JSONField(default=dict, help_text="The driver's own settings, such as host and port.")),
                ('bus', models.CharField(db_collation='C', editable=False, help_text='What two must not share.', max_length=300)),
                ('poll_every_s', models.FloatField(default=1.0, validators=[django.core.validators.MinValueValidator(0.05), django.core.validators.MaxValueValidator(3600.0)])),
                ('active', models.BooleanField(default=True)),
                ('health', models.CharField(choices=[('unknown', 'Not polled yet'), ('ok', 'Answers'), ('failing', 'Does not answer'), ('probing', 'Given up for now, tried again from time to time')], db_collation='C', default='unknown', max_length=8)),
                ('health_since', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, default='', max_length=500)),
                ('version', models.PositiveIntegerField(default=1, help_text='Grows when it or one of its points is changed.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('factory', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='kernel.factory')),
                ('shard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='iot.pollshard')),
            ],
        ),
        migrations.CreateModel(
            name='CounterPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=factoryos.kernel.ids.uuid7, editable=False, unique=True)),
                ('role', models.CharField(choices=[('good', 'Good pieces'), ('reject', 'Rejected pieces'), ('total', 'All pieces; what is not rejected is good'), ('state', 'What the machine does')], db_collation='C', max_length=6)),
                ('where', models.JSONField(default=dict, help_text="In the driver's own terms, such as unit, table and address.")),
                ('encoding', models.CharField(choices=[('bit', 'bit'), ('u16', 'u16'), ('u32', 'u32'), ('u64', 'u64'), ('bcd16', 'bcd16'), ('bcd32', 'bcd32')], default='u32', max_length=6)),
                ('word_order', models.CharField(choices=[('big', 'Big end first'), ('little', 'Little end first')], default='big', max_length=6)),
                ('byte_order', models.CharField(choices=[('big', 'Big end first'), ('little', 'Little end first')], default='big', max_length=6)),
                ('modulus', models.DecimalField(blank=True, decimal_places=0, help_text='Where it begins again; none: by its width.', max_digits=20, null=True)),
                ('scale', models.DecimalField(decimal_places=6, default=Decimal('1'), help_text='Pieces a count.', max_digits=12)),
                ('decimals', models.PositiveSmallIntegerField(default=0, help_text='Of the pieces that are booked, 0 to 6.')),
                ('max_rate', models.FloatField(default=10.0, help_text='Counts a second that the machine can make at most.')),
                ('states', models.JSONField(blank=True, default=dict, help_text='What a raw value means, such as {"2": "down"}; else 0 idle, others running.')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='points', to='iot.connection')),
                ('machine', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='points', to='manufacturing.machine')),
            ],
        ),
        migrations.CreateModel(
            name='CountEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('kind', models.CharField(db_collation='C', help_text='A word of iot.counting.Kind.', max_length=12)),
                ('raw', models.DecimalField(decimal_places=0, max_digits=20)),
                ('previous', models.DecimalField(blank=True, decimal_places=0, max_digits=20, null=True)),
                ('epoch', models.PositiveIntegerField()),
                ('pieces', models.DecimalField(decimal_places=15, default=0, max_digits=27)),
                ('flagged', models.DecimalField(decimal_places=15, default=0, max_digits=27)),
                ('at', models.DateTimeField(help_text='When it was sampled.')),
                ('booked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('entry', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.quantityentry')),
                ('factory', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.factory')),
                ('machine', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='manufacturing.machine')),
                ('point', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='iot.counterpoint')),
            ],
        ),
        migrations.CreateModel(
            name='CountReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=factoryos.kernel.ids.uuid7, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('suspect', 'More than the machine can make'), ('reset', 'The counter was set back'), ('failed', 'Could not be booked'), ('beside', 'Counted by hand beside a counter')], db_collation='C', max_length=8)),
                ('pieces', models.DecimalField(decimal_places=15, help_text='That are in question.', max_digits=27)),
                ('text', models.CharField(blank=True, default='', max_length=500)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('booked', 'Booked'), ('dismissed', 'Dismissed')], db_collation='C', default='open', max_length=9)),
                ('decided_by_id', models.CharField(blank=True, max_length=80, null=True)),
                ('decided_by_name', models.CharField(blank=True, max_length=150, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('decided_entry', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.quantityentry')),
                ('entry', models.OneToOneField(blank=True, help_text='The count by hand that is doubted.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.quantityentry')),
                ('event', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='review', to='iot.countevent')),
                ('factory', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='kernel.factory')),
                ('machine', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='manufacturing.machine')),
            ],
        ),
        migrations.CreateModel(
            name='CounterBaseline',
            fields=[
                ('point', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='baseline', serialize=False, to='iot.counterpoint')),
                ('raw', models.DecimalField(blank=True, decimal_places=0, max_digits=20, null=True)),
                ('at', models.DateTimeField(blank=True, null=True)),
                ('epoch', models.PositiveIntegerField(default=0, help_text='Grows when it begins again.')),
                ('seq', models.PositiveBigIntegerField(default=0, help_text='Of its last event.')),
                ('doubted', models.DecimalField(blank=True, decimal_places=0, help_text='A reading that one more must confirm.', max_digits=20, null=True)),
                ('doubted_at', models.DateTimeField(blank=True, null=True)),
                ('carry', models.DecimalField(decimal_places=15, default=0, help_text='Pieces counted, not yet booked.', max_digits=27)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', True), ('raw__isnull', True)), models.Q(('at__isnull', False), ('raw__isnull', False)), _connector='OR'), name='baseline_raw_with_instant'), models.CheckConstraint(condition=models.Q(models.Q(('doubted__isnull', True), ('doubted_at__isnull', True)), models.Q(('doubted__isnull', False), ('doubted_at__isnull', False)), _connector='OR'), name='baseline_doubt_with_instant'), models.CheckConstraint(condition=models.Q(('carry__gte', 0)), name='baseline_carry_not_negative')],
            },
        ),
        migrations.AddConstraint(
            model_name='counterpoint',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('machine', 'role'), name='point_role_once_a_machine'),
        ),
        migrations.AddConstraint(
            model_name='counterpoint',
            constraint=models.CheckConstraint(condition=models.Q(('max_rate__gt', 0), ('scale__gt', 0)), name='point_rates_positive'),
        ),
        migrations.AddConstraint(
            model_name='counterpoint',
            constraint=models.CheckConstraint(condition=models.Q(('modulus__isnull', True), ('modulus__gte', 2), _connector='OR'), name='point_modulus_sensible'),
        ),
        migrations.AddConstraint(
            model_name='counterpoint',
            constraint=models.CheckConstraint(condition=models.Q(('decimals__lte', 6)), name='point_decimals_few'),
        ),
        migrations.AddIndex(
            model_name='countevent',
            index=models.Index(fields=['machine', '-id'], name='count_event_of_machine'),
        ),
        migrations.AddIndex(
            model_name='countevent',
            index=models.Index(condition=models.Q(('entry__isnull', True), ('pieces__gt', 0)), fields=['machine', 'at'], name='count_event_unassigned'),
        ),
        migrations.AddConstraint(
            model_name='countevent',
            constraint=models.UniqueConstraint(fields=('point', 'seq'), name='count_event_once'),
        ),
        migrations.AddConstraint(
            model_name='countevent',
            constraint=models.CheckConstraint(condition=models.Q(('flagged__gte', 0), ('pieces__gte', 0)), name='count_event_not_negative'),
        ),
        migrations.AddIndex(
            model_name='countreview',
            index=models.Index(fields=['factory', 'state', '-id'], name='review_queue'),
        ),
        migrations.AddConstraint(
            model_name='countreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entry__isnull', True), ('event__isnull', False)), models.Q(('entry__isnull', False), ('event__isnull', True)), _connector='OR'), name='review_of_event_or_entry'),
        ),
        migrations.AddConstraint(
            model_name='countreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='review_decided_iff_closed'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(models.F('factory'), django.db.models.functions.text.Lower('code'), name='connection_code_once'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('factory', 'bus'), name='connection_bus_once'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.CheckConstraint(condition=models.Q(('poll_every_s__gte', 0.05), ('poll_every_s__lte', 3600.0)), name='connection_period_sensible'),
        ),
    ]
