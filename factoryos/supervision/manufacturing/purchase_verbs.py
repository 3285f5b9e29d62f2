"""Lines of purchase orders as they come in or are called off: a page with a row for each chosen line."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.kernel.locks import locked
from factoryos.kernel.models import User
from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import LARGEST, shortest
from factoryos.supervision.acting import as_member
from factoryos.supervision.fields import DayField
from factoryos.supervision.manufacturing.receiving import MOST_SERIALS, sentence_for
from factoryos.supervision.verbs import chosen
from factoryos.supervision.verbs.forms import NothingForm, SaidField
from manufacturing.models import MAIN, Item, PurchaseOrderLine, StockLocation
from manufacturing.purchasing import call_off, receive_ordered

_HEADINGS = ("Item", "Purchase order", "Ordered", "So far", "Came now", "Lot or serial numbers", "Best before")
_NOTE = (
    "What is left blank did not come. An item tracked by lot needs its lot, one tracked by serial number every piece's "
    "number, one a line. More than was ordered may come."
)
_CALL_OFF_NOTE = "No more of these is expected afterwards. What came in stays in stock. This cannot be taken back."


def name_of(line: PurchaseOrderLine) -> str:
    """`RESIN-PP on PUR-2026-0044`."""
    return f"{line.item.sku} on {line.purchase_order}"


class Arrived(Problem):
    """More came in since the page was shown: the same form sent twice would book it twice. Data: seen, present."""

    code, template = "purchase_arrived", "{seen} had come in when the page was shown, it is {present} now: look again"


class ArrivalForm(forms.Form):
    """`came_`, `marked_`, `best_before_` and `seen_<id>` for each line, and the place where all of it was put."""

    def __init__(self, data: Any, *, lines: Sequence[PurchaseOrderLine], places: QuerySet[StockLocation]) -> None:
        super().__init__(data)
        self.lines = lines
        for line in lines:
            name = name_of(line)
            came = forms.DecimalField(required=False, min_value=0, max_value=LARGEST, decimal_places=6)
            came.widget.attrs |= {"aria-label": f"Came now of {name}", "size": 8}
            marked = SaidField(required=False, label=f"Lot or serial numbers of {name}", max_length=MOST_SERIALS * 101)
            marked.widget.attrs = {"aria-label": marked.label, "rows": 1, "cols": 16}  # a table has little room
            best_before = DayField(required=False)
            best_before.widget.attrs["aria-label"] = f"Best before of {name}"
            seen = forms.DecimalField(widget=forms.HiddenInput, initial=shortest(line.received))
            for part, field in (("came", came), ("marked", marked), ("best_before", best_before), ("seen", seen)):
                self.fields[f"{part}_{line.pk}"] = field
        self.fields["location"] = forms.ModelChoiceField(
            queryset=places, required=False, empty_label="Main store", label="Put into"
        )

    @property
    def asked_once(self) -> list[forms.BoundField]:
        return [self["location"]]

    def given(self, part: str, line: PurchaseOrderLine) -> Any:
        return self.cleaned_data.get(f"{part}_{line.pk}")

    def arrived(self) -> list[PurchaseOrderLine]:
        """The lines of which something came."""
        return [line for line in self.lines if self.given("came", line)]

    def marks(self, line: PurchaseOrderLine) -> tuple[str, ...]:
        return tuple(text.strip() for text in self.given("marked", line).splitlines() if text.strip())

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        place = values["location"]
        for line in self.arrived():
            if fault := self._fault(line):
                self.add_error(*fault)
            if place is not None and place.factory_id != line.item.factory_id:
                self.add_error(
                    "location", ValidationError(f"{place} belongs to another factory.", code="other_factory")
                )
        if not self.arrived():
            raise ValidationError("Write down what came of at least one line.", code="nothing_came")
        return values

    def _fault(self, line: PurchaseOrderLine) -> tuple[str, str] | None:
        """What is wrong with a line that came: the field, and a sentence."""
        item, came, marks = line.item, self.given("came", line), self.marks(line)
        if came != round(came, item.unit_decimals):
            decimals = f"at most {item.unit_decimals}" if item.unit_decimals else "no"
            return f"came_{line.pk}", f"{item.unit} of this item are counted with {decimals} decimals."
        if any(len(mark) > 100 for mark in marks):
            return f"marked_{line.pk}", "A lot or serial number has at most 100 characters."
        if item.tracking != Item.Tracking.SERIAL and len(marks) > 1:
            return f"marked_{line.pk}", "One lot at a time: receive each lot by itself."
        return None

    def cells(self, line: PurchaseOrderLine) -> tuple[object, ...]:
        return (
            line.item, line.purchase_order, f"{shortest(line.quantity)} {line.item.unit}", shortest(line.received),
            *(self[f"{part}_{line.pk}"] for part in ("came", "marked", "best_before")),
        )  # fmt: skip


def receive_lines(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action: what came of the chosen lines, each booked for itself."""
    rows = chosen.rows_of(request, queryset.select_related("item__factory", "purchase_order__supplier"))
    if not rows:
        return None
    places = page.admin_site._registry[StockLocation].get_queryset(request)
    places = places.filter(factory__in={line.item.factory_id for line in rows}).exclude(code=MAIN)
    form = ArrivalForm(request.POST if "confirmed" in request.POST else None, lines=rows, places=places)
    if not form.is_bound or not form.is_valid():
        asking = chosen.Asking("receive_lines", "Receive what came", _NOTE, _HEADINGS, form.cells)
        return chosen.ask(page, request, asking, rows=rows, form=form)
    user = request.user
    assert isinstance(user, User)
    return chosen.each(
        page, request, form.arrived(), do=lambda line: _receive(line, user=user, form=form), name=name_of,
        said=lambda problem: sentence_for(problem)[1],
    )  # fmt: skip


receive_lines.short_description = "Receive the chosen lines"  # type: ignore[attr-defined]  # the admin reads it
receive_lines.allowed_permissions = ("act",)  # type: ignore[attr-defined]


def _receive(line: PurchaseOrderLine, *, user: User, form: ArrivalForm) -> str:
    """Problems: those of receive_ordered; Arrived."""
    seen, came, day = (form.given(part, line) for part in ("seen", "came", "best_before"))
    present = locked(PurchaseOrderLine.objects.all(), ids=[line.pk]).get().received
    if present != seen:
        raise Arrived(seen=shortest(seen), present=shortest(present))
    marks, by_serial = form.marks(line), line.item.tracking == Item.Tracking.SERIAL
    zone = line.item.factory.tenant().zone
    receive_ordered(
        line_id=line.pk, by=as_member(user, line.item.factory), quantity=came,
        lot=None if by_serial or not marks else marks[0], serials=marks if by_serial else (),
        best_before=datetime.combine(day, time.min, tzinfo=zone) if day else None,
        location=form.cleaned_data["location"],
    )  # fmt: skip
    return f"Received {shortest(came)} {line.item.unit}."


def call_off_lines(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action: no more of the chosen lines is expected."""
    rows = chosen.rows_of(request, queryset.select_related("item__factory", "purchase_order__supplier"))
    if not rows:
        return None
    if "confirmed" not in request.POST:
        asking = chosen.Asking("call_off_lines", "Call off", _CALL_OFF_NOTE, _HEADINGS[:4], _as_it_stands)
        return chosen.ask(page, request, asking, rows=rows, form=NothingForm())
    user = request.user
    assert isinstance(user, User)

    def do(line: PurchaseOrderLine) -> str:
        call_off(line_id=line.pk, by=as_member(user, line.item.factory))
        return "Called off."

    return chosen.each(page, request, rows, do=do, name=name_of)


call_off_lines.short_description = "Call off the chosen lines"  # type: ignore[attr-defined]  # the admin reads it
call_off_lines.allowed_permissions = ("act",)  # type: ignore[attr-defined]


def _as_it_stands(line: PurchaseOrderLine) -> tuple[object, ...]:
    return line.item, line.purchase_order, f"{shortest(line.quantity)} {line.item.unit}", shortest(line.received)
