"""Who sends a file: a person of the installation, or whoever a personal access token belongs to."""

from factoryos.dialects.ingest.auth import FACE
from factoryos.dialects.ingest.senders import Senders
from factoryos.kernel import api_keys, directory
from factoryos.kernel.directory import Person
from factoryos.kernel.models import ApiKey, User
from factoryos.kernel.problems import Unauthenticated


class NobodyToSend(Exception):
    """There is no such person, or the token is not valid. Its text may be shown."""


def sender_by_token(token: str) -> Senders:
    """Raises NobodyToSend."""
    try:
        actors = api_keys.actors_of(token, kind=ApiKey.Kind.PERSONAL_ACCESS_TOKEN, face=FACE)
    except Unauthenticated:
        raise NobodyToSend("The personal access token is not known, or no longer valid.") from None
    return Senders.believed(actors)


def sender_by_email(email: str) -> Senders:
    """The one active person with this address, in each of their factories. Raises NobodyToSend."""
    people = list(User.objects.filter(email__iexact=email, is_active=True)[:2])
    if len(people) != 1:
        raise NobodyToSend(f"There is {'nobody' if not people else 'more than one person'} with the address {email}.")
    person = Person(id=people[0].pk, uuid=people[0].uuid, name=people[0].name or people[0].username)
    places = directory.places_of(person)
    if not places:
        raise NobodyToSend(f"{email} is a member of no factory.")
    return Senders.believed([directory.actor_at(place, person=person, face=FACE) for place in places])
