"""What the tests of orders ask again and again: lists by reference, refusals that leave all as it was, orders of two lines."""

from decimal import Decimal
from typing import Any

from orders import actions
from orders.specs import NewLine
from tests import floor
from tests.calls import Reply
from tests.conformance.erp.plant import Plant
from tests.evidence import everything


def listed(plant: Plant, query: str = "") -> list[str]:
    """The references of a list, in its order."""
    reply = plant.erp.get(f"orders?{query}")
    assert reply.status == 200, reply.content
    assert reply["meta"]["total"] == len(reply["data"]) or "limit" in query or "page" in query
    return [row["reference"] for row in reply["data"]]


def reference(plant: Plant, **fields: Any) -> str:
    return str(plant.admin.get(plant.order(**fields))["reference"])


def refused(reply: Reply, status: int, code: str, before: dict[str, str]) -> Reply:
    """The refusal, after which everything is as it was."""
    assert (reply.status, reply.code) == (status, code), reply.content
    assert everything() == before
    return reply


def of_two_lines(plant: Plant, **facts: Any) -> str:
    """The path of an order of 10 and 20, as a face with several lines makes one."""
    lines = [NewLine(item=plant.widget, target=Decimal(10), variant="S"),
             NewLine(item=plant.widget, target=Decimal(20), variant="L")]  # fmt: skip
    return f"orders/{floor.done(actions.create, by=plant.actor, lines=lines, **facts).uuid}"
