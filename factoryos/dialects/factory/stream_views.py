"""The stream: what happens in a factory, told as it happens and in this API's words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from factoryos.dialects.base.answers import moment
from factoryos.dialects.factory.auth import FACE, FactoryView
from factoryos.dialects.factory.states import WORDS
from factoryos.dialects.factory.stream_requests import EVENTS, ORDER_EVENTS, StreamQuery
from factoryos.kernel import clock, live
from factoryos.kernel.actors import Actor
from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.problems import Unauthenticated
from factoryos.kernel.supabase import Claims
from orders.selectors import find_order_id
from orders.states import State


class Stream(FactoryView):
    """Ends with the token, whose leeway is for clocks and not for staying."""

    def admit(self, credential: Claims, path: dict[str, str]) -> Actor | None:
        if credential.expires_at <= clock.now().timestamp():
            raise Unauthenticated()
        self.ends_at = credential.expires_at
        return super().admit(credential, path)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked = self.query(StreamQuery)
        name = asked.get("order_id")
        wish = live.Wish(
            factory_id=self.actor.factory.id,
            topics=asked.get("topics", frozenset(EVENTS)),
            about=None if name is None else order_key(name, by=self.actor),
        )
        right = live.Right(person=UUID(self.actor.id), factory_id=self.actor.factory.id, ends_at=self.ends_at)
        return self.stream(
            request,
            lambda: live.feed(right=right, wish=wish, show=shown, since=live.last_event_id(request), face=FACE),
        )


def order_key(name: str, *, by: Actor) -> str:
    """The key under which an order's events are announced. Problem: NotFound, for a stranger's and for none alike."""
    uuid = parse_uuid(name)
    find_order_id(uuid, by=by)
    return str(uuid)


def shown(announcement: live.Announcement) -> tuple[str, dict[str, Any]]:
    """An announcement as an event of this API: its name and its data."""
    told = announcement.payload
    about: dict[str, Any] = {name: told[name] for name in ("orderId", "machineCode") if name in told}
    state = told.get("state")
    if announcement.topic in ORDER_EVENTS:
        state = WORDS[State(str(state))]
    at = moment(datetime.fromisoformat(told["at"]))
    return announcement.topic, {"type": announcement.topic, "at": at, **about, "state": state}
