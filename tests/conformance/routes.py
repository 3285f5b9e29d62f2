"""Every route and method of every dialect, read from the URL map: a new route is tested before anybody thinks of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.urls import URLPattern

from factoryos.dialects.base.dialect import Dialect
from factoryos.dialects.registry import DIALECTS

METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Call:
    dialect: Dialect
    method: str
    route: str
    methods: tuple[str, ...]  # all that the route takes

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(_PARAMETER.findall(self.route))

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    def path(self, *names: Mapping[str, str]) -> str:
        """The path with these names in it; later mappings win."""
        known = {parameter: name for mapping in names for parameter, name in mapping.items()}
        return "/" + _PARAMETER.sub(lambda found: known[found[1]], self.route)

    def __str__(self) -> str:
        return f"{self.dialect.name} {self.method} {self.route}"


def _patterns(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here, pattern
        else:
            yield from _patterns(pattern.url_patterns, here)


def _calls() -> Iterator[Call]:
    for dialect in DIALECTS:
        for route, pattern in _patterns(import_module(dialect.urls).urlpatterns):
            view: Any = pattern.callback
            methods = tuple(method.upper() for method in METHODS if hasattr(view.cls, method))
            for method in methods:
                yield Call(dialect, method, route, methods)


CALLS = list(_calls())
ROUTES = list({call.route: call for call in CALLS}.values())
