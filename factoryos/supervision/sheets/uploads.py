"""From a sheet to its preview, and from the preview to what was previewed: by the same person, once, whole or not at all."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry

from factoryos.kernel import clock
from factoryos.kernel.locks import locked
from factoryos.kernel.models import Factory, User
from factoryos.kernel.problems import NotFound
from factoryos.supervision.acting import as_supervisor
from factoryos.supervision.models import Upload
from factoryos.supervision.sheets.reading import read
from factoryos.supervision.sheets.resource import MasterSheet
from manufacturing.catalogue.sheets import write_sheet

KEPT = timedelta(hours=1)
SHOWN = 200  # rows of a preview


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sheet would do. `wrong`: [(row number, name, [messages])]; `rows`: those that change something."""

    new: int
    changed: int
    same: int
    wrong: list[tuple[int, str, list[str]]]
    rows: list[Any]
    fingerprint: str

    @property
    def does_something(self) -> bool:
        return bool(self.new + self.changed) and not self.wrong


def preview_of(sheet: MasterSheet, content: bytes, *, name: str) -> Preview:
    """Compare a file with what the factory has. Problem: Invalid."""
    result = sheet.compare(read(content, name=name))
    wrong = [(row.number, row.row_name, _messages(row.validation_error)) for row in result.rows if row.is_invalid()]
    rows = [row for row in result.rows if row.is_new() or row.is_update()]
    told = [
        (row.number, row.import_type, [[str(part) for part in change] for change in row.differences]) for row in rows
    ]
    return Preview(
        new=len(sheet.new),
        changed=len(sheet.changed),
        same=sum(row.is_skip() for row in result.rows),
        wrong=wrong,
        rows=rows,
        fingerprint=hashlib.sha256(json.dumps(told).encode()).hexdigest(),
    )


def keep(content: bytes, *, name: str, user: User, factory: Factory, table: str, preview: Preview) -> Upload:
    """Until it is confirmed, or an hour has passed."""
    Upload.objects.filter(created_at__lt=clock.now() - KEPT).delete()
    return Upload.objects.create(
        user=user, factory=factory, table=table, file_name=name[:255], content=content, previewed=preview.fingerprint,
    )  # fmt: skip


def confirm(uuid: UUID, *, user: User, sheet: type[MasterSheet], factories: Any) -> tuple[Upload, Preview, bool]:
    """Write what was previewed; True if it was written. Runs in the caller's transaction.

    If the factory's things were changed meanwhile so that something else would come of it, nothing is written, and
    the new preview is to be confirmed. Problems: NotFound (somebody else's, confirmed or too old); Duplicate.
    """
    table = sheet._meta.model._meta.label
    mine = Upload.objects.filter(user=user, table=table, factory__in=factories, created_at__gte=clock.now() - KEPT)
    upload = locked(mine, ids=mine.filter(uuid=uuid).values_list("pk", flat=True)).first()
    if upload is None:
        raise NotFound(thing="Upload")
    resource = sheet(factory=upload.factory, locking=True)
    preview = preview_of(resource, bytes(upload.content), name=upload.file_name)
    if preview.fingerprint != upload.previewed or not preview.does_something:
        upload.previewed = preview.fingerprint
        upload.save(update_fields=["previewed"])
        return upload, preview, False
    by = as_supervisor(user, upload.factory)
    write_sheet(sheet._meta.model, by=by, new=resource.new, changed=resource.changed, columns=resource.columns)
    for things, flag in ((resource.new, ADDITION), (resource.changed, CHANGE)):
        if things:
            LogEntry.objects.log_actions(user.pk, things, flag, f"Imported from {upload.file_name}.")
    upload.delete()
    return upload, preview, True


def _messages(error: Any) -> list[str]:
    """Each with the column that it is about."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        message if name == "__all__" else f"{name}: {message}"
        for name, messages in error.message_dict.items()
        for message in messages
    ]
