"""A factory with one of everything that a page of the console can name, and people who ask for it with a browser."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from itertools import count
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from django.conf import settings
from django.db import connection
from django.test import Client

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory, User
from factoryos.ops.bulk.token import Seen, sign_filter, sign_seen
from factoryos.ops.models import BulkOperation, BulkRow, SavedView
from manufacturing.models import Method, WorkArea
from orders import actions
from orders.models import IngestHead, OrderLine, PauseReason, ProductionOrder
from orders.specs import LineCount
from quality.models import Hold
from tests import floor
from tests.callers import a_member
from tests.ops.ingest.sender import Sender
from tests.orders.stage import Stage

FRAGMENT = {"HX-Request": "true"}
PASSWORD = "correct horse battery"

_FAR = 7_000_000_000  # keys up here occur nowhere else in a page, so that they can be replaced when pages are compared
_FAR_TABLES = (
    "manufacturing_machine", "manufacturing_workarea", "manufacturing_method", "orders_orderline", "orders_ingesthead",
)  # fmt: skip
_keys = count(1)

_OF_THIS_ONE = frozenset({"X-Request-Id", "ETag"})  # an ETag is a digest of what is compared itself, and of the address
# What is new in every answer: tokens with a mask or a time in them, and the number of the request.
_ALWAYS_NEW = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<=name="csrf-token" content=")[^"]*|(?<=name="key" value=")[^"]*'
    r'|(?<=name="seen" value=")[^"]*|(?<=name="filter_token" value=")[^"]*|(?<=Reference <span class="mono">)[^<]*'
    r"|(?<=<code>)[0-9a-f-]{36}(?=</code>)"
)


@dataclass(frozen=True)
class Answer:
    """What came back, as far as it can be compared."""

    status: int
    headers: dict[str, str]
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, response: Any) -> "Answer":
        live = response.get("Content-Type", "").startswith("text/event-stream")  # it has no end
        whole = b"" if live else response.getvalue() if response.streaming else response.content
        return cls(response.status_code, dict(response.headers), whole)

    def without(self, named: str) -> tuple[int, dict[str, str], str]:
        """All of it, but for what is new in every answer, and with what was asked for left out."""
        headers = {name: _bare(value, named) for name, value in self.headers.items() if name not in _OF_THIS_ONE}
        if self._is_packed:  # how small a text becomes depends on its letters
            headers.pop("Content-Length", None)
        return self.status, headers, _bare(_ALWAYS_NEW.sub("…", self._text()), named)

    @property
    def _is_packed(self) -> bool:
        return self.content.startswith(b"PK")

    def _text(self) -> str:
        """Of a workbook its sheets: the file around them tells the second in which it was made."""
        if not self._is_packed:
            return self.content.decode()
        with ZipFile(BytesIO(self.content)) as book:
            return "".join(book.read(name).decode() for name in book.namelist() if "worksheets" in name)


def _bare(text: str, named: str) -> str:
    for part in named.split():
        text = text.replace(part, "…").replace(part.replace(":", "%3A"), "…")
    return text


def _far_keys() -> None:
    with connection.cursor() as cursor:
        for number, table in enumerate(_FAR_TABLES):
            far = _FAR + 100_000 * number  # nor is a line's key ever a machine's
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(nextval(pg_get_serial_sequence("
                f"'{table}', 'id')), {far}))"
            )


class Browser:
    """A person's, signed in once. Each call is a page of its own: no message of an earlier one is left over."""

    def __init__(self, user: User | None, **options: Any) -> None:
        self.options = options
        self.session, self.token = "", "t" * 32
        if user is not None:
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            self.session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def send(self, method: str, path: str, body: Any = None, query: Any = None, **headers: str) -> Answer:
        client = Client(raise_request_exception=False, **self.options)
        client.cookies[settings.CSRF_COOKIE_NAME] = self.token
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        if method == "POST":
            return Answer.of(client.post(path, body or {}, query_params=query, headers=headers))
        return Answer.of(client.generic(method, path, query_params=query, headers=headers))


class Tenant(Stage):
    """`member` has the one role that a call needs, and wrote the note, keeps the view and confirmed the operation."""

    def __init__(self, state: str, *roles: str) -> None:
        _far_keys()
        super().__init__(slug=f"plant-{uuid4().hex[:8]}")
        self.item.sku, self.machine.code = _code("SKU"), _code("M")
        self.item.save()
        self.machine.save()
        self.member = a_member(self.factory, *roles)
        self.member.set_password(PASSWORD)
        self.member.save(update_fields=["password"])
        self.other = floor.a_machine(self.factory)
        self.order = getattr(self, f"an_order_{state}")()
        self.second = self._held(self.draft(customer_name=_code("Acme")))
        self.names = self._names()

    @property
    def actor(self) -> Actor:
        """The member as an actor with all rights, to have things made in their name."""
        tenant = Factory.objects.get(pk=self.factory.pk).tenant()
        return Actor(
            kind="user", id=str(self.member.uuid), name=str(self.member), factory=tenant, roles=frozenset({"admin"})
        )

    @cached_property
    def browser(self) -> Browser:
        return Browser(self.member)

    def an_order_draft(self) -> ProductionOrder:
        return self.draft(600, 400)

    def an_order_submitted(self) -> ProductionOrder:
        return self.do(actions.submit, self.an_order_draft())

    def an_order_scheduled(self) -> ProductionOrder:
        return self.scheduled(600, 400, on=[self.machine, self.other])

    def an_order_in_production(self) -> ProductionOrder:
        return self.running(600, 400, on=[self.machine, self.other])

    def an_order_paused(self) -> ProductionOrder:
        return self.do(actions.pause, self.an_order_in_production(), reason="tool_change")

    def an_order_completed(self) -> ProductionOrder:
        return self.do(actions.complete, self.an_order_in_production())

    def an_order_verified(self) -> ProductionOrder:
        order = self.an_order_completed()
        counts = [LineCount(line.pk, Decimal(5), Decimal(0)) for line in OrderLine.objects.filter(order=order)]
        self.verify(order, good=10, lines=counts)
        return ProductionOrder.objects.get(pk=order.pk)

    def an_order_held(self) -> ProductionOrder:
        return self._held(self.an_order_draft())

    def _held(self, order: ProductionOrder) -> ProductionOrder:
        return self.do(actions.hold, order, reason="odd colour")

    def _names(self) -> dict[str, str]:
        """Everything that a call can name."""
        order, factory = self.order, self.factory
        lines = list(OrderLine.objects.filter(order=order).order_by("pk"))
        area = WorkArea.objects.create(factory=factory, code=_code("HALL"), name="Hall")
        method = Method.objects.create(factory=factory, item=self.item, code=_code("STD"), name="Standard")
        held = Hold.objects.filter(order=order).first() or Hold.objects.get(order=self.second)
        PauseReason.objects.create(factory=factory, code=(reason := _code("why").lower()), label=reason)
        note = floor.done(actions.add_note, order_id=order.pk, by=self.actor, text="mind the burrs")
        return {
            "slug": factory.slug, "username": self.member.username, "version": str(order.version),
            "order": str(order.uuid), "second": str(self.second.uuid), "customer": str(self.second.customer_name),
            "line": str(lines[0].pk), "line_2": str(lines[1].pk),
            "sku": self.item.sku, "product": str(self.item.uuid), "method": str(method.pk),
            "machine": str(self.machine.pk), "machine_2": str(self.other.pk), "area": str(area.pk),
            "machine_uuid": str(self.machine.uuid), "area_uuid": str(area.uuid), "code": self.machine.code,
            "hold": str(held.uuid), "pause_reason": reason, "note": str(note.uuid),
            "view": str(self._view().uuid), "operation": str(self._operation().uuid),
            "filter_token": sign_filter(query="", count=2, max_id=self.second.pk, by=self.actor),
            "seen": sign_seen(Seen([order.pk], [order.version]), by=self.actor),
            "head": str((head := self._head()).pk), "head_number": head.order_number,
        }  # fmt: skip

    def _view(self) -> SavedView:
        return SavedView.objects.create(
            factory=self.factory, owner=self.member, name="Mine", query="status=draft", shared=True
        )

    def _head(self) -> IngestHead:
        """A planning system states the order otherwise than it is, and a row beside it was refused."""
        sender = Sender(self.factory)
        number = _code("MO")
        sender.is_refused({"order_number": number}, ("DI_E_20002", "product_id"), location=number)
        return sender.became(sender.states(order_number=number), "conflict", order=self.order)

    def _operation(self) -> BulkOperation:
        """The priority of two orders was set: of one it was done, of the other it failed. To be undone and retried."""
        operation = BulkOperation.objects.create(
            factory=self.factory, user=self.member, action="priority", parameters={"priority": "rush"}, selected=2,
            key=f"operation-{next(_keys)}", finished_at=self.order.created_at,
        )  # fmt: skip
        done = floor.done(actions.amend, order_id=self.second.pk, by=self.actor, changes={"priority": "rush"})
        BulkRow.objects.create(
            operation=operation, position=1, order=self.second, status="done", code="done",
            version_after=done.version, before={"priority": "standard"},
        )  # fmt: skip
        BulkRow.objects.create(operation=operation, position=2, order=self.order, status="failed", code="not_open")
        return operation


def _code(beginning: str) -> str:
    return f"{beginning}-{uuid4().hex[:8].upper()}"


def nobodys(name: str, known: str) -> str:
    """What nobody has, as long and of the same kind as what somebody has."""
    if name in ("filter_token", "seen"):
        return known[:-6] + ("AAAAAA" if not known.endswith("AAAAAA") else "BBBBBB")  # a signature that nobody made
    if known.isdecimal():
        return str(9 * _FAR // 7 + int(known) % 1_000_000)
    if len(known) == 36 and known.count("-") == 4:
        return str(uuid4())
    head, _, tail = known.rpartition("-")
    strange = uuid4().hex
    return f"{head}-{(strange.upper() if tail.isupper() else strange)[: len(tail)]}"
