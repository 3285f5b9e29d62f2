"""Whatever stands in the address, the answer is a page: 200, 422 or 404, never 500, and never an order too many."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from factoryos.ops.order_list.filters import NOT_FILTERS, PLACES
from orders.listing import SORTS
from orders.states import State
from tests.ops.order_list.reader import Reader, references

NAMES = st.sampled_from([*PLACES, *NOT_FILTERS - {"factory"}, "foo", "status[]", "q\x00"])
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([*State.values, *SORTS, "rush", "due", "open", "1", "-1", "99999999999999999999", "2025-02-30"]),
    st.dates().map(str),
    st.integers().map(str),
    st.binary(max_size=12).map(lambda raw: raw.decode("latin-1")),
)


@pytest.mark.django_db
class TestGarbage(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.reader = Reader()  # type: ignore[attr-defined]
        cls.reader.several(3, customer_name="Acme")  # type: ignore[attr-defined]
        Reader().place("theirs", customer_name="Acme")

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=6), fragment=st.booleans())
    def test_any_address_is_answered_with_a_page(self, pairs: list[tuple[str, str]], fragment: bool) -> None:
        query = urlencode(pairs, errors="replace")
        headers = {"HX-Request": "true"} if fragment else {}
        response = self.reader.client.get(f"/ops/orders?{query}", headers=headers)  # type: ignore[attr-defined]
        assert response.status_code in {200, 302, 422}, response.status_code
        shown = references(response.content.decode())
        assert "theirs" not in shown
        if response.status_code == 422:
            assert not shown

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(raw=st.binary(max_size=40))
    def test_bytes_that_are_no_query_are_answered_too(self, raw: bytes) -> None:
        query = "".join(f"%{byte:02X}" for byte in raw)
        for path in (f"/ops/orders?q={query}", f"/ops/orders?{query}", f"/ops/orders/export.xlsx?customer={query}"):
            response = self.reader.client.get(path)  # type: ignore[attr-defined]
            assert response.status_code in {200, 302, 422}
