"""The ledgers refuse to be changed; and whoever changes them past the triggers is found, to the row."""

from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from factoryos.checks import APPEND_ONLY
from factoryos.kernel.models import Factory
from manufacturing.boms.writing import Part, Recipe, Step, create_bom
from orders import sealing
from orders.actions.approve import approve
from orders.actions.report import report
from orders.actions.schedule import schedule
from orders.actions.start import start
from orders.chain import event_hash
from orders.history import hashed_fields
from orders.models import OrderEvent, ProductionOrder, Seal
from orders.specs import Count, Share
from tests.floor import a_factory, a_machine, an_actor, an_item, an_order, done
from tests.polling.wiring import a_connection, a_count_event, a_counter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order() -> ProductionOrder:
    """One with four events, sealed; and a second one after it. A bill of materials and a counter, too."""
    factory = a_factory()
    by = an_actor(factory)
    recipe = Recipe(name="Cap", parts=[Part(an_item(factory), Decimal(1))], steps=[Step("Press")])
    done(create_bom, by=by, item=an_item(factory), recipe=recipe)
    order = an_order(by)
    done(approve, order_id=order.pk, by=by)
    done(start, order_id=order.pk, by=by)
    done(report, order_id=order.pk, by=by, count=Count(good=Decimal(5), rejected=Decimal(1)))
    an_order(by)
    a_count_event(a_counter(a_connection(factory), a_machine(factory)))
    sealing.seal_all()
    order.refresh_from_db(fields=["reference", "version", "chain_head"])
    return order


def past_the_triggers(sql: str, *parameters: object) -> None:
    """As somebody with the database's own password might."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, parameters)
        assert cursor.rowcount > 0, "no fault was delivered"


def said() -> str:
    """What verify_history finds wrong; the test fails when it finds nothing."""
    with pytest.raises(CommandError) as refused:
        call_command("verify_history", skip_checks=True)
    return str(refused.value)


def event_of(order: ProductionOrder, seq: int) -> OrderEvent:
    return OrderEvent.objects.get(order=order, seq=seq)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("sql", ["UPDATE {table} SET id = id", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_a_ledger_refuses_every_change(order: ProductionOrder, table: str, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
        assert before[0] > 0
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(sql.format(table=table))
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before


def test_a_state_cannot_be_written_without_an_event(order: ProductionOrder) -> None:
    with pytest.raises(DatabaseError, match="without an event"):
        ProductionOrder.objects.filter(pk=order.pk).update(state="paused", pause_reason="other")
    assert ProductionOrder.objects.get(pk=order.pk).state == "in_production"


def test_an_untouched_history_is_whole(order: ProductionOrder) -> None:
    out = StringIO()
    call_command("verify_history", skip_checks=True, stdout=out)
    assert "5 events of 2 orders under 1 seals" in out.getvalue()


@pytest.mark.parametrize(
    "change",
    ["reason = 'never said'", "actor_name = 'Somebody else'", "at = at - interval '1 hour'",
     "data = '{\"good\": \"99\"}'",
     "verb = 'resume'", "to_state = 'paused'", "moved = NOT moved", "credential = 'session'",
     "hash = repeat('0', 64)"],
)  # fmt: skip
def test_an_altered_event_is_named(order: ProductionOrder, change: str) -> None:
    event = event_of(order, 2)
    past_the_triggers(f"UPDATE orders_orderevent SET {change} WHERE id = %s", event.pk)
    assert f"orders_orderevent row {event.pk}, order {order.reference}, seq 2: its content does not" in said()


def test_the_first_of_several_altered_rows_is_named(order: ProductionOrder) -> None:
    for seq in (4, 3):
        past_the_triggers("UPDATE orders_orderevent SET notes = 'x' WHERE id = %s", event_of(order, seq).pk)
    assert f"row {event_of(order, 3).pk}, " in said()


def rewrite(event: OrderEvent, *, previous: str | None) -> str:
    """Alter an event and give it the hash that its new content deserves."""
    event.reason = "never said"
    uuid = ProductionOrder.objects.get(pk=event.order_id).uuid
    new = event_hash(fields=hashed_fields(event, order_uuid=uuid), previous=previous)
    past_the_triggers(
        "UPDATE orders_orderevent SET reason = 'never said', previous_hash = %s, hash = %s WHERE id = %s",
        previous, new, event.pk,
    )  # fmt: skip
    return new


def test_an_event_rewritten_with_its_hash_is_named(order: ProductionOrder) -> None:
    event = event_of(order, 2)
    rewrite(event, previous=event.previous_hash)
    assert f"orders_orderevent row {event.pk}, order {order.reference}, seq 2: its hash is not the one" in said()


def test_a_whole_tail_rewritten_with_the_chain_head_is_betrayed_by_the_seal(order: ProductionOrder) -> None:
    previous = event_of(order, 1).hash
    for seq in (2, 3, 4):
        previous = rewrite(event_of(order, seq), previous=previous)
    past_the_triggers("UPDATE orders_productionorder SET chain_head = %s WHERE id = %s", previous, order.pk)
    text = said()
    assert f"order {order.reference}, seq 4: is not what seal {Seal.objects.get().pk} sealed" in text


def test_a_leaf_rewritten_too_is_betrayed_by_the_root(order: ProductionOrder) -> None:
    test_a_whole_tail_rewritten_with_the_chain_head_is_betrayed_by_the_seal(order)
    head = ProductionOrder.objects.get(pk=order.pk).chain_head
    past_the_triggers("UPDATE orders_sealleaf SET head = %s WHERE order_id = %s", head, order.pk)
    assert f"orders_seal row {Seal.objects.get().pk}: its leaves do not give its Merkle root" in said()


def test_a_deleted_event_is_missed(order: ProductionOrder) -> None:
    after = event_of(order, 3)
    past_the_triggers("DELETE FROM orders_orderevent WHERE id = %s", event_of(order, 2).pk)
    assert f"row {after.pk}, order {order.reference}, seq 3: follows event 1, so event 2 is gone" in said()


def test_the_last_event_deleted_is_missed(order: ProductionOrder) -> None:
    past_the_triggers("DELETE FROM orders_orderevent WHERE id = %s", event_of(order, 4).pk)
    assert f"orders_productionorder row {order.pk}, order {order.reference}, seq 3: the last event is 3" in said()


def test_all_events_of_an_order_deleted_are_missed(order: ProductionOrder) -> None:
    past_the_triggers("DELETE FROM orders_orderevent WHERE order_id = %s", order.pk)
    assert f"order {order.reference}: it has no events at all" in said()


def test_an_order_deleted_from_under_its_events_is_missed(order: ProductionOrder) -> None:
    past_the_triggers("DELETE FROM orders_productionorder WHERE id = %s", order.pk)
    assert f"belongs to order {order.pk}, which does not exist" in said()


def test_a_state_written_past_the_triggers_is_named(order: ProductionOrder) -> None:
    past_the_triggers("UPDATE orders_productionorder SET state = 'approved' WHERE id = %s", order.pk)
    assert "the order is approved but its last event left it in_production" in said()


def seal_twice(order: ProductionOrder) -> tuple[Seal, Seal]:
    by = an_actor(order.factory)
    done(report, order_id=order.pk, by=by, count=Count(good=Decimal(1), rejected=Decimal(0)))
    sealing.seal_all()
    first, second = Seal.objects.order_by("id")
    return first, second


@pytest.mark.parametrize(
    ("change", "text"),
    [("sealed_at = sealed_at - interval '1 day'", "does not give its hash"), ("leaves = 7", "it says 7 leaves"),
     ("merkle_root = repeat('0', 64)", "do not give its Merkle root"),
     ("previous_root = repeat('0', 64)", "does not follow the seal before it")],
)  # fmt: skip
def test_an_altered_seal_is_named(order: ProductionOrder, change: str, text: str) -> None:
    _, second = seal_twice(order)
    past_the_triggers(f"UPDATE orders_seal SET {change} WHERE id = %s", second.pk)
    found = said()
    assert f"orders_seal row {second.pk}: " in found
    assert text in found


def test_the_newest_seal_deleted_with_its_leaves_is_missed(order: ProductionOrder) -> None:
    _, second = seal_twice(order)
    past_the_triggers("DELETE FROM orders_sealleaf WHERE seal_id = %s", second.pk)
    past_the_triggers("DELETE FROM orders_seal WHERE id = %s", second.pk)
    assert f"order {order.reference}, seq 4: was sealed up to version 5, but its last leaf is of version 4" in said()


def test_a_seal_deleted_without_its_leaves_is_missed(order: ProductionOrder) -> None:
    first, _ = seal_twice(order)
    past_the_triggers("DELETE FROM orders_seal WHERE id = %s", first.pk)
    assert f"seal {first.pk} of these leaves is gone" in said()


def test_another_factorys_fault_is_not_this_ones(order: ProductionOrder) -> None:
    other = a_factory()
    an_order(an_actor(other))
    past_the_triggers("UPDATE orders_orderevent SET notes = 'x' WHERE id = %s", event_of(order, 1).pk)
    call_command("verify_history", factory=other.slug, skip_checks=True)
    with pytest.raises(CommandError, match="altered"):
        call_command("verify_history", factory=order.factory.slug, skip_checks=True)
    with pytest.raises(CommandError, match="There is no factory"):
        call_command("verify_history", factory="nowhere", skip_checks=True)


def test_a_machines_count_that_is_not_its_sum_is_named() -> None:
    by = an_actor(a_factory())
    order, machine = an_order(by), a_machine(Factory.objects.get(pk=by.factory.id))
    done(schedule, order_id=order.pk, by=by, shares=[Share(machine=machine, quantity=Decimal(1000))])
    done(start, order_id=order.pk, by=by)
    done(report, order_id=order.pk, by=by, count=Count(good=Decimal(5), rejected=Decimal(1)))
    call_command("verify_ledgers", skip_checks=True, stdout=StringIO())
    past_the_triggers("UPDATE orders_assignment SET produced = 7 WHERE order_id = %s", order.pk)
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledgers", skip_checks=True, stderr=err)
    assert f"order {order.reference}: produced is 7, the entries of its machine add up to 6" in err.getvalue()


LEDGER_FAULTS: list[tuple[str, Callable[[ProductionOrder], object], str]] = [
    ("UPDATE orders_orderline SET good = good + 1 WHERE order_id = %s", lambda order: order.pk, "orders_orderline"),
    ("UPDATE orders_productionorder SET quantity_rejected = 0 WHERE id = %s", lambda order: order.pk,
     "orders_productionorder"),
    ("UPDATE orders_productionorder SET quantity_target = 1 WHERE id = %s", lambda order: order.pk,
     "orders_productionorder"),
    ("DELETE FROM orders_quantityentry WHERE order_id = %s", lambda order: order.pk, "orders_orderline"),
    ("UPDATE orders_ordertally SET orders = orders + 1 WHERE factory_id = %s AND state = 'in_production'",
     lambda order: order.factory_id, "orders_ordertally"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "parameter", "table"), LEDGER_FAULTS)
def test_a_total_that_is_not_its_sum_is_named(
    order: ProductionOrder, sql: str, parameter: Callable[[ProductionOrder], object], table: str
) -> None:
    out, err = StringIO(), StringIO()
    call_command("verify_ledgers", skip_checks=True, stdout=out)
    assert "Every total" in out.getvalue()
    past_the_triggers(sql, parameter(order))
    with pytest.raises(CommandError, match="differ"):
        call_command("verify_ledgers", skip_checks=True, stderr=err)
    assert table in err.getvalue()
    assert order.reference in err.getvalue() or f"{order.factory.slug}/in_production" in err.getvalue()
