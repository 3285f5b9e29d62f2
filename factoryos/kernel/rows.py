"""Rows and instances without the ORM's compiler, for the few statements that every request runs.

The ORM compiles each query anew, which costs more than the database takes to answer it. A fixed SELECT is prepared once
a connection; an INSERT of several tables is one statement. Values pass through the fields, as with the ORM's own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


class _Reading(NamedTuple):
    columns: tuple[str, ...]
    table: str
    names: tuple[str, ...]
    converters: tuple[tuple[int, Any], ...]  # of columns that arrive as text, such as jsonb


@cache
def _reading(model: type[Model]) -> _Reading:
    fields = model._meta.concrete_fields
    return _Reading(
        tuple(str(field.column) for field in fields),
        model._meta.db_table,
        tuple(str(field.attname) for field in fields),
        tuple((place, field.from_db_value) for place, field in enumerate(fields) if hasattr(field, "from_db_value")),
    )


def _instance(model: type[M], reading: _Reading, row: tuple[Any, ...]) -> M:
    if reading.converters:
        values = list(row)
        for place, convert in reading.converters:
            values[place] = convert(values[place], None, connection)
        return model.from_db(connection.alias, reading.names, values)
    return model.from_db(connection.alias, reading.names, row)


def find_all(model: type[M], where: str, values: list[Any]) -> list[M]:
    """The instances that a fixed condition finds, read by one prepared statement. `where` is our own text."""
    reading = _reading(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(reading.columns)} FROM {reading.table} WHERE {where}", values)
        return [_instance(model, reading, row) for row in cursor.fetchall()]


def find_all_with(model: type[M], field: str, where: str, values: list[Any]) -> list[M]:
    """The same, each with what its foreign key `field` (one that is never null) names. In `where` the model is `this`."""
    key: Any = model._meta.get_field(field)
    this, that = _reading(model), _reading(key.related_model)
    columns = [f"this.{name}" for name in this.columns] + [f"that.{name}" for name in that.columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {this.table} AS this"
            f" JOIN {that.table} AS that ON that.id = this.{key.column} WHERE {where}",
            values,
        )
        rows = cursor.fetchall()
    width, found = len(this.columns), []
    for row in rows:
        instance = _instance(model, this, row[:width])
        setattr(instance, field, _instance(key.related_model, that, row[width:]))
        found.append(instance)
    return found


def find_one(model: type[M], where: str, values: list[Any]) -> M | None:
    """The first of them, if there is any."""
    return next(iter(find_all(model, where, values)), None)


@cache
def columns_of(model: type[Model], *, without: frozenset[str] = frozenset()) -> tuple["Field[Any, Any]", ...]:
    """The fields that an INSERT names: every column but the generated key and those that the statement itself fills."""
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key and field.name not in without)


def values_of(instance: Model, *, without: frozenset[str] = frozenset()) -> list[Any]:
    """The values of `columns_of`, prepared for the database."""
    return [
        field.get_db_prep_save(getattr(instance, field.attname), connection=connection)
        for field in columns_of(type(instance), without=without)
    ]


def names_of(model: type[Model], *, without: frozenset[str] = frozenset()) -> str:
    """The column names of `columns_of`, separated by commas."""
    return ", ".join(str(field.column) for field in columns_of(model, without=without))


def as_columns(rows: Iterable[Sequence[Any]]) -> list[str]:
    """The columns of these rows, each as the text of a PostgreSQL array, for `unnest(%s::bigint[], …)`.

    For statements that write hundreds of rows: the driver's own arrays cost several times as much as the statement.
    Texts (JSON among them), numbers, booleans, instants, UUIDs and None.
    """
    return [f"{{{','.join(map(_element, column))}}}" for column in zip(*rows, strict=True)]


def _element(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if value is None:
        return "NULL"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value)
