"""Pages of the kernel: factories, and the machinery of the house, which only keepers of the installation see."""

from typing import Any

from django import forms
from django.contrib.admin import EmptyFieldListFilter, register
from django.http import HttpRequest

from factoryos.kernel.locks import locked
from factoryos.kernel.models import Counter, Factory, OutboxMessage, RateBucket, RememberedAnswer
from factoryos.supervision.fields import LineField
from factoryos.supervision.listing import CheapList
from factoryos.supervision.one_transaction import OneTransaction
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import ScopedAdmin, is_keeper
from orders.ingest import awaited


class FactoryForm(forms.ModelForm):
    name = LineField(max_length=200)

    class Meta:
        model = Factory
        fields = (
            "name", "slug", "time_zone", "currency", "location_id", "store_id", "requires_verification",
            "material_policy", "two_person_release",
        )  # fmt: skip


@register(Factory, site=site)
class FactoryAdmin(OneTransaction, CheapList, ScopedAdmin):
    """Its supervisors set how it works; what names it to the outside is unique over all factories, so keepers give it."""

    form = FactoryForm
    tenant_path = "pk"
    may_change = True
    list_display = ("name", "slug", "time_zone", "requires_verification", "material_policy", "two_person_release")
    search_fields = ("name__icontains", "slug__startswith")
    ordering = ("name", "pk")
    readonly_fields = ("uuid", "created_at")
    given_by_keepers = ("slug", "location_id", "store_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_keeper(request) and self.reaches(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = tuple(super().get_readonly_fields(request, obj))
        return shown if is_keeper(request) else (*shown, *self.given_by_keepers)

    def save_model(self, request: HttpRequest, obj: Factory, form: Any, change: bool) -> None:
        """Only what was changed is written: masters_version grows by a trigger, and must not be set back."""
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            locked(Factory.objects.all(), ids=[obj.pk]).get()
            obj.save(update_fields=form.changed_data)
            if "requires_verification" in form.changed_data:
                awaited.rules_changed(factory_id=obj.pk)


@register(OutboxMessage, site=site)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ("id", "topic", "factory", "key", "created_at", "available_at", "attempts", "done_at", "parked_at")
    list_filter = (("done_at", EmptyFieldListFilter), ("parked_at", EmptyFieldListFilter))
    list_select_related = ("factory",)
    search_fields = ("key__exact", "topic__startswith")
    search_help_text = "A whole key, or the beginning of a topic"


@register(RememberedAnswer, site=site)
class RememberedAnswerAdmin(ReadOnlyAdmin):
    """That an answer is kept, and for which call; what was answered is between us and the caller."""

    fields = ("factory", "principal", "call", "key", "fingerprint", "status", "created_at")
    list_display = ("id", "factory", "principal", "call", "key", "status", "created_at")
    list_select_related = ("factory",)
    search_fields = ("key__exact", "principal__exact")
    search_help_text = "A whole key or principal"


@register(RateBucket, site=site)
class RateBucketAdmin(ReadOnlyAdmin):
    list_display = ("key", "tokens", "updated_at")
    search_fields = ("key__startswith",)
    ordering = ("key",)


@register(Counter, site=site)
class CounterAdmin(ReadOnlyAdmin):
    list_display = ("series", "factory", "last")
    list_select_related = ("factory",)
    search_fields = ("series__startswith",)
