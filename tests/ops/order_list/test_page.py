"""The page of the list: paging, sorting, counting, its three ways of being empty, who is offered what, and fragments."""

import re

import pytest

from factoryos.ops.models import Preferences
from orders import actions
from orders.models import OrderTally
from tests import callers, floor
from tests.ops.order_list.reader import Reader, link, references, soon

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Reader:
    return Reader()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


# --- Paging and sorting -----------------------------------------------------------------------------------------------


def test_links_lead_through_all_pages_and_back_while_orders_come_in(reader: Reader) -> None:
    before = [order.reference for order in reader.several(120)]
    page, met = reader.get().content.decode(), []
    while True:
        met.append(references(page))
        reader.place()
        following = link(page, "page-next")
        if following is None:
            break
        page = reader.client.get(following).content.decode()
    assert [len(each) for each in met] == [50, 50, 20]
    assert [row for each in met for row in each] == before[::-1]
    back = []
    while (previous := link(page, "page-previous")) is not None:
        page = reader.client.get(previous).content.decode()
        back.append(references(page))
    assert [row for each in back[::-1] for row in each][-100:] == before[:19:-1], "the same again, newer ones before"


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(reader: Reader) -> None:
    reader.several(51)
    first = reader.get().content.decode()
    assert (link(first, "page-previous"), link(first, "page-first")) == (None, None)
    last = reader.client.get(link(first, "page-next") or "").content.decode()
    assert link(last, "page-next") is None
    again = reader.client.get(link(last, "page-previous") or "").content.decode()
    assert references(again) == references(first)
    assert link(again, "page-previous") is None
    assert references(reader.client.get(link(last, "page-first") or "").content.decode()) == references(first)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "%00",
        "bm9wZQ",
        "W251bGwsMV0gIA%21",
        "W3siYSI6MX0sMV0",
        "W251bGwsOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ",
        "é" * 3000,
    ],
)
def test_a_page_that_was_never_given_out_is_the_first_one_and_says_so(reader: Reader, token: str) -> None:
    reader.place("here")
    for sort in ("newest", "due", "priority", "reference"):
        for way in ("after", "before"):
            response = reader.get(f"{way}={token}&sort={sort}")
            assert references(response.content.decode()) == ["here"]
            assert "That page does not exist" in response.content.decode()


def test_headings_sort_say_how_and_turn_round(reader: Reader) -> None:
    reader.place("a", planned_end=soon(days=2))
    reader.place("b", planned_end=soon(days=1))
    reader.place("c")
    page = reader.get("status=draft").content.decode()
    assert 'aria-sort="none"' in page
    assert 'aria-sort="ascending"' not in page
    page = reader.client.get(link(page, "sort-due") or "").content.decode()
    assert references(page) == ["b", "a", "c"]
    assert re.search(r'aria-sort="ascending"><a id="sort-due"', page)
    page = reader.client.get(link(page, "sort-due") or "").content.decode()
    assert references(page) == ["a", "b", "c"], "what has no due date stays last"
    assert re.search(r'aria-sort="descending"><a id="sort-due"', page)
    assert "status=draft" in (link(page, "sort-due") or ""), "the filter stays"


def test_a_sort_that_is_none_says_so(reader: Reader) -> None:
    reader.place("a")
    response = reader.get("sort=colour")
    assert response.status_code == 200
    assert "cannot be sorted like that" in response.content.decode()


# --- Counting ---------------------------------------------------------------------------------------------------------


def test_the_count_of_a_state_comes_from_the_tally_and_of_other_filters_from_counting(reader: Reader) -> None:
    reader.several(60, state="draft", customer_name="Acme")
    reader.several(2, state="approved")
    assert "62 orders" in text_of(reader.get().content.decode())
    assert "60 orders" in text_of(reader.get("status=draft").content.decode())
    assert "60 orders" in text_of(reader.get("customer=acme").content.decode())
    OrderTally.objects.create(factory=reader.factory, state="draft", orders=1000)
    assert "1 060 orders" in text_of(reader.get("status=draft").content.decode())
    assert "60 orders" in text_of(reader.get("customer=acme").content.decode())


def test_a_count_beyond_the_limit_says_that_there_are_more(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    reader.several(60, customer_name="Acme")
    monkeypatch.setattr("orders.listing.COUNT_LIMIT", 55)
    monkeypatch.setattr("factoryos.ops.order_list.listing.COUNT_LIMIT", 55)
    assert "55+ orders" in text_of(reader.get("customer=acme").content.decode())


# --- What a row says --------------------------------------------------------------------------------------------------


def test_a_row_says_what_a_planner_must_know(reader: Reader) -> None:
    by = floor.an_actor(reader.factory)
    order = floor.an_order(by, target=200, customer_name="<b>Acme</b>", priority="rush", planned_end=soon(days=-3))
    floor.done(actions.hold, order_id=order.pk, by=by, reason="burrs")
    floor.done(actions.add_note, order_id=order.pk, by=by, text="call\n them", audience="customer")
    page = reader.get().content.decode()
    row = page[page.index("<tr data-row") :]
    row = text_of(row[: row.index("</tr>")])
    for words in (
        "&lt;b&gt;Acme&lt;/b&gt;",
        "On hold",
        "Draft",
        "Rush",
        "3 d late",
        "0/200 pcs",
        "To customer: call them",
    ):
        assert words in row.replace(" :", ":"), words
    assert "by admin" in row
    assert f'id="row-{order.uuid}"' in page
    assert f'<input type="checkbox" name="ids" value="{order.uuid}"' in page
    assert f'class="open mono" href="/ops/orders/{order.uuid}"' in page


def test_an_order_that_ended_is_late_no_more(reader: Reader) -> None:
    reader.place("done", state="completed", planned_end=soon(days=-3))
    reader.place("gone", state="cancelled", planned_end=soon(days=-3))
    assert "late" not in text_of(reader.get().content.decode())


# --- Empty, in three ways ---------------------------------------------------------------------------------------------


def test_nothing_exists_yet_says_what_makes_the_first_order(reader: Reader) -> None:
    page = reader.get().content.decode()
    assert "No orders yet" in page
    assert "/ops/orders/new" in page
    assert "/api/docs/" in page


def test_nothing_matches_names_the_filters_and_the_way_out(reader: Reader) -> None:
    reader.place("a")
    page = reader.get("status=closed&customer=Zeta").content.decode()
    assert "No order matches" in page
    assert "status Closed , customer Zeta" in text_of(page).replace("  ", " ")
    assert 'href="/ops/orders?all=1"' in page
    assert "No orders yet" not in page


def test_whoever_may_only_read_is_offered_nothing_else() -> None:
    reader = Reader("viewer")
    page = reader.get().content.decode()
    assert "No orders yet" in page
    assert "/ops/orders/new" not in page
    reader.place("a")
    page = reader.get().content.decode()
    assert references(page) == ["a"]
    assert 'name="ids"' not in page
    assert 'id="bulk"' not in page
    assert "export.csv" in page, "what may be read may be taken along"


@pytest.mark.parametrize(
    ("role", "creates"), [("planner", True), ("operator", False), ("qa", False), ("technician", False)]
)
def test_only_who_may_make_orders_is_offered_to(role: str, creates: bool) -> None:
    page = Reader(role).get().content.decode()
    assert ("/ops/orders/new" in page) is creates
    reader = Reader(role)
    reader.place("a")
    assert 'name="ids"' in reader.get().content.decode()


def test_who_is_not_signed_in_or_belongs_nowhere_sees_no_list() -> None:
    nobody = Reader()
    nobody.place("secret")
    nobody.client.logout()
    assert nobody.get().status_code == 302
    nobody.client.force_login(callers.a_user())
    response = nobody.get()
    assert response.status_code == 403
    assert "secret" not in response.content.decode()


# --- Tenancy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["all=1", "status=draft", "q=theirs", "customer=acme", "hold=open", "sort=due", "q=cap"]
)
def test_nothing_of_another_factory_is_listed_counted_or_matched(reader: Reader, query: str) -> None:
    stranger = Reader()
    by = floor.an_actor(stranger.factory)
    order = floor.an_order(by, customer_name="acme theirs", reference="theirs")
    floor.done(actions.hold, order_id=order.pk, by=by, reason="burrs")
    reader.place("mine", customer_name="acme")
    response = reader.get(query)
    page = response.content.decode()
    assert set(references(page)) <= {"mine"}
    assert "acme theirs" not in page
    assert "2 orders" not in text_of(page)


def test_a_factory_of_ones_own_is_kept_in_every_link_and_a_strangers_is_not_there(reader: Reader) -> None:
    other, stranger = Reader(), Reader()
    reader.joins(other.factory, "viewer")
    other.place("other")
    reader.place("mine")
    page = reader.get(f"all=1&factory={other.factory.slug}").content.decode()
    assert references(page) == ["other"]
    assert f"factory={other.factory.slug}" in (link(page, "sort-due") or "")
    assert reader.get(f"all=1&factory={stranger.factory.slug}").status_code == 404
    assert reader.get("all=1&factory=none").status_code == 404


# --- Fragments --------------------------------------------------------------------------------------------------------


def test_htmx_gets_the_region_alone_and_a_restored_page_the_whole(reader: Reader) -> None:
    reader.place("a")
    fragment = reader.get(HX_Request="true").content.decode()
    assert fragment.lstrip().startswith('<section id="orders"')
    assert "<html" not in fragment
    assert 'data-live="orders"' in fragment
    whole = reader.get(HX_Request="true", HX_History_Restore_Request="true").content.decode()
    assert "<html" in whole
    assert "HX-Request" in reader.get()["Vary"]


def test_a_region_that_did_not_change_is_304_and_one_that_did_is_not(reader: Reader) -> None:
    order = floor.an_order(floor.an_actor(reader.factory))
    first = reader.get(HX_Request="true")
    same = reader.get(HX_Request="true", If_None_Match=first["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert "private" in same["Cache-Control"]
    floor.done(actions.submit, order_id=order.pk, by=floor.an_actor(reader.factory))
    changed = reader.get(HX_Request="true", If_None_Match=first["ETag"])
    assert changed.status_code == 200
    floor.done(
        actions.add_note, order_id=order.pk, by=floor.an_actor(reader.factory), text="hello", audience="internal"
    )
    assert reader.get(HX_Request="true", If_None_Match=changed["ETag"]).status_code == 200


def test_the_live_address_is_this_page_of_this_factory(reader: Reader) -> None:
    reader.several(60, state="draft")
    page = reader.get("status=draft&sort=due").content.decode()
    second = reader.client.get(link(page, "page-next") or "").content.decode()
    live = re.search(r'data-live-url="([^"]*)"', second)
    assert live
    again = reader.client.get(live[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert references(again) == references(second)
    assert f"factory={reader.factory.slug}" in live[1]


def test_a_wrong_filter_is_not_replaced_by_a_live_list_without_it(reader: Reader) -> None:
    reader.place("a")
    assert "data-live-url" not in reader.get("status=nonsense").content.decode().split('id="orders"')[1]


def test_a_search_that_is_typed_leaves_a_clean_address_behind(reader: Reader) -> None:
    reader.place("a")
    typed = reader.get("q=a&customer=&from=&to=&date=due&machine=", HX_Request="true", HX_Trigger="filter")
    assert typed["HX-Push-Url"] == "/ops/orders?q=a"
    assert not reader.get("q=a", HX_Request="true").has_header("HX-Push-Url"), "a refresh is not a step"


# --- Without a script -------------------------------------------------------------------------------------------------


def test_the_form_keeps_what_was_asked_and_needs_no_script(reader: Reader) -> None:
    reader.place("a", state="paused", priority="rush", customer_name="Acme <x>")
    page = reader.get(
        'status=paused&priority=rush&customer=Acme+<x>&date=created&from=2020-01-02&q="a'
    ).content.decode()
    for part in (
        'value="paused" checked', 'value="rush" checked', 'value="Acme &lt;x&gt;"', '<option value="created" selected>',
        'value="2020-01-02"', 'value="&quot;a"', 'method="get" action="/ops/orders"',
    ):  # fmt: skip
        assert part in page, part


def test_nothing_on_the_page_needs_what_the_policy_forbids(reader: Reader) -> None:
    reader.place("a", customer_name="<script>alert(1)</script>")
    page = reader.get("customer=<script>alert(1)</script>").content.decode()
    assert "<script>" not in page
    assert not re.search(r"\s(?:style|on[a-z]+)=", page)


def test_density_is_the_readers_choice(reader: Reader) -> None:
    Preferences.objects.create(user=reader.user, density="compact")
    assert 'data-density="compact"' in reader.get().content.decode()
