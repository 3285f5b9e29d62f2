"""What the frame around every page shows: where one is, where one may go, and how one likes it."""

from typing import Any

from django.http import HttpRequest

from factoryos.kernel.permissions import VERB_ROLES, allows

# Screens of the main menu: (address name, words, key after `g`). A new screen is one line here.
SCREENS = (("ops:orders", "Orders", "o"), ("ops:operations", "Operations", "b"), ("ops:ingest", "Imports", "i"))


# Shortcuts of a single key, as the help sheet lists them; static/ops/keys.js does them.
KEYS = (
    ("/", "Search"),
    ("j", "Next row"),
    ("k", "Previous row"),
    ("x", "Select the row"),
    ("Shift x", "Select up to the row"),
    ("Enter", "Open the row"),
    ("Esc", "Close, or leave a field"),
    ("s", "Change the status"),
    ("p", "Change the priority"),
    ("n", "Write a note"),
    ("?", "This list"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """For templates: `actor`, `may` (verb → whether this person may do it here), `screens`, `preferences`, `places`.

    Pages of nobody (sign-in) and of no factory know less; a page that names no `screen` is the one of its address.
    """
    known: dict[str, Any] = {"screens": SCREENS, "keys": KEYS}
    if hasattr(request, "preferences"):
        known |= {"places": request.places, "preferences": request.preferences}  # type: ignore[attr-defined]
    if (actor := getattr(request, "actor", None)) is None or not hasattr(request, "preferences"):
        return known
    found = request.resolver_match
    return known | {
        "actor": actor,
        "may": {verb: allows(actor=actor, verb=verb) for verb in VERB_ROLES},
        "screen": found.view_name if found else "",
    }
