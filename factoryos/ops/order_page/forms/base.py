"""What the forms of all verbs share: the version that was seen, and how a refusal is told beside its field."""

from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict

from factoryos.kernel.actors import Actor
from factoryos.kernel.problems import Problem, Stale
from factoryos.ops.order_page import refusal_words, words
from orders import timeline
from orders.locks import lock_order
from orders.models import OrderEvent
from orders.sheet import Sheet


class VerbForm(forms.Form):
    """The questions of one verb about one order. `run` is called inside the transaction."""

    verb: ClassVar[str]
    intro: ClassVar[str] = ""
    warning: str = ""  # what the person should know before anything is done
    danger: ClassVar[bool] = False
    # Whether pieces counted meanwhile make what was seen outdated. A machine counts every few seconds, and nobody
    # could press Pause in time if its counts did.
    counts_matter: ClassVar[bool] = False
    # Whether it matters at all what happened meanwhile: what only adds overwrites nobody.
    adds_only: ClassVar[bool] = False

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, order: Sheet, by: Actor) -> None:
        super().__init__(data, initial={"version": order.version}, label_suffix="")
        self.order, self.by = order, by
        self.build()

    def build(self) -> None:
        """Fields that depend on the order."""

    @property
    def title(self) -> str:
        return words.label(self.verb)

    def run(self) -> None:
        """Call the verb with what was typed."""
        raise NotImplementedError

    def done(self) -> str:
        """What is said afterwards."""
        return f"{self.order.reference} {words.NOW[self.verb]}."

    def remember(self, *names: str) -> None:
        """Send along what these fields showed: only what the person changed is a change, whatever others did since."""
        for name in names:
            self.fields[name].show_hidden_initial = not self.is_bound or f"initial-{name}" in self.data

    def on_top_of(self, order: Sheet) -> "VerbForm":
        """The same wish about the order as it is now: what the person left alone shows its present value."""
        now = type(self)(order=order, by=self.by)
        wish = cast(QueryDict, self.data).copy()
        wish["version"] = str(order.version)
        for name, field in self.fields.items():
            if field.show_hidden_initial:
                present = str(now[name].value() or "")
                wish[f"initial-{name}"] = present
                if name not in self.changed_data:
                    wish[name] = present
        return type(self)(wish, order=order, by=self.by)

    def require_unchanged(self) -> None:
        """Lock the order and refuse if what the person saw is outdated. Problem: Stale."""
        seen = self.cleaned_data["version"]
        order = lock_order(self.order.id, by=self.by)
        if order.version == seen or self.adds_only:
            return
        if order.version < seen or self.meanwhile(limit=1):
            raise Stale(current=order.version)

    def meanwhile(self, *, limit: int) -> list[OrderEvent]:
        """The last things that happened since the form was shown and that make what was seen outdated."""
        events = timeline.since if self.counts_matter else timeline.since_but_counts
        return events(self.order.id, version=self.cleaned_data["version"], limit=limit)

    def tell(self, problem: Problem) -> None:
        """Put a refusal beside the field it is about, in this form's words."""
        field, sentence = refusal_words.told(problem)
        self.add_error(field if field in self.fields else None, sentence)

    @property
    def common(self) -> dict[str, Any]:
        return {"order_id": self.order.id, "by": self.by}
