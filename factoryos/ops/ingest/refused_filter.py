"""The filter of refused rows as it stands in an address: read, checked, written down again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.urls import reverse

from factoryos.kernel.actors import Actor
from factoryos.ops.ingest import refused
from factoryos.ops.ingest.refused import Wanted
from factoryos.ops.order_list.conditions import midnight, next_midnight
from factoryos.ops.order_list.filters import plausible, safe

LABELS = {"code": "Code", "location": "Location", "from": "From", "to": "To"}
PLACES = frozenset({"before", "factory"})  # words of the address that are no filters


class FilterForm(forms.Form):
    code = forms.CharField(
        required=False, max_length=20, validators=[RegexValidator(r"\A[A-Za-z0-9_]+\Z", "A code is like DI_E_20002.")]
    )
    location = forms.CharField(required=False, max_length=255, strip=False, validators=[safe])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.data:
            if name not in self.fields and name not in PLACES:
                self.add_error(None, f"There is no filter “{name[:40]}”.")
        if cleaned.get("from") and cleaned.get("to") and cleaned["from"] > cleaned["to"]:
            self.add_error("to", "The last day lies before the first.")
        return cleaned


# `from` is a word of Python's and cannot be a name in the class.
for _name in ("from", "to"):
    FilterForm.base_fields[_name] = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=[plausible])


@dataclass
class Refused:
    """What the template shows. `several`: whether its reader has more factories than this one, and links must say which."""

    query: QueryDict
    by: Actor
    several: bool = False

    def __post_init__(self) -> None:
        self.form = FilterForm(self.query)
        self.valid = self.form.is_valid()
        self.page_unknown = bool(self.query.get("before")) and self._before is None

    @property
    def _before(self) -> int | None:
        text = self.query.get("before", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None

    @property
    def given(self) -> dict[str, str]:
        """The filters in force."""
        return {name: str(self.form.cleaned_data[name]) for name in LABELS if self.form.cleaned_data.get(name)}

    @property
    def wanted(self) -> Wanted:
        asked: Mapping[str, Any] = self.form.cleaned_data
        zone = self.by.factory.zone
        return Wanted(
            from_=midnight(asked["from"], zone) if asked["from"] else None,
            to=next_midnight(asked["to"], zone) if asked["to"] else None,
            code=asked["code"].upper() or None, location_id=asked["location"] or None, before=self._before,
        )  # fmt: skip

    @cached_property
    def page(self) -> refused.Page:
        return refused.page(self.wanted, by=self.by) if self.valid else refused.Page([], None, False)

    @cached_property
    def nothing_yet(self) -> bool:
        return not self.given and refused.is_empty(by=self.by)

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """(label, value, address without it)."""
        return [
            (LABELS[name], value, self._url({other: text for other, text in self.given.items() if other != name}))
            for name, value in self.given.items()
        ]

    def _url(self, query: Mapping[str, Any], name: str = "ops:ingest-failed-rows") -> str:
        parts = {**query, **({"factory": self.by.factory.slug} if self.several else {})}
        return reverse(name) + (f"?{urlencode(parts)}" if parts else "")

    @property
    def clear_url(self) -> str:
        return self._url({})

    @property
    def newest_url(self) -> str:
        return self._url(self.given)

    @property
    def older_url(self) -> str:
        return self._url({**self.given, "before": self.page.before}) if self.page.before else ""

    @property
    def export_url(self) -> str:
        """The filter for a file, always with the factory."""
        return self._url({**self.given, "factory": self.by.factory.slug}, "ops:ingest-failed-rows-csv")

    def url_of_code(self, code: str) -> str:
        return self._url({**self.given, "code": code})
