"""Every form that is sent is one transaction, opened by the one runner, which tries again when a lock was not to be had."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from factoryos.kernel.problems import Problem
from factoryos.kernel.transactions import Answer, run

IN_USE = "It is in use by now, so it was not deleted. Nothing was changed."
_TOLD = {  # by PostgreSQL's code: what two people did in the same instant, which no look before the write can see
    "23503": IN_USE,  # foreign_key_violation
    "23001": IN_USE,  # restrict_violation
    "23505": "Somebody made the same in the same instant. Nothing was changed.",  # unique_violation
}


def in_one_transaction(work: Callable[[], Any]) -> Any:
    """What `work` gives. Problems: whatever it raises; Busy."""
    kept: list[Any] = []

    def inside() -> Answer:
        kept[:] = [work()]
        return Answer(200, b"")

    run(inside, refuse=_unasked)
    return kept[0]


def _unasked(problem: Problem) -> Answer:
    raise problem  # only calls with an Idempotency-Key are remembered, and none of these has one


class OneTransaction(ModelAdmin):
    """A page whose forms are written through the runner; a refusal on the way becomes a message, never a 500."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        page: Any = super()
        return self._settled(request, lambda: page.changeform_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        page: Any = super()
        return self._settled(request, lambda: page.delete_view(request, *args, **kwargs))

    def _settled(self, request: HttpRequest, work: Callable[[], Any]) -> HttpResponseBase:
        if request.method != "POST":
            return work()
        try:
            answer: HttpResponse = in_one_transaction(work)
            return answer
        except Problem as problem:
            messages.error(request, f"{problem.text}. Nothing was changed.")
        except (ProtectedError, RestrictedError):
            messages.error(request, IN_USE)
        except IntegrityError as error:
            told = _TOLD.get(getattr(error.__cause__, "sqlstate", ""))
            if told is None:
                raise
            messages.error(request, told)
        return HttpResponseRedirect(request.get_full_path())
