"""Writing XML: any value that JSON could hold as elements, a field an element, a list its element repeated."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from factoryos.kernel.quantities import shortest


def render(value: Mapping[str, Any], *, root: str) -> bytes:
    """`value` as a document whose outermost element is `root`. Null and empty lists are left out."""
    text = "".join(_element(root, value))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _element(name: str, value: Any) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _element(name, one)
        return
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for inner, content in value.items():
            yield from _element(inner, content)
    else:
        yield _text(value)
    yield f"</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shortest(value) if isinstance(value, Decimal) else escape(str(value))
