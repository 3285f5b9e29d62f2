"""What the frame around every page shows: where one is, where one may go, and how one likes it."""

from typing import Any

from django.http import HttpRequest

from factoryos.kernel.permissions import VERB_ROLES, allows

# Screens of the main menu: (address name, words, key after `g`). A new screen is one line here.
SCREENS = (("ops:orders", "Orders", "o"),)


def frame(request: HttpRequest) -> dict[str, Any]:
    """For templates: `actor`, `may` (verb → whether this person may do it here), `screens`, `preferences`, `places`."""
    actor = getattr(request, "actor", None)
    if actor is None or not hasattr(request, "places"):
        return {}
    return {
        "actor": actor,
        "may": {verb: allows(actor=actor, verb=verb) for verb in VERB_ROLES},
        "places": request.places,
        "preferences": request.preferences,  # type: ignore[attr-defined]
        "screens": SCREENS,
    }
