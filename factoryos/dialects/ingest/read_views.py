"""Reading back: the newest version of an order with what became of it, and the rows that failed."""

from django.http import HttpRequest

from factoryos.dialects.base.answers import FaceResponse
from factoryos.dialects.base.paging import decode_cursor, encode_cursor
from factoryos.dialects.ingest import read_requests as take
from factoryos.dialects.ingest import responses
from factoryos.dialects.ingest.auth import IngestView
from factoryos.dialects.ingest.row_values import LONGEST_TEXT
from factoryos.kernel.problems import NotFound
from factoryos.kernel.text import is_safe
from orders.ingest import reading


class Versions(IngestView):
    def get(self, request: HttpRequest, order_number: str) -> FaceResponse:
        values = self.query(take.VersionsQuery)
        for name in _numbers_in(order_number):
            if found := reading.current_versions(name, factory_ids=self.senders.factory_ids, **values):
                return self.read(responses.versions_answer(found))
        raise NotFound(thing="Order")


class FailedRows(IngestView):
    def get(self, request: HttpRequest) -> FaceResponse:
        values = self.query(take.FailedRowsQuery)
        limit = min(values.pop("limit", take.DEFAULT_LIMIT), take.LARGEST_LIMIT)
        if cursor := values.pop("cursor", None):
            (values["before"],) = decode_cursor(cursor, types=(int,))
        rows, more = reading.failed_rows(reading.Wanted(**values), factory_ids=self.senders.factory_ids, limit=limit)
        return self.read(responses.failed_rows_answer(rows, cursor=encode_cursor((rows[-1].id,)) if more else None))


def _numbers_in(rest: str) -> list[str]:
    """The order numbers that the rest of a path may be, to be tried in this order: all of it, then without its last slash.

    None, for what no order can be called: the database would not even look it up.
    """
    names = [rest, rest[:-1]] if rest.endswith("/") else [rest]
    return [name for name in names if name and len(name) <= LONGEST_TEXT and is_safe(name)]
