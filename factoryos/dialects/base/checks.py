"""What `manage.py check` asks of every dialect before anything is served."""

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from factoryos.dialects.base.dialect import Dialect
from orders.states import State


def check_words(**kwargs: Any) -> list[CheckMessage]:
    """Every dialect has a word for every state: an order made through one face must be sayable in all."""
    # By name, as urlconfs are: the base knows no face.
    return missing_words(import_string("factoryos.dialects.registry.DIALECTS"))


def missing_words(dialects: Iterable[Dialect]) -> list[CheckMessage]:
    return [
        Error(f"The dialect {dialect.name} has no word for the state {state.value}.", id="dialects.E001")
        for dialect in dialects
        for state in State
        if not dialect.words.get(state)
    ]
