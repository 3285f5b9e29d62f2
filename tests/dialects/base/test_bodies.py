"""Reading a body: strict JSON, and nothing that costs much before it is refused."""

import json
import time
from decimal import Decimal

import pytest
from django.test import RequestFactory

from factoryos.dialects.base.bodies import parse, read_json
from factoryos.dialects.base.problems import MalformedJson, TooLarge, UnsupportedMediaType
from factoryos.kernel.json_objects import DEEPEST


def test_numbers_come_exact() -> None:
    body = parse(b'{"a": 0.1, "b": 2.5e2, "c": 7, "d": 1e400}')
    assert body["a"] == Decimal("0.1")
    assert body["b"] == 250
    assert body["c"] == 7 and isinstance(body["c"], int)
    assert body["d"] == Decimal("1e400")  # out of range for any field, but a number of JSON


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":',
        b"[1]",
        b"1",
        b"null",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e99999999999999999999}',
        b'{"a":1e9999999}',
        b'{"a":1e-9999999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\x00"}',
    ],
)
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse(raw)


def nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


def test_depth_is_limited_to_the_level() -> None:
    assert parse(nested(DEEPEST))
    with pytest.raises(MalformedJson):
        parse(nested(DEEPEST + 1))
    wide = {"a": [[] for _ in range(1000)]}
    assert parse(json.dumps(wide).encode()) == wide


@pytest.mark.parametrize("raw", [b'{"a":' * 150_000, b'{"a":' + b"[" * 900_000, nested(100_000)])
def test_a_deep_body_is_refused_without_a_crash_and_quickly(raw: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(MalformedJson):
        parse(raw)
    assert time.perf_counter() - began < 2


def post(data: bytes, **facts: str) -> object:
    facts = {"content_type": "application/json"} | facts
    return read_json(RequestFactory().post("/", data, **facts), limit=100)  # type: ignore[arg-type]


def test_nothing_at_all_is_an_empty_object_whatever_its_type() -> None:
    assert post(b"") == {}
    assert post(b"", content_type="text/plain") == {}


def test_parameters_of_the_media_type_do_not_matter() -> None:
    assert post(b'{"a":1}', content_type="application/json; charset=latin-1") == {"a": 1}


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_media_type_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        post(b"{}", content_type=kind)


def test_size_is_judged_before_type_and_content() -> None:
    with pytest.raises(TooLarge):
        post(b"x" * 101, content_type="text/plain")
    with pytest.raises(TooLarge):
        post(b"{}", CONTENT_LENGTH="101")
    assert post(b'{"a":"' + b"x" * 92 + b'"}')


def test_a_body_without_length_is_read_where_the_server_ends_it() -> None:
    request = RequestFactory().post("/", b"{}", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked")
    del request.META["CONTENT_LENGTH"]
    with pytest.raises(MalformedJson):
        read_json(request, limit=100)
    request.META["wsgi.input_terminated"] = True
    request.META["wsgi.input"].read = lambda size: b'{"a":1}'[:size]
    assert read_json(request, limit=100) == {"a": 1}
    with pytest.raises(TooLarge):
        read_json(request, limit=6)
