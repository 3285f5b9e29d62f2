"""Who acts: the one description of a caller that every face builds and every verb is given."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

ActorKind = Literal["user", "api_key", "device", "system"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """The factory an actor works in, as far as verbs and faces need it without another query."""

    id: int
    slug: str
    name: str
    time_zone: str
    requires_verification: bool
    material_policy: str  # best_effort | strict
    two_person_release: bool
    masters_version: int  # grows when a name that orders show is changed: item, method, machine, work area

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts in one factory through one face. The tenant comes only from the credential."""

    kind: ActorKind
    id: str  # the user's or key's uuid, the machine's code, or the name of a system part
    name: str
    factory: Tenant
    roles: frozenset[str] = field(default=frozenset())
    face: str = "factory"
    operation: UUID | None = None  # the bulk operation that this is a part of; every event and note names it
    credential: str = "jwt"  # jwt | api_key | token | session | webhook | device | schedule

    @property
    def principal(self) -> str:
        """The key under which this caller's limits and remembered answers are kept."""
        return f"{self.kind}:{self.id}"
