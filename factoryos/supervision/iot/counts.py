"""Pages of what was counted: baselines, the counter ledger, what waits for a person, and who polls what."""

from typing import Any, ClassVar

from django.contrib.admin import display, register
from django.http import HttpRequest

from factoryos.supervision.iot.review_verbs import ACTIONS
from factoryos.supervision.listing import amount, link_to
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, factory_filter
from iot.models import Connection, CounterBaseline, CounterPoint, CountEvent, CountReview, PollShard
from orders.models import QuantityEntry


@register(CounterBaseline, site=site)
class CounterBaselineAdmin(ReadOnlyAdmin):
    """Where each counter was last believed to stand."""

    tenant_path = "point__connection__factory"
    list_display = ("of_point", "of_machine", "of_connection", "raw", "at", "epoch", "seq", "doubted", amount("carry"))
    list_filter = (factory_filter("point__connection__factory"), "point__active")
    list_select_related = ("point__machine", "point__connection")
    search_fields = ("point__machine__code__istartswith", "point__connection__code__istartswith")
    search_help_text = "Beginning of a machine's or a connection's code"
    exclude = ("carry",)
    readonly_fields: ClassVar[Any] = (amount("carry"),)

    @display(description="point", ordering="point__role")
    def of_point(self, row: CounterBaseline) -> str:
        return str(row.point.get_role_display())

    @display(description="machine", ordering="point__machine__code")
    def of_machine(self, row: CounterBaseline) -> str:
        return link_to(CounterPoint, row.point_id, row.point.machine.code)

    @display(description="connection", ordering="point__connection__code")
    def of_connection(self, row: CounterBaseline) -> str:
        return link_to(Connection, row.point.connection_id, row.point.connection.code)


_AMOUNTS = (amount("pieces"), amount("flagged"))


@register(CountEvent, site=site)
class CountEventAdmin(ReadOnlyAdmin):
    """The counter ledger: nothing in it is ever changed."""

    tenant_path = "factory"
    list_display = ("id", "machine", "of_point", "seq", "kind", "previous", "raw", *_AMOUNTS, "booked_on", "at")
    list_filter = (FactoryFilter, "kind")
    list_select_related = ("machine", "point")
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"
    exclude = ("pieces", "flagged")
    readonly_fields: ClassVar[Any] = _AMOUNTS

    @display(description="point")
    def of_point(self, event: CountEvent) -> str:
        return link_to(CounterPoint, event.point_id, event.point.role)

    @display(description="entry")
    def booked_on(self, event: CountEvent) -> str:
        return link_to(QuantityEntry, event.entry_id, event.entry_id)


@register(CountReview, site=site)
class CountReviewAdmin(ReadOnlyAdmin):
    """Pieces about which a person decides: they are booked, or let go."""

    tenant_path = "factory"
    actions = ACTIONS
    list_display = ("kind", "of_machine", amount("pieces"), "state", "text", "at", "decided_by_name", "note", "factory")
    list_filter = (FactoryFilter, "state", "kind")
    list_select_related = ("machine", "factory")
    search_fields = ("machine__code__iexact",)
    search_help_text = "A machine's code"
    exclude = ("pieces",)
    readonly_fields: ClassVar[Any] = (amount("pieces"),)

    @display(description="machine", ordering="machine__code")
    def of_machine(self, review: CountReview) -> str:
        return review.machine.code

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether deciding is offered; the verb asks again, with the roles held in the review's own factory."""
        return self.reaches(request)


@register(PollShard, site=site)
class PollShardAdmin(ReadOnlyAdmin):
    """Shards share the connections of all factories among pollers: for keepers."""

    list_display = ("id", "lease_owner", "lease_until", "fence", "polled_at")
    ordering = ("pk",)
