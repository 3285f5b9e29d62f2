"""Whatever the description of the store API allows may be sent, and much that it forbids: every answer is a documented one."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from factoryos.dialects.store.docs import STORE_DESCRIPTION
from tests.api.test_schemathesis import CHECKS, EXAMPLES, api, every_way, undone
from tests.conformance.store.shop import Shop

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NEW, DEVELOPING, FINISHED, CANCELLED = "", "?startProduction=true", "/finish", "/cancel"
CAP = "CAP-28/BLUE"
# What bodies and queries name, so that not every one of them ends at "no such article".
NAMES = {
    "articleId": CAP, "article_id": CAP, "startDate": 1766443826229, "endDate": 1766703026229, "batchId": "LN-77"
}  # fmt: skip


def places(shop: Shop, path: str) -> list[dict[str, Any]]:
    """Ways to fill the path's variables: an order in every state, with a line and (of another article) without."""
    known: dict[str, list[Any]] = {
        "customer_order_id": [shop.customer_order], "external_id": ["WEB-5512"], "state": [0, 1],
        "article_id": [quote(CAP, safe=""), "SHELL-28"],
    }  # fmt: skip
    if "{order_id}" in path:
        known["order_id"] = []
        for step in (NEW, DEVELOPING, FINISHED, CANCELLED):
            order_id = shop.with_caps()
            assert not step or shop.admin.put(f"{order_id}{step}").status == 200
            known["order_id"].append(order_id)
    return every_way(path, known)


def plausible(value: Any, names: dict[str, Any]) -> Any:
    """`value` with things that exist wherever it names something, and without what must be the path's own."""
    if isinstance(value, list):
        return [plausible(inner, names) for inner in value]
    if isinstance(value, float):
        return round(value, 3)
    if not isinstance(value, dict):
        return value
    return {
        name: names[name] if name in names else plausible(inner, names)
        for name, inner in value.items()
        if name not in {"orderId", "productionOrderId"}
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("row", STORE_DESCRIPTION.operations)
def test_every_answer_is_a_documented_one(row: str, mode: GenerationMode) -> None:
    shop = Shop()
    method, path = row.split()
    operation = api()[path][method]
    credentials = {"store": shop.factory.store_id, "api-key": shop.admin.key}
    somewhere = [operation.as_strategy(mode, path_parameters=place) for place in places(shop, path)]
    names = {**NAMES, "customerOrderId": shop.customer_order}

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=st.one_of(somewhere), improved=st.booleans())
    def every_answer(case: Any, improved: bool) -> None:
        case.headers.pop("store", None)
        if improved:
            case.body, case.query = plausible(case.body, names), plausible(case.query, names)
            case.headers.pop("If-Match", None)
        with undone():
            case.call_and_validate(headers=credentials, checks=CHECKS)

    every_answer()
