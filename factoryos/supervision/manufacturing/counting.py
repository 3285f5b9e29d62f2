"""Stock that was counted anew: a page with a field for each chosen balance and one reason for all of them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.kernel.models import User
from factoryos.kernel.problems import Problem
from factoryos.kernel.quantities import LARGEST, shortest
from factoryos.supervision.acting import as_member
from factoryos.supervision.verbs import chosen
from factoryos.supervision.verbs.forms import SaidField
from manufacturing.models import StockBalance
from manufacturing.problems import StockShort
from manufacturing.stock.balances import lock_balances
from manufacturing.stock.receipts import adjust

_HEADINGS = ("Item", "Lot", "Where", "Booked", "Reserved", "Counted")
_NOTE = (
    "What is left blank is left alone. The ledger keeps the difference as a movement, with the reason and your name."
)


def name_of(balance: StockBalance) -> str:
    """`SHELL-28 in Main store`, with its lot if it has one."""
    lot = f", lot {balance.lot}" if balance.lot else ""
    return f"{balance.item.sku}{lot} in {balance.location}"


class Moved(Problem):
    """Something came or went since the page was shown, so nobody knows what the count says. Data: seen, present."""

    code, template = "stock_moved", "It was {seen} when the page was shown and is {present} now: count again"


class CountForm(forms.Form):
    """`counted_<id>` for each balance, `seen_<id>` for what was booked when it was asked."""

    def __init__(self, data: Any, *, balances: Sequence[StockBalance]) -> None:
        super().__init__(data)
        self.balances = balances
        for balance in balances:
            counted = forms.DecimalField(
                required=False, min_value=0, max_value=LARGEST, decimal_places=6, label=f"Counted of {name_of(balance)}"
            )
            counted.widget.attrs |= {"aria-label": counted.label, "class": "vTextField"}
            self.fields[f"counted_{balance.pk}"] = counted
            self.fields[f"seen_{balance.pk}"] = forms.DecimalField(
                widget=forms.HiddenInput, initial=shortest(balance.on_hand)
            )
        self.fields["reason"] = SaidField(required=True, label="Reason")

    @property
    def asked_once(self) -> list[forms.BoundField]:
        return [self["reason"]]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for balance in self.balances:
            counted = values.get(f"counted_{balance.pk}")
            if counted is not None and balance.lot is not None and balance.lot.serial and counted not in (0, 1):
                self.add_error(f"counted_{balance.pk}", ValidationError("A serial number is one piece: 0 or 1."))
        if not self.errors and not self.counted():
            raise ValidationError("Write down at least one count.", code="nothing_counted")
        return values

    def counted(self) -> list[StockBalance]:
        """The balances of which a count was written down."""
        return [one for one in self.balances if self.cleaned_data.get(f"counted_{one.pk}") is not None]

    def cells(self, balance: StockBalance) -> tuple[object, ...]:
        return (
            balance.item, balance.lot or "–", balance.location, shortest(balance.on_hand), shortest(balance.reserved),
            self[f"counted_{balance.pk}"],
        )  # fmt: skip


def count_anew(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action of the list of balances."""
    rows = chosen.rows_of(request, queryset.select_related("item", "lot", "location", "factory"))
    if not rows:
        return None
    form = CountForm(request.POST if "confirmed" in request.POST else None, balances=rows)
    if not form.is_bound or not form.is_valid():
        asking = chosen.Asking("count_anew", "Count anew", _NOTE, _HEADINGS, form.cells)
        return chosen.ask(page, request, asking, rows=rows, form=form)
    user, given = request.user, form.cleaned_data
    assert isinstance(user, User)

    def do(balance: StockBalance) -> str:
        counted, seen = given[f"counted_{balance.pk}"], given[f"seen_{balance.pk}"]
        return _count(balance, user=user, counted=counted, seen=seen, reason=given["reason"])

    return chosen.each(page, request, form.counted(), do=do, name=name_of, said=_said)


count_anew.short_description = "Count the chosen stock anew"  # type: ignore[attr-defined]  # the admin reads it
count_anew.allowed_permissions = ("act",)  # type: ignore[attr-defined]


def _count(balance: StockBalance, *, user: User, counted: Decimal, seen: Decimal, reason: str) -> str:
    """Problems: those of adjust; Moved."""
    present = lock_balances(ids=[balance.pk])[balance.pk].on_hand
    if present != seen:
        raise Moved(seen=shortest(seen), present=shortest(present))
    by = as_member(user, balance.factory)
    if adjust(balance_id=balance.pk, by=by, counted=counted, reason=reason) is None:
        return f"{shortest(counted)} counted, as booked."
    return f"{shortest(counted)} counted, {shortest(seen)} were booked: {reason}"


def _said(problem: Problem) -> str:
    if isinstance(problem, StockShort):
        promised, found = problem.data["wanted_text"], problem.data["available_text"]
        return f"{promised} are reserved for orders, more than the {found} counted. Release or plan those orders anew first."
    return f"{problem.text}."
