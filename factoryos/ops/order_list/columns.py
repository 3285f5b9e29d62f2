"""The columns of the order list, and what a click on the head of each does."""

from collections.abc import Mapping
from dataclasses import dataclass

from factoryos.ops.order_list.filters import list_url

# (heading, what it sorts by, whether the first click sorts falling)
COLUMNS: tuple[tuple[str, str, bool], ...] = (
    ("Order", "reference", False),
    ("Customer", "customer", False),
    ("Status", "", False),
    ("Priority", "priority", False),
    ("Due", "due", False),
    ("Progress", "", False),
    ("Machine", "", False),
    ("Last note", "", False),
    ("Changed", "changed", True),
)
SORT_WORDS = {"newest": "newest first", "oldest": "oldest first"} | {
    f"{sign}{name}": f"{heading.lower()}, {way}"
    for heading, name, _ in COLUMNS
    if name
    for sign, way in (("", "rising"), ("-", "falling"))
}


@dataclass(frozen=True, slots=True)
class Head:
    """`direction`: the value of aria-sort; `url`: the list sorted by this, or the other way round when it is already."""

    heading: str
    name: str
    url: str
    direction: str


def heads(*, sort: str, query: str, keep: Mapping[str, str]) -> list[Head]:
    return [
        _head(heading, name, falling_first, sort=sort, query=query, keep=keep)
        for heading, name, falling_first in COLUMNS
    ]


def _head(heading: str, name: str, falling_first: bool, *, sort: str, query: str, keep: Mapping[str, str]) -> Head:
    if not name:
        return Head(heading, "", "", "")
    ways = [f"-{name}", name] if falling_first else [name, f"-{name}"]
    direction = {name: "ascending", f"-{name}": "descending"}.get(sort, "none")
    return Head(heading, name, list_url(query, {**keep, "sort": ways[1] if sort == ways[0] else ways[0]}), direction)
