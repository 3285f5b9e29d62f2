"""A factory with one of everything that the admin shows, people who may and may not see it, and what is in the tables."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from factoryos.kernel import clock
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import (
    ApiKey,
    Counter,
    Factory,
    Membership,
    OutboxMessage,
    RateBucket,
    RememberedAnswer,
    User,
    UserToken,
)
from factoryos.supervision.site import site
from iot import shards
from iot.models import (
    AndonCall,
    Connection,
    CounterBaseline,
    CounterPoint,
    CountEvent,
    CountReview,
    Downtime,
    MachineStateInterval,
    PlannedDowntime,
    PollShard,
    Shift,
    TelemetrySample,
)
from manufacturing.boms.writing import Part, Recipe, Step, create_bom
from manufacturing.models import (
    ItemImage,
    Machine,
    Method,
    Operation,
    Reservation,
    Shortage,
    StockLocation,
    Supplier,
    WorkArea,
)
from manufacturing.purchasing import Wanted, order_goods
from manufacturing.stock.receipts import Delivery, receive
from orders.actions import add_note, hold
from orders.models import (
    CustomerOrder,
    CustomerOrderRow,
    IngestFailedRow,
    IngestRequest,
    OrderComponent,
    OrderFacts,
    OrderTally,
    PauseReason,
    ProductionOrder,
    Seal,
    SealLeaf,
    WorkOrder,
)
from quality.models import Consumption, Output, Verification
from tests import floor
from tests.callers import a_member, a_user
from tests.calls import Plant
from tests.ops.ingest.sender import Sender

BulkOperation, BulkRow, Preferences, SavedView = (
    apps.get_model("ops", name) for name in ("BulkOperation", "BulkRow", "Preferences", "SavedView")
)
REGISTERED: list[type[Model]] = sorted(site._registry, key=lambda model: model._meta.label)


class World:
    """One factory. `things` has a row of every table that the admin shows."""

    def __init__(self) -> None:
        self.plant = Plant()
        self.factory: Factory = self.plant.factory
        self.things: dict[type[Model], Model] = {}
        self.member = a_member(self.factory, "viewer")
        self._kernel()
        self._masters()
        self._materials()
        self._bought()
        self._order()
        self._traces()
        self._customers()
        self._stated()
        self._machines()
        self._counters()
        self._console()

    def _put(self, *rows: Any) -> None:
        self.things |= {type(row): row for row in rows}

    def _kernel(self) -> None:
        factory, key = self.factory, self.factory.slug
        api_key, _ = create_api_key(kind=ApiKey.Kind.API_KEY, name=f"Key {key}", roles=["viewer"], factory=factory)
        self._put(
            factory, self.member, Membership.objects.get(user=self.member), api_key,
            UserToken.objects.create(user=self.member, digest=f"d-{key}", expires_at=timezone.now()),
            OutboxMessage.objects.create(topic="t", factory=factory, key=key),
            RememberedAnswer.objects.create(
                factory=factory, principal=key, call="POST /", key=key, fingerprint="f", status=200, body=b"secret"
            ),
            RateBucket.objects.create(key=f"b-{key}", tokens=1, updated_at=timezone.now()),
            Counter.objects.create(factory=factory, series=f"S-{key}"),
            PauseReason.objects.create(factory=factory, code=f"own-{key}", label=f"Own {key}"),
        )  # fmt: skip

    def _masters(self) -> None:
        factory, name = self.factory, f"of {self.factory.slug}"
        area = WorkArea.objects.create(factory=factory, code=f"HALL-{factory.pk}", name=f"Hall {name}")
        method = Method.objects.create(
            factory=factory, item=self.plant.item, code=f"STD-{factory.pk}", name=f"Way {name}"
        )
        step = Operation.objects.create(method=method, sequence=1, name=f"Step {name}", work_area=area)
        self._put(self.plant.item, self.plant.press, area, method, step)

    def _materials(self) -> None:
        """A BOM of the plant's item: of one part enough lies in stock, of the other too little."""
        factory, by = self.factory, self.plant.actor
        self.part, self.scarce = (
            floor.an_item(factory, sku=f"{name}-{factory.slug}", tracking="lot") for name in ("PART", "SCARCE")
        )
        recipe = Recipe(
            name=f"Bill of {factory.slug}", parts=[Part(self.part, Decimal(1)), Part(self.scarce, Decimal(2))],
            steps=[Step(f"Fold in {factory.slug}")],
        )  # fmt: skip
        bom = floor.done(create_bom, by=by, item=self.plant.item, recipe=recipe)
        place = StockLocation.objects.create(
            factory=factory, code=f"SHELF-{factory.pk}", name=f"Shelf of {factory.slug}"
        )
        for item, quantity in ((self.part, 5000), (self.scarce, 10)):
            delivery = Delivery(item, Decimal(quantity), lot_number=f"L-{factory.slug}", reference=f"D-{factory.slug}")
            moves = floor.done(receive, delivery=delivery, by=by)
            self._put(moves[0], moves[0].balance, moves[0].balance.lot)
        version = bom.versions.get()
        self._put(bom, version, version.components.first(), version.operations.get(), place)

    def _bought(self) -> None:
        """A supplier who is to bring more of the scarce part, and a picture of it."""
        supplier = Supplier.objects.create(factory=self.factory, name=f"Supplier of {self.factory.slug}")
        order = floor.done(
            order_goods, by=self.plant.actor, supplier=supplier, reference=f"PUR-{self.factory.slug}",
            lines=[Wanted(self.scarce, Decimal(100))],
        )  # fmt: skip
        image = ItemImage.objects.create(
            item=self.scarce, media_type="image/png", width=1, height=1, content=self.factory.slug.encode()
        )
        self._put(supplier, order, order.lines.get(), image)

    def _order(self) -> None:
        path = self.plant.order("in_production")
        logged = self.plant.admin.post(f"{path}/log-quantity", {"quantityGood": 3, "machineCode": "PRESS-01"})
        assert logged.status == 201, logged.content
        order = ProductionOrder.objects.get(uuid=path.split("/")[1])
        by = self.plant.actor
        note = floor.done(add_note, order_id=order.pk, by=by, text=f"Note of {self.factory.slug}")
        _, held = floor.done(hold, order_id=order.pk, by=by, reason=f"Hold of {self.factory.slug}")
        order = ProductionOrder.objects.get(pk=order.pk)
        seal = Seal.objects.create(leaves=1, merkle_root=self.factory.slug, seal_hash=self.factory.slug)
        self._put(
            order, note, held, seal, order.lines.get(), order.assignments.get(), order.events.first(), order.entries.get(),
            WorkOrder.objects.get(order=order),
            OrderTally.objects.filter(factory=self.factory).first(),
            SealLeaf.objects.create(seal=seal, position=0, order=order, seq=1, head="h"),
            Verification.objects.create(
                factory=self.factory, order=order, quantity_final=3, quantity_good=3, quantity_rejected=0,
                difference_good=0, difference_rejected=0, verified_by_id="x", verified_by_name="x",
            ),
        )  # fmt: skip

    def _traces(self) -> None:
        """What the order above left in the tables of material."""
        components = OrderComponent.objects.filter(order=self.things[ProductionOrder])
        self._put(
            components.first(), Reservation.objects.filter(component__in=components).first(),
            Shortage.objects.get(component__in=components), Output.objects.get(factory=self.factory),
            Consumption.objects.filter(factory=self.factory).first(),
        )  # fmt: skip

    def _customers(self) -> None:
        """An order of a customer, and what a face alone keeps of the production order."""
        name = self.factory.slug
        order = CustomerOrder.objects.create(
            factory=self.factory, external_id=f"WEB-{name}", name=f"Customer of {name}"
        )
        row = CustomerOrderRow.objects.create(customer_order=order, position=0, item=self.plant.item, quantity=5)
        made: Any = self.things[ProductionOrder]
        self._put(order, row, OrderFacts.objects.create(order=made, face="store", data={"name": f"Fact of {name}"}))

    def _stated(self) -> None:
        """What a planning system says of the order, and a row of its that was refused."""
        name, sender = self.factory.slug, Sender(self.factory)
        stated = sender.states(order_number=f"MO-{name}", source_id=f"Line of {name}")
        head = sender.became(stated, "conflict", reason=f"Reason of {name}", order=self.things[ProductionOrder])
        request = sender.is_refused({"n": name}, ("DI_E_20002", "product_id"), location=f"Place of {name}")
        self._put(
            head, IngestFailedRow.objects.get(request_id=request), IngestRequest.objects.get(pk=request)
        )  # fmt: skip

    def _machines(self) -> None:
        machine, now, name = self.things[Machine], clock.now(), {"raised_by_id": "x", "raised_by_name": "x"}
        self._put(
            MachineStateInterval.objects.create(machine=machine, state="idle", started_at=now),
            Downtime.objects.create(factory=self.factory, machine=machine, started_at=now, **name),
            PlannedDowntime.objects.create(
                factory=self.factory, kind="break", starts_at=now, ends_at=now + timedelta(hours=1),
                created_by_id="x", created_by_name="x",
            ),
            Shift.objects.create(factory=self.factory, name="Early", weekdays=31, starts=time(6), ends=time(14)),
            AndonCall.objects.create(factory=self.factory, machine=machine, reason="Tool", **name),
            TelemetrySample.objects.create(machine=machine, at=now, metrics={"bar": 3}),
        )  # fmt: skip

    def _counters(self) -> None:
        """A line with a counter that jumped: what it cannot have made waits for a person."""
        factory, machine, now = self.factory, self.things[Machine], clock.now()
        line = Connection.objects.create(
            factory=factory, code=f"LINE-{factory.pk}", driver="modbus_tcp", address={"host": f"host-{factory.pk}"},
            bus=f"host-{factory.pk}:502", shard_id=shards.shard_with_room(),
        )  # fmt: skip
        point = CounterPoint.objects.create(connection=line, machine=machine, role="good", where={"address": 0})
        event = CountEvent.objects.create(
            factory=factory, machine=machine, point=point, seq=1, kind="suspect", raw=9000, previous=10, epoch=1,
            flagged=8990, at=now,
        )  # fmt: skip
        review = CountReview.objects.create(
            factory=factory, machine=machine, kind="suspect", event=event, pieces=8990, text=f"Jump of {factory.slug}",
            at=now,
        )  # fmt: skip
        baseline = CounterBaseline.objects.create(point=point, raw=9000, at=now, seq=1)
        Machine.objects.filter(pk=machine.pk).update(counted=True)
        self._put(PollShard.objects.get(pk=line.shard_id), line, point, baseline, event, review)

    def _console(self) -> None:
        factory, order = self.factory, self.things[ProductionOrder]
        operation = BulkOperation.objects.create(
            factory=factory, user=self.member, action="approve", key=factory.slug, selected=1
        )
        self._put(
            operation,
            BulkRow.objects.create(operation=operation, position=0, order=order, detail=f"Row of {factory.slug}"),
            SavedView.objects.create(factory=factory, owner=self.member, name=f"View of {factory.slug}", shared=True),
            Preferences.objects.create(user=self.member),
        )

    def supervisor(self) -> User:
        return staff(a_member(self.factory, "admin"))


def staff(user: User) -> User:
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


def keeper() -> User:
    return a_user(is_staff=True, is_superuser=True)


def signed_in(user: User | None) -> Client:
    client = Client()
    client.raise_request_exception = False
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(model: type[Model], name: str, *args: Any) -> str:
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{name}", args=args)


def state_of_everything() -> dict[str, str]:
    """A digest of every table that the admin shows, and of what it keeps itself."""
    tables = sorted({model._meta.db_table for model in REGISTERED} | {"supervision_upload", "django_admin_log"})
    tables = [table for table in tables if table != "kernel_user"]  # signing in writes last_login
    query = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} AS t"
        for table in tables
    )
    columns = "concat(id, username, name, password, is_staff, is_superuser, is_active)"
    users = f"SELECT 'users', md5(string_agg({columns}, '|' ORDER BY id))"
    with connection.cursor() as cursor:
        cursor.execute(f"{query} UNION ALL {users} FROM kernel_user")
        return dict(cursor.fetchall())
