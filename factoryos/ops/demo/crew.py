"""Who does what in the demo: the people of one factory as actors, one for each role that its stories need."""

from dataclasses import dataclass

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory, User
from factoryos.ops.demo.people import email_of


@dataclass(frozen=True, slots=True)
class Crew:
    """Each may do what the role allows, and nothing more."""

    factory: Factory
    planner: Actor
    engineer: Actor
    technician: Actor
    qa: Actor
    operator: Actor

    @classmethod
    def of(cls, factory: Factory) -> "Crew":
        def actor(role: str) -> Actor:
            user = User.objects.get(username=email_of(role))
            return Actor(
                kind="user", id=str(user.uuid), name=user.name, factory=factory.tenant(), roles=frozenset({role})
            )

        return cls(factory, *(actor(role) for role in ("planner", "engineer", "technician", "qa", "operator")))
