"""What the conformance tests must know of each face: a plant of its own, somebody who may everything there, and names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from factoryos.kernel.ids import uuid7
from manufacturing.models import Method
from tests.callers import Caller, calling
from tests.floor import a_factory, a_machine, an_actor, an_item, an_order
from tests.stores import a_bom


@dataclass(frozen=True)
class Side:
    """One tenant seen through one face. `things` holds, by path parameter, the name of something it has."""

    caller: Caller  # may everything here
    weak: Caller  # may only read here
    tenant: Mapping[str, str]  # path parameters that choose the tenant
    things: Mapping[str, str]


@dataclass(frozen=True)
class Face:
    side: Callable[[], Side]
    strange: Mapping[str, str]  # for a path parameter, a well-formed name that nobody has
    refuses_unknown_query: bool = True


# What somebody might write into a path instead of a name.
GARBAGE = ("x", "-1", "0", "99999999999999999999", "%00", "%FF", "..%2F..", "a" * 2000, "' OR 1=1 --", "%F0%9F%8F%AD")


def factory_side() -> Side:
    factory = a_factory()
    item = an_item(factory)
    a_bom(an_actor(factory), item, {an_item(factory): 1})
    method = Method.objects.create(factory=factory, item=item, code=f"METHOD-{factory.pk}", name="m")
    return Side(
        caller=_from_the_root(calling(factory)),
        weak=_from_the_root(calling(factory, "viewer")),
        tenant={"slug": factory.slug},
        things={
            "product_id": str(item.uuid),
            "method_id": str(method.uuid),
            "code_or_id": a_machine(factory).code,
            "order_id": str(an_order(an_actor(factory)).uuid),
        },
    )


def _from_the_root(caller: Caller) -> Caller:
    caller.base = ""
    return caller


FACES: dict[str, Face] = {
    "factory": Face(
        side=factory_side,
        strange={
            "slug": "nowhere",
            "product_id": str(uuid7()),
            "method_id": str(uuid7()),
            "code_or_id": "NOWHERE",
            "order_id": str(uuid7()),
        },
    ),
}


def content_of(response: Any) -> tuple[int, bytes]:
    """What a caller learns from an answer."""
    return response.status_code, response.content
