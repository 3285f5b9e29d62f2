"""Reading PostgreSQL's errors."""

from django.db import DatabaseError


def violated_constraint(error: DatabaseError) -> str | None:
    """The name of the constraint or unique index that an IntegrityError is about."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)
