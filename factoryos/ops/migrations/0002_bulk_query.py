from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ops", "0001_console")]

    operations = [
        migrations.AddField(
            model_name="bulkoperation",
            name="query",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The list's filter that the orders were chosen from.",
                max_length=2000,
            ),
            preserve_default=False,
        ),
    ]
