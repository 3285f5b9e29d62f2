"""Reading XML: a document as the object that the same call would take as JSON, refused as soon as it goes wrong.

Nothing is expanded or fetched: a document with a DTD is refused at its first line, before any entity of it exists.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from factoryos.dialects.base.bodies import JsonObject
from factoryos.dialects.base.fields import ListField
from factoryos.dialects.base.requests import RequestSerializer
from factoryos.kernel.problems import Kind, Problem

DEEPEST = 32
MOST_NODES = 50_000  # elements, attributes, comments and processing instructions
_LONGEST_NAME = 100
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_BLANK = " \t\r\n"
# What a body may be called where the call takes none and ignores it: every class of this API.
_CLASSES = frozenset(
    {
        "productionOrder",
        "productionOrderArticle",
        "productionOrderArticleTraceability",
        "productionOrdersResponse",
        "productionOrderArticlesResponse",
        "productionOrderBatchResponse",
        "flatBundledArticlesResponse",
        "productionOrderRef",
        "customerOrder",
        "customerOrdersResponse",
        "error",
        "login",
    }
)


class MalformedXml(Problem):
    """The body is no XML document that this API takes. Data: reason."""

    code, kind, template = "malformed_xml", Kind.INVALID, "The body is not a valid XML document: {reason}"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)


def parse(raw: bytes, *, takes: type[RequestSerializer] | None) -> JsonObject:
    """`raw` as an object, shaped by `takes`; every value in it is text, None (`xsi:nil`), an object or a list.

    A field that is a list there is one here too, even of one element. Of what `takes` does not know (the fields it
    ignores, a typo) a repeated element is a list. `takes` says its class's name as `dto`; None takes any class.
    Problem: MalformedXml.
    """
    document = _Document(takes)
    reader = _Reader(document)
    try:
        # Fed at once: a parser that is fed by pieces reads a long token again with each of them.
        reader.feed(_utf8(raw), isFinal=True)
    except DefusedXmlException:
        raise MalformedXml(reason="it must not have a DTD, entities or external references") from None
    except SAXParseException as error:
        place = f"at line {error.getLineNumber()}, column {error.getColumnNumber()}"
        raise MalformedXml(reason=f"{error.getMessage()} {place}") from None
    finally:
        reader.let_go()
    return document.value


def _utf8(raw: bytes) -> str:
    """Decoded here, for the parser goes by a byte order mark of UTF-16, and by a NUL beside the first bracket."""
    if b"\0" in raw:
        raise MalformedXml(reason="it is not UTF-8")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise MalformedXml(reason="it is not UTF-8") from None


class _Reader(DefusedExpatParser):
    """The defused parser, that also tells of the declaration and of comments."""

    _parser: Any

    def __init__(self, document: "_Document") -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        self.setContentHandler(document)

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._cont_handler.declared
        self._parser.CommentHandler = self._cont_handler.comment

    def let_go(self) -> None:
        """The parser and its handlers hold each other, and the text with them."""
        self._parser = None


class _Element:
    """One that is open. `fields` is None where anything may stand."""

    __slots__ = ("children", "fields", "name", "nil", "text")

    def __init__(self, name: str, *, fields: Mapping[str, Any] | None, nil: bool) -> None:
        self.name, self.fields, self.nil = name, fields, nil
        self.text: list[str] = []
        self.children: dict[str, Any] = {}

    def take(self, child: "_Element") -> None:
        """Its child has ended."""
        name, value = child.name, child.value()
        field = self.fields.get(name) if self.fields else None
        if isinstance(field, ListField):
            if child.nil and name not in self.children:
                self.children[name] = None  # the list itself, unless more elements follow
            elif self.children.setdefault(name, []) is None:
                self.children[name] = [None, value]
            else:
                self.children[name].append(value)
        elif name not in self.children:
            self.children[name] = value
        elif field is not None:
            raise MalformedXml(reason=f"{name[:_LONGEST_NAME]} is given twice")
        elif isinstance(self.children[name], list):
            self.children[name].append(value)
        else:
            self.children[name] = [self.children[name], value]

    def value(self) -> Any:
        text = "".join(self.text)
        filled = bool(text.strip(_BLANK))
        if self.nil:
            if filled or self.children:
                raise MalformedXml(reason=f"{self.name[:_LONGEST_NAME]} is nil, but not empty")
            return None
        if self.children and filled:
            raise MalformedXml(reason=f"{self.name[:_LONGEST_NAME]} holds text beside elements")
        if self.children or (self.fields is not None and not filled):
            return self.children
        return text


class _Document(ContentHandler):
    """Puts the object together while it is read, and stops the reading at the first thing that may not be."""

    def __init__(self, takes: type[RequestSerializer] | None) -> None:
        super().__init__()
        self.takes = takes
        self.value: JsonObject = {}
        self.open: list[_Element] = []
        self.nodes = 0
        self.instance_prefixes = {"xsi"}

    def declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
            raise MalformedXml(reason="it says that it is not UTF-8")

    def startElement(self, name: str, attrs: Any) -> None:
        self._count(1 + len(attrs))
        if len(self.open) == DEEPEST:
            raise MalformedXml(reason=f"more than {DEEPEST} levels")
        local = name.rpartition(":")[2]
        nil = bool(len(attrs)) and self._is_nil(attrs)
        if self.open:
            outer = self.open[-1].fields
            fields = _fields_of(outer.get(local)) if outer else None
        else:
            fields = self._root(local)
        self.open.append(_Element(local, fields=fields, nil=nil))

    def endElement(self, name: str) -> None:
        ended = self.open.pop()
        if self.open:
            self.open[-1].take(ended)
            return
        value = ended.value()
        if value is None or (isinstance(value, str) and value.strip(_BLANK)):
            raise MalformedXml(reason=f"{ended.name[:_LONGEST_NAME]} holds no elements")
        self.value = value or {}

    def characters(self, content: str) -> None:
        self.open[-1].text.append(content)

    def comment(self, content: str) -> None:
        self._count(1)

    def processingInstruction(self, target: str, data: str) -> None:
        self._count(1)

    def _root(self, name: str) -> Mapping[str, Any] | None:
        wanted: str | None = getattr(self.takes, "dto", None)
        if _class_of(name) not in (_CLASSES if wanted is None else {_class_of(wanted)}):
            raise MalformedXml(reason=f"its root is {name[:_LONGEST_NAME]}, not {_root_name(wanted)}")
        return None if self.takes is None else _fields_by_name(self.takes)

    def _is_nil(self, attrs: Any) -> bool:
        for name, value in attrs.items():
            if value == _INSTANCE and name.startswith("xmlns:"):
                self.instance_prefixes.add(name[6:])
        for name, value in attrs.items():
            prefix, _, local = name.partition(":")
            if local == "nil" and prefix in self.instance_prefixes:
                return value.strip(_BLANK) in {"true", "1"}
        return False

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise MalformedXml(reason=f"more than {MOST_NODES} nodes")


def _class_of(name: str) -> str:
    """`ProductionOrderDto`, `productionOrderDto` and `productionOrder` are one class."""
    return name[:1].lower() + name[1:].removesuffix("Dto")


def _root_name(dto: str | None) -> str:
    return "the name of a class" if dto is None else dto[:1].lower() + dto[1:]


def _fields_of(field: Any) -> Mapping[str, Any] | None:
    """What an element may hold that is `field`, or one of a list's; None where that is not said."""
    inner = field.child if isinstance(field, ListField) else field
    return _fields_by_name(type(inner)) if isinstance(inner, RequestSerializer) else None


@cache
def _fields_by_name(serializer: type[RequestSerializer]) -> Mapping[str, Any]:
    return dict(serializer().fields)
