"""How somebody likes their pages, and the list views worth keeping."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factoryos.kernel.ids import uuid7


class Preferences(models.Model):
    """One person's switches. Kept on the server, so that they follow from one desk to the next."""

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    user = models.OneToOneField("kernel.User", on_delete=models.CASCADE, related_name="preferences")
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    single_keys = models.BooleanField(
        default=True, help_text="Shortcuts of a single key (WCAG 2.1.4 asks for a switch)."
    )

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class SavedView(models.Model):
    """A named set of filters, order and density of one screen, for oneself or for the whole factory."""

    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    factory = models.ForeignKey("kernel.Factory", on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey("kernel.User", on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    screen = models.CharField(max_length=20, default="orders", db_collation="C")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, help_text="The query of the page's address, cleaned.")
    shared = models.BooleanField(default=False, help_text="Whether everybody of the factory sees it.")
    is_default = models.BooleanField(default=False, help_text="What its owner sees when they open the screen.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["factory", "owner", "screen", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["factory", "owner", "screen"], condition=Q(is_default=True), name="saved_view_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
