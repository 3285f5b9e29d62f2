"""Names of units: labels, not conversions."""

_PIECES = frozenset({"units", "unit", "pcs", "pc", "ea"})


def is_same_unit(one: str, other: str) -> bool:
    """Whether two labels mean one unit. Pieces go by several names."""
    return one == other or {one.lower(), other.lower()} <= _PIECES
