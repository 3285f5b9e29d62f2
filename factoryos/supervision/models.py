"""The one table of the admin: a sheet that somebody has sent and not yet confirmed."""

from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class Upload(models.Model):
    """A sheet between its preview and its confirmation. In the database, for the two may meet different processes or hosts.

    Only who sent it finds it again, for the factory and the table it was sent to; confirmed, it is gone.
    """

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="+")
    factory = models.ForeignKey("kernel.Factory", on_delete=models.CASCADE, related_name="+")
    table = models.CharField(max_length=40, db_collation="C")
    file_name = models.CharField(max_length=255)
    content = models.BinaryField()
    previewed = models.CharField(max_length=64, help_text="SHA-256 of the differences that the preview showed.")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return self.file_name
