"""Settings that drivers define, typed as JSON: one small object, and nothing that could not be kept; short decimals."""

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from factoryos.kernel.quantities import shortest

LONGEST = 2_000  # characters


class SettingsField(forms.JSONField):
    """An object such as {"host": "10.0.0.5"}."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea({"rows": 3, "class": "vLargeTextField", "spellcheck": "false"})
        super().__init__(**{"widget": widget} | kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValidationError(f"At most {LONGEST} characters.", code="long")
        try:
            found = super().to_python(value)
        except RecursionError:
            raise ValidationError("It must be one flat object.", code="deep") from None
        if found in self.empty_values:
            return {}
        if not isinstance(found, dict):
            raise ValidationError('It must be an object such as {"name": "value"}.', code="no_object")
        return found

    def prepare_value(self, value: Any) -> Any:
        return "" if value in (None, {}) else super().prepare_value(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed is shown again as it was typed, however deep."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def validate(self, value: Any) -> None:
        """An empty object is an answer: the driver says what it lacks."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or {}) != (json.loads(data) if data else {}))
        except (ValueError, RecursionError):
            return True


class ShortDecimalField(forms.DecimalField):
    """A decimal shown as people write it: 4, not 4.000000."""

    def prepare_value(self, value: Any) -> Any:
        return shortest(value) if isinstance(value, Decimal) else value
