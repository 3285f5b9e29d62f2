"""What only the order page shows: a number with its sign, a time that a form or another face wrote down."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factoryos.kernel import clock
from factoryos.kernel.quantities import shortest
from factoryos.ops.templatetags.console import zone_of

register = template.Library()


@register.filter
def difference(value: Decimal) -> str:
    """+5, −2, 0."""
    text = shortest(value)
    return f"−{text[1:]}" if text.startswith("-") else f"+{text}" if text != "0" else text


@register.simple_tag(takes_context=True)
def written_time(context: dict[str, Any], text: Any) -> SafeString | str:
    """An instant in ISO 8601 in plant time; whatever else it is, as it was written."""
    try:
        instant = datetime.fromisoformat(str(text))
        local = clock.in_zone(instant, zone_of(context))
    except (ValueError, OverflowError):
        return str(text or "–")
    return format_html('<time datetime="{}">{}</time>', instant.isoformat(), f"{local:%Y-%m-%d %H:%M} {local.tzname()}")
