"""What a supervisor decides about doubtful counts: book the pieces on an order, or let them go."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.kernel.models import User
from factoryos.kernel.quantities import LARGEST, shortest
from factoryos.supervision.acting import as_member
from factoryos.supervision.fields import LineField
from factoryos.supervision.verbs import chosen
from factoryos.supervision.verbs.forms import SaidField
from iot import reviews
from iot.models import CountReview
from orders.models import Assignment, ProductionOrder

_BOOKING = (
    "The pieces are booked on the order you name, by its reference; the one that ran on the machine then is filled in. "
    "A count by hand is booked already, and is confirmed."
)
_DISMISSING = "The pieces are let go. A count by hand is taken back from its order."
_HEADINGS = ("Machine", "Question", "Counted", "In question")


class DismissForm(forms.Form):
    """Why they were never made, once for all of them."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["note"] = SaidField(required=True, label="Why")

    @property
    def asked_once(self) -> list[forms.BoundField]:
        return [self["note"]]


class BookForm(forms.Form):
    """`pieces_<id>` and `order_<id>` for each review that is not of a count by hand."""

    def __init__(self, data: Any, *, rows: Sequence[CountReview]) -> None:
        super().__init__(data)
        self.rows = [row for row in rows if row.kind != CountReview.Kind.BESIDE]
        for row in self.rows:
            pieces = forms.DecimalField(
                min_value=Decimal("0.000001"), max_value=LARGEST, decimal_places=6, initial=shortest(row.pieces),
                label=f"Pieces of {row.machine.code}",
            )  # fmt: skip
            order = LineField(max_length=512, initial=_order_then(row), label=f"Order for {row.machine.code}")
            for field, width in ((pieces, 8), (order, 18)):
                field.widget = forms.TextInput({"aria-label": field.label, "size": width})
            self.fields |= {f"pieces_{row.pk}": pieces, f"order_{row.pk}": order}
        self.fields["note"] = SaidField(required=False, label="Why (may be left blank)")
        self.orders: dict[int, int] = {}

    @property
    def asked_once(self) -> list[forms.BoundField]:
        return [self["note"]]

    def clean(self) -> dict[str, Any]:
        """The order is one of the review's own factory; of a stranger's nothing is known."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for row in self.rows:
            reference = values.get(f"order_{row.pk}")
            orders = ProductionOrder.objects.filter(factory_id=row.factory_id, reference=reference or "")
            order_id = orders.values_list("pk", flat=True).first()
            if order_id is not None:
                self.orders[row.pk] = order_id
            elif reference:
                self.add_error(f"order_{row.pk}", ValidationError(f"There is no order {reference}.", code="no_order"))
        return values

    def cells(self, row: CountReview) -> tuple[object, ...]:
        asked = (
            (self[f"pieces_{row.pk}"], self[f"order_{row.pk}"]) if row in self.rows else ("as counted", "as counted")
        )
        return (*_cells(row), *asked)


def _cells(row: CountReview) -> tuple[object, ...]:
    return (row.machine.code, f"{row.get_kind_display()}. {row.text}", row.at, shortest(row.pieces))


def _order_then(row: CountReview) -> str:
    """The order that ran on the machine when its counter was read."""
    ran = Assignment.objects.filter(machine_id=row.machine_id, active_from__lte=row.at).order_by("-active_from")
    then = ran.filter(Q(active_until__isnull=True) | Q(active_until__gt=row.at))
    return then.values_list("order__reference", flat=True).first() or ""


def book(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action of the list of reviews."""
    rows = chosen.rows_of(request, queryset.select_related("machine", "factory"))
    if not rows:
        return None
    form = BookForm(request.POST if "confirmed" in request.POST else None, rows=rows)
    if not form.is_bound or not form.is_valid():
        headings = (*_HEADINGS, "Pieces", "Order")
        asking = chosen.Asking("book", f"Book doubtful counts: {len(rows)}", _BOOKING, headings, form.cells)
        return chosen.ask(page, request, asking, rows=rows, form=form)
    user, given = request.user, form.cleaned_data
    assert isinstance(user, User)

    def do(row: CountReview) -> str:
        pieces, order_id = given.get(f"pieces_{row.pk}"), form.orders.get(row.pk)
        reviews.book(row.pk, by=as_member(user, row.factory), pieces=pieces, order_id=order_id, note=given["note"])
        return "It is booked." if pieces is None else f"{shortest(pieces)} pieces are booked."

    return chosen.each(page, request, rows, do=do, name=_name)


def dismiss(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action of the list of reviews."""
    rows = chosen.rows_of(request, queryset.select_related("machine", "factory"))
    if not rows:
        return None
    form = DismissForm(request.POST if "confirmed" in request.POST else None)
    if not form.is_bound or not form.is_valid():
        asking = chosen.Asking("dismiss", f"Dismiss doubtful counts: {len(rows)}", _DISMISSING, _HEADINGS, _cells)
        return chosen.ask(page, request, asking, rows=rows, form=form)
    user, note = request.user, form.cleaned_data["note"]
    assert isinstance(user, User)

    def do(row: CountReview) -> str:
        reviews.dismiss(row.pk, by=as_member(user, row.factory), note=note)
        return "It is dismissed."

    return chosen.each(page, request, rows, do=do, name=_name)


def _name(row: CountReview) -> str:
    return f"{row.machine.code}, {shortest(row.pieces)} pieces"


book.short_description = "Book the chosen counts"  # type: ignore[attr-defined]  # the admin reads it
dismiss.short_description = "Dismiss the chosen counts"  # type: ignore[attr-defined]
book.allowed_permissions = dismiss.allowed_permissions = ("act",)  # type: ignore[attr-defined]
ACTIONS = (book, dismiss)
