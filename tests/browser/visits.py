"""People at the console of one plant, and their browsers: who they are, how they come in, and what is kept of a failure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from django.contrib.auth.hashers import make_password
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page

from factoryos.kernel.models import Factory, Membership, User
from manufacturing.models import Machine
from orders.models import ProductionOrder
from tests.browser.house import House
from tests.browser.watching import Watch
from tests.callers import a_user, token
from tests.orders.stage import Stage

PASSWORD = "a long and well kept secret"
_numbers = count(1)


class Plant(Stage):
    """A factory with a machine and a product; its people are made when they are first needed."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"time_zone": "Europe/Berlin", "requires_verification": True} | facts)
        self._people: dict[str, User] = {}

    def person(self, role: str, **facts: Any) -> User:
        """Somebody with this one role here who signs in with PASSWORD; `customer` belongs to no factory."""
        if role not in self._people:
            user = self._people[role] = a_user(
                username=f"{role}-{next(_numbers)}@plant.test", name=f"Robin {role.title()}",
                password=make_password(PASSWORD), **facts,
            )  # fmt: skip
            if role != "customer":
                Membership.objects.create(user=user, factory=self.factory, roles=[role])
        return self._people[role]

    def many(self, number: int, *, state: str = "draft", prefix: str = "BULK-", customer: str | None = None,
             holds: int = 0) -> list[ProductionOrder]:  # fmt: skip
        """So many orders without a past, by one statement."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO orders_productionorder (uuid, factory_id, reference, origin, item_id, state, version,
                    open_holds, priority, over_production, quantity_target, quantity_good, quantity_rejected,
                    customer_name, created_by_id, created_by_name, chain_head, sealed_version)
                SELECT gen_random_uuid(), %s, %s || n, 'factory', %s, %s, 1, %s, 'standard', 'unlimited', 1000, 0, 0,
                    %s, 'test', 'Test', '', 1
                FROM generate_series(1, %s) AS n
                """,
                [self.factory.pk, prefix, self.item.pk, state, holds, customer, number],
            )
        found = ProductionOrder.objects.filter(factory_id=self.factory.pk, reference__startswith=prefix)
        return list(found.order_by("pk"))


class Programs:
    """A program that calls the factory API over HTTP, with the token of an admin."""

    def __init__(self, house: House, factory: Factory, user: User) -> None:
        self.base = f"/api/factories/{factory.slug}/"
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{house.port}", headers={"Authorization": f"Bearer {token(user)}"}, timeout=20
        )

    def post(self, path: str, body: Any) -> Any:
        answer = self.client.post(self.base + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def schedules(self, order: ProductionOrder, machine: Machine) -> None:
        self.post(f"production-orders/{order.uuid}/schedule", {"machineId": machine.code})

    def reports(self, order: ProductionOrder, *, good: int) -> None:
        self.post(f"production-orders/{order.uuid}/log-quantity", {"quantityGood": good, "quantityRejected": 0})


@dataclass
class Visits:
    """Opens browsers for people. A person signs in by the form once for each file of tests; later visits know them."""

    browser: Browser
    house: House
    watches: list[Watch] = field(default_factory=list)
    known: dict[int, Any] = field(default_factory=dict)  # user → what their browser keeps

    def context(self, **options: Any) -> BrowserContext:
        context = self.browser.new_context(base_url=self.house.origin, **options)
        context.set_default_timeout(10_000)
        self.watches.append(Watch(context, self.house.origin))
        return context

    def stranger(self, **options: Any) -> Page:
        return self.context(**options).new_page()

    def as_(
        self, user: User, path: str = "/ops/orders", *, expects: Sequence[int] = (), **options: Any
    ) -> Page:  # fmt: skip
        """A page of somebody signed in, at `path`. `expects`: statuses of 400 and above that are meant."""
        if user.pk not in self.known:
            self.known[user.pk] = self._signed_in(user)
        page = self.context(storage_state=self.known[user.pk], **options).new_page()
        self.watch_of(page).expects(*expects)
        page.goto(path)
        return page

    def watch_of(self, page: Page) -> Watch:
        return next(watch for watch in self.watches if watch.context is page.context)

    def _signed_in(self, user: User) -> Any:
        page = self.stranger()
        sign_in(page, user)
        kept = page.context.storage_state()
        page.context.close()
        return kept


def sign_in(page: Page, user: User, password: str = PASSWORD) -> None:
    page.goto("/ops/sign-in")
    page.get_by_label("Name or e-mail address").fill(user.username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
