"""The ingest API for the isolation tests: a case for every spelling of every route, and a factory that was told of an order."""

from typing import Any
from urllib.parse import quote, urlencode

from factoryos.dialects.ingest.urls import SPELLINGS
from tests import floor
from tests.calls import Reply
from tests.conformance.routes import Call
from tests.dialects.ingest.feed import Feed
from tests.isolation.cases import Case, Names

_STATED = Case(
    lambda names: {
        "solutionName": "INV_OOTB",
        "data": [{
            "order_number": "NEW", "product_id": "PROD-1", "location_id": names["location"], "source_id": "LINE-1",
            "ordered_at": "2025-01-05 08:00:00", "ordered_units": 5, "expected_start_date": "2025-01-10 06:00:00",
            "expected_end_date": "2025-01-12 18:00:00", "updated_at": "2025-01-06 08:00:00",
        }],
    },
    names=("location",), without=200,  # the row fails, the request is sound
)  # fmt: skip
_FAILED = Case(query=lambda names: {"location_id": names["location"]}, names=("location",), without=200)
_READ = Case(
    query=lambda names: {"location_id": names["location"], "product_id": names["product"]},
    names=("location", "product"),
)

CASES: dict[tuple[str, str], Case] = {
    key: case
    for spelling in SPELLINGS
    for key, case in {
        ("POST", spelling): _STATED,
        ("GET", f"{spelling}/failed-rows"): _FAILED,
        ("GET", f"{spelling}/<ingest_rest:order_number>"): _READ,
    }.items()
}


class Tenant:
    """A factory that a planning system feeds: one order was stated, and one row failed."""

    nobody: Names = {"order_number": "NOWHERE/0", "location": "LOC-000000", "product": "NOTHING-0"}

    def __init__(self, state: str) -> None:
        self.feed = Feed("admin")
        own = self.feed.factory.pk
        self.names = {"location": self.feed.location, "product": f"PROD/{own}"}
        self.path = {"order_number": f"MO/{own}/1", "place": "nothing"}
        self.source = f"source of {own}"
        self.another_order()
        self.feed.post({"order_number": f"BAD-{own}", "location_id": self.feed.location})
        order = floor.an_order(floor.an_actor(self.feed.factory))
        self.hidden = (
            *self.names.values(), self.path["order_number"], self.source, f"BAD-{own}", self.feed.factory.name, str(order.uuid)
        )  # fmt: skip

    def another_order(self) -> None:
        """One more version of the order."""
        number = self.path["order_number"]
        self.feed.post(
            self.feed.row(order_number=number, product_id=self.names["product"], source_id=self.source),
            self.feed.row(order_number=number, product_id=f"{self.names['product']}-2", source_id=self.source),
        )

    def call(self, method: str, url: str, body: Any = None) -> Reply:
        """As this factory's planning system would."""
        return self.feed.send(method, url if url.startswith("/") else f"/{url}", body)

    def ask(self, call: Call, path: Names = {}, names: Names = {}) -> Reply:  # noqa: B006 only read
        """The call as this factory's planning system makes it; `path` and `names` replace some of the factory's own."""
        case = CASES[call.method, call.route]
        known = {**self.names, **names}
        query = case.query(known)
        places = {name: quote(value, safe="") for name, value in {**self.path, **path}.items()}
        url = call.path(places) + (f"?{urlencode(query)}" if query else "")
        return self.call(call.method, url, case.body(known) if call.changes else None)
