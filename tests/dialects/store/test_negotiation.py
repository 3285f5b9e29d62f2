"""The form of an answer: JSON unless XML is what is accepted, refusals in the same form."""

import json

import pytest
from django.test import RequestFactory

from factoryos.dialects.base.problems import NotAcceptable
from factoryos.dialects.store.errors import render_problem
from factoryos.dialects.store.negotiation import JSON, PDF, XML, form_of, form_of_refusal
from factoryos.dialects.store.renderers import document
from factoryos.kernel.problems import RateLimited, Unauthenticated


def asking(accept: str | None):  # type: ignore[no-untyped-def]
    headers = {} if accept is None else {"accept": accept}
    return RequestFactory().get("/v1/production_orders", headers=headers)


ACCEPTED = [
    (None, JSON),
    ("", JSON),
    ("  ", JSON),
    ("*/*", JSON),
    ("application/*", JSON),
    ("application/json", JSON),
    ("Application/JSON; charset=utf-8", JSON),
    ("application/xml", XML),
    ("text/xml", XML),
    ("APPLICATION/XML", XML),
    ("application/xml;charset=utf-8", XML),
    ("text/html, application/xml", XML),
    ("application/json, application/xml", JSON),
    ("application/xml, application/json", JSON),
    ("application/json;q=0.5, application/xml", XML),
    ("application/json;q=0.5, text/xml;q=0.9", XML),
    ("application/json;q=0.9, application/xml;q=0.5", JSON),
    ("application/json;q=0, */*", XML),
    ("application/json ; q=0 , application/* ; q=0.1", XML),
    ("application/xml;q=0.2, */*;q=0.1", XML),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", XML),  # as a browser has it
    ("text/xml;q=0.001", XML),
    ("application/json;level=1;q=0.3, application/xml;q=0.4", XML),
    (",,application/xml,,", XML),
]
REFUSED = [
    "text/csv",
    "application/pdf",
    "text/*",
    "application/json;q=0",
    "*/*;q=0",
    "application/json;q=0, application/xml;q=0.0",
    "application/xml+json",
    # what is no Accept header at all accepts nothing, and breaks nothing
    ";",
    ";;q=1",
    "/",
    "application",
    "application/json;q=x",
    "application/json;q=nan",
    "application/json;q=-1",
    "application/json;q=1e999",
    "application/json;q=",
    "\xe5\xff/\x01",
    "json " * 1000,
]


@pytest.mark.parametrize(("accept", "form"), ACCEPTED)
def test_an_answer_has_the_form_that_is_accepted(accept: str | None, form: str) -> None:
    assert form_of(asking(accept)) == form
    assert form_of_refusal(asking(accept)) == form


@pytest.mark.parametrize("accept", REFUSED)
def test_where_nothing_is_acceptable_that_is_told_in_json(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        form_of(asking(accept))
    answer = render_problem(refusal.value, asking(accept))
    assert (answer.status, answer.headers["Content-Type"]) == (406, JSON)
    told = json.loads(answer.body)
    assert told["errorCode"] == 900101 and told["errorData"] == {"offered": [JSON, XML]}


def test_a_picking_list_is_a_pdf_and_its_refusals_are_json() -> None:
    for accept in (None, "*/*", "application/pdf", "application/json", "application/*"):
        assert form_of(asking(accept), offered=(PDF, JSON)) in (PDF, JSON)
        assert form_of_refusal(asking(accept)) == JSON
    with pytest.raises(NotAcceptable) as refusal:
        form_of(asking("application/xml"), offered=(PDF, JSON))
    # XML would be read, but nothing of this call is to be had in it.
    assert render_problem(refusal.value, asking("application/xml")).headers["Content-Type"] == JSON


@pytest.mark.parametrize("problem", [Unauthenticated(), RateLimited(retry_after=7)])
def test_refusals_before_the_call_are_in_the_accepted_form(problem: Unauthenticated | RateLimited) -> None:
    answer = render_problem(problem, asking("text/xml"))
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert b"<errorDto><errorCode>9" in answer.body
    assert json.loads(render_problem(problem, asking(None)).body)["errorField"] is None


def test_an_alias_gets_the_type_by_its_first_name() -> None:
    answer = document({"prReference": "PO-1"}, root="productionOrderRefDto", form=form_of(asking("text/xml")))
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b"<productionOrderRefDto><prReference>PO-1</prReference></productionOrderRefDto>\n"
    )
