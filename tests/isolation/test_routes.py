"""Every route and method, read from the URL map, asked by a member of one factory about another one's things.

A stranger's slug, a stranger's thing in the path, and a stranger's thing named in the body or the query answer byte for
byte like what nobody has. A route without a case here fails.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from iot import andon
from manufacturing.models import Method, StockLocation, WorkArea
from orders.models import ProductionOrder
from tests import floor
from tests.calls import Plant, Reply
from tests.conformance.routes import CALLS, Call
from tests.evidence import everything
from tests.isolation import erp, ingest, store
from tests.isolation.cases import Case, Names
from tests.machine_time import a_downtime, a_plan
from tests.standing import made_for_a_file
from tests.stores import a_bom, delivered

pytestmark = pytest.mark.django_db

SLUG = "api/factories/<slug>"
ORDER = f"{SLUG}/production-orders/<order_id>"


def counted(names: Names) -> dict[str, Any]:
    lots = [{"productId": names["part"], "lotNumber": "L1", "quantity": 1}]
    return {"quantityGood": 1, "machineCode": names["machine"], "lineId": names["line"], "consumedLots": lots}


def verified(names: Names) -> dict[str, Any]:
    lines = [{"lineId": names["line"], "quantityGood": 9, "quantityRejected": 1}]
    return {"quantityFinal": 10, "quantityGood": 9, "quantityRejected": 1, "lines": lines}


def adjusted(names: Names) -> dict[str, Any]:
    splits = [{"machineId": names["machine"], "quantity": 5}]
    return {"quantityTarget": 5, "reason": "fewer", "lineId": names["line"], "splits": splits}


CASES: dict[tuple[str, str], Case] = {
    ("GET", "api/factories"): Case(),
    ("GET", SLUG): Case(),
    ("GET", f"{SLUG}/products"): Case(),
    ("POST", f"{SLUG}/products"): Case(lambda names: {"sku": "NEW", "name": "n"}, answers=201),
    ("GET", f"{SLUG}/products/<product_id>"): Case(),
    ("PATCH", f"{SLUG}/products/<product_id>"): Case(lambda names: {"name": "n"}),
    ("GET", f"{SLUG}/products/<product_id>/buildable"): Case(),
    ("GET", f"{SLUG}/products/<product_id>/bom-versions"): Case(),
    ("POST", f"{SLUG}/products/<product_id>/bom-versions"): Case(
        lambda names: {"changeReason": "r", "components": [{"productId": names["part"], "quantity": 1}]},
        names=("part",), answers=201,
    ),
    ("POST", f"{SLUG}/stock/receipts"): Case(
        lambda names: {"productId": names["part"], "quantity": 1, "location": names["location"]},
        names=("part", "location"), answers=201,
    ),
    ("GET", f"{SLUG}/stock/balances"): Case(
        query=lambda names: {"productId": names["part"], "location": names["location"]},
        names=("part", "location"), without=200,  # a filter that nothing fits
    ),
    ("GET", f"{SLUG}/work-areas"): Case(),
    ("POST", f"{SLUG}/work-areas"): Case(lambda names: {"code": "NEW", "name": "n"}, answers=201),
    ("GET", f"{SLUG}/machines"): Case(),
    ("POST", f"{SLUG}/machines"): Case(
        lambda names: {"code": "NEW", "name": "n", "workAreaId": names["area"]}, names=("area",), answers=201
    ),
    ("POST", f"{SLUG}/machines/bulk"): Case(
        lambda names: {"machines": [{"code": "NEW", "name": "n"}, {"code": "N2", "name": "n", "workAreaId": names["area"]}]},
        answers=201,
    ),
    ("GET", f"{SLUG}/machines/<code_or_id>"): Case(),
    ("PATCH", f"{SLUG}/machines/<code_or_id>"): Case(lambda names: {"workAreaId": names["area"]}, names=("area",)),
    ("GET", f"{SLUG}/andon"): Case(),
    ("POST", f"{SLUG}/andon"): Case(
        lambda names: {"machineCode": names["machine"], "reason": "r"}, names=("machine",), answers=201
    ),
    ("POST", f"{SLUG}/andon/<andon_id>/acknowledge"): Case(),
    ("POST", f"{SLUG}/andon/<andon_id>/resolve"): Case(),
    ("GET", f"{SLUG}/machines/<code_or_id>/oee"): Case(),
    ("GET", f"{SLUG}/downtime/events"): Case(
        query=lambda names: {"machineId": names["machine"]}, names=("machine",), without=200
    ),
    ("POST", f"{SLUG}/downtime/events"): Case(
        lambda names: {"machineId": names["machine"], "startedAt": "2025-01-01T00:00Z"}, names=("machine",), answers=201
    ),
    ("PATCH", f"{SLUG}/downtime/events/<downtime_id>"): Case(lambda names: {"notes": "n"}),
    ("GET", f"{SLUG}/planned-downtime"): Case(
        query=lambda names: {"machineId": names["machine"]}, names=("machine",), without=200
    ),
    ("POST", f"{SLUG}/planned-downtime"): Case(
        lambda names: {
            "machineCode": names["machine"], "kind": "break", "startsAt": "2025-01-01T00:00Z", "endsAt": "2025-01-02T00:00Z"
        },
        names=("machine",), answers=201,
    ),
    ("DELETE", f"{SLUG}/planned-downtime/<planned_id>"): Case(answers=204),
    ("GET", f"{SLUG}/methods"): Case(),
    ("POST", f"{SLUG}/methods"): Case(
        lambda names: {
            "code": "NEW", "name": "n", "productId": names["product"],
            "operations": [{"name": "a", "workAreaId": names["area"]}, {"name": "b", "machineId": names["machine"]}],
        },
        names=("product", "area", "machine"), answers=201,
    ),
    ("GET", f"{SLUG}/methods/<method_id>"): Case(),
    ("GET", f"{SLUG}/pause-reasons"): Case(),
    ("POST", "api/monitoring/telemetry"): Case(
        lambda names: {"machineCode": names["machine"], "samples": [{"metrics": {"a": 1}}]},
        names=("machine",), answers=202,
    ),
    ("GET", f"{SLUG}/stream"): Case(query=lambda names: {"orderId": names["order"]}, names=("order",)),
    ("GET", f"{SLUG}/production-orders"): Case(
        query=lambda names: {"productId": names["product"], "machineId": names["machine"]},
        names=("product", "machine"), without=200,  # a filter that nothing fits
    ),
    ("POST", f"{SLUG}/production-orders"): Case(
        lambda names: {"productId": names["product"], "quantityTarget": 10}, names=("product",), answers=201
    ),
    ("GET", ORDER): Case(),
    ("PATCH", ORDER): Case(lambda names: {"notes": "n"}),
    ("POST", f"{ORDER}/schedule"): Case(
        lambda names: {"machineId": names["machine"], "methodId": names["method"]}, names=("machine", "method")
    ),
    ("POST", f"{ORDER}/transition"): Case(lambda names: {"toState": "cancelled"}),
    ("POST", f"{ORDER}/log-quantity"): Case(
        counted, names=("machine", "line", "part"), state="in_production", answers=201
    ),
    ("POST", f"{ORDER}/verify"): Case(verified, names=("line",), state="completed"),
    ("POST", f"{ORDER}/rework"): Case(lambda names: {"reason": "burrs"}, state="completed"),
    ("POST", f"{ORDER}/adjust-quantity"): Case(adjusted, names=("line", "machine"), state="scheduled"),
    ("GET", f"{ORDER}/adjust-quantity/preview"): Case(
        query=lambda names: {"quantityTarget": "5", "lineId": names["line"]}, names=("line",)
    ),
    ("GET", f"{ORDER}/transitions"): Case(),
    ("GET", f"{ORDER}/quantity-entries"): Case(),
    ("GET", f"{ORDER}/record"): Case(),
}  # fmt: skip


class Tenant:
    """A plant with one of everything that a call can name."""

    def __init__(self, state: str) -> None:
        self.plant = Plant()
        factory = self.plant.factory
        area = WorkArea.objects.create(factory=factory, code="HALL", name="Hall")
        method = Method.objects.create(factory=factory, item=self.plant.item, code="STD", name="Standard")
        part = floor.an_item(factory, sku="WIRE")
        delivered(self.plant.actor, part, 100, "L1")
        a_bom(self.plant.actor, self.plant.item, {part: "0.01"})
        location = StockLocation.objects.create(factory=factory, code="SHELF", name="Shelf")
        order = ProductionOrder.objects.get(uuid=self.plant.order(state).split("/")[1])
        self.names = {
            "product": str(self.plant.item.uuid),
            "part": str(part.uuid),
            "location": str(location.uuid),
            "machine": str(self.plant.press.uuid),
            "area": str(area.uuid),
            "method": str(method.uuid),
            "line": str(order.lines.get().uuid),
            "order": str(order.uuid),
        }
        self.path = {
            "slug": factory.slug,
            "product_id": self.names["product"],
            "code_or_id": self.names["machine"],
            "method_id": self.names["method"],
            "andon_id": str(
                floor.done(andon.raise_call, machine=self.plant.press, reason="jam", by=self.plant.actor).call.uuid
            ),
            "downtime_id": str(a_downtime(self.plant.actor, self.plant.press).uuid),
            "planned_id": str(a_plan(self.plant.actor).uuid),
            "order_id": str(order.uuid),
        }
        self.hidden = (*self.path.values(), *self.names.values(), factory.name)

    def call(self, method: str, url: str, body: Any = None) -> Reply:
        """As this factory's admin would."""
        return self.plant.admin.send(method, url, body)

    def ask(self, call: Call, path: Names = {}, names: Names = {}) -> Reply:  # noqa: B006 only read
        """The call as this factory's admin makes it; `path` and `names` replace some of the factory's own."""
        case = CASES[call.method, call.route]
        known = {**self.names, **names}
        query = case.query(known)
        url = call.path(self.path, path) + (f"?{urlencode(query)}" if query else "")
        return self.call(call.method, url, case.body(known) if call.changes else None)

    def another_order(self) -> None:
        self.plant.order()


ALL_CASES = CASES | erp.CASES | store.CASES | ingest.CASES
TENANTS = {"factory": Tenant, "erp": erp.Tenant, "store": store.Tenant, "ingest": ingest.Tenant}


def tenant(call: Call, *, state: str | None = None) -> Any:
    """A tenant as the call's dialect sees it, its order in the state that the call needs, or in another."""
    return TENANTS[call.dialect.name](state or case_of(call).state)


def case_of(call: Call) -> Case:
    return ALL_CASES[call.method, call.route]


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[tuple[str, str], list[Any]]]:
    """Two of every kind that a call wants, the second of which came later."""
    calls = {(call.dialect.name, state): call for call in CALLS for state in (case_of(call).state, "in_production")}
    yield from made_for_a_file(
        django_db_blocker, lambda: {kind: [tenant(call, state=kind[1]) for _ in "12"] for kind, call in calls.items()}
    )


@pytest.fixture
def a_tenant(tenants: dict[tuple[str, str], list[Any]]) -> Callable[..., Any]:
    """Gives what `tenant` does: asked once more, a stranger."""
    left = {kind: iter(two) for kind, two in tenants.items()}
    return lambda call, *, state=None: next(left[call.dialect.name, state or case_of(call).state])


def nobodys(names: Names, *, of: Any) -> dict[str, str]:
    """For each of these, a name that nobody has."""
    known: Names = getattr(of, "nobody", {"slug": "nowhere"})
    return {name: known.get(name) or str(uuid4()) for name in names}


each_call = pytest.mark.parametrize("call", CALLS, ids=str)


def test_every_route_of_the_url_map_has_a_case_and_every_case_a_route() -> None:
    assert {(call.method, call.route) for call in CALLS} == set(ALL_CASES)


@each_call
def test_the_factorys_own_things_are_found(call: Call, a_tenant: Callable[..., Any]) -> None:
    """Or else a 404 below would prove nothing."""
    assert a_tenant(call).ask(call).status == case_of(call).answers


@each_call
def test_what_is_a_strangers_answers_like_what_nobody_has(call: Call, a_tenant: Callable[..., Any]) -> None:
    case = case_of(call)
    here, there = a_tenant(call), a_tenant(call)
    before = everything()
    words = getattr(here, "words", ())
    ways: list[tuple[str, Names, Names]] = [
        (name, {name: there.path[name]}, {}) for name in call.parameters if name not in words
    ]
    ways += [(name, {}, {name: there.names[name]}) for name in case.names]
    ways += [("all", there.path, there.names)] if set(call.parameters) - set(words) else []
    for name, path, names in ways:
        none = here.ask(call, nobodys(path, of=here), nobodys(names, of=here))
        theirs = here.ask(call, path, names)
        wanted = case.nowhere if path else case.without
        assert theirs.status == wanted or (wanted is None and 400 <= theirs.status < 500), name
        assert (theirs.status, unnamed(theirs, names)) == (none.status, unnamed(none, nobodys(names, of=here))), name
        assert shown(theirs) == shown(none), name
    assert everything() == before


def unnamed(reply: Reply, names: Names) -> bytes:
    """What was answered, but for what the caller itself had named."""
    content = reply.content
    for name in names.values():
        if len(name) > 4:  # a number of two digits stands in many a place
            content = content.replace(name.encode(), b"<named>")
    return content


def shown(reply: Reply) -> dict[str, str]:
    """The headers, but for those that tell the request, the second it came in and how many came before."""
    own = {"X-Request-Id", "X-RateLimit-Reset", "X-RateLimit-Remaining"}
    return {name: value for name, value in reply.headers.items() if name not in own}


@each_call
def test_nothing_of_a_stranger_is_shown(call: Call, a_tenant: Callable[..., Any]) -> None:
    here, there = a_tenant(call), a_tenant(call)
    told = here.ask(call).content
    for name in there.hidden:
        assert name.encode() not in told


@pytest.mark.parametrize("call", [call for call in CALLS if not call.changes], ids=str)
def test_a_strangers_things_neither_lengthen_nor_break_a_list(call: Call, a_tenant: Callable[..., Any]) -> None:
    here = a_tenant(call, state="in_production")
    path = call.path(here.path)
    before = here.call("GET", path)
    tenant(call, state="in_production").another_order()
    after = here.call("GET", path)
    assert after.status == before.status
    content = after.json if after.headers["Content-Type"] == "application/json" else None
    if isinstance(content, dict) and {"meta", "ordersCount"} & set(content):
        assert after.content == before.content


def test_a_bulk_row_that_names_a_strangers_area_fails_like_one_that_names_none() -> None:
    call = next(call for call in CALLS if call.route.endswith("machines/bulk"))
    here, there = Tenant("draft"), Tenant("draft")
    strangers, nones = (here.ask(call, names={"area": name}) for name in (there.names["area"], str(uuid4())))
    assert strangers["failed"][0]["errors"] == ["Work area not found"]
    assert nones["details"]["failed"][1]["errors"] == ["Work area not found"]  # the good row is there already


def test_a_strangers_key_reveals_nothing() -> None:
    """An Idempotency-Key is kept per factory and person: the same key of a stranger is a first call."""
    here, there = Tenant("draft"), Tenant("draft")
    body = {"productId": "CAP-28", "quantityTarget": 7}
    first = here.plant.admin.post("production-orders", body, idempotency_key="k")
    again = there.plant.admin.post("production-orders", body, idempotency_key="k")
    colleague = here.plant.as_("planner").post("production-orders", body, idempotency_key="k")
    assert [reply.status for reply in (first, again, colleague)] == [201, 201, 201]
    assert len({reply["id"] for reply in (first, again, colleague)}) == 3
