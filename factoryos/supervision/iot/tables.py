"""What hangs on a connection, and on a point, as tables on their pages."""

from django.utils.safestring import SafeString

from factoryos.kernel.quantities import shortest
from factoryos.supervision.listing import link_to, link_to_list
from factoryos.supervision.related_tables import SHOWN, Table
from iot.models import Connection, CounterPoint, CountEvent

_POINTS = ("Machine", "Role", "Read from", "Stands at", "Last read", "In use")
_EVENTS = ("No.", "Kind", "From", "To", "Pieces", "For a person", "When")


def tables_of_connection(connection: Connection) -> list[Table]:
    """Its points, those in use first."""
    rows = CounterPoint.objects.filter(connection=connection).select_related("machine", "baseline")
    found = list(rows.order_by("-active", "machine__code", "role", "-pk")[: SHOWN + 1])
    more = _more(len(found), CounterPoint, f"connection__id__exact={connection.pk}", "All points")
    return [Table("Points", _POINTS, [_point_cells(point) for point in found[:SHOWN]], more)]


def tables_of_point(point: CounterPoint) -> list[Table]:
    """The newest of what its readings changed."""
    found = list(CountEvent.objects.filter(point=point).order_by("-seq")[: SHOWN + 1])
    more = _more(len(found), CountEvent, f"point__id__exact={point.pk}", "All events")
    return [Table("Counted", _EVENTS, [_event_cells(event) for event in found[:SHOWN]], more)]


def _more(count: int, model: type[CounterPoint] | type[CountEvent], query: str, text: str) -> SafeString | None:
    return link_to_list(model, query, text) if count > SHOWN else None


def _point_cells(point: CounterPoint) -> tuple[object, ...]:
    baseline = getattr(point, "baseline", None)
    where = ", ".join(f"{name} {value}" for name, value in point.where.items())
    shows = "–" if baseline is None or baseline.raw is None else shortest(baseline.raw)
    return (
        point.machine.code, link_to(CounterPoint, point.pk, point.get_role_display()), f"{point.encoding}: {where}",
        shows, (baseline and baseline.at) or "–", "yes" if point.active else "no",
    )  # fmt: skip


def _event_cells(event: CountEvent) -> tuple[object, ...]:
    return (
        link_to(CountEvent, event.pk, event.seq), event.kind, "–" if event.previous is None else shortest(event.previous),
        shortest(event.raw), shortest(event.pieces), shortest(event.flagged), event.at,
    )  # fmt: skip
