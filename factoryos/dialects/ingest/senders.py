"""In which factories whoever holds a token may read, in which write, and what the locations there are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory
from factoryos.kernel.permissions import allows
from factoryos.kernel.problems import RoleMissing

# What a statement does is what this verb does: orders are made and planned by planners, and by admins.
_VERB, _ROLES = "create", ["admin", "planner"]


@dataclass(frozen=True)
class Senders:
    """The same sender in each of their factories, by the factory's id: all of them, and those where they may write."""

    actors: Sequence[Actor]
    writers: Sequence[Actor]

    @classmethod
    def believed(cls, actors: Sequence[Actor]) -> "Senders":
        """Of a token: it writes where its role allows that."""
        return cls(actors, [actor for actor in actors if allows(actor=actor, verb=_VERB)])

    @property
    def first(self) -> Actor:
        """Under whose name a request is kept. A row that names no factory of the sender's belongs to this one's."""
        return (self.writers or self.actors)[0]

    @property
    def factory_ids(self) -> list[int]:
        """Every factory that may be read."""
        return [actor.factory.id for actor in self.actors]

    @cached_property
    def locations(self) -> Mapping[str, int]:
        """`location_id` → factory, of those that may be written. A factory without a name here cannot be named."""
        ids = [actor.factory.id for actor in self.writers]
        named = Factory.objects.filter(pk__in=ids).exclude(location_id=None).values_list("location_id", "pk")
        return {str(name): pk for name, pk in named}

    def require_writing(self) -> None:
        """Problem: RoleMissing, for a token that may write nowhere."""
        if not self.writers:
            raise RoleMissing(verb=_VERB, any_of=_ROLES)
