"""The list of what planning systems state: what is on it, in which order, what is found, and for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factoryos.kernel import clock
from factoryos.ops.ingest import heads
from factoryos.ops.ingest.words import EVERY, NOT_DONE, WORDS
from orders.models import IngestHead
from tests.callers import a_member
from tests.ops.ingest.sender import REASON, Sender, link, words
from tests.ops.order_page.desk import Desk

pytestmark = pytest.mark.django_db

MOST = 12  # queries of a page, by the console's budget


def one_of_each(sender: Sender) -> dict[str, IngestHead]:
    return {state: sender.became(sender.states(order_number=f"MO-{state}"), state) for state in EVERY}


def test_every_state_has_its_words_and_a_shape_of_its_own() -> None:
    assert set(WORDS) == set(IngestHead.State.values) == set(EVERY)
    assert len({word.icon for word in WORDS.values()}) == len({word.label for word in WORDS.values()}) == len(WORDS)


def test_what_somebody_must_look_at_comes_first_and_each_state_has_its_own_list() -> None:
    sender = Sender()
    one_of_each(sender)
    assert set(sender.sees()) == {"MO-conflict", "MO-failed", "MO-waiting"}
    for state in NOT_DONE:
        assert sender.sees(f"?state={state}") == [f"MO-{state}"]
    assert set(sender.sees("?state=all")) == {f"MO-{state}" for state in NOT_DONE}


def test_a_row_says_what_it_is_why_and_which_order_it_became() -> None:
    desk = Desk("planner", time_zone="Europe/Berlin")
    sender = Sender(desk.factory)
    order = desk.completed(500)
    sender.became(sender.states(order_number="MO-7", product_id=desk.item.sku), "conflict", reason=REASON, order=order)
    answer = sender.get()
    read = words(answer)
    assert all(
        each in read for each in ("MO-7", desk.item.sku, "Conflict", REASON, "LINE-7", order.reference, "Completed")
    )
    assert f'href="/ops/orders/{order.uuid}"' in answer.content.decode()


def test_a_stated_text_is_shown_and_never_run() -> None:
    sender = Sender()
    hostile = "<script>alert(1)</script>"
    head = sender.became(
        sender.states(order_number=hostile, product_id=hostile, source_id=hostile, status=hostile),
        "conflict",
        reason=hostile,
    )
    for path in ("", f"/{head.pk}", f"?q={hostile}"):
        answer = sender.get(path)
        assert hostile.encode() not in answer.content
        assert hostile in words(answer) or "&lt;script" in answer.content.decode()


def test_a_search_finds_beginnings_of_order_numbers_in_every_state_and_of_products_in_those_not_done() -> None:
    sender = Sender()
    one_of_each(sender)
    assert len(sender.sees("?q=mo-")) == len(EVERY)
    assert sender.sees("?q=MO-done") == ["MO-done"]
    assert sender.sees("?q=MO-done&state=conflict") == []
    assert set(sender.sees("?q=PROD-1")) == {f"MO-{state}" for state in NOT_DONE}
    assert sender.sees("?q=O-done") == []
    assert "Nothing matches" in words(sender.get("?q=nothing-like-it"))


def test_pages_follow_one_another_without_repeating_or_losing_a_row() -> None:
    sender = Sender()
    expected = [head.order_number for head in reversed(sender.several(120, "conflict"))]
    for query in ("?state=conflict", "?q=MO-"):
        seen: list[str] = []
        path: str | None = f"/ops/ingest{query}"
        while path:
            answer = sender.client.get(path)
            seen += sender.sees(path.removeprefix("/ops/ingest"))
            last, path = path, link(answer, "page-next")
        assert seen == expected
        back = link(sender.client.get(last), "page-previous")
        assert back is not None
        assert sender.sees(back.removeprefix("/ops/ingest")) == expected[50:100]


def test_counts_stop_where_more_would_help_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender()
    sender.several(12, "conflict")
    assert heads.standing(by=sender.by).counts["conflict"] == 12
    assert "Conflict 12" in words(sender.get())
    real = heads.standing(by=sender.by)
    many = heads.Standing({**real.counts, "conflict": heads.COUNTED + 1}, None)
    monkeypatch.setattr(heads, "standing", lambda **_: many)
    assert "Conflict 1 000+" in words(sender.get())


def test_the_page_says_when_orders_lag_behind_what_was_received() -> None:
    sender = Sender()
    head = sender.states()
    assert "lag behind" not in words(sender.get())
    IngestHead.objects.filter(pk=head.pk).update(due_at=clock.now() - timedelta(minutes=5))
    assert "has waited 5 min" in words(sender.get())
    sender.became(head, "done")
    assert "lag behind" not in words(sender.get())


@pytest.mark.parametrize(
    "query", ["?state=nonsense", "?sate=conflict", "?q=%00", f"?q={'x' * 300}", "?q=%EF%BF%BE&state=x"]
)
def test_a_filter_that_cannot_be_meant_shows_nothing_and_says_so(query: str) -> None:
    sender = Sender()
    sender.conflict(order_number="MO-1")
    answer = sender.get(query)
    assert answer.status_code == 422
    assert "The filter cannot be applied" in words(answer)
    assert "MO-1" not in words(answer)


@pytest.mark.parametrize("place", ["after=nonsense", "before=e30", "after=x&before=y", f"after={'A' * 5000}"])
def test_a_place_that_does_not_exist_is_the_first_page_and_says_so(place: str) -> None:
    sender = Sender()
    sender.conflict(order_number="MO-1")
    assert sender.sees(f"?{place}") == ["MO-1"]
    assert "That page does not exist" in words(sender.get(f"?{place}"))


def test_an_empty_list_says_which_kind_of_empty_it_is() -> None:
    sender = Sender()
    assert "No planning system has sent anything yet" in words(sender.get())
    sender.became(sender.states(), "done")
    assert "Nothing to look at" in words(sender.get())
    assert "Nothing in this state" in words(sender.get("?state=conflict"))


def test_what_belongs_to_another_factory_is_nowhere() -> None:
    here, there = Sender(), Sender()
    foreign = there.conflict(order_number="MO-SAME", source_id="THEIRS", product_id="THEIR-PROD")
    there.became(there.states(order_number="MO-LATE"), "pending", due_at=clock.now() - timedelta(hours=1))
    here.became(here.states(order_number="MO-SAME"), "conflict")
    for path in ("", "?state=all", "?state=conflict", "?q=MO-", "?q=THEIR"):
        read = words(here.get(path))
        assert "THEIR" not in read.replace("Search: THEIR", "").replace("begins with THEIR", "")
        assert "lag behind" not in read
    assert here.get(f"/{foreign.pk}").status_code == 404
    assert "Conflict 1 " in words(here.get())


def test_a_region_comes_alone_and_is_not_sent_again_when_nothing_changed() -> None:
    sender = Sender()
    sender.conflict()
    first = sender.get("", HX_Request="true")
    assert "<html" not in first.content.decode()
    same = sender.get("", HX_Request="true", If_None_Match=first["ETag"])
    assert (same.status_code, same.content) == (304, b"")
    sender.conflict()
    assert sender.get("", HX_Request="true", If_None_Match=first["ETag"]).status_code == 200


PATHS = ("", "?state=all", "?state=pending", "?q=MO-", "?q=nothing", "?state=done")


def cost(sender: Sender, path: str) -> int:
    sender.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert sender.get(path).status_code == 200
    return len(captured)


def test_two_hundred_statements_cost_the_queries_that_sixty_cost_and_at_most_twelve() -> None:
    sender = Sender()
    for state in NOT_DONE:
        sender.several(12, state)
    few = {path: cost(sender, path) for path in PATHS}
    for state in NOT_DONE:
        sender.several(28, state)
    assert {path: cost(sender, path) for path in PATHS} == few
    assert max(few.values()) <= MOST, few


def plans(sender: Sender, *paths: str) -> list[str]:
    """What PostgreSQL does for each statement about heads."""
    found: list[str] = []

    def explained(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "orders_ingesthead" in sql and not many:
            execute(f"EXPLAIN {sql}", parameters, many, context)
            found.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explained):
        for path in paths:
            sender.get(path)
    return found


@pytest.mark.slow
def test_among_many_that_are_done_or_wait_for_their_turn_every_page_is_read_from_an_index() -> None:
    sender = Sender()
    sender.several(5, "conflict")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_ingesthead (factory_id, order_number, product_id, updated_at, content, state, due_at, changed_at)
            SELECT %s, 'X-' || n, 'P-' || n %% 50, now(), gen_random_uuid(), CASE WHEN n %% 5 = 0 THEN 'pending' ELSE 'done' END,
                now(), now() - n * interval '1 second' FROM generate_series(1, 50000) AS n
            """,
            [sender.factory.pk],
        )
        cursor.execute("ANALYZE orders_ingesthead")
    known = plans(sender, "", "?state=conflict", "?state=pending", "?state=all", "?q=X-77", "?q=P-7")
    assert len(known) > 12
    assert not [plan for plan in known if "Seq Scan on orders_ingesthead" in plan]


def test_a_viewer_reads_and_is_offered_no_other_attempt() -> None:
    sender = Sender()
    head = sender.conflict(order_number="MO-1")
    viewer = sender.signed_in("viewer")
    for path in ("", f"/{head.pk}"):
        assert "Try again" in words(sender.get(path))
        answer = sender.get(path, client=viewer)
        assert answer.status_code == 200
        assert "MO-1" in words(answer)
        assert "Try again" not in words(answer)


def test_who_works_in_two_factories_finds_links_that_say_which() -> None:
    from django.test import Client

    from factoryos.kernel.models import Membership

    here, there = Sender(), Sender()
    here.several(60, "conflict")
    user = a_member(here.factory, "planner")
    Membership.objects.create(user=user, factory=there.factory, roles=["viewer"])
    client = Client()
    client.force_login(user)
    answer = client.get(f"/ops/ingest?factory={here.factory.slug}")
    following = link(answer, "page-next")
    assert following is not None
    assert f"factory={here.factory.slug}" in following
    client.get(f"/ops/ingest?factory={there.factory.slug}")
    assert client.get(following).status_code == 200
    assert f"What planning systems state to {here.factory.name}" in words(client.get(following))
