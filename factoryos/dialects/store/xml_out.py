"""Writing XML: any value that JSON could hold as elements, a field an element, a list its element repeated."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from factoryos.dialects.store.fields import milliseconds
from factoryos.kernel.quantities import shortest

# What XML 1.0 cannot hold, not even as a reference (https://www.w3.org/TR/xml/#charsets). Other faces let some of it in.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile("[&<>\r]|" + _IMPOSSIBLE.pattern)
_RETURN = {"\r": "&#13;"}  # which a reader would take for a line feed


def render(value: Mapping[str, Any], *, root: str) -> bytes:
    """`value` as a document whose outermost element is `root`. Null and empty lists are left out."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, value, parts)
    parts.append("\n")
    return "".join(parts).encode()


def _write(name: str, value: Any, parts: list[str]) -> None:
    if value is None:
        return
    if isinstance(value, Mapping):
        parts.append(f"<{name}>")
        for inner, content in value.items():
            _write(inner, content, parts)
        parts.append(f"</{name}>")
    elif isinstance(value, (list, tuple)):
        for one in value:
            _write(name, one, parts)
    else:
        parts.append(f"<{name}>{_text(value)}</{name}>")


def _text(value: Any) -> str:
    """A number, a boolean or an instant as JSON has it; text as it is."""
    match value:
        case str():
            return _escaped(str(value)) if _SPECIAL.search(value) else str(value)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return shortest(value)
        case datetime():
            return str(milliseconds(value))
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return escape(_IMPOSSIBLE.sub("\ufffd", text), _RETURN)
