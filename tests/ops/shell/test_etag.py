"""Asked again every few seconds: 304 as long as a person would see the same."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from factoryos.ops.shell.etag import unless_known

FORM = '<input name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="key" value="{}"><td>{}</td>'


def asked(content: str, known: str = "", *, method: str = "GET", status: int = 200) -> HttpResponse:
    headers = {"if-none-match": known} if known else {}
    response = HttpResponse(content, status=status, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie"})
    response.set_cookie("csrftoken", "x")
    return unless_known(RequestFactory().generic(method, "/", headers=headers), response)


def test_the_same_again_is_not_sent_again() -> None:
    tag = asked("<p>1</p>")["ETag"]
    again = asked("<p>1</p>", tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert (again["Cache-Control"], again["Vary"]) == ("private, no-cache", "Cookie")
    assert "csrftoken" in again.cookies


def test_what_a_person_sees_differ_is_sent() -> None:
    tag = asked("<p>1</p>")["ETag"]
    fresh = asked("<p>2</p>", tag)
    assert (fresh.status_code, fresh.content) == (200, b"<p>2</p>")
    assert fresh["ETag"] != tag


def test_tokens_that_are_new_each_time_make_no_difference() -> None:
    tag = asked(FORM.format("a1", "k1", "5"))["ETag"]
    assert asked(FORM.format("b2", "k2", "5"), tag).status_code == 304
    assert asked(FORM.format("b2", "k2", "6"), tag).status_code == 200


@pytest.mark.parametrize("known", ['"other"', "W/garbage", ",", '"x", {}', "*"])
def test_the_header_may_name_several_or_any_or_nonsense(known: str) -> None:
    tag = asked("<p>1</p>")["ETag"]
    answer = asked("<p>1</p>", known.replace("{}", tag))
    assert answer.status_code == (304 if "{}" in known or known == "*" else 200)


def test_changes_and_failures_are_never_not_modified() -> None:
    tag = asked("<p>1</p>")["ETag"]
    assert asked("<p>1</p>", tag, method="POST").status_code == 200
    assert asked("<p>1</p>", tag, status=422).status_code == 422
