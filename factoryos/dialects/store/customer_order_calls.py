"""The work of taking a customer order down, inside the one transaction of the request."""

from factoryos.dialects.base.requests import Values
from factoryos.dialects.store import naming
from factoryos.kernel.actors import Actor
from orders.customer_orders import NewRow, create_customer_order


def create(values: Values, *, by: Actor) -> int:
    """Gives its id. Problems: Invalid (an article that there is none of), Duplicate (the external id)."""
    rows = values.get("rows") or []
    # From the last to the first, so that an article of several rows is told of at its first.
    named = {row["article_id"]: f"rows.{place}.articleId" for place, row in reversed(list(enumerate(rows)))}
    items = naming.articles(named, by=by) if rows else {}
    order = create_customer_order(
        by=by,
        external_id=values.get("external_id") or None,
        name=values.get("name") or "",
        delivery_date=values.get("delivery_date"),
        rows=[NewRow(items[row["article_id"]], row.get("article_name") or "", row["amount"]) for row in rows],
    )
    return order.pk
