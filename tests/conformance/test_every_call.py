"""What holds for every route and method of every dialect, whatever it does."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.problems import MalformedJson, TooLarge, UnsupportedMediaType
from factoryos.dialects.registry import DIALECTS, dialect_of
from factoryos.kernel.problems import Invalid, Problem, RoleMissing, Unauthenticated
from tests.callers import Caller
from tests.conformance.faces import FACES, GARBAGE, Face, Side, content_of
from tests.conformance.routes import CALLS, ROUTES, Call
from tests.evidence import everything
from tests.standing import made_for_a_file

pytestmark = pytest.mark.django_db

every_call = pytest.mark.parametrize("call", CALLS, ids=str)
every_change = pytest.mark.parametrize("call", [call for call in CALLS if call.changes], ids=str)
every_reading = pytest.mark.parametrize("call", [call for call in CALLS if not call.changes], ids=str)
every_route = pytest.mark.parametrize("call", ROUTES, ids=str)

WRONG_FIELDS = Invalid(messages=["wrong"])


@pytest.fixture
def face(call: Call) -> Face:
    return FACES[call.dialect.name]


@pytest.fixture(scope="module")
def sides(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, tuple[Side, Side]]]:
    """Of each face somebody, and a stranger who came later."""
    yield from made_for_a_file(
        django_db_blocker, lambda: {name: (face.side(), face.side()) for name, face in FACES.items()}
    )


@pytest.fixture
def here(sides: dict[str, tuple[Side, Side]], call: Call) -> Side:
    return sides[call.dialect.name][0]


@pytest.fixture
def there(sides: dict[str, tuple[Side, Side]], call: Call) -> Side:
    return sides[call.dialect.name][1]


def status_of(call: Call, problem: Problem) -> int:
    """The status that the face gives this problem."""
    return call.dialect.render_problem(problem, FaceRequest()).status


def told(response: Any) -> Any:
    """The body of a refusal, which is never a page, and has a number that a log can be searched for."""
    assert 400 <= response.status_code < 500, response.content
    assert "html" not in response.headers["Content-Type"] and b"Traceback" not in response.content
    uuid.UUID(response.headers["X-Request-Id"])
    return response.content


def test_every_dialect_is_known_to_these_tests() -> None:
    assert set(FACES) == {dialect.name for dialect in DIALECTS}


@every_call
def test_a_route_lies_under_its_dialects_prefix_and_its_parameters_are_known(call: Call, here: Side) -> None:
    owner = dialect_of(call.path(here.tenant, here.things))
    assert owner is not None and owner.name == call.dialect.name


@every_call
def test_nobody_is_told_only_that_they_are_nobody(call: Call, face: Face, here: Side) -> None:
    if call.route in face.open_to_all:
        pytest.skip("nobody needs to be known here")
    answers = [Caller().send(call.method, call.path(here.tenant, here.things), b"{")]
    answers += [Caller().send(call.method, call.path(FACES[call.dialect.name].strange), b"{")]
    expected = call.dialect.render_problem(Unauthenticated(), FaceRequest())
    for answer in answers:
        assert (answer.status_code, told(answer)) == (expected.status, expected.body)


@every_call
def test_a_strangers_thing_answers_like_none_and_stays_as_it_was(
    call: Call, face: Face, here: Side, there: Side
) -> None:
    before = everything()
    for parameter in set(call.parameters) - face.words:
        strange = {parameter: face.strange[parameter]}
        theirs = {parameter: there.tenant.get(parameter) or there.things[parameter]}
        answers = [
            here.caller.send(call.method, call.path(here.tenant, here.things, name), "{}") for name in (theirs, strange)
        ]
        assert content_of(answers[0]) == content_of(answers[1]), parameter
        if (call.route, parameter) in face.filters:
            assert answers[0].status_code == 200
        else:
            assert answers[0].status_code == 404 and told(answers[0])
    if set(call.parameters) & set(there.tenant):
        theirs = call.path(there.tenant, there.things)
        assert here.caller.send(call.method, theirs, "{}").status_code == 404
    assert everything() == before


@every_call
def test_garbage_in_a_path_names_nothing(call: Call, face: Face, here: Side) -> None:
    for parameter in call.parameters:
        if (call.route, parameter) in face.filters:
            continue
        known = here.things.get(parameter)
        for garbage in set(GARBAGE) - {known}:
            path = call.path(here.tenant, here.things, {parameter: garbage})
            answer = here.caller.send(call.method, path, "{}")
            expected = status_of(call, WRONG_FIELDS) if parameter in face.words else 404
            assert answer.status_code in {404, expected}, (parameter, garbage, answer.content)
            told(answer)


@every_reading
def test_reading_is_for_every_member_with_or_without_a_slash_and_as_head(call: Call, here: Side) -> None:
    path = call.path(here.tenant, here.things)
    needs_more = here.weak.get(path).status_code != 200  # such as a preview, which asks for a parameter
    answers = [here.weak.get(path), here.caller.get(path + "/")]
    assert {answer.status_code for answer in answers} == ({status_of(call, WRONG_FIELDS)} if needs_more else {200})
    silent = here.weak.head(path)
    assert (silent.status_code, silent.content) == (answers[0].status_code, b"")


@every_change
def test_a_reader_changes_nothing(call: Call, face: Face, here: Side) -> None:
    if call.route in face.open_to_all:
        pytest.skip("everybody may")
    before = everything()
    answer = here.weak.send(call.method, call.path(here.tenant, here.things), "{}")
    assert answer.status_code == status_of(call, RoleMissing(verb="create", any_of=["planner"]))
    told(answer)
    assert everything() == before


DEEP = '{"a":' * 21 + "1" + "}" * 21
BODIES = {
    "cut short": '{"a":',
    "a list": "[1]",
    "a number": "1",
    "NaN": '{"a":NaN}',
    "Infinity": '{"a":-Infinity}',
    "a key twice": '{"a":1,"a":1}',
    "too deep": DEEP,
    "much too deep": "[" * 100_000,
    "no UTF-8": b'{"a":"\xff"}',
    "a huge exponent": '{"a":1e99999999999999999999}',
}


@every_change
def test_what_is_no_json_object_is_refused(call: Call, here: Side) -> None:
    before = everything()
    for kind, body in BODIES.items():
        answer = here.caller.send(call.method, call.path(here.tenant, here.things), body)
        assert answer.status_code == status_of(call, MalformedJson(reason="")), kind
        told(answer)
    assert everything() == before


@every_change
def test_a_body_of_another_kind_or_size_is_refused(call: Call, here: Side) -> None:
    path = call.path(here.tenant, here.things)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = here.caller.send(call.method, path, "{}", content_type=kind)
        assert answer.status_code == status_of(call, UnsupportedMediaType()), kind
        told(answer)
    answer = here.caller.send(call.method, path, json.dumps({"a": "x" * call.dialect.max_body_bytes}))
    assert answer.status_code == status_of(call, TooLarge(limit=0))
    told(answer)


@every_call
def test_an_unknown_query_parameter_is_not_swallowed(call: Call, face: Face, here: Side) -> None:
    if not face.refuses_unknown_query or (call.method, call.route) in face.ignores_query:
        pytest.skip("this face lets them pass")
    answer = here.caller.send(call.method, call.path(here.tenant, here.things) + "?limti=1&%00=1&page[]=x", "{}")
    assert answer.status_code == status_of(call, WRONG_FIELDS)
    assert b"limti" in told(answer)


@every_route
def test_a_wrong_method_is_told_the_right_ones(call: Call, here: Side) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"} - set(call.methods):
        answer = here.caller.send(method, call.path(here.tenant, here.things), "{}")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == ", ".join(call.methods)
        told(answer)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_an_unknown_path_is_told_in_the_faces_envelope(dialect: Any) -> None:
    for prefix in dialect.prefixes:
        answer = FACES[dialect.name].side().caller.get(f"{prefix}/no/such/place/at/all")
        assert answer.status_code == 404
        assert json.loads(told(answer))
