"""Which tests stay together in one process, and which begin first, when `make test` shares them out."""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# One folder, one house: opening it starts a web server, a worker and a browser.
TOGETHER = ("tests/browser",)
# What takes longer than its number of tests lets one expect, in seconds; all else a tenth of a second a test. Begun late,
# one process would be left alone with it. A figure that is wrong costs time only.
SECONDS = {
    "tests/browser": 200, "tests/races/test_bulk.py": 15, "tests/api/test_erp_schemathesis.py": 30,
    "tests/api/test_schemathesis.py": 30, "tests/kernel/test_embedded_postgres.py": 30, "tests/kernel/test_run.py": 45,
    "tests/test_bench.py": 45, "tests/orders/test_walks.py": 8, "tests/front/test_front_life.py": 20,
    "tests/front/test_live_streams.py": 20,
    "tests/supervision/test_sheets.py": 12, "tests/orders/materials/test_consumption.py": 12,
    "tests/ops/order_list/test_plans.py": 10, "tests/races/test_confirms_at_once.py": 10, "tests/iot/test_shifts.py": 8,
    "tests/ops/test_demo.py": 8, "tests/orders/materials/test_walks.py": 12, "tests/orders/materials/test_line_walks.py": 8,
    "tests/dialects/store/test_xml.py": 15, "tests/api/test_store_schemathesis.py": 20, "tests/ops/test_credentials.py": 8,
    "tests/supervision/test_keys.py": 5, "tests/races/test_projection.py": 25, "tests/test_bench_projection.py": 20,
    "tests/dialects/ingest/test_projection.py": 8, "tests/dialects/ingest/test_failed_rows.py": 15,
    "tests/front/test_ingest_requests.py": 15, "tests/races/test_statements_at_once.py": 20,
}  # fmt: skip
A_TEST = 0.1


def together(nodeid: str) -> str:
    """The folder or file whose tests one process takes, all of them, one after another."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]
    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # it goes by the number of tests; the processes have put them in order
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def in_order(items: list[pytest.Item]) -> None:
    """What takes longest comes first. Every process comes to the same order."""
    numbers: dict[str, int] = {}
    for item in items:
        unit = together(item.nodeid)
        numbers[unit] = numbers.get(unit, 0) + 1
    seconds = {unit: SECONDS.get(unit, number * A_TEST) for unit, number in numbers.items()}
    items.sort(key=lambda item: (-seconds[together(item.nodeid)], together(item.nodeid)))
