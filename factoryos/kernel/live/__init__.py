"""Telling open pages and programs what happened, as it happens: one listening connection a process, any number of readers.

A face asks for a `feed` (whose right, which topics, how an announcement reads in its words) and answers with it as an
`event_stream`. What was missed while the connection was down is told first, each announcement once and in order.
"""

from factoryos.kernel.live.announcements import Announcement, Wish
from factoryos.kernel.live.feeding import feed
from factoryos.kernel.live.response import MEDIA_TYPE, event_stream, last_event_id
from factoryos.kernel.live.rights import Right

__all__ = ["MEDIA_TYPE", "Announcement", "Right", "Wish", "event_stream", "feed", "last_event_id"]
