"""How lists of any length stay cheap: a count that stops, no counts beside filters, links instead of joined choices."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, ShowFacets, display
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factoryos.kernel.quantities import shortest

COUNT_LIMIT = 10_000  # rows that a list counts and leafs through; further back one searches or filters


class ShortCount(Paginator):
    """Counts at most COUNT_LIMIT + 1 rows: the exact number of a million would cost seconds and help nobody."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: COUNT_LIMIT + 1].count())


class CheapList(ModelAdmin):
    """What every page of the admin lists alike."""

    paginator = ShortCount
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering: ClassVar[Any] = ("-pk",)
    list_select_related: ClassVar[Any] = False
    search_fields: ClassVar[Any] = ()
    actions: Any = None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A filter in the address that the database cannot read leads where Django sends one that it cannot read itself."""
        try:
            return super().changelist_view(request, extra_context)
        except (DataError, ValueError):
            if not request.GET or ERROR_FLAG in request.GET:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")


def amount(column: str) -> Callable[[Any], str]:
    """A column of a quantity in its shortest notation: 25, not 25.000000000000000."""

    @display(description=column.replace("_", " "), ordering=column)
    def shown(row: Any) -> str:
        value = getattr(row, column)
        return "–" if value is None else shortest(value)

    return shown


def link_to(model: type[Model], pk: Any, text: object) -> SafeString | str:
    """A link to an object's own page; a dash for none."""
    if pk is None:
        return "–"
    options = model._meta
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[pk]), text
    )


def link_to_list(model: type[Model], query: str, text: object) -> SafeString:
    """A link to a list with a filter set."""
    options = model._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', url, query, text)
