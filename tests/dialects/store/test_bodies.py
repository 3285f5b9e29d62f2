"""A body of the store API: JSON or XML by what its header says, UTF-8 and nothing else."""

from typing import Any

import pytest
from django.test import RequestFactory

from factoryos.dialects.base.dialect import MEGABYTE
from factoryos.dialects.base.problems import MalformedJson, TooLarge, UnsupportedMediaType
from factoryos.dialects.store.bodies import BodyMissing, read
from factoryos.dialects.store.requests import ChangedArticle
from factoryos.dialects.store.xml_in import MalformedXml

JSON = b'{"articleId": "CAP", "amount": 5}'
XML = "<productionOrderArticleDto><articleId>Å</articleId><amount>5</amount></productionOrderArticleDto>"


def body(data: bytes, content_type: str = "application/json", *, may_be_empty: bool = False, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().generic("POST", "/v1/x", data, content_type=content_type, headers=named)
    return read(request, takes=ChangedArticle, may_be_empty=may_be_empty)


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_json_is_read(kind: str) -> None:
    assert body(JSON, kind) == {"articleId": "CAP", "amount": 5}


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/xml", "text/xml; charset=utf-8", 'application/xml; charset="utf8"']
)
def test_xml_is_read_under_both_names(kind: str) -> None:
    assert body(XML.encode(), kind) == {"articleId": "Å", "amount": "5"}


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xhtml+xml",
        "application/problem+json",
        "application/json; charset=iso-8859-1",
        "application/xml; charset=utf-16",
        "application/xml; charset=us-ascii",
        "application",
        ";;;",
    ],
)
def test_another_type_or_charset_is_refused(kind: str) -> None:
    for data in (JSON, XML.encode()):
        with pytest.raises(UnsupportedMediaType):
            body(data, kind)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", "x"])
def test_an_encoded_body_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        body(JSON, content_encoding=encoding)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json; charset=latin-1", "application/xml"])
def test_headers_do_not_matter_where_there_is_no_body(kind: str) -> None:
    assert body(b"", kind, may_be_empty=True, content_encoding="gzip") == {}
    with pytest.raises(BodyMissing):
        body(b"", kind)


def test_a_body_that_may_be_left_out_is_read_where_it_is_not() -> None:
    assert body(JSON, may_be_empty=True)["amount"] == 5
    with pytest.raises(MalformedJson):
        body(b" ", may_be_empty=True)
    with pytest.raises(UnsupportedMediaType):
        body(b" ", "text/plain", may_be_empty=True)


def test_one_tongue_labelled_as_the_other_is_refused() -> None:
    with pytest.raises(MalformedXml):
        body(JSON, "application/xml")
    with pytest.raises(MalformedJson):
        body(XML.encode())


@pytest.mark.parametrize(
    "raw",
    [
        *(b'{"name": ', b"[1]", b"5", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": %s}' % (b"9" * 5000)),
        *(
            b'{"a": 1, "a": 1}',
            b'{"a":' * 100 + b"1" + b"}" * 100,
            b"\xff",
            b'{"a": "\xc3"}',
            JSON.decode().encode("utf-16"),
        ),
    ],
)
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        body(raw)


@pytest.mark.parametrize("kind", ["application/json", "application/xml", "text/plain"])
def test_size_is_judged_before_anything_else(kind: str) -> None:
    with pytest.raises(TooLarge):
        body(b" " * (MEGABYTE + 1), kind, content_encoding="gzip")
    with pytest.raises(TooLarge):
        body(b" " * (MEGABYTE + 1), kind, may_be_empty=True)


def test_a_megabyte_is_read() -> None:
    frame = "<productionOrderArticleDto><articleName>{}</articleName></productionOrderArticleDto>"
    name = "x" * (MEGABYTE - len(frame) + 2)
    assert body(frame.format(name).encode(), "application/xml") == {"articleName": name}
