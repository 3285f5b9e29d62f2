"""What is wrong with a request's fields: one flat list of plain sentences, each beginning with the field's name."""

from collections.abc import Iterable
from typing import NamedTuple, Self

MOST_TOLD = 50
_LONGEST_NAME = 100


class Fault(NamedTuple):
    """`field` is the path of names (`splits.0.quantity`), `message` the whole sentence."""

    field: str
    message: str

    def under(self, name: str) -> "Fault":
        """The same fault as seen by whoever holds the value under `name`."""
        if not self.field:
            return Fault(name, f"{name} {self.message}")
        return Fault(f"{name}.{self.field}", f"{name}.{self.message}")


class Wrong(Exception):
    """A value was refused. A field says what it must be; whoever holds it puts the name before."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__()

    @classmethod
    def must(cls, sentence: str) -> Self:
        """One fault of the value itself, such as `must be a string`."""
        return cls([Fault("", sentence)])


def unknown(name: str) -> Fault:
    """A property that is not taken here. What cannot be shown (control characters, surrogates) is escaped."""
    shown = name[:_LONGEST_NAME].encode("unicode_escape").decode() if not name.isprintable() else name[:_LONGEST_NAME]
    return Fault(shown, f"property {shown} should not exist")
