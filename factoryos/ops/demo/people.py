"""The demo's factories, people and keys, and where their secrets are kept so that they can be shown again."""

import json
import os
import secrets as random
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_DNS, UUID, uuid5

from django.conf import settings
from django.contrib.auth.hashers import make_password

from factoryos.kernel.api_keys import create_api_key, digest_of
from factoryos.kernel.models import ApiKey, Factory, Membership, User

DOMAIN = "demo.factoryos"
PASSWORD = "demo-factoryos"  # noqa: S105 known to everybody on purpose; factoryos.checks refuses to serve it

FACTORIES = {
    "penang-plant": {
        "name": "Penang Plant", "location_id": "LOC-001", "store_id": "S-1001", "time_zone": "Asia/Kuala_Lumpur",
        "currency": "MYR", "requires_verification": True,
    },
    "garment-studio": {
        "name": "Garment Studio", "location_id": "LOC-002", "store_id": "S-2002", "time_zone": "Europe/Berlin",
        "currency": "EUR", "requires_verification": False,
    },
}  # fmt: skip

# Role: name. The customer is signed in and belongs to no factory.
PEOPLE = {
    "admin": "Ada Admin",
    "planner": "Pia Planner",
    "technician": "Tom Technician",
    "qa": "Quinn Quality",
    "engineer": "Enno Engineer",
    "operator": "Olga Operator",
    "viewer": "Vera Viewer",
}
CUSTOMER = "Carl Customer"


@dataclass(frozen=True, slots=True)
class KeyPlan:
    kind: ApiKey.Kind
    name: str
    roles: tuple[str, ...]


KEYS = {
    "erp": KeyPlan(ApiKey.Kind.API_KEY, "ERP", ("planner", "technician", "engineer")),
    "ingest": KeyPlan(ApiKey.Kind.PERSONAL_ACCESS_TOKEN, "Ingest", ("planner",)),
    "store": KeyPlan(ApiKey.Kind.STORE_KEY, "Store", ("planner", "technician")),
}


def email_of(role: str) -> str:
    return f"{role}@{DOMAIN}"


def supabase_id_of(email: str) -> UUID:
    """Fixed, so that a token made on one day is still this person's after the demo was loaded anew."""
    return uuid5(NAMESPACE_DNS, email)


def load_factories() -> list[Factory]:
    return [Factory.objects.get_or_create(slug=slug, defaults=facts)[0] for slug, facts in FACTORIES.items()]


def load_people(factories: list[Factory]) -> None:
    """One person per role, in every factory; one customer, in none."""
    hashed = make_password(PASSWORD)  # once for all: hashing is slow by design
    for role, name in {**PEOPLE, "customer": CUSTOMER}.items():
        email, supervisor = email_of(role), role == "admin"
        user, _ = User.objects.get_or_create(
            username=email,
            defaults={
                "email": email, "name": name, "supabase_id": supabase_id_of(email), "password": hashed,
                "is_staff": supervisor, "is_superuser": supervisor,
            },
        )  # fmt: skip
        if role != "customer":
            for factory in factories:
                Membership.objects.get_or_create(user=user, factory=factory, defaults={"roles": [role]})


def load_keys(factories: list[Factory]) -> None:
    """One key per face and factory. A key whose secret is no longer known is replaced: nobody could use it."""
    known = secrets_kept()
    for factory in factories:
        for face, plan in KEYS.items():
            secret = known.setdefault(factory.slug, {}).setdefault(face, f"fos_demo_{face}_{random.token_urlsafe(32)}")
            if ApiKey.objects.filter(digest=digest_of(secret), factory=factory).exists():
                continue
            ApiKey.objects.filter(factory=factory, kind=plan.kind, name=f"Demo {plan.name}").delete()
            create_api_key(
                kind=plan.kind, name=f"Demo {plan.name}", roles=plan.roles, factory=factory, secret=secret
            )  # fmt: skip
    if known != secrets_kept():
        _keep(known)


def _file() -> Path:
    return Path(settings.FACTORYOS_HOME) / "secrets" / "demo_keys.json"


def secrets_kept() -> dict[str, dict[str, str]]:
    """factory slug → face → secret."""
    return dict(json.loads(_file().read_text())) if _file().exists() else {}


def _keep(known: dict[str, dict[str, str]]) -> None:
    """Written beside and renamed, so that nobody ever reads half of it or finds it open to others."""
    _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = _file().with_suffix(f".{os.getpid()}.part")
    with open(os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        json.dump(known, file, indent=1)
    unfinished.rename(_file())
