"""As whom somebody acts who works in the admin: one actor for each factory they touch."""

from factoryos.kernel.actors import Actor
from factoryos.kernel.models import Factory, Membership, User

FACE = "admin"


def as_member(user: User, factory: Factory) -> Actor:
    """With the roles of the person's membership in this factory. A keeper without one has no roles on its orders."""
    places = Membership.objects.filter(user_id=user.pk, factory_id=factory.pk)
    roles: list[str] = places.values_list("roles", flat=True).first() or []
    return _actor(user, factory, frozenset(roles))


def as_supervisor(user: User, factory: Factory) -> Actor:
    """For masters: whoever reaches a factory's masters here is its admin or keeps the installation."""
    return _actor(user, factory, frozenset({"admin"}))


def _actor(user: User, factory: Factory, roles: frozenset[str]) -> Actor:
    return Actor(
        kind="user",
        id=str(user.uuid),
        name=str(user),
        factory=factory.tenant(),
        roles=roles,
        face=FACE,
        credential="session",
    )
