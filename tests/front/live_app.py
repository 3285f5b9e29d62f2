"""The real application, but for shorter times between checks of rights and between heartbeats."""

from factoryos.kernel.live import feeding, hub

hub.CHECK_SECONDS = 1.0
feeding.BEAT_SECONDS = 0.5

from factoryos.wsgi import application  # noqa: E402

__all__ = ["application"]
