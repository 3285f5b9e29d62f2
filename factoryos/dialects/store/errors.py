"""The whole failure contract of the store API: its envelope, its numeric codes and the status of each.

Which code a refusal has depends on what the call was about (`Fault`): reading or making or changing a production order, or
a customer order. Whatever is not about one order is 900101.
"""

from enum import IntEnum

from factoryos.dialects.base.dialect import FaceRequest
from factoryos.dialects.base.refusals import STATUS_OF_KIND, headers_of
from factoryos.dialects.store.negotiation import JSON, form_of_refusal
from factoryos.dialects.store.renderers import document
from factoryos.dialects.store.wording import told
from factoryos.kernel.problems import Kind, Problem
from factoryos.kernel.transactions import Answer


class Fault(IntEnum):
    """The published codes."""

    CREDENTIALS = 900001
    COMMON = 900101
    TOO_MANY = 900429
    READING = 903001  # a production order
    CREATING = 903002
    UPDATING = 903003
    CUSTOMER_ORDER = 903004


# What there is none of, by the name that the core gives it.
_MISSING = {
    "Production order": Fault.READING,
    "Line": Fault.UPDATING,
    "Customer order": Fault.CUSTOMER_ORDER,
    "Path": Fault.COMMON,
}
# Kinds of refusal that say nothing about an order, whatever the call was.
_OF_KIND = {
    Kind.UNAUTHENTICATED: Fault.CREDENTIALS,
    Kind.FORBIDDEN: Fault.CREDENTIALS,
    Kind.LIMITED: Fault.TOO_MANY,
    Kind.NOT_ALLOWED: Fault.COMMON,
    Kind.NOT_ACCEPTABLE: Fault.COMMON,
    Kind.TOO_LARGE: Fault.COMMON,
    Kind.UNSUPPORTED: Fault.COMMON,
    Kind.REUSED: Fault.COMMON,
    Kind.INTERNAL: Fault.COMMON,
    Kind.BUSY: Fault.COMMON,
    Kind.STALE: Fault.UPDATING,
}
_COMMON = frozenset({"malformed_json", "malformed_xml", "body_missing", "idempotency_in_progress"})


class UnknownCustomerOrder(Problem):
    """A body names a customer order that this store does not have."""

    code, kind, template = "customer_order_unknown", Kind.INVALID, "There is no such customer order"


def render_problem(problem: Problem, request: FaceRequest) -> Answer:
    """The envelope of a refusal, in the form that the caller accepts, with the headers that belong to it."""
    message, field, facts = told(problem)
    # To whom neither form is acceptable, or only the one that this call does not have: JSON.
    form = JSON if problem.kind is Kind.NOT_ACCEPTABLE else form_of_refusal(request)
    body = {
        "errorCode": int(_fault_of(problem, request)),
        "errorMessage": message,
        "errorField": "customerOrderId" if isinstance(problem, UnknownCustomerOrder) else field,
        "errorData": facts,
    }
    return document(
        body, root="errorDto", form=form, status=STATUS_OF_KIND[problem.kind],
        headers=headers_of(problem, challenge="StoreCredentials"),
    )  # fmt: skip


def _fault_of(problem: Problem, request: FaceRequest) -> Fault:
    if problem.code in _COMMON:
        return Fault.COMMON
    if problem.kind in _OF_KIND:
        return _OF_KIND[problem.kind]
    if isinstance(problem, UnknownCustomerOrder):
        return Fault.CUSTOMER_ORDER
    if problem.kind is Kind.MISSING and problem.data["thing"] in _MISSING:
        return _MISSING[problem.data["thing"]]
    return getattr(request, "fault", Fault.COMMON)
