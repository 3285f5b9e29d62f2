"""The edge cases of the contract: what is refused, with which status, code and field, and that nothing changed by it."""

from decimal import Decimal
from typing import Any

import pytest

from orders import actions
from orders.models import ProductionOrder
from tests import floor
from tests.calls import Reply
from tests.conformance.store.shop import Seller, Shop, in_path
from tests.evidence import everything

pytestmark = pytest.mark.django_db

CAP = in_path("CAP-28/BLUE")
RUN = f"article/{CAP}"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def refused(reply: Reply, status: int, code: int, field: str | None = None) -> Reply:
    told = reply.json
    assert set(told) == {"errorCode", "errorMessage", "errorField", "errorData"}
    assert (reply.status, told["errorCode"], told["errorField"]) == (status, code, field), told
    assert told["errorMessage"]
    return reply


# --- who calls


def test_every_wrong_credential_gets_one_and_the_same_answer(shop: Shop) -> None:
    other = Shop()
    key, theirs = shop.admin.key, other.admin.key
    store = shop.factory.store_id
    answers = [
        Seller(None, None).get(),
        Seller(store, None).get(),
        Seller(None, key).get(),
        Seller(store, theirs).get(),
        Seller("nowhere", key).get(),
        Seller(store, key + "x").get(),
        Seller(store, key, **{"user-id": "1", "user-token": "fut_x"}).get(),
        Seller(store, key, **{"user-id": "1"}).get(),
    ]
    assert {(answer.status, answer.content) for answer in answers} == {(401, answers[0].content)}
    refused(answers[0], 401, 900001)


def test_a_refusal_is_told_in_xml_where_that_is_accepted() -> None:
    answer = Seller(None, None).get(accept="application/xml")
    assert answer.status == 401 and answer.headers["Content-Type"].startswith("application/xml")
    assert b"<errorDto>" in answer.content and b"<errorCode>900001</errorCode>" in answer.content


def test_a_reader_is_told_that_the_role_is_missing(shop: Shop) -> None:
    order_id = shop.with_caps()
    before = everything()
    viewer = shop.as_("viewer")
    assert viewer.get(str(order_id)).status == 200
    for call in (
        viewer.post("", {"customerOrderId": shop.customer_order}),
        viewer.put(f"{order_id}", {"name": "x"}),
        viewer.put(f"{order_id}/cancel"),
        viewer.put(f"{order_id}/{RUN}", {"amount": 1}),
        viewer.delete(f"{order_id}/{RUN}"),
    ):
        refused(call, 403, 900001)
    assert everything() == before


def test_another_stores_things_answer_like_none(shop: Shop) -> None:
    other = Shop()
    theirs, unknown = other.with_caps(), 10**15
    before = everything()
    for method, path, body in (
        ("GET", "{}", None), ("PUT", "{}", {"name": "x"}), ("GET", "{}/batch", None), ("GET", "{}/products/flat", None),
        ("GET", "{}/pickinglist/print", None), ("PUT", "{}/cancel", None), ("PUT", "{}/finish", None),
        ("POST", "{}/article", {"articleId": "SHELL-28", "amount": 1}), ("PUT", "{}/article", {"articleId": "CAP-28/BLUE"}),
        ("PUT", "{}/" + RUN, {"amount": 1}), ("DELETE", "{}/" + RUN, None),
    ):  # fmt: skip
        answers = [shop.admin.send(method, path.format(number), body) for number in (theirs, unknown)]
        assert answers[0].content == answers[1].content
        refused(answers[0], 404, 903001)
    wanted = {"customerOrderId": other.customer_order}
    refused(shop.admin.post("", wanted), 400, 903004, "customerOrderId")
    refused(shop.admin.get(f"customer_order/{other.customer_order}"), 404, 903004)
    refused(shop.admin.post(f"customer_order/{other.customer_order}"), 404, 903004)
    assert shop.admin.get("article/CAP-28/BLUE")["ordersCount"] == 0
    assert everything() == before


# --- paths and parameters


@pytest.mark.parametrize("name", ["abc", "0", "-1", "99999999999999999999", "1e3", "1.0", "%00", "²"])
def test_what_is_no_id_names_no_order(shop: Shop, name: str) -> None:
    refused(shop.admin.get(name), 404, 903001)
    refused(shop.admin.put(f"{name}/cancel"), 404, 903001)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("state/7", "state"), ("state/x", "state"), ("state/0?page=-1", "page"), ("state/0?limit=0", "limit"),
        ("state/0?page=x", "page"), ("state/0?order=up", "order"), ("state/0?sort_column=name", "sort_column"),
        ("state/0?from=yesterday", "from"), ("state/0?foo=1", "foo"), ("production_orders_state?state_from=9", "state_from"),
        ("production_orders_state?state_from=2&state_to=1", "state_from"), ("article/x?max_state=4", "max_state"),
        ("pr_ref/next_id?foo=1", "foo"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(shop: Shop, path: str, field: str) -> None:
    refused(shop.admin.get(path), 400, 903001, field)


def test_pages_past_the_end_are_empty_and_large_ones_are_cut(shop: Shop) -> None:
    order_id = shop.with_caps()
    page = shop.admin.get("state/0?page=999")
    assert (page["page"], page["pages"], page["ordersCount"], page["orders"]) == (999, 1, 1, [])
    page = shop.admin.get("state/0?limit=9999")
    assert (page["pageSize"], [order["orderId"] for order in page["orders"]]) == (500, [order_id])
    assert (shop.admin.get("state/3")["pages"], shop.admin.get("state/3")["ordersCount"]) == (0, 0)


@pytest.mark.parametrize(
    "article_id", ["A/B", "Å 1", 'a"><b>', "x" * 255, "100%", "a?b#c", "日本/語", "a//b", "%2F", "end/"]
)
def test_every_article_id_works_in_every_path(shop: Shop, article_id: str) -> None:
    shop.item(article_id, article_id[:40])
    order_id = shop.order()
    assert shop.admin.post(f"{order_id}/article", {"articleId": article_id, "amount": 5}).status == 200
    path = in_path(article_id)
    assert shop.admin.get(f"article/{path}")["ordersCount"] == 1
    assert shop.admin.put(f"{order_id}/article/{path}", {"amount": 1})["finishedAmount"] == 1
    other = shop.order()
    assert shop.admin.post(f"{other}/article", {"articleId": article_id, "amount": 5}).status == 200
    assert shop.admin.delete(f"{other}/article/{path}/")["articles"] == []
    assert shop.admin.get(f"{order_id}/pickinglist/print").content.startswith(b"%PDF-")


def test_a_slash_may_be_encoded_or_not(shop: Shop) -> None:
    order_id = shop.with_caps()
    for path in ("article/CAP-28/BLUE", "article/CAP-28%2FBLUE", "article/CAP-28/BLUE/"):
        assert shop.admin.get(path)["orders"][0]["orderId"] == order_id, path
    assert shop.admin.get("article/CAP-28%252FBLUE")["ordersCount"] == 0


# --- bodies


@pytest.mark.parametrize(
    "body", ['{"name": ', "[1]", '{"workHours": NaN}', '{"name": 1, "name": 2}', '{"a":' * 100 + "1" + "}" * 100,
             '{"workHours": ' + "9" * 5000 + "}"]
)  # fmt: skip
def test_what_cannot_be_read_is_a_common_error(shop: Shop, body: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    for method, path in (("POST", ""), ("PUT", f"{order_id}"), ("POST", f"{order_id}/article")):
        refused(shop.admin.send(method, path, body), 400, 900101)
    assert everything() == before


XXE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><productionOrderDto><name>&a;</name></productionOrderDto>'
BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><productionOrderDto><name>&b;</name></productionOrderDto>'


@pytest.mark.parametrize("body", [XXE, BOMB, "<order/>", "{}", "<productionOrderDto>", "<a>" * 200_000, ""])
def test_what_is_no_document_of_ours_is_a_common_error(shop: Shop, body: str) -> None:
    order_id = shop.with_caps()
    before = everything()
    reply = shop.admin.post(f"{order_id}/article", body, content_type="application/xml", accept="application/xml")
    assert reply.status == 400 and b"<errorCode>900101</errorCode>" in reply.content
    assert everything() == before


def test_another_kind_of_body_or_answer_is_refused(shop: Shop) -> None:
    order_id = shop.with_caps()
    refused(shop.admin.put(f"{order_id}", "name=x", content_type="text/plain"), 415, 900101)
    refused(shop.admin.get(f"{order_id}", accept="text/csv"), 406, 900101)
    refused(shop.admin.get(f"{order_id}/pickinglist/print", accept="application/xml"), 406, 900101)
    refused(shop.admin.put(f"{order_id}", {"name": "x" * 1_100_000}), 413, 900101)
    refused(shop.admin.send("PATCH", f"{order_id}", {}), 405, 900101)
    refused(shop.admin.get("/v1/nothing/here"), 404, 900101)


@pytest.mark.parametrize("value", [-1, 0, "NaN", '"1e400"', 10**12, None, True, "", "x", "0.1234567890123456"])
def test_an_amount_that_is_none_is_refused_by_name(shop: Shop, value: Any) -> None:
    order_id = shop.order()
    before = everything()
    refused(
        shop.admin.post(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": value}), 400, 903003, "amount"
    )
    assert everything() == before


def test_a_typing_error_does_not_vanish(shop: Shop) -> None:
    order_id = shop.order()
    refused(shop.admin.post(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amuont": 1}), 400, 903003, "amuont")
    raw = '{"articleId": "CAP-28/BLUE", "amount": 1e400}'
    refused(shop.admin.post(f"{order_id}/article", raw), 400, 903003, "amount")


@pytest.mark.parametrize("state", [4, 1.5, "x", -1])
def test_a_state_that_is_none_is_refused(shop: Shop, state: Any) -> None:
    refused(shop.admin.post("", {"customerOrderId": shop.customer_order, "state": state}), 400, 903002, "state")


def test_the_customer_order_is_mandatory_and_the_reference_unique(shop: Shop) -> None:
    refused(shop.admin.post("", {"name": "x"}), 400, 903002, "customerOrderId")
    refused(shop.admin.post("", {"customerOrderId": 10**15}), 400, 903004, "customerOrderId")
    shop.order(prReference="MINE")
    other = shop.order()
    before = everything()
    taken = {"customerOrderId": shop.customer_order, "prReference": "MINE"}
    refused(shop.admin.post("", taken), 409, 903002, "prReference")
    refused(shop.admin.put(f"{other}", {"prReference": "MINE"}), 409, 903003, "prReference")
    assert everything() == before


# --- the life of an order


@pytest.mark.parametrize(("state", "word"), [(0, 0), (1, 1), (2, 2), (3, 3)])
def test_a_new_order_may_begin_anywhere(shop: Shop, state: int, word: int) -> None:
    order_id = shop.order(state=state)
    assert shop.admin.get(f"{order_id}")["state"] == word
    assert shop.verbs(order_id) == {
        0: ["create"], 1: ["create", "approve", "start"], 2: ["create", "approve", "start", "complete"],
        3: ["create", "cancel"],
    }[state]  # fmt: skip


def test_the_state_is_not_written_by_an_update(shop: Shop) -> None:
    order_id = shop.with_caps()
    assert shop.admin.put(f"{order_id}", {"state": 2, "name": "x"})["state"] == 0


def test_production_starts_once(shop: Shop) -> None:
    order_id = shop.with_caps()
    refused(shop.admin.put(f"{order_id}?startProduction=maybe"), 400, 903003, "startProduction")
    for _ in range(2):
        assert shop.admin.put(f"{order_id}?startProduction=true")["state"] == 1
    assert shop.verbs(order_id).count("start") == 1


@pytest.mark.parametrize("end", ["finish", "cancel"])
def test_what_is_over_is_not_changed(shop: Shop, end: str) -> None:
    order_id = shop.with_caps()
    assert shop.admin.put(f"{order_id}/{end}").status == 200
    before = everything()
    for reply in (
        shop.admin.put(f"{order_id}"),
        shop.admin.put(f"{order_id}", {"name": "x"}),
        shop.admin.put(f"{order_id}/cancel"),
        shop.admin.put(f"{order_id}/finish"),
        shop.admin.post(f"{order_id}/article", {"articleId": "SHELL-28", "amount": 1}),
        shop.admin.put(f"{order_id}/article", {"articleId": "CAP-28/BLUE", "amount": 1}),
        shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}),
        shop.admin.delete(f"{order_id}/{RUN}"),
    ):
        refused(reply, 409, 903003, "state")
    assert everything() == before


def test_a_hold_refuses_the_start_and_names_itself(shop: Shop) -> None:
    order_id = shop.with_caps()
    floor.done(actions.hold, order_id=order_id, by=shop.actor, reason="odd colour")
    before = everything()
    told = refused(shop.admin.put(f"{order_id}?startProduction=true"), 409, 903003, "state")
    assert told["errorData"] and "odd colour" in told["errorMessage"] + str(told["errorData"])
    assert everything() == before


def test_lines_with_production_stay(shop: Shop) -> None:
    order_id = shop.with_caps()
    assert shop.admin.put(f"{order_id}/{RUN}", {"amount": 1}).status == 200
    refused(shop.admin.delete(f"{order_id}/{RUN}"), 409, 903003, "articleId")
    other = shop.with_caps()
    assert shop.admin.delete(f"{other}/{RUN}")["articles"] == []
    refused(shop.admin.delete(f"{other}/{RUN}"), 404, 903003, "articleId")
    refused(shop.admin.put(f"{other}/{RUN}", {"amount": 1}), 404, 903003, "articleId")
    refused(shop.admin.get(f"{other}/batch?article_id=CAP-28%2FBLUE"), 404, 903003, "articleId")


def test_the_same_article_is_not_added_twice(shop: Shop) -> None:
    order_id = shop.with_caps()
    before = everything()
    again = {"articleId": "CAP-28/BLUE", "amount": 1}
    refused(shop.admin.post(f"{order_id}/article", again), 409, 903003, "articleId")
    refused(shop.admin.post(f"{order_id}/article", {"articleId": "NONE", "amount": 1}), 400, 903003, "articleId")
    assert everything() == before


def test_a_run_sent_again_counts_again_but_not_under_one_key(shop: Shop) -> None:
    order_id = shop.with_caps()
    for _ in range(2):
        shop.admin.put(f"{order_id}/{RUN}?waste=1", {"amount": 10})
    assert shop.admin.get(f"{order_id}")["articles"][0]["finished"] == 20
    first, second = (shop.admin.put(f"{order_id}/{RUN}", {"amount": 5}, idempotency_key="k") for _ in range(2))
    assert first.content == second.content
    shown = shop.admin.get(f"{order_id}")["articles"][0]
    assert (shown["finished"], shown["waste"]) == (25, 2)
    refused(shop.admin.put(f"{order_id}/{RUN}", {"amount": 6}, idempotency_key="k"), 422, 900101)


def test_a_stale_version_is_refused(shop: Shop) -> None:
    order_id = shop.with_caps()
    seen = shop.admin.get(f"{order_id}").headers["ETag"]
    assert shop.admin.put(f"{order_id}", {"name": "a"}, if_match=seen).status == 200
    before = everything()
    refused(shop.admin.put(f"{order_id}", {"name": "b"}, if_match=seen), 412, 903003)
    assert everything() == before


@pytest.mark.parametrize(
    ("amount", "finished", "waste", "accuracy"),
    [(500, 498, 2, "-0.4"), (500, 520, 5, "3"), (500, 0, 0, "0"), (500, 500, 12, "-2.4")],
)
def test_accuracy(shop: Shop, amount: int, finished: int, waste: int, accuracy: str) -> None:
    order_id = shop.with_caps(amount)
    if finished:
        reply = shop.admin.put(
            f"{order_id}/article", {"articleId": "CAP-28/BLUE", "finished": finished, "waste": waste}
        )
        assert reply.status == 200, reply.content
    assert shop.admin.get(f"{order_id}")["articles"][0]["accuracy"] == Decimal(accuracy)


def test_orders_of_other_faces_are_shown_and_keep_their_policy(shop: Shop) -> None:
    theirs: ProductionOrder = floor.an_order(shop.actor, target=10)
    shown = shop.admin.get(f"{theirs.pk}")
    assert (shown["prReference"], shown["customerOrderId"], shown["state"]) == (theirs.reference, None, 0)
    assert (shown["totalAmount"], len(shown["articles"])) == (10, 1)
