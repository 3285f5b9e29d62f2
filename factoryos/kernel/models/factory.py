"""Tenants and who belongs to them."""

from zoneinfo import available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from factoryos.kernel.actors import Tenant
from factoryos.kernel.ids import uuid7
from factoryos.kernel.permissions import ROLES


def is_time_zone(name: str) -> None:
    """Refuse what is no zone of the tz database."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone of the tz database")


class Factory(models.Model):
    """A plant: the tenant. Everything else belongs to exactly one."""

    class MaterialPolicy(models.TextChoices):
        BEST_EFFORT = "best_effort", "Reserve what is there, report the rest"
        STRICT = "strict", "Refuse when material is short"

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[is_time_zone])
    location_id = models.CharField(
        max_length=255, null=True, blank=True, unique=True, help_text="Its name in the ingest API."
    )
    store_id = models.CharField(
        max_length=100, null=True, blank=True, unique=True, help_text="Its name in the store API."
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters, such as MYR.")],
        help_text="What its prices are in: a code of ISO 4217, such as MYR.",
    )
    requires_verification = models.BooleanField(default=True)
    material_policy = models.CharField(max_length=20, choices=MaterialPolicy, default=MaterialPolicy.BEST_EFFORT)
    two_person_release = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    masters_version = models.PositiveBigIntegerField(
        db_default=1, default=1, editable=False, help_text="Grows when a name that orders show is changed (by trigger)."
    )

    class Meta:
        verbose_name_plural = "factories"

    def __str__(self) -> str:
        return self.name

    def tenant(self) -> Tenant:
        return Tenant(
            id=self.pk,
            slug=self.slug,
            name=self.name,
            time_zone=self.time_zone,
            requires_verification=self.requires_verification,
            material_policy=self.material_policy,
            two_person_release=self.two_person_release,
            masters_version=self.masters_version,
        )


class Membership(models.Model):
    """A person's place in one factory: the only source of roles."""

    user = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="memberships")
    factory = models.ForeignKey(Factory, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=[(role, role) for role in ROLES]), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "factory"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(roles__contained_by=list(ROLES)), name="membership_roles_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.factory}: {', '.join(self.roles)}"
