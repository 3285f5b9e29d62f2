"""The balances of an item that have something free are found without reading those that are empty."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("manufacturing", "0005_stock_guards")]

    operations = [
        migrations.AddField(
            "stockbalance",
            "has_free",
            models.GeneratedField(
                db_persist=True, expression=Q(on_hand__gt=F("reserved")), output_field=models.BooleanField()
            ),
        ),
        # For manufacturing.stock.balances.lock_balances: WHERE item_id = ANY(…) AND has_free ORDER BY id FOR UPDATE.
        # An item tracked by serial number leaves an empty balance behind for every piece that was ever used.
        migrations.AddIndex(
            "stockbalance", models.Index(condition=Q(has_free=True), fields=["item"], name="balance_free")
        ),
    ]
