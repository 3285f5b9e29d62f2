"""Rings of BOMs: a thing cannot be made of itself, however many levels lie between."""

from collections.abc import Sequence

from django.db import connection

from factoryos.kernel.problems import Invalid

# From each component down through every BOM in use, not only the default ones: any of them may be ordered.
_COMES_BACK = """
WITH RECURSIVE below(start, item_id) AS (
    SELECT component.item_id, component.item_id FROM unnest(%s::bigint[]) AS component(item_id)
    UNION
    SELECT below.start, component.item_id FROM below
    JOIN manufacturing_bom AS bom ON bom.item_id = below.item_id AND bom.retired_at IS NULL
    JOIN manufacturing_bomversion AS version ON version.bom_id = bom.id AND version.number = bom.version
    JOIN manufacturing_bomcomponent AS component ON component.version_id = version.id
)
SELECT DISTINCT start FROM below WHERE item_id = %s
"""


def refuse_cycles(component_ids: Sequence[int], *, item_id: int) -> None:
    """Refuse components of which some BOM leads back to `item_id`. Problem: Invalid, naming each such line."""
    if not component_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COMES_BACK, [list(component_ids), item_id])
        back = {row[0] for row in cursor.fetchall()}
    messages = [
        f"components.{place}.productId must not be the product itself"
        if component_id == item_id
        else f"components.{place}.productId is itself made of the product"
        for place, component_id in enumerate(component_ids)
        if component_id in back
    ]
    if messages:
        raise Invalid(messages=messages, field="components")
