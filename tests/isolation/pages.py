"""Every address of the console, read from the URL map, and what a call of it is like when it is allowed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern

from factoryos.kernel.permissions import VERB_ROLES
from factoryos.ops import urls
from factoryos.ops.order_list.view_views import ACTIONS
from factoryos.ops.order_page.forms import FORMS

Names = Mapping[str, str]
Ask = Callable[[Names], dict[str, Any]]

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def _nothing(names: Names) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Case:
    """`body` and `query` get the names of one factory's things: the asked one's own, but for what is a stranger's."""

    body: Ask = _nothing
    query: Ask = _nothing
    names: tuple[str, ...] = ()  # which things body or query name
    answers: int = 200  # to a member with `role`, when all things are the factory's own
    without: int = 404  # when a thing named in body or query is nobody's
    role: str = "viewer"  # the one that is needed; a viewer's calls are everybody's
    refused: int = 403  # to a viewer where more is needed
    state: str = "draft"  # of the order
    changes: bool = True  # where it is a POST
    anonymous: int | None = None  # what nobody in particular gets: by default the way to sign-in
    placeless: int = 403  # what somebody without any factory gets


@dataclass(frozen=True)
class Call:
    method: str
    route: str
    case: Case
    number: int = 0

    @property
    def changes(self) -> bool:
        return self.method == "POST" and self.case.changes

    @property
    def public(self) -> bool:
        return self.case.anonymous is not None

    @property
    def of_a_factory(self) -> bool:
        return self.case.placeless == 403

    @property
    def parameters(self) -> tuple[str, ...]:
        """Whose things the path names: those of the names that stand in it."""
        return tuple(_thing(self.route, parameter) for parameter in _PARAMETER.findall(self.route))

    def path(self, names: Names) -> str:
        return "/" + _PARAMETER.sub(lambda found: names[_thing(self.route, found[1])], self.route)

    def __str__(self) -> str:
        return f"{self.method} /{self.route}" + (f" {self.number + 1}" if self.number else "")


def _thing(route: str, parameter: str) -> str:
    if parameter == "uuid":
        return "view" if route.startswith("ops/views/") else "operation"
    return {"order_uuid": "order", "note_uuid": "note", "head_id": "head"}[parameter]


def _patterns(patterns: Iterable[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield from _spelled_out(here)
        else:
            yield from _patterns(pattern.url_patterns, here)


def _spelled_out(route: str) -> Iterator[str]:
    """An address that stands for several pages is all of them."""
    for parameter, words in (("<slug:verb>", tuple(FORMS)), ("<str:fmt>", ("csv", "xlsx"))):
        if parameter in route:
            yield from (route.replace(parameter, word) for word in words)
            return
    yield route


ROUTES = tuple(_patterns(urls.urlpatterns))

ORDER = "ops/orders/<uuid:order_uuid>"
OPERATION = "ops/operations/<uuid:uuid>"
_PUBLIC_HOME = Case(answers=302, anonymous=302, placeless=302)


def _filters(**more: Any) -> list[Case]:
    return [
        Case(query=lambda names: {"machine": names["code"]}, names=("code",), without=422),
        Case(query=lambda names: {"product": names["sku"]}, names=("sku",), without=422),
        Case(query=lambda names: {"q": names["customer"], "hold": "open"}, names=("customer",), without=200),
    ]


def _verb(verb: str, body: Ask = _nothing, *, state: str, names: tuple[str, ...] = (), **more: Any) -> Case:
    role = min(VERB_ROLES[verb])
    return Case(
        lambda known: {"version": known["version"], **body(known)}, names=names, state=state, role=role,
        **{"answers": 303, "without": 422} | more,
    )  # fmt: skip


def _counted(names: Names) -> dict[str, Any]:
    return {"line": names["line"], "machine": names["machine"], "good": "1"}


def _signed(names: Names) -> dict[str, Any]:
    lines = {f"good_{names['line']}": 5, f"rejected_{names['line']}": 1, f"good_{names['line_2']}": 4}
    return lines | {f"rejected_{names['line_2']}": 0, "final": 10}


def _adjusted(names: Names) -> dict[str, Any]:
    shares = {f"on_{names['machine']}": 450, f"on_{names['machine_2']}": 450}
    return {"line": names["line"], "target": 500, "reason": "fewer", **shares}


_ON = ("machine", "machine_2")
VERBS: dict[str, list[Case]] = {
    "submit": [_verb("submit", state="draft")],
    "approve": [_verb("approve", state="submitted")],
    "schedule": [
        _verb("schedule", lambda names: {"machine_0": names["machine"], "method": names["method"]},
              names=("machine", "method"), state="draft"),
        _verb("schedule", lambda names: {"work_area": names["area"]}, names=("area",), state="draft"),
        _verb("schedule", lambda names: {"machine_0": names["machine"], "more": "1"}, names=("machine",), state="draft",
              answers=200, without=200, changes=False),
    ],
    "start": [_verb("start", state="scheduled")],
    "report": [_verb("report", _counted, names=("line", "machine"), state="in_production")],
    "pause": [_verb("pause", lambda names: {"reason": names["pause_reason"]}, names=("pause_reason",), state="in_production")],
    "resume": [_verb("resume", state="paused")],
    "complete": [_verb("complete", state="in_production")],
    "verify": [_verb("verify", _signed, names=("line", "line_2"), state="completed")],
    "rework": [_verb("rework", lambda names: {"reason": "burrs"}, state="completed")],
    "close": [_verb("close", lambda names: {"carrier": "DHL"}, state="verified")],
    "cancel": [_verb("cancel", lambda names: {"reason": "not wanted", "sure": "on"}, state="draft")],
    "adjust_quantity": [
        _verb("adjust_quantity", _adjusted, names=("line", *_ON), state="scheduled"),
        _verb("adjust_quantity", lambda names: {**_adjusted(names), "preview": "1"}, names=("line",), state="scheduled",
              answers=200, changes=False),
    ],
    "amend": [_verb("amend", lambda names: {"priority": "rush"}, state="draft")],
    "hold": [_verb("hold", lambda names: {"reason": "odd colour"}, state="draft")],
    "release_hold": [
        _verb("release_hold", lambda names: {"hold": names["hold"]}, names=("hold",), state="held", without=404),
    ],
}  # fmt: skip


def _asked(verb: str, known: Case) -> Case:
    """The form of a verb, for whoever may send it."""
    more = {"query": lambda names: {"hold": names["hold"]}, "names": ("hold",), "without": 200}
    return Case(role=known.role, state=known.state, **(more if verb == "release_hold" else {}))  # type: ignore[arg-type]


def _bulk(body: Ask, *names: str, **more: Any) -> Case:
    return Case(body, names=names, **{"role": "qa", "without": 422, "changes": False} | more)


PREVIEWS = [
    _bulk(lambda names: {"action": "hold", "ids": [names["order"]]}, "order"),
    _bulk(lambda names: {"action": "hold", "ids": [names["order"], names["second"]]}, "order", without=200),
    _bulk(lambda names: {"action": "hold", "all": "1", "filter_token": names["filter_token"]}, "filter_token"),
    _bulk(lambda names: {"action": "hold", "all": "1", "filter_token": names["filter_token"], "except": names["order"]},
          "order", without=200),
    _bulk(lambda names: {"action": "hold", "seen": names["seen"]}, "seen"),
    _bulk(lambda names: {"action": "hold", "ids": [names["order"]], "query": f"machine={names['code']}"}, "code",
          without=200),
    _bulk(lambda names: {"action": "assign", "ids": [names["order"]], "place": f"machine:{names['machine_uuid']}"},
          "machine_uuid", without=200, role="planner"),
    _bulk(lambda names: {"action": "assign", "ids": [names["order"]], "place": f"area:{names['area_uuid']}"},
          "area_uuid", without=200, role="planner"),
]  # fmt: skip
APPLIED = [
    _bulk(lambda names: {"action": "hold", "seen": names["seen"], "reason": "odd colour"}, "seen", answers=303, changes=True),
    _bulk(lambda names: {"action": "assign", "seen": names["seen"], "place": f"machine:{names['machine_uuid']}"},
          "machine_uuid", answers=303, changes=True, role="planner"),
    _bulk(lambda names: {"action": "assign", "seen": names["seen"], "place": f"area:{names['area_uuid']}"},
          "area_uuid", answers=303, changes=True, role="planner"),
    _bulk(lambda names: {"action": "pause", "seen": names["seen"], "pause_reason": names["pause_reason"]}, "pause_reason",
          answers=303, changes=True, role="technician", state="in_production"),
]  # fmt: skip


def _of_view(action: str) -> Case:
    """One's own view; whoever asks here as somebody else does not find it."""
    return Case(
        lambda names: {"action": action, "name": "Rush", "shared": "on"}, answers=303, refused=404, role="technician",
    )  # fmt: skip


CASES: dict[tuple[str, str], list[Case]] = {
    ("GET", ""): [_PUBLIC_HOME],
    ("GET", "ops"): [_PUBLIC_HOME],
    ("GET", "ops/"): [_PUBLIC_HOME],
    ("GET", "ops/sign-in"): [Case(answers=302, anonymous=200, placeless=302)],
    ("POST", "ops/sign-in"): [
        Case(lambda names: {"username": names["username"], "password": "correct horse battery"}, answers=303, anonymous=303,
             placeless=303)
    ],
    ("GET", "ops/sign-out"): [Case(answers=405, anonymous=405, placeless=405)],
    ("POST", "ops/sign-out"): [Case(answers=303, anonymous=303, placeless=303)],
    ("POST", "ops/csp-report"): [Case(answers=204, anonymous=204, placeless=204, changes=False)],
    ("POST", "ops/preferences"): [Case(lambda names: {"theme": "dark"}, answers=303, placeless=303)],
    ("POST", "ops/switch"): [
        Case(lambda names: {"factory": names["slug"]}, names=("slug",), answers=303, changes=False)
    ],
    ("GET", "ops/components"): [Case()],
    ("GET", "ops/help"): [Case()],
    ("GET", "ops/stream"): [Case(query=lambda names: {"factory": names["slug"]}, names=("slug",))],
    ("GET", "ops/bulk/preview"): [Case(answers=302)],
    ("POST", "ops/bulk/preview"): PREVIEWS,
    ("GET", "ops/bulk/apply"): [Case(answers=302)],
    ("POST", "ops/bulk/apply"): APPLIED,
    ("GET", "ops/operations"): [Case()],
    ("GET", OPERATION): [Case()],
    ("GET", f"{OPERATION}.csv"): [Case()],
    ("POST", f"{OPERATION}/retry"): [Case(answers=303, role="operator")],
    ("POST", f"{OPERATION}/undo"): [Case(answers=303, role="operator")],
    ("GET", "ops/ingest"): [Case(), Case(query=lambda names: {"q": names["head_number"]}, names=("head_number",), without=200)],
    ("GET", "ops/ingest/<int:head_id>"): [Case()],
    ("POST", "ops/ingest/retry"): [
        Case(lambda names: {"ids": [names["head"]]}, names=("head",), answers=303, role="planner"),
        Case(lambda names: {"ids": [names["head"]], "page": "statement"}, names=("head",), answers=303, role="planner"),
    ],
    ("GET", "ops/ingest/failed-rows"): [
        Case(query=lambda names: {"location": names["head_number"]}, names=("head_number",), without=200)
    ],
    ("GET", "ops/ingest/failed-rows.csv"): [
        Case(query=lambda names: {"location": names["head_number"]}, names=("head_number",), without=200)
    ],
    ("GET", "ops/orders"): _filters(),
    ("GET", "ops/orders/export.csv"): _filters(),
    ("GET", "ops/orders/export.xlsx"): _filters(),
    ("POST", "ops/views"): [
        Case(lambda names: {"name": "Late", "query": f"machine={names['code']}"}, names=("code",), answers=303, without=422),
        Case(lambda names: {"name": "Late", "query": f"product={names['sku']}", "shared": "on"}, names=("sku",), answers=303,
             without=422, role="technician"),
    ],
    ("GET", "ops/views/<uuid:uuid>"): [Case(answers=302)],
    ("POST", "ops/views/<uuid:uuid>"): [_of_view(action) for action in ACTIONS],
    ("GET", "ops/orders/new"): [Case(role="planner")],
    ("POST", "ops/orders/new"): [
        Case(lambda names: {"product_0": names["sku"], "quantity_0": "5", "priority": "rush", "over_production": "unlimited"},
             names=("sku",), answers=303, without=422, role="planner"),
        Case(lambda names: {"product_0": "Cap", "pick_0": names["product"], "quantity_0": "5", "priority": "rush",
                            "over_production": "unlimited"}, names=("product",), answers=303, without=422, role="planner"),
        Case(lambda names: {"product_0": names["sku"], "find": "1"}, names=("sku",), without=200, role="planner",
             changes=False),
    ],
    ("GET", "ops/products"): [Case(query=lambda names: {"q": names["sku"]}, names=("sku",), without=200)],
    ("GET", ORDER): [Case()],
    ("GET", f"{ORDER}/notes"): [Case(role="technician")],
    ("POST", f"{ORDER}/notes"): [
        Case(lambda names: {"text": "mind the burrs", "audience": "internal"}, answers=303, role="technician")
    ],
    ("GET", f"{ORDER}/notes/<uuid:note_uuid>"): [Case(role="technician")],
    ("POST", f"{ORDER}/notes/<uuid:note_uuid>"): [Case(lambda names: {"text": "no burrs"}, answers=303, role="technician")],
    ("GET", f"{ORDER}/traveler.pdf"): [Case()],
    **{("GET", f"{ORDER}/{verb}"): [_asked(verb, cases[0])] for verb, cases in VERBS.items()},
    **{("POST", f"{ORDER}/{verb}"): cases for verb, cases in VERBS.items()},
}  # fmt: skip

CALLS = [
    Call(method, route, case, number)
    for (method, route), cases in CASES.items()
    for number, case in enumerate(cases)
]  # fmt: skip
