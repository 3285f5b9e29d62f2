"""Changing something from a page: once per form, however often it is sent, in one transaction."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from factoryos.kernel import transactions
from factoryos.kernel.idempotency import Memory, fingerprint
from factoryos.kernel.problems import Invalid, Problem
from factoryos.kernel.transactions import Answer
from factoryos.ops.access import ConsoleRequest

KEY_FIELD = "key"  # the hidden field that makes two presses of a button one action
_KEY = re.compile(r"[\x21-\x7e]{1,64}")  # ours are 32 hexadecimal digits
_NOT_CONTENT = frozenset({KEY_FIELD, "csrfmiddlewaretoken"})


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: where to go next, and a sentence to say there."""

    url: str
    message: str


class Refusal(Problem):
    """A refusal by a verb as it was remembered: code, sentence and facts of the problem that it was."""

    def __init__(self, *, code: str, text: str, data: dict[str, Any]) -> None:
        super().__init__(**data)
        self.code = code
        self._text = text

    @property
    def text(self) -> str:
        return self._text


def change(request: ConsoleRequest, work: Callable[[], Done]) -> Done:
    """Run `work` (look up, check, verbs) in one transaction, once per key of the form; sent again, the same comes of it.

    Problems: Refusal for what a verb refused, and whatever else `work` raises; KeyReused, KeyInProgress, Busy.
    """
    answer = transactions.run(lambda: _told(work()), refuse=_refused, memory=_memory(request))
    fields = orjson.loads(answer.body)
    if answer.status != 200:
        raise Refusal(**fields)
    return Done(**fields)


def _told(done: Done) -> Answer:
    return Answer(200, orjson.dumps(asdict(done)))


def _refused(problem: Problem) -> Answer:
    data = orjson.loads(orjson.dumps(dict(problem.data), default=str))
    return Answer(409, orjson.dumps({"code": problem.code, "text": problem.text, "data": data}))


def key_of(request: ConsoleRequest) -> str:
    """The form's hidden key, empty without one. Problem: Invalid (none that a page of ours has made)."""
    key = request.POST.get(KEY_FIELD, "")
    if key and not _KEY.fullmatch(key):
        raise Invalid(messages=["The form's key is not one of ours; load the page again"], field=KEY_FIELD)
    return key


def _memory(request: ConsoleRequest) -> Memory | None:
    key = key_of(request)
    if not key:
        return None
    content = {name: values for name, values in request.POST.lists() if name not in _NOT_CONTENT}
    return Memory(
        factory_id=request.actor.factory.id,
        principal=request.actor.principal,
        call=f"{request.method} {request.path}"[:600],
        key=key,
        fingerprint=fingerprint(content),
    )
