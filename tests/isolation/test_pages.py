"""Every page of the console and every form, read from the URL map, asked by whoever must not be answered: nobody, somebody
without a factory, a member of another factory, a viewer, a form without its token. An address without a case fails.
"""

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any
from uuid import uuid4

import pytest

from factoryos.kernel.models import Membership
from tests.callers import a_user
from tests.isolation.desk import FRAGMENT, Answer, Browser, Tenant, nobodys
from tests.isolation.pages import CALLS, CASES, ROUTES, Call, Names
from tests.isolation.whole import changed_since, the_database, the_session
from tests.standing import made_for_a_file

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
CHANGING = [call for call in CALLS if call.changes]
ABOUT_A_FACTORY = [call for call in CALLS if call.of_a_factory]
WITHOUT_A_TOKEN = {"ops/csp-report"}  # browsers send it by themselves; nothing is kept of it
PUBLIC = {"", "ops", "ops/", "ops/sign-in", "ops/sign-out", "ops/csp-report"}
TenantFor = Callable[[Call], Tenant]
FACES: tuple[dict[str, str], ...] = ({}, FRAGMENT)


def each(calls: list[Call]) -> Any:
    return pytest.mark.parametrize("call", calls, ids=str)


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[tuple[str, str], list[Tenant]]]:
    """Two of every kind that a call wants, so that every other one has a stranger of the same kind."""
    kinds = {(call.case.state, call.case.role) for call in CALLS}
    yield from made_for_a_file(django_db_blocker, lambda: {kind: [Tenant(*kind), Tenant(*kind)] for kind in kinds})


@pytest.fixture
def a_tenant(tenants: dict[tuple[str, str], list[Tenant]]) -> TenantFor:
    """Gives a call's tenant; asked once more, another. Nobody there is signed in yet."""
    left = {kind: [copy(tenant) for tenant in two] for kind, two in tenants.items()}
    return lambda call: left[call.case.state, call.case.role].pop()


def ask(
    call: Call, browser: Browser, tenant: Tenant, names: Names = {}, *, factory: Names = {}, **headers: str  # noqa: B006
) -> Answer:  # fmt: skip
    """The call about `tenant`'s things, but for those in `names`. `factory`: whose page, in the query and in the form."""
    known = {**tenant.names, **names}
    query = call.case.query(known) | ({"factory": factory["query"]} if "query" in factory else {})
    body = {"key": uuid4().hex, **call.case.body(known)} | ({"factory": factory["body"]} if "body" in factory else {})
    return browser.send(call.method, call.path(known), body if call.method == "POST" else None, query, **headers)


def test_every_address_of_the_url_map_has_a_case_and_every_case_an_address() -> None:
    assert {route for _, route in CASES} == set(ROUTES)


def test_what_is_public_is_what_is_named_here() -> None:
    assert {call.route for call in CALLS if call.public} == PUBLIC


@pytest.mark.parametrize("route", ROUTES)
def test_what_a_page_allows_has_a_case_and_all_else_is_refused(route: str, a_tenant: TenantFor) -> None:
    """By 405, and never by a failure. HEAD is what GET is, without the page."""
    call = next(call for call in CALLS if call.route == route)
    tenant = a_tenant(call)
    path, browser = call.path(tenant.names), tenant.browser
    allowed = set(browser.send("BREW", path).headers["Allow"].split(", "))
    assert {method for method, known in CASES if known == route} == allowed - {"HEAD"}
    before = the_database()
    for headers in FACES:
        for method in METHODS:
            if method not in allowed:
                assert browser.send(method, path, **headers).status == 405, (method, headers)
    if "HEAD" in allowed:
        assert browser.send("HEAD", path).status == browser.send("GET", path).status
        assert browser.send("HEAD", path).content == b""
    assert not changed_since(before)


@each(CALLS)
def test_the_right_role_is_served(call: Call, a_tenant: TenantFor) -> None:
    """Or else a refusal below would prove nothing."""
    tenant = a_tenant(call)
    browser, before = tenant.browser, the_database()
    answer = ask(call, browser, tenant)
    assert answer.status == call.case.answers, answer.content.decode()
    assert bool(changed := changed_since(before)) == call.changes, changed


@each([call for call in CALLS if call.method == "GET"])
def test_looking_changes_nothing(call: Call, a_tenant: TenantFor) -> None:
    """Whatever the address says: also what the form of the page would."""
    tenant = a_tenant(call)
    browser = tenant.browser
    forms = [known.case.body(tenant.names) for known in CALLS if known.route == call.route]
    before, session = the_database(), the_session(browser.session)
    for query in ({}, *forms, *({**form, "key": "k", "_method": "POST"} for form in forms)):
        for method in ("GET", "HEAD"):
            for headers in FACES:
                assert browser.send(method, call.path(tenant.names), None, query, **headers).status < 500
    assert not changed_since(before)
    assert the_session(browser.session) == session


@each(CALLS)
def test_nobody_is_sent_to_sign_in(call: Call, a_tenant: TenantFor) -> None:
    tenant = a_tenant(call)
    before = the_database()
    page, fragment = (ask(call, Browser(None), tenant, **headers) for headers in FACES)
    if call.public:
        assert page.status == call.case.anonymous
        return
    assert page.status == (302 if call.method == "GET" else 303)
    assert page.headers["Location"].startswith("/ops/sign-in?next=")
    assert fragment.status == 401
    assert fragment.headers["HX-Redirect"].startswith("/ops/sign-in?next=")
    assert page.content == fragment.content == b""
    assert not changed_since(before)


@each(CALLS)
def test_who_belongs_to_no_factory_is_told_so(call: Call, a_tenant: TenantFor) -> None:
    tenant, browser = a_tenant(call), Browser(a_user())
    before = the_database()
    answer = ask(call, browser, tenant)
    assert answer.status == call.case.placeless
    if call.of_a_factory:
        assert b"You belong to no factory yet" in answer.content
        assert not changed_since(before)


def ways(call: Call, there: Tenant) -> Iterator[dict[str, str]]:
    """Which names are a stranger's: each alone, and all that stand in the path at once."""
    for name in dict.fromkeys((*call.parameters, *call.case.names)):
        yield {name: there.names[name]}
    if len(call.parameters) > 1:
        yield {name: there.names[name] for name in call.parameters}


@each([call for call in ABOUT_A_FACTORY if call.parameters or call.case.names])
def test_what_is_a_strangers_answers_like_what_nobody_has(call: Call, a_tenant: TenantFor) -> None:
    here, there = a_tenant(call), a_tenant(call)
    browser, before = here.browser, the_database()
    for named in ways(call, there):
        nones = {name: nobodys(name, known) for name, known in named.items()}
        expected = 404 if named.keys() & set(call.parameters) else call.case.without
        for headers in FACES:
            theirs, none = (ask(call, browser, here, names, **headers) for names in (named, nones))
            assert theirs.status == expected, (named, theirs.content.decode())
            asked = (" ".join(known.values()) for known in (named, nones))
            assert theirs.without(next(asked)) == none.without(next(asked)), named
    assert not changed_since(before)


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (call, where)
        for call in ABOUT_A_FACTORY
        for where in ("query", "body")
        if where == "query" or call.method == "POST"
    ],
    ids=str,
)
def test_a_strangers_factory_answers_like_one_that_nobody_has(call: Call, where: str, a_tenant: TenantFor) -> None:
    here, there = a_tenant(call), a_tenant(call)
    browser, before = here.browser, the_database()
    none = nobodys("slug", slug := there.factory.slug)
    for names in ({}, there.names):
        for headers in FACES:
            first, second = (ask(call, browser, here, names, factory={where: each}, **headers) for each in (slug, none))
            assert first.status == 404
            assert first.without(slug) == second.without(none)
            assert there.factory.name.encode() not in first.content
    assert not changed_since(before)


@each([call for call in CHANGING if call.case.role != "viewer"])
def test_a_viewer_changes_nothing(call: Call, a_tenant: TenantFor) -> None:
    tenant = a_tenant(call)
    viewer = a_user()
    Membership.objects.create(user=viewer, factory=tenant.factory, roles=["viewer"])
    browser, before = Browser(viewer), the_database()
    for headers in FACES:
        answer = ask(call, browser, tenant, **headers)
        assert answer.status == call.case.refused, answer.content.decode()
    assert not changed_since(before)


@each([call for call in CHANGING if call.case.role != "viewer" and call.parameters])
def test_a_role_in_one_factory_is_worth_nothing_in_another(call: Call, a_tenant: TenantFor) -> None:
    """Whoever may everything here and only look there, asks from here for what is there."""
    here, there = a_tenant(call), a_tenant(call)
    both = a_user()
    Membership.objects.create(user=both, factory=here.factory, roles=["admin"])
    Membership.objects.create(user=both, factory=there.factory, roles=["viewer"])
    browser, before = Browser(both), the_database()
    for factory in ({}, {"query": here.factory.slug}, {"body": here.factory.slug}):
        assert ask(call, browser, there, factory=factory).status == call.case.refused
    assert not changed_since(before)


@each([call for call in CALLS if call.method == "POST"])
def test_a_form_without_its_token_is_refused(call: Call, a_tenant: TenantFor) -> None:
    tenant = a_tenant(call)
    strict = Browser(tenant.member, enforce_csrf_checks=True)
    before = the_database()
    answer = ask(call, strict, tenant)
    if call.route in WITHOUT_A_TOKEN:
        assert answer.status == call.case.answers
        return
    assert answer.status == 403
    assert b"This page was open too long" in answer.content
    assert ask(call, strict, tenant, **FRAGMENT).status == 403
    token = {"X-CSRFToken": strict.token}
    assert ask(call, strict, tenant, **token, Origin="https://evil.example").status == 403
    assert not changed_since(before)
    assert ask(call, strict, tenant, **token).status == call.case.answers
