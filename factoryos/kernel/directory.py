"""Finding people and their place in a factory, in one query a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from factoryos.kernel.actors import Actor, Tenant
from factoryos.kernel.models import User
from factoryos.kernel.problems import NotFound, Unauthenticated
from factoryos.kernel.supabase import Claims

# Of a table called `factory`; `tenant_of` reads them.
TENANT_COLUMNS = """factory.id, factory.slug, factory.name, factory.time_zone, factory.requires_verification,
    factory.material_policy, factory.two_person_release, factory.masters_version"""


def tenant_of(columns: Sequence[Any]) -> Tenant:
    """The tenant that a row's TENANT_COLUMNS are."""
    return Tenant(*columns)


@dataclass(frozen=True, slots=True)
class Place:
    """A person's membership: the factory and the roles held there."""

    tenant: Tenant
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in by a token, before a factory is chosen."""

    id: int
    uuid: UUID
    name: str


def person_of(claims: Claims) -> Person:
    """The account of a token's subject, made on first sight (without any membership). Disabled: Unauthenticated."""
    row = (
        User.objects.filter(supabase_id=claims.subject)
        .values_list("id", "uuid", "name", "username", "is_active")
        .first()
    )
    if row is None:
        User.objects.bulk_create(
            [User(username=f"supabase:{claims.subject}", supabase_id=claims.subject, email=claims.email[:254],
                  name=claims.email[:150], password="!")],  # noqa: S106 an unusable password, not a secret
            ignore_conflicts=True,
        )  # fmt: skip
        return person_of(claims)
    if not row[4]:
        raise Unauthenticated()
    return Person(id=row[0], uuid=row[1], name=row[2] or row[3])


def member_of(claims: Claims, *, slug: str, face: str) -> Actor:
    """The actor that a token's subject is in the factory `slug`.

    Problems: Unauthenticated (disabled account); NotFound for no such factory and for no membership alike.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT person.uuid, person.name, person.username, person.is_active, membership.roles, {TENANT_COLUMNS}
            FROM kernel_user AS person
            LEFT JOIN (
                kernel_membership AS membership JOIN kernel_factory AS factory ON factory.id = membership.factory_id
            ) ON membership.user_id = person.id AND factory.slug = %s
            WHERE person.supabase_id = %s
            """,
            [slug, claims.subject],
        )
        row = cursor.fetchone()
    if row is None:
        person_of(claims)  # a first sight leaves an account behind, so that an admin can give it a place
        raise NotFound(thing="Factory")
    if not row[3]:
        raise Unauthenticated()
    if row[4] is None:
        raise NotFound(thing="Factory")
    return Actor(
        kind="user",
        id=str(row[0]),
        name=row[1] or row[2],
        roles=frozenset(row[4]),
        factory=tenant_of(row[5:]),
        face=face,
    )


def actor_at(place: Place, *, person: Person, face: str) -> Actor:
    """What a person is in one of their factories."""
    return Actor(
        kind="user", id=str(person.uuid), name=person.name, roles=place.roles, factory=place.tenant, face=face
    )  # fmt: skip


def places_of(person: Person) -> list[Place]:
    """Every factory this person belongs to, by slug."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT membership.roles, {TENANT_COLUMNS} FROM kernel_membership AS membership
            JOIN kernel_factory AS factory ON factory.id = membership.factory_id
            WHERE membership.user_id = %s ORDER BY factory.slug
            """,
            [person.id],
        )
        return [Place(roles=frozenset(row[0]), tenant=tenant_of(row[1:])) for row in cursor.fetchall()]
