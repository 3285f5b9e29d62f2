"""What the pages of bulk operations need beside the console's own words."""

from typing import Any

from django import template

from factoryos.ops.bulk import actions, words
from factoryos.ops.bulk.selection import token_for

register = template.Library()
register.filter("grouped", words.grouped)
register.filter("orders", words.orders)


@register.simple_tag(takes_context=True)
def bulk_offer(context: dict[str, Any]) -> dict[str, Any]:
    """For the bar around the list's table: what this person may do, and the token of all that match.

    Reads `listing` (canonical, total, total_words, rows); made once, though the bar stands above and below.
    """
    listing = context["listing"]
    if not hasattr(listing, "bulk_offer"):
        listing.bulk_offer = _offer(listing, context["actor"])
    return dict(listing.bulk_offer)


def _offer(listing: Any, by: Any) -> dict[str, Any]:
    groups = [group for group in actions.GROUPS if actions.offered(by, group=group[0])]
    more = bool(groups) and listing.total > len(listing.rows) > 0
    return {
        "groups": groups if listing.rows else [],
        "total": listing.total,
        "words": listing.total_words,
        "token": token_for(listing.canonical, count=listing.total, by=by) if more else "",
    }
