"""Who supervises which factory, and every row, choice and filter of the admin narrowed to it."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter, TabularInline
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from factoryos.kernel.models import Factory, Membership

_KEPT = "_administered_factories"


def is_keeper(request: HttpRequest) -> bool:
    """Whether a keeper of the installation asks: sees all factories and the tables that belong to none."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def administered(request: HttpRequest) -> frozenset[int]:
    """The factories in which the person holds the role `admin`. Asked once a request."""
    known: frozenset[int] | None = getattr(request, _KEPT, None)
    if known is None:
        places = Membership.objects.filter(user_id=request.user.pk or 0, roles__contains=["admin"])
        known = frozenset(places.values_list("factory_id", flat=True))
        setattr(request, _KEPT, known)
    return known


def factories_of(request: HttpRequest) -> QuerySet[Factory]:
    """The factories that the person may choose from."""
    rows = Factory.objects.order_by("name")
    return rows if is_keeper(request) else rows.filter(pk__in=administered(request))


class ScopedChoices(BaseModelAdmin):
    """For pages and inlines: what a foreign key may name is what the person sees in that thing's own list."""

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest | None) -> Any:
        assert request is not None
        remote = db_field.remote_field.model
        page = self.admin_site._registry.get(remote)
        if page is None:
            raise LookupError(
                f"{remote.__name__} has no page of its own, so {db_field} cannot be narrowed to a factory"
            )
        return page.get_queryset(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The pictures beside a choice (add, change …) say in words what they do, also to who does not see them."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.template_name = "supervision/related_widget.html"
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.get_field_queryset(None, db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class FactoryFilter(SimpleListFilter):
    """One factory of those that the person supervises; not offered to who has one only."""

    title = "factory"
    parameter_name = "factory"
    path = "factory"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [(str(pk), name) for pk, name in factories_of(request).values_list("pk", "name")[:200]]
        return choices if len(choices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{self.path: int(value)}) if value.isdecimal() and len(value) < 19 else queryset.none()


def factory_filter(path: str) -> type[FactoryFilter]:
    """The filter for a table that reaches its factory over `path`."""
    return type("FactoryFilter", (FactoryFilter,), {"path": path})


class ScopedAdmin(ScopedChoices, ModelAdmin):
    """A page whose rows belong to factories. `tenant_path` leads from a row to its factory; None: for keepers only.

    Rights follow from that alone: Django's groups and permissions are not asked. What may be written is said page by
    page; unless it is, nothing is.
    """

    tenant_path: str | None = None
    may_add = may_change = may_delete = False
    secret_lookups = frozenset({"password", "digest", "content", "body"})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if is_keeper(request):
            return rows
        return self.narrowed(rows, administered(request))

    def narrowed(self, rows: QuerySet[Any], factories: frozenset[int]) -> QuerySet[Any]:
        return rows.filter(**{f"{self.tenant_path}__in": factories}) if self.tenant_path else rows.none()

    def reaches(self, request: HttpRequest) -> bool:
        """Whether the page is the person's at all."""
        if not self.admin_site.has_permission(request):
            return False
        return is_keeper(request) or (self.tenant_path is not None and bool(administered(request)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.reaches(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and self.reaches(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self.reaches(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self.reaches(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """An address may filter by columns of the row itself, but not by secrets, nor by what hangs on the row."""
        head = lookup.split("__")[0]
        try:
            field = self.opts.get_field(head)
        except FieldDoesNotExist:  # a filter's own word; what is nobody's is ignored later
            return super().lookup_allowed(lookup, value, request)
        own = getattr(field, "concrete", False) and head not in self.secret_lookups
        return own and super().lookup_allowed(lookup, value, request)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:  # Django's own answer sends one to the index with a message; ours is the one of every page
        raise Http404(f"{opts.verbose_name} not found")


class ScopedInline(ScopedChoices, TabularInline):
    """Rows shown with their owner. With a `tenant_path`, only those of factories that the person supervises."""

    tenant_path: str | None = None
    may_write = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if self.tenant_path is None or is_keeper(request):
            return rows
        return rows.filter(**{f"{self.tenant_path}__in": administered(request)})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_write
