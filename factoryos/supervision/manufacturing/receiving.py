"""Goods in: a form for one delivery of one item, booked once however often it is sent."""

from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from factoryos.kernel import transactions
from factoryos.kernel.actors import Actor
from factoryos.kernel.idempotency import Memory, fingerprint
from factoryos.kernel.models import User
from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import LARGEST, shortest
from factoryos.kernel.transactions import Answer
from factoryos.supervision.acting import as_member
from factoryos.supervision.fields import DayField, LineField
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import administered, is_keeper
from factoryos.supervision.verbs.forms import SaidField
from manufacturing.models import MAIN, Item, StockBalance, StockLocation
from manufacturing.stock.receipts import Delivery, receive

MOST_SERIALS = 1000
# The verb's field → (the form's, the sentence).
_INVALID = {
    "lot_number": "The item is tracked by lot: name the lot.",
    "serial_numbers": "Write one serial number for each piece, every one of them once.",
    "quantity": "More than nothing must have come.",
}
_DUPLICATE = {
    "serialNumbers": ("serial_numbers", "Serial number {value} is known already."),
    "lotNumber": ("lot_number", "Lot {value} is known with another best-before date."),
}


def sentence_for(problem: Problem) -> tuple[str | None, str]:
    """A refusal of a receipt: the form's field that it is about, if any, and what to say there."""
    name = str(problem.data.get("field"))
    if problem.code == "duplicate" and name in _DUPLICATE:
        field, sentence = _DUPLICATE[name]
        return field, sentence.format(value=problem.data["value"])
    if problem.code == "validation_failed" and name in _INVALID:
        return name, _INVALID[name]
    return None, f"{problem.text}."


class ReceiveForm(forms.Form):
    """What came, how much of it, marked how, and where it lies now."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    item = forms.ModelChoiceField(queryset=Item.objects.none())
    quantity = forms.DecimalField(max_value=LARGEST, decimal_places=6)
    lot_number = LineField(required=False, max_length=100)
    serial_numbers = SaidField(required=False, label="Serial numbers", max_length=MOST_SERIALS * 101)
    best_before = DayField(required=False)
    location = forms.ModelChoiceField(queryset=StockLocation.objects.none(), required=False, empty_label="Main store")
    reference = LineField(required=False, max_length=200, help_text="Such as the number of the delivery note.")

    def __init__(self, data: Any, *, page: Any, request: HttpRequest) -> None:
        super().__init__(data, initial={"key": uuid4()})
        registry = page.admin_site._registry
        for name, model in (("item", Item), ("location", StockLocation)):
            self.fields[name].queryset = registry[model].get_queryset(request).select_related("factory")  # type: ignore[attr-defined]  # a ModelChoiceField
        places = self.fields["location"]
        places.queryset = places.queryset.exclude(code=MAIN)  # type: ignore[attr-defined]
        if is_keeper(request) or len(administered(request)) > 1:
            places.label_from_instance = lambda place: f"{place} ({place.factory})"  # type: ignore[attr-defined]
        self.fields["item"].widget = AutocompleteSelect(StockBalance._meta.get_field("item"), site)
        self.fields["item"].widget.choices = self.fields["item"].choices  # type: ignore[attr-defined]
        self.fields["serial_numbers"].help_text = "One a line."

    def clean_serial_numbers(self) -> tuple[str, ...]:
        numbers = tuple(line.strip() for line in self.cleaned_data["serial_numbers"].splitlines() if line.strip())
        if len(numbers) > MOST_SERIALS:
            raise ValidationError(f"At most {MOST_SERIALS} serial numbers at once.")
        if any(len(number) > 100 for number in numbers):
            raise ValidationError("A serial number has at most 100 characters.")
        return numbers

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors.pop("key", None):
            raise ValidationError("This form is not one of ours: load the page again.", code="no_key")
        item, location, quantity = (values.get(name) for name in ("item", "location", "quantity"))
        if item and location and item.factory_id != location.factory_id:
            self.add_error("location", ValidationError(f"{location} belongs to another factory.", code="other_factory"))
        if item and quantity is not None and quantity != round(quantity, item.unit_decimals):
            decimals = f"at most {item.unit_decimals}" if item.unit_decimals else "no"
            self.add_error(
                "quantity", ValidationError(f"{item.unit} of this item are counted with {decimals} decimals.")
            )
        return values

    def delivery(self) -> Delivery:
        given = self.cleaned_data
        item, best_before = given["item"], given["best_before"]
        zone = item.factory.tenant().zone
        return Delivery(
            item=item, quantity=given["quantity"], lot_number=given["lot_number"] or None,
            serial_numbers=given["serial_numbers"], location=given["location"], reference=given["reference"] or None,
            best_before=datetime.combine(best_before, time.min, tzinfo=zone) if best_before else None,
        )  # fmt: skip

    def tell(self, problem: Problem) -> None:
        """Put a refusal beside its field, in words of this form."""
        self.add_error(*sentence_for(problem))


def receive_stock(page: Any, request: HttpRequest) -> HttpResponse:
    """GET the form; POST a delivery. `page` is the admin of balances."""
    if not page.reaches(request):
        raise PermissionDenied
    form = ReceiveForm(request.POST if request.method == "POST" else None, page=page, request=request)
    if form.is_bound and form.is_valid():
        try:
            return _booked(page, request, form)
        except Problem as problem:
            form.tell(problem)
    context = {**page.admin_site.each_context(request), "title": "Receive stock", "opts": page.opts, "form": form}
    return TemplateResponse(request, "supervision/receive.html", context, status=422 if form.errors else 200)


def _booked(page: Any, request: HttpRequest, form: ReceiveForm) -> HttpResponse:
    user, item = request.user, form.cleaned_data["item"]
    assert isinstance(user, User)
    by = as_member(user, item.factory)
    delivery = form.delivery()

    def work() -> Answer:
        moves = receive(delivery, by=by)
        told = f"Received {shortest(delivery.quantity)} {item.unit} of {item.sku}"
        for move in moves[:1]:
            page.log_change(request, move.balance, told)
        return Answer(200, told.encode())

    answer = transactions.run(work, refuse=_raised, memory=_memory(request, form, by=by))
    messages.success(request, f"{answer.body.decode()}. Orders that wait for it are served by themselves.")
    options = page.opts
    url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    return HttpResponseRedirect(f"{url}?item__id__exact={item.pk}")


def _memory(request: HttpRequest, form: ReceiveForm, *, by: Actor) -> Memory:
    """The same form sent again, or sent by two presses of the button, is the same delivery."""
    content = {name: str(value) for name, value in form.cleaned_data.items() if name != "key"}
    return Memory(
        factory_id=by.factory.id, principal=by.principal, call=f"POST {request.path}",
        key=form.cleaned_data["key"].hex, fingerprint=fingerprint(content),
    )  # fmt: skip


def _raised(problem: Problem) -> Answer:
    raise problem  # what was refused may be mended and sent again under the same key
