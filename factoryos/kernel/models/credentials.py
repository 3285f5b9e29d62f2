"""Secrets that machines and people show: kept as a prefix to recognise and a SHA-256 to compare, never as they are."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7
from factoryos.kernel.permissions import ROLES


class ApiKey(models.Model):
    """A key for a program. A personal access token may name a person instead of one factory: it then follows their roles."""

    class Kind(models.TextChoices):
        API_KEY = "api_key", "API key"
        PERSONAL_ACCESS_TOKEN = "personal_access_token", "Personal access token"
        STORE_KEY = "store_key", "Store key"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=30, choices=Kind)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=24, help_text="The first characters, to recognise it by.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    factory = models.ForeignKey(
        "kernel.Factory", null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    user = models.ForeignKey("kernel.User", null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys")
    roles = ArrayField(
        models.CharField(max_length=20, choices=[(role, role) for role in ROLES]), default=list, blank=True
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(roles__contained_by=list(ROLES)), name="api_key_roles_known"),
            models.CheckConstraint(
                condition=models.Q(factory__isnull=False) | models.Q(kind="personal_access_token", user__isnull=False),
                name="api_key_has_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class UserToken(models.Model):
    """What the store face's login call hands out: a person's credential for one device."""

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    password_stamp = models.CharField(
        max_length=64,
        default="",
        editable=False,
        help_text="SHA-256 of the stored password hash: another password, no token.",
    )
    device = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token of {self.user}"
