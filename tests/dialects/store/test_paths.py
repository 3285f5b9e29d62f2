"""The declared paths: every command has one from every open state, and a path is refused whole or walked whole."""

from collections.abc import Iterator
from typing import Any

import pytest

from factoryos.dialects.store import article_calls, order_calls, traceability
from factoryos.dialects.store.states import COMMAND_OF_NEW, PATHS, WORD_OF, Command, Word
from factoryos.kernel.permissions import VERB_ROLES
from factoryos.kernel.problems import Busy
from orders import actions
from orders.materials import reserving
from orders.materials.ahead import writing
from orders.models import ProductionOrder
from orders.moves import table
from orders.states import State
from tests import floor, stores
from tests.dialects.store.workshop import RUN, Workshop, a_workshop, refused
from tests.evidence import everything

pytestmark = pytest.mark.django_db

OPEN = {state for state, word in WORD_OF.items() if word in (Word.NEW, Word.DEVELOPING)}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Workshop]:
    yield from a_workshop(django_db_blocker)


@pytest.fixture
def shop(made: Workshop, db: None) -> Workshop:
    return made


def test_every_command_has_a_path_from_every_open_state_and_from_no_other() -> None:
    assert set(PATHS) == set(Command)
    assert all(set(paths) == OPEN for paths in PATHS.values())
    assert set(COMMAND_OF_NEW) == set(Word) - {Word.NEW}


@pytest.mark.parametrize("command", Command)
def test_the_moves_of_a_path_follow_one_another(command: Command) -> None:
    """As the life's own table has it, without asking the verbs."""
    ends = {Command.START: {"in_production", "paused"}, Command.BOOK: {"in_production", "paused"},
            Command.FINISH: {"completed"}, Command.CANCEL: {"cancelled"}}  # fmt: skip
    for state, verbs in PATHS[command].items():
        at = str(state)
        for verb in verbs:
            assert hasattr(actions, verb)
            name = {"approve_best_effort": "approve"}.get(verb, verb)
            assert name in VERB_ROLES
            at = str(table()[name][at].target)
        assert at in ends[command], (state, verbs)


CALLS = [
    ("PUT", "{}?startProduction=true", {"name": "x"}),
    ("PUT", f"{{}}/{RUN}", {"amount": 1}),
    ("PUT", "{}/article", {"articleId": "CAP-28/BLUE", "amount": 7, "finished": 1}),
    ("POST", "{}/article", {"articleId": "SHELL-28", "amount": 7, "finished": 1}),
    ("PUT", "{}/finish", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_path_that_fails_at_its_second_verb_leaves_nothing(
    shop: Workshop, method: str, path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = shop.with_caps(100)
    floor.done(actions.hold, order_id=order_id, by=shop.actor, reason="odd colour")
    before = everything()
    approved: list[int] = []
    reserve = reserving.reserve_what_is_there

    def watched(*args: Any, **kwargs: Any) -> Any:
        approved.append(1)
        return reserve(*args, **kwargs)

    monkeypatch.setattr(reserving, "reserve_what_is_there", watched)
    refused(shop.admin.send(method, path.format(order_id), body), 409, 903003, "state", before)
    assert approved, "the first verb had reserved already"
    assert stores.stock_of(shop.shell) == (20_000, 0)


@pytest.mark.parametrize(("method", "path", "body"), CALLS[:-1])
def test_the_verbs_that_a_call_states_are_those_that_it_runs(
    shop: Workshop, method: str, path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they lock, and what is set aside after them, is known from what is stated alone."""
    stated: list[str] = []

    def heard(order: ProductionOrder, *, verbs: list[str], **more: Any) -> Any:
        stated.extend(verbs)
        return writing(order, verbs=verbs, **more)

    for module in (order_calls, article_calls, traceability):
        monkeypatch.setattr(module, "writing", heard)
    order_id = shop.with_caps(100)
    before = len(shop.verbs(order_id))
    stated.clear()
    assert shop.admin.send(method, path.format(order_id), body).status == 200
    assert shop.verbs(order_id)[before:] == ["approve" if verb == "approve_best_effort" else verb for verb in stated]
    assert stated


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_refusal_on_the_way_is_remembered_and_leaves_nothing(
    shop: Workshop, method: str, path: str, body: Any
) -> None:
    order_id = shop.with_caps(100)
    hold = floor.done(actions.hold, order_id=order_id, by=shop.actor, reason="odd colour")
    assert hold is not None
    sent = {"idempotency_key": "once"}
    first = shop.admin.send(method, path.format(order_id), body, **sent)
    before = everything()
    again = shop.admin.send(method, path.format(order_id), body, **sent)
    assert (first.status, again.status, again.content) == (409, 409, first.content)
    assert everything() == before
    assert shop.verbs(order_id)[-1] == "hold"


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_what_is_busy_at_the_last_verb_is_told_as_busy_and_leaves_nothing(
    shop: Workshop, method: str, path: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = shop.with_caps(100)
    before = everything()

    def busy(**arguments: Any) -> None:
        raise Busy()

    for verb in ("start", "report", "complete"):
        monkeypatch.setattr(actions, verb, busy)
    refused(shop.admin.send(method, path.format(order_id), body), 503, 900101, None, before)


def test_a_booking_of_nothing_starts_nothing(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    same = {"articleId": "CAP-28/BLUE", "amount": 100, "finished": 0, "waste": 0}
    before = everything()
    assert shop.admin.put(f"{order_id}/article", same)["state"] == 0
    assert everything() == before


def test_an_approved_order_is_not_approved_again(shop: Workshop) -> None:
    order_id = shop.with_caps(100)
    floor.done(actions.approve, order_id=order_id, by=shop.actor)
    shop.admin.put(f"{order_id}?startProduction=true")
    assert shop.verbs(order_id).count("approve") == 1
    assert shop.core(order_id).state == State.IN_PRODUCTION
