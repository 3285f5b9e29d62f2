"""Names that are taken already: the unique index decides, here it is put into words."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from factoryos.kernel.database import violated_constraint
from factoryos.kernel.problems import Duplicate


@contextmanager
def refused_if_taken(constraint: str, *, field: str, value: str) -> Iterator[None]:
    """Raise Duplicate(field, value) if `constraint` refuses what is written inside. The transaction stays usable."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if violated_constraint(error) != constraint:
            raise
        raise Duplicate(field=field, value=value) from error
