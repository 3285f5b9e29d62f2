"""Which orders are meant: all that match, only that match, without those deselected, and never anybody else's."""

import re
from datetime import timedelta

import pytest
from django.core import signing

from factoryos.kernel.models import Membership
from factoryos.ops.bulk import token
from factoryos.ops.models import BulkOperation
from orders.models import ProductionOrder
from tests.ops.bulk.desk import Desk, events, states

pytestmark = pytest.mark.django_db


def test_filter_then_select_all_changes_only_what_matches() -> None:
    desk = Desk()
    desk.many(60, customer="Acme")
    desk.many(3, state="submitted", customer="Other")
    operation = desk.does("approve", desk.selects_all("customer=Acme"))
    assert desk.counts(operation) == (60, 0, 0, 0)
    assert set(ProductionOrder.objects.filter(state="approved").values_list("customer_name", flat=True)) == {"Acme"}
    assert operation.query == "customer=Acme"


def test_a_search_typed_in_the_live_box_is_what_select_all_means() -> None:
    """The box fetches the region alone, as a fragment; its form carries the token of what was typed."""
    desk = Desk()
    desk.many(55)
    desk.many(55, state="submitted")
    page = desk.client.get(
        f"/ops/orders?q=submitted-&factory={desk.factory.slug}", headers={"HX-Request": "true", "HX-Trigger": "filter"}
    ).content.decode()
    sent = dict(re.findall(r'name="(filter_token)" value="([^"]+)"', page)) | {"all": "1", "factory": desk.factory.slug}
    assert desk.counts(desk.does("approve", sent)) == (55, 0, 0, 0)
    assert ProductionOrder.objects.filter(state="draft").count() == 55


def test_select_all_takes_more_than_the_one_page_that_is_shown() -> None:
    desk = Desk()
    desk.many(130)
    assert desk.counts(desk.does("submit", desk.selects_all())) == (130, 0, 0, 0)


def test_what_is_deselected_after_select_all_is_left_alone() -> None:
    desk = Desk()
    desk.many(60)
    spared = tuple(ProductionOrder.objects.order_by("-id")[:2])
    operation = desk.does("submit", desk.selects_all(deselected=spared))
    assert (operation.selected, states(*spared)) == (58, ["draft", "draft"])


def test_the_buttons_above_and_below_the_table_send_the_same() -> None:
    desk = Desk()
    desk.several(2)
    page = desk.client.get(f"/ops/orders?factory={desk.factory.slug}").content.decode()
    bars = re.findall(r'<div class="toolbar" data-bulk .*?</div>', page, re.S)
    buttons = [re.findall(r'<button[^>]*name="action" value="(\w+)"', bar) for bar in bars]
    assert len(bars) == 2
    assert buttons[0] == buttons[1] == ["status", "priority", "assign", "note"]
    assert page.count('id="bulk"') == 1


def test_without_all_only_the_ticked_rows_are_meant_though_the_token_comes_along() -> None:
    desk = Desk()
    desk.many(60)
    sent = desk.selects_all()
    del sent["all"]
    one = ProductionOrder.objects.first()
    assert one is not None
    assert desk.does("submit", sent | {"ids": [str(one.uuid)]}).selected == 1


def test_an_order_made_after_the_list_was_shown_is_not_among_all() -> None:
    desk = Desk()
    desk.many(60)
    sent = desk.selects_all()
    late = desk.draft()
    previewed = desk.preview("submit", sent)
    assert desk.operation(desk.apply(desk.confirms(previewed))).selected == 60
    assert states(late) == ["draft"]


def test_a_token_that_was_tampered_with_does_nothing() -> None:
    desk = Desk()
    desk.many(60)
    sent = desk.selects_all()
    value = sent["filter_token"]
    refused = desk.preview("submit", sent | {"filter_token": value[:-3] + ("aaa" if value[-3:] != "aaa" else "bbb")})
    assert refused.status_code == 422
    assert "not one of yours" in refused.content.decode()


def test_somebody_elses_token_does_nothing_not_even_a_colleagues() -> None:
    desk = Desk()
    desk.many(60)
    colleague = Desk(factory=desk.factory)
    refused = colleague.preview("submit", desk.selects_all())
    assert (refused.status_code, BulkOperation.objects.count()) == (422, 0)


def test_a_token_of_another_of_ones_factories_does_nothing() -> None:
    desk, other = Desk(), Desk()
    other.many(60)
    desk.many(60)
    Membership.objects.create(user=desk.user, factory=other.factory, roles=["admin"])
    sent = desk.selects_all() | {"factory": other.factory.slug}
    assert desk.preview("submit", sent).status_code == 422


def test_a_token_is_good_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.many(60)
    sent = desk.selects_all()
    confirmed = desk.confirms(desk.preview("submit", sent))
    later = signing.time.time() + timedelta(hours=1, seconds=2).total_seconds()
    monkeypatch.setattr(signing.time, "time", lambda: later)
    for refused in (desk.preview("submit", sent), desk.apply(confirmed)):
        assert refused.status_code == 422
        assert "more than an hour old" in refused.content.decode()
    assert BulkOperation.objects.count() == 0


def test_a_filters_token_is_no_previews_token() -> None:
    desk = Desk()
    desk.many(60)
    sent = desk.confirms(desk.preview("submit", desk.selects_all()))
    assert desk.apply(sent | {"seen": desk.selects_all()["filter_token"]}).status_code == 422


def test_a_strangers_orders_are_as_missing_as_none_and_it_is_said() -> None:
    desk, stranger = Desk(), Desk()
    mine, theirs = desk.draft(), stranger.draft()
    sent = desk.selects(mine, theirs)
    sent["ids"].append("00000000-0000-7000-8000-000000000000")
    previewed = desk.preview("submit", sent)
    assert "2\u202forders" not in previewed.content.decode()
    assert "2 orders of the selection cannot be found" in previewed.content.decode()
    assert desk.operation(desk.apply(desk.confirms(previewed))).selected == 1
    assert (states(theirs), events(theirs)) == (["draft"], 1)
    assert theirs.reference not in previewed.content.decode().replace(mine.reference, "")


def test_only_a_strangers_orders_are_nothing() -> None:
    desk, stranger = Desk(), Desk()
    assert desk.preview("submit", desk.selects(stranger.draft())).status_code == 422


def test_nothing_selected_is_said() -> None:
    refused = Desk().preview("submit", {})
    assert (refused.status_code, "No order was selected" in refused.content.decode()) == (422, True)


def test_ten_thousand_orders_fit_into_a_form() -> None:
    desk = Desk()
    seen = token.Seen(range(5_000_000, 5_010_000), [3, 4] * 5000)
    signed = token.sign_seen(seen, by=desk.by)
    again = token.read_seen(signed, by=desk.by)
    assert len(signed) < 20_000
    assert (list(again.ids), list(again.versions)) == (list(seen.ids), list(seen.versions))


def test_the_bar_is_not_offered_to_who_may_do_nothing() -> None:
    desk = Desk("viewer")
    desk.draft()
    page = desk.client.get(f"/ops/orders?factory={desk.factory.slug}").content.decode()
    assert "data-bulk" not in page
    refused = desk.preview("submit", desk.selects(desk.draft()))
    assert refused.status_code == 403
