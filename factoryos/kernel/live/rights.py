"""By what right somebody reads a stream, and which of many rights still hold: one question for all of a process's readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from factoryos.kernel import clock


@dataclass(frozen=True, slots=True)
class Right:
    """A person's membership in a factory, for as long as the credential it was shown with lasts.

    `session`: the key of the Django session, and `sign_in` what the account's password was then (its SHA-256), for a
    changed password ends sessions; `ends_at`: Unix seconds at which a token ends. Another kind of right (an order's
    owner, a display) is a field here and a condition in HELD below.
    """

    person: UUID
    factory_id: int
    session: str | None = None
    sign_in: str | None = None
    ends_at: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """None: it has no end of its own."""
        return None if self.ends_at is None else self.ends_at - clock.now().timestamp()


# Gives the numbers (places in the arrays) of the rights that hold.
HELD = """
    SELECT asked.number FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[], %s::text[], %s::text[])
        AS asked(number, person, factory, session, sign_in)
    JOIN kernel_user AS person ON person.uuid = asked.person AND person.is_active
    JOIN kernel_membership AS membership
        ON membership.user_id = person.id AND membership.factory_id = asked.factory
    WHERE (asked.sign_in IS NULL OR encode(sha256(convert_to(person.password, 'UTF8')), 'hex') = asked.sign_in)
      AND (asked.session IS NULL OR EXISTS (
            SELECT 1 FROM django_session AS session
            WHERE session.session_key = asked.session AND session.expire_date > now()))
"""


def asked(rights: Sequence[Right]) -> list[Sequence[object]]:
    """The parameters of HELD for these rights."""
    return [
        list(range(len(rights))),
        [right.person for right in rights],
        [right.factory_id for right in rights],
        [right.session for right in rights],
        [right.sign_in for right in rights],
    ]
