"""What the demo's credentials are at this moment: tokens signed anew, keys as kept, ids as the database has them."""

import time
from typing import Any

import jwt
from django.conf import settings
from django.core.management.base import CommandError

from factoryos.kernel.models import Factory, User
from factoryos.ops.demo import people
from iot.models import Connection
from manufacturing.models import Bom, Item, Lot, Machine, Method, WorkArea
from orders.models import CustomerOrder, ProductionOrder

TOKEN_SECONDS = 7 * 24 * 3600


def token_for(user: User) -> str:
    """A Supabase-style access token, as the project's own Supabase would have signed it."""
    if settings.SUPABASE_JWT_ALGORITHM != "HS256":
        raise CommandError("Demo tokens need SUPABASE_JWT_ALGORITHM=HS256: the private key of a JWKS is not ours.")
    now = int(time.time())
    claims = {
        "sub": str(user.supabase_id), "email": user.email, "role": "authenticated", "iat": now,
        "exp": now + TOKEN_SECONDS, "aud": settings.SUPABASE_JWT_AUDIENCE, "iss": settings.SUPABASE_JWT_ISSUER,
    }  # fmt: skip
    return jwt.encode(claims, settings.SUPABASE_JWT_SECRETS[0], algorithm="HS256")


def sheet() -> dict[str, Any]:
    """The whole of it, in the shape that `manage.py credentials --json` prints."""
    if settings.PRODUCTION:
        raise CommandError("There are no demo credentials in production.")
    kept = people.secrets_kept()
    factories = list(Factory.objects.filter(slug__in=people.FACTORIES).order_by("id"))
    if len(factories) < len(people.FACTORIES) or not kept:
        raise CommandError("The demo is not loaded. Load it with: .venv/bin/python manage.py load_demo")
    return {
        "base_url": settings.BASE_URL,
        "factories": [
            {"slug": factory.slug, "name": factory.name, "location_id": factory.location_id,
             "store_id": factory.store_id, "api_keys": kept[factory.slug]}
            for factory in factories
        ],
        "users": _users(),
        "api_keys": kept[factories[0].slug],
        "stripe_webhook_secret": settings.STRIPE_WEBHOOK_SECRETS[0],
        "ids": _ids(factories),
    }  # fmt: skip


def _users() -> dict[str, Any]:
    found = {user.username: user for user in User.objects.filter(username__endswith=f"@{people.DOMAIN}")}
    users = {}
    for role in [*people.PEOPLE, "customer"]:
        if user := found.get(people.email_of(role)):
            places = user.memberships.order_by("factory_id").values_list("factory__slug", flat=True)
            users[role] = {
                "email": user.email, "password": people.PASSWORD, "jwt": token_for(user), "factories": list(places)
            }  # fmt: skip
    return users


def _ids(factories: list[Factory]) -> dict[str, dict[str, Any]]:
    """Kind → name → public id. The names of the demo are unique over its factories; the store API's ids are numbers."""

    def by(model: Any, name: str) -> dict[str, str]:
        rows = model.objects.filter(factory__in=factories).order_by("id").values_list(name, "uuid")[:200]
        return {key: str(uuid) for key, uuid in rows}

    def numbers(model: Any, name: str, **which: Any) -> dict[str, int]:
        rows = model.objects.filter(factory__in=factories, **which).order_by("id")
        return dict(rows.values_list(name, "id")[:200])

    return {
        "products": by(Item, "sku"),
        "boms": by(Bom, "name"),
        "lots": by(Lot, "code"),
        "machines": by(Machine, "code"),
        "connections": by(Connection, "code"),
        "methods": by(Method, "code"),
        "work_areas": by(WorkArea, "code"),
        "customer_orders": numbers(CustomerOrder, "external_id", external_id__isnull=False),
        "garments": {},
        "orders": by(ProductionOrder, "reference"),
        "store_orders": numbers(ProductionOrder, "reference", customer_order__isnull=False),
    }
