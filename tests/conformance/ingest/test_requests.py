"""What is refused as a whole, each in the envelope and with the code of the contract's table; then nothing is stored."""

import json
from datetime import timedelta
from typing import Any

import pytest

from factoryos.kernel import clock
from factoryos.kernel.models import ApiKey
from orders.models import IngestFailedRow, ManufacturingOrderVersion
from tests.callers import a_member
from tests.conformance.ingest.works import OBJECT, PATH, Works, a_row

pytestmark = pytest.mark.django_db

GOOD = json.dumps({"solutionName": "INV_OOTB", "data": [a_row()]})


@pytest.fixture
def works() -> Works:
    return Works()


def refused(reply: Any, status: int, code: str, field: str | None = None) -> None:
    assert reply.status == status, reply.content
    assert list(reply.json) == ["errors"]
    (error,) = reply["errors"]
    assert list(error) == ["code", "category", "message", "field"]
    assert error["code"] == f"DI_E_{code}"
    assert error["field"] == field
    assert reply.headers["X-Request-Id"]
    assert reply.headers["Content-Type"].startswith("application/json")
    assert not ManufacturingOrderVersion.objects.exists()
    assert not IngestFailedRow.objects.exists()


class TestTokens:
    def test_whatever_is_no_token_is_answered_alike(self, works: Works) -> None:
        other = works.a_token("planner", kind=ApiKey.Kind.API_KEY)
        expired = works.a_token("planner", expires_at=clock.now() - timedelta(seconds=1))
        revoked = works.a_token("planner")
        ApiKey.objects.filter(prefix=revoked[:14]).order_by("-id")[:1].get()
        last = ApiKey.objects.latest("id")
        last.revoked_at = clock.now()
        last.save()
        shown = [
            "x",
            "Bearer garbage",
            f"Token {works.token}",
            f"{works.token} {works.token}",
            other,
            expired,
            revoked,
        ]
        answers = []
        for value in shown:
            reply = works.call("POST", PATH, GOOD, authorization=value)
            refused(reply, 401, "10101")
            answers.append(reply.content)
            assert "realm=" in reply.headers["WWW-Authenticate"]
            assert "error" not in reply.headers["WWW-Authenticate"]
        assert len(set(answers)) == 1

    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER "])
    def test_a_scheme_word_may_stand_before_it(self, works: Works, scheme: str) -> None:
        assert works.call("POST", PATH, GOOD, authorization=scheme + works.token).status == 200

    def test_the_token_is_asked_for_before_path_and_body(self, works: Works) -> None:
        refused(works.call("POST", "/api/v2/ingest/object/NO_SUCH", "{", authorization="x"), 401, "10101")
        refused(works.call("GET", PATH, authorization="x"), 401, "10101")

    @pytest.mark.parametrize("roles", [["viewer"], ["technician"], ["operator", "qa"], ["engineer"], []])
    def test_only_who_plans_may_write(self, works: Works, roles: list[str]) -> None:
        refused(works.call("POST", PATH, GOOD, authorization=works.a_token(*roles)), 403, "10102")

    def test_every_role_reads(self, works: Works) -> None:
        works.post(a_row())
        read = works.call("GET", f"{PATH}/MO-2025-001", authorization=works.a_token("viewer"))
        assert read.status == 200

    def test_neither_cookie_nor_parameter_is_a_token(self, works: Works) -> None:
        refused(works.call("POST", f"{PATH}?token={works.token}", GOOD, authorization=""), 401, "10101")
        refused(works.call("POST", PATH, GOOD, authorization="", cookie=f"Authorization={works.token}"), 401, "10101")

    def test_a_person_s_token_writes_wherever_they_plan(self, works: Works) -> None:
        second, third = Works("LOC-002"), Works("LOC-003")
        person = a_member(works.factory, "planner")
        for other, role in ((second, "admin"), (third, "viewer")):
            other.factory.memberships.create(user=person, roles=[role])
        mine = works.a_token(factory=None, user=person)
        rows = [a_row(location_id=name) for name in ("LOC-001", "LOC-002", "LOC-003", "LOC-004")]

        reply = works.post(*rows, headers={"authorization": mine})

        assert [failed["index"] for failed in reply["failed"]] == [2, 3]
        assert (works.versions(), second.versions(), third.versions()) == (1, 1, 0)


class TestPaths:
    @pytest.mark.parametrize("name", ["INV_SALES_OOTB", OBJECT.lower(), f"{OBJECT}X", "%20"])
    def test_another_object_is_not_there(self, works: Works, name: str) -> None:
        refused(works.call("POST", f"/api/v2/ingest/object/{name}", GOOD), 404, "10201")

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_only_post_writes(self, works: Works, method: str) -> None:
        reply = works.call(method, PATH)
        refused(reply, 405, "10203")
        assert reply.headers["Allow"] == "POST"

    def test_query_parameters_of_a_post_are_ignored(self, works: Works) -> None:
        assert works.call("POST", f"{PATH}?dryRun=true&x=%00", GOOD).status == 200
        assert works.versions() == 1


class TestBodies:
    @pytest.mark.parametrize(
        "raw",
        [
            '{"data": [',
            "[]",
            "text",
            "null",
            '"x"',
            "7",
            '{"a": NaN}',
            '{"a": Infinity}',
            b"\xff\xfe",
            b'{"a": "\xff"}',
        ],
    )
    def test_what_is_no_json_object(self, works: Works, raw: Any) -> None:
        refused(works.call("POST", PATH, raw), 400, "10001")

    def test_a_number_that_json_does_not_have(self, works: Works) -> None:
        raw = GOOD.replace('"ordered_units": 500', '"ordered_units": NaN')
        assert raw != GOOD
        refused(works.call("POST", PATH, raw), 400, "10001")

    def test_deeper_than_twenty(self, works: Works) -> None:
        refused(works.call("POST", PATH, '{"data": ' + "[" * 5000 + "]" * 5000 + "}"), 400, "10001")
        refused(works.call("POST", PATH, '{"x": ' + "[" * 20 + "]" * 20 + "}"), 400, "10001")

    @pytest.mark.parametrize("kind", ["text/xml", "", "application/json; charset=latin-1", "application/x-ndjson"])
    def test_another_media_type(self, works: Works, kind: str) -> None:
        refused(works.call("POST", PATH, GOOD, content_type=kind), 415, "10005")

    @pytest.mark.parametrize(
        "kind", ["application/json", "application/json; charset=utf-8", 'Application/JSON; charset="UTF-8"']
    )
    def test_json_in_utf_8(self, works: Works, kind: str) -> None:
        assert works.call("POST", PATH, GOOD, content_type=kind).status == 200

    def test_nothing_is_unpacked(self, works: Works) -> None:
        for packed in ("gzip", "identity"):
            refused(works.call("POST", PATH, GOOD, content_encoding=packed), 415, "10005")

    def test_more_than_a_megabyte(self, works: Works) -> None:
        refused(works.call("POST", PATH, GOOD + " " * 1_048_576), 413, "10301")
        exactly = GOOD + " " * (1_048_576 - len(GOOD))
        assert works.call("POST", PATH, exactly).status == 200


class TestEnvelope:
    @pytest.mark.parametrize(
        ("change", "status", "code", "field"),
        [
            ({"solutionName": "X"}, 404, "10202", "solutionName"),
            ({"solutionName": "inv_ootb"}, 404, "10202", "solutionName"),
            ({"solutionName": None}, 400, "10002", "solutionName"),
            ({"solutionName": " "}, 400, "10002", "solutionName"),
            ({"solutionName": 7}, 400, "10002", "solutionName"),
            ({"data": {}}, 400, "10003", "data"),
            ({"data": []}, 400, "10003", "data"),
            ({"data": None}, 400, "10003", "data"),
            ({"operationType": "DELETE"}, 400, "10004", "operationType"),
            ({"operationType": 1}, 400, "10004", "operationType"),
            ({"operationType": None}, 400, "10004", "operationType"),
            ({"dryRun": "true"}, 400, "10002", "dryRun"),
            ({"dryRun": 1}, 400, "10002", "dryRun"),
            ({"dryRun": None}, 400, "10002", "dryRun"),
            ({"dryrun": True}, 400, "10002", "dryrun"),
            ({"extra": 1}, 400, "10002", "extra"),
        ],
    )
    def test_each_fault(self, works: Works, change: dict[str, Any], status: int, code: str, field: str) -> None:
        body = {"solutionName": "INV_OOTB", "data": [a_row()]} | change
        refused(works.call("POST", PATH, json.dumps(body)), status, code, field)

    def test_what_must_be_there(self, works: Works) -> None:
        refused(works.call("POST", PATH, json.dumps({"data": [a_row()]})), 400, "10002", "solutionName")
        refused(works.call("POST", PATH, json.dumps({"solutionName": "INV_OOTB"})), 400, "10003", "data")

    @pytest.mark.parametrize("word", ["UPSERT", "upsert", "Append"])
    def test_the_operation_is_read_in_any_case(self, works: Works, word: str) -> None:
        reply = works.post(a_row(), operationType=word)
        assert (reply.status, reply["operationType"]) == (200, word.upper())

    @pytest.mark.parametrize(("rows", "status"), [(2000, 200), (2001, 413), (5000, 413)])
    def test_how_many_rows(self, works: Works, rows: int, status: int) -> None:
        body = json.dumps({"solutionName": "INV_OOTB", "data": [{"a": 1}] * rows})
        reply = works.call("POST", PATH, body)
        if status == 413:
            refused(reply, 413, "10302", "data")
        else:
            assert (reply.status, reply["failedRows"], reply["successRows"]) == (200, rows, 0)


def test_fifty_a_second_for_all_tokens_of_a_factory(works: Works) -> None:
    second = works.a_token("planner")
    bad = "{"
    answers = [
        works.call("POST", PATH, bad, authorization=(works.token, second)[turn % 2]) for turn in range(300)
    ]  # fmt: skip
    limited = [reply for reply in answers if reply.status == 429]
    assert limited, "three hundred calls of one second were all answered"
    refused(limited[0], 429, "10303")
    assert limited[0].headers["Retry-After"] == "1"
    assert Works("LOC-002").call("POST", PATH, bad).status == 400
