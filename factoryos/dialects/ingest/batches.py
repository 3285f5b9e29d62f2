"""A batch of rows, whoever brings it: judged, the sound rows stored, the others kept apart, and what is told of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from factoryos.dialects.ingest.catalogue import OLDER, OTHER_CONTENT, SUPERSEDED, UNCHANGED
from factoryos.dialects.ingest.rows import Checked, Checker
from factoryos.dialects.ingest.senders import Senders
from factoryos.dialects.ingest.warnings_told import Warnings
from factoryos.kernel import clock
from orders.ingest import store
from orders.ingest.rows import Receipt
from orders.ingest.staging import fold


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch. `failed` and `warnings` are as the answer shows them; all rows but the failed are stored."""

    operation_type: str
    dry_run: bool
    total: int
    failed: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    changed: int  # versions that were inserted or overwritten
    warned: Counter[str]  # all warnings by their codes


class Batch:
    """Rows of one request, judged when it is made; `keep` stores what they say."""

    def __init__(
        self,
        rows: Sequence[Any],
        *,
        senders: Senders,
        request_id: UUID,
        append: bool,
        dry_run: bool,
        checker: Checker | None = None,
        first: int = 0,
    ) -> None:
        """`checker`: the sender's own, where one brings many batches; `first`: the place of this batch's first row there."""
        now = clock.now()
        self._rows, self._dry_run, self._first = rows, dry_run, first
        self._receipt = Receipt(request_id=request_id, by=senders.first, received_at=now, append=append)
        self._checker = checker or Checker(senders.locations, senders.first.factory.id, now)
        self._checked = self._checker.check(rows)
        self._folded = fold(self._checked.good, append=append)

    def keep(self) -> Taken:
        """Store the batch in the caller's transaction, all of it. May be run again after that was rolled back."""
        checked = _copy(self._checked)
        stored = store.keep_folded(self._folded, receipt=self._receipt, dry_run=self._dry_run)
        if stored.conflicts:
            self._checker.refuse(checked, self._rows, stored.conflicts, OTHER_CONTENT)
        if self._first:
            _shift(checked, by=self._first)
        if checked.failed and not self._dry_run:
            store.keep_failed(checked.failed, receipt=self._receipt)
        warnings = Warnings(checked.warnings)
        for places, entry in ((stored.superseded, SUPERSEDED), (stored.unchanged, UNCHANGED), (stored.older, OLDER)):
            warnings.add_all(places, entry)
        return Taken(
            operation_type=self._receipt.operation_type,
            dry_run=self._dry_run,
            total=len(self._rows),
            failed=checked.faults,
            warnings=warnings.told(),
            changed=stored.changed,
            warned=warnings.by_code(),
        )


def take_batch(rows: Sequence[Any], *, senders: Senders, request_id: UUID, append: bool, dry_run: bool) -> Taken:
    """Judge and store these rows, any JSON values as `reading_json` gives them, in the caller's transaction."""
    return Batch(rows, senders=senders, request_id=request_id, append=append, dry_run=dry_run).keep()


def _shift(checked: Checked, *, by: int) -> None:
    """Refused rows are told by their place among all rows of their sender's, not of this batch."""
    checked.failed = [failed._replace(place=failed.place + by) for failed in checked.failed]
    checked.faults = [fault | {"index": fault["index"] + by} for fault in checked.faults]


def _copy(checked: Checked) -> Checked:
    """The same lists once more: a second run must not find what the first made of them."""
    return replace(
        checked,
        good=list(checked.good),
        failed=list(checked.failed),
        faults=list(checked.faults),
        warnings=list(checked.warnings),
    )
