"""What the conformance tests must know of each face: a plant of its own, somebody who may everything there, and names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.test import Client

from factoryos.dialects.ingest.urls import SPELLINGS
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import Factory
from iot import andon
from manufacturing.models import Method
from tests.callers import Caller, calling
from tests.conformance.erp.plant import Plant
from tests.conformance.store.shop import Seller, Shop
from tests.dialects.ingest.feed import Feed, a_token
from tests.floor import a_factory, a_machine, an_actor, an_item, an_order, done
from tests.machine_time import a_downtime, a_plan
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
    open_to_all: frozenset[str] = (
        frozenset()
    )  # routes that ask for no credential, or change nothing that is the plant's
    words: frozenset[str] = frozenset()  # path parameters that are no names: anything but a known word is a wrong field
    filters: frozenset[tuple[str, str]] = frozenset()  # (route, path parameter): what fits nothing is an empty list
    own_limit: bool = False  # a published one, tested with the face
    ignores_query: frozenset[tuple[str, str]] = frozenset()  # (method, route): query parameters are let pass


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
            "andon_id": str(
                done(andon.raise_call, machine=a_machine(factory), reason="jam", by=an_actor(factory)).call.uuid
            ),
            "downtime_id": str(a_downtime(an_actor(factory), a_machine(factory)).uuid),
            "planned_id": str(a_plan(an_actor(factory)).uuid),
            "order_id": str(an_order(an_actor(factory)).uuid),
        },
    )


def erp_side() -> Side:
    """A program with a key, and a colleague with a token who may only read."""
    plant = Plant()
    # Work orders are counted within their order: only the last one of whoever came later is unknown to the others.
    steps = [{"name": "Assembly"}] * Factory.objects.count()
    bom = plant.bom(operations=steps)
    return Side(
        caller=Caller(plant.key("admin")),
        weak=Caller(plant.person("viewer").bearer),
        tenant={},
        things={
            "bom_id": bom["id"],
            "product_id": str(plant.frame.uuid),
            "order_id": plant.order(bomId=bom["id"]).split("/")[1],
            "work_order_id": f"wo_{len(steps):03}",
        },
    )


class Till(Caller):
    """A caller with the credentials of a store."""

    def __init__(self, seller: Seller) -> None:
        super().__init__()
        self.client = seller.client


def store_side() -> Side:
    """Somebody who signed in and may everything in the shop, and a program that may only read."""
    shop = Shop()
    order_id = shop.with_caps()
    article = shop.item(f"OWN/{shop.factory.pk}", "A thing of one shop only")
    external_id = f"EXT/{shop.factory.pk}"
    shop.admin.post(f"{order_id}/article", {"articleId": article.sku, "amount": 1})
    shop.admin.post(
        "/v1/customer_orders", {"externalId": external_id, "rows": [{"articleId": article.sku, "amount": 1}]}
    )
    return Side(
        caller=Till(shop.person("admin")),
        weak=Till(shop.as_("viewer")),
        tenant={},
        things={
            "order_id": str(order_id),
            "article_id": article.sku,
            "customer_order_id": str(shop.customer_order),
            "external_id": external_id,
            "state": "0",
            "place": "nothing",
        },
    )


class Planning(Caller):
    """A planning system with a token. It is held to its limit by its own tests."""

    def __init__(self, feed: Feed, token: str) -> None:
        super().__init__()
        self.client = Client(headers={"authorization": token})


def ingest_side() -> Side:
    """A planning system that may state, and one that may only read; one order was stated."""
    feed = Feed("admin")
    number = f"MO/{feed.factory.pk}"
    feed.post(feed.row(order_number=number))
    return Side(
        caller=Planning(feed, feed.token),
        weak=Planning(feed, a_token(feed.factory, "viewer")),
        tenant={},
        things={"order_number": number, "place": "nothing"},
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
            "andon_id": str(uuid7()),
            "downtime_id": str(uuid7()),
            "planned_id": str(uuid7()),
            "order_id": str(uuid7()),
        },
    ),
    "erp": Face(
        side=erp_side,
        strange={
            "bom_id": str(uuid7()),
            "product_id": str(uuid7()),
            "order_id": str(uuid7()),
            "work_order_id": "wo_999",
        },
    ),
    "store": Face(
        side=store_side,
        strange={
            "order_id": "999999999999999",
            "article_id": "NOWHERE",
            "customer_order_id": "999999999999999",
            "external_id": "NOWHERE",
            "state": "7",
            "place": "nothing",
        },
        open_to_all=frozenset({"v1/login", "v1/mobile/login", "v1/logout"}),
        words=frozenset({"state"}),
        filters=frozenset({("v1/production_orders/article/<store_rest:article_id>", "article_id")}),
        own_limit=True,
    ),
    "ingest": Face(
        side=ingest_side,
        strange={"order_number": "NOWHERE", "place": "nothing"},
        own_limit=True,
        ignores_query=frozenset(("POST", spelling) for spelling in SPELLINGS),
    ),
}


def content_of(response: Any) -> tuple[int, bytes]:
    """What a caller learns from an answer."""
    return response.status_code, response.content
