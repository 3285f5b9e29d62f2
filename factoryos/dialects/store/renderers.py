"""An answer in the form that was asked for: the same value as JSON or as XML, numbers exact in both."""

from collections.abc import Mapping
from typing import Any

from factoryos.dialects.base.answers import json_answer
from factoryos.dialects.store import xml_out
from factoryos.dialects.store.negotiation import XML
from factoryos.kernel.transactions import Answer


def document(
    value: Mapping[str, Any], *, root: str, form: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """A complete answer. `root` is the name that an XML document's outermost element has; JSON has none."""
    if form == XML:
        content = {"Content-Type": f"{XML}; charset=utf-8", **(headers or {})}
        return Answer(status, xml_out.render(value, root=root), content)
    return json_answer(value, status=status, headers=headers)
