"""What all tests share. Here alone are the ledgers emptied: between tests that commit, as a replica would."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

# Filled by migrations, and needed by every test after: not emptied, or only of what a factory added.
KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission", "orders_pausereason"})

NO_CHROMIUM = "no chromium: install it, or name it in FACTORYOS_CHROMIUM"


def empty_all_tables() -> None:
    """Delete every row that a test committed. `session_replication_role` lasts for this one transaction."""
    tables = [table for table in connection.introspection.table_names() if table not in KEPT]
    with connection.cursor() as cursor:
        deletes = "".join(f'DELETE FROM "{table}";' for table in tables)
        own = "DELETE FROM orders_pausereason WHERE factory_id IS NOT NULL;"
        cursor.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deletes}{own} COMMIT")


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_triggers() -> Iterator[None]:
    """Django's own flush is a TRUNCATE, which the ledgers refuse; and it would take the pause reasons along."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_all_tables())
    yield
    patch.undo()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """The modules and tests of the whole suite stay to the end. To look through them for garbage, again and again, is a
    seventh of its time: not while they are loaded, and afterwards only what came later is looked through.
    """
    gc.disable()
    yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getvalue("dist") != "loadfile":
        return None
    from tests.sharing_out import LongestFirst

    return LongestFirst(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from tests.sharing_out import in_order

        in_order(items)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    """Skipped for want of a browser is not passed. Said last, and here: the process that hands tests out says it."""
    yield
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} BROWSER TESTS SKIPPED: {NO_CHROMIUM}", red=True, bold=True)
