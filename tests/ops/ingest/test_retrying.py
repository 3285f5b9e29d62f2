"""Trying again: who may, what it does, and that it is done once."""

import pytest

from orders.models import IngestHead
from tests.ops.ingest.sender import Sender, words

pytestmark = pytest.mark.django_db


def due(head: IngestHead) -> bool:
    return IngestHead.objects.get(pk=head.pk).due_at is not None


def sent(sender: Sender, *heads: IngestHead, client: object = None, **fields: str) -> object:
    body = {"ids": [head.pk for head in heads], "factory": sender.factory.slug, "key": "a-key", **fields}
    return (client or sender.client).post("/ops/ingest/retry", body)  # type: ignore[attr-defined]


def test_what_is_ticked_is_looked_at_again_and_the_reader_is_back_where_they_were() -> None:
    sender = Sender()
    conflict, waiting, other = sender.conflict(), sender.became(sender.states(), "waiting"), sender.conflict()
    answer = sent(sender, conflict, waiting, state="all")
    assert (answer.status_code, answer["Location"]) == (303, "/ops/ingest?state=all")  # type: ignore[attr-defined,index]
    assert due(conflict) and due(waiting) and not due(other)
    assert "2 orders will be looked at again in a moment." in words(sender.get("?state=all"))


def test_from_a_statements_own_page_it_leads_back_there() -> None:
    sender = Sender()
    head = sender.conflict()
    answer = sent(sender, head, page="statement")
    assert answer["Location"] == f"/ops/ingest/{head.pk}"  # type: ignore[index]
    assert "Looked at again in a moment" in words(sender.get(f"/{head.pk}"))


def test_the_form_sent_twice_is_one_attempt() -> None:
    sender = Sender()
    head = sender.conflict()
    sent(sender, head)
    IngestHead.objects.filter(pk=head.pk).update(due_at=None)  # looked at, and in conflict still
    assert sent(sender, head).status_code == 303  # type: ignore[attr-defined]
    assert not due(head)


@pytest.mark.parametrize("role", ["viewer", "technician", "qa", "operator", "engineer"])
def test_whoever_could_not_have_sent_it_is_refused(role: str) -> None:
    sender = Sender()
    head = sender.conflict()
    assert sent(sender, head, client=sender.signed_in(role)).status_code == 403  # type: ignore[attr-defined]
    assert not due(head)


def test_a_strangers_statement_is_not_there_and_is_left_alone() -> None:
    here, there = Sender(), Sender()
    foreign = there.conflict()
    assert sent(here, foreign).status_code == 404  # type: ignore[attr-defined]
    mine = here.conflict()
    assert sent(here, mine, foreign, key="another").status_code == 303  # type: ignore[attr-defined]
    assert due(mine) and not due(foreign)


@pytest.mark.parametrize("state", ["done", "skipped"])
def test_what_needs_no_attempt_gets_none(state: str) -> None:
    sender = Sender()
    head = sender.became(sender.states(), state)
    sent(sender, head)
    assert not due(head)
    assert "Nothing there has to be tried again" in words(sender.get())


@pytest.mark.parametrize(
    "ids", [[], ["x"], ["-1"], ["1" * 30], ["\u0661"], [str(n) for n in range(51)], ["1.5"], [""]], ids=str
)
def test_a_selection_that_is_none_is_told(ids: list[str]) -> None:
    sender = Sender()
    answer = sender.client.post("/ops/ingest/retry", {"ids": ids})
    assert answer.status_code == 422


def test_a_number_beyond_all_keys_is_nobodys() -> None:
    sender = Sender()
    assert sender.client.post("/ops/ingest/retry", {"ids": ["9" * 19]}).status_code == 404
    assert sender.get("/9999999999999999999").status_code == 404
