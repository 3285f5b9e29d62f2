"""The words and marks that every page shares: states, times, quantities, icons, the hidden key of a form."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factoryos.kernel import clock
from factoryos.kernel.quantities import shortest
from factoryos.ops.durations import spelled
from orders.models import ProductionOrder
from orders.states import State

register = template.Library()

# State → its glyph. Colour is for exceptions alone; word and shape tell states apart without it.
GLYPHS = {
    State.DRAFT: "pencil",
    State.SUBMITTED: "circle",
    State.APPROVED: "circle",
    State.SCHEDULED: "clock",
    State.IN_PRODUCTION: "running",
    State.PAUSED: "stopped",
    State.COMPLETED: "check",
    State.VERIFIED: "check-double",
    State.CLOSED: "check-double",
    State.CANCELLED: "cross",
}
PRIORITY_GLYPHS = {"rush": "up-double", "standard": "dash", "hold": "down"}


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """A picture of the sprite (static/ops/icons.svg). Without a title it is decoration and silent."""
    where = f"{static('ops/icons.svg')}#{name}"
    if title:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><title>{}</title><use href="{}"></use></svg>',
            title,
            title,
            where,
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', where)


@register.simple_tag
def state(value: str, holds: int = 0) -> SafeString:
    """The one way in which a state is shown; an open hold stands in front of it, for it refuses what comes next."""
    word = State(value).label
    shown = format_html('<span class="state state-{}">{}{}</span>', value, icon(GLYPHS[State(value)]), word)
    if not holds:
        return shown
    return format_html('<span class="state state-hold">{}On hold</span> {}', icon("diamond"), shown)


@register.simple_tag
def priority(value: str) -> SafeString:
    """Word and rank."""
    word = ProductionOrder.Priority(value).label
    return format_html('<span class="priority priority-{}">{}{}</span>', value, icon(PRIORITY_GLYPHS[value]), word)


@register.filter
def quantity(value: Decimal | str | None) -> str:
    """In shortest notation, as everywhere: 250, 0.5."""
    if value is None or value == "":
        return "–"
    return shortest(Decimal(value))


@register.simple_tag
def progress(good: Any, target: Any, unit: str = "") -> SafeString:
    """A bar and its numbers. The bar is a `<progress>`, so that it needs no style of its own."""
    done, all_of_it = Decimal(good or 0), Decimal(target or 0)
    return format_html(
        '<span class="progress"><progress max="100" value="{}" aria-hidden="true"></progress>'
        '<span class="num">{}/{}{}</span></span>',
        int(min(Decimal(100), 100 * done / all_of_it)) if all_of_it else 0,
        shortest(done), shortest(all_of_it), f" {unit}" if unit else "",
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], instant: datetime | None, style: str = "ago") -> SafeString | str:
    """An instant for people and programs. `ago`: relative with the absolute on focus; `at`: absolute in plant time."""
    if instant is None:
        return "–"
    local = clock.in_zone(instant, zone_of(context))
    absolute = f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
    shown = absolute if style == "at" else spelled(instant, now=clock.now())
    return format_html('<time datetime="{}" title="{}">{}</time>', instant.isoformat(), absolute, shown)


@register.simple_tag(takes_context=True)
def due(context: dict[str, Any], instant: datetime | None, ended: bool = False) -> SafeString | str:
    """A due date in plant time; what is late says by how much, in words and with a mark."""
    if instant is None:
        return "–"
    local, now = clock.in_zone(instant, zone_of(context)), clock.now()
    shown = format_html('<time datetime="{}" title="{}">{}</time>', instant.isoformat(),
                        f"{local:%Y-%m-%d %H:%M} {local.tzname()}", f"{local:%Y-%m-%d}")  # fmt: skip
    if ended or instant >= now:
        return shown
    days = (_day(now, context) - local.date()).days
    late = f"{days} d late" if days else "late today"
    return format_html('{} <span class="late">{}{}</span>', shown, icon("warning"), late)


def _day(instant: datetime, context: dict[str, Any]) -> date:
    return clock.in_zone(instant, zone_of(context)).date()


def zone_of(context: dict[str, Any]) -> ZoneInfo:
    """The plant's time zone; UTC on pages of no factory."""
    actor = context.get("actor")
    return actor.factory.zone if actor else ZoneInfo("UTC")


@register.simple_tag
def form_key() -> SafeString:
    """The hidden field that makes a form sent twice one action (see factoryos.ops.changes)."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid4().hex)
