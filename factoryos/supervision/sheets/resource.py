"""What every sheet of masters does: rows found by name in one factory, cleaned as in the forms, compared, never saved.

django-import-export reads, cleans and compares; what is to be written is collected and goes through the catalogue.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import Field as FormField
from django.forms import ModelForm
from import_export import fields, resources, widgets
from import_export.results import RowResult
from tablib import Dataset

from factoryos.kernel.locks import locked
from factoryos.kernel.problems import Invalid
from factoryos.kernel.quantities import shortest


class Cell(widgets.Widget):
    """Cleans a cell as the form of the same master cleans its field."""

    def __init__(self, field: FormField) -> None:
        super().__init__()
        self.field = field

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        try:
            return self.field.clean(value)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error  # so that the row's other cells are judged too

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return value


class Column(fields.Field):
    """A column of a sheet. A blank cell stands for `blank`, what a new thing would have."""

    def __init__(self, name: str, *, field: FormField, blank: Any = None, takes_blank: bool = False) -> None:
        super().__init__(attribute=name, column_name=name, widget=Cell(field))
        self.blank, self.takes_blank = blank, takes_blank

    def clean(self, row: Mapping[str, Any], **kwargs: Any) -> Any:
        text = row[self.column_name]
        return self.blank if text == "" and self.takes_blank else self.widget.clean(text, row=row)

    def get_value(self, instance: Any, **kwargs: Any) -> Any:
        return getattr(instance, str(self.attribute))


class MasterSheet(resources.ModelResource):
    """One sheet for one factory. After `compare`, `new` and `changed` hold what is to be written."""

    known_by: ClassVar[str]
    ignoring_case: ClassVar[bool] = True
    form: ClassVar[type[ModelForm]]

    class Meta:
        skip_diff = True
        skip_html_diff = True
        clean_model_instances = False
        report_skipped = True
        use_transactions = False

    def __init__(self, *, factory: Any, locking: bool = False) -> None:
        super().__init__()
        self.factory, self.locking = factory, locking
        self.new: list[Any] = []
        self.changed: list[Any] = []
        self._known: dict[str, Any] = {}
        self._rows: dict[str, int] = {}

    @property
    def columns(self) -> list[str]:
        return list(self.fields)

    def fold(self, name: str) -> str:
        return name.lower() if self.ignoring_case else name

    def compare(self, dataset: Dataset) -> Any:
        """import_export's result: each row with its number, name, kind and differences. Problem: Invalid (headings)."""
        self._judge_headings(dataset)
        return self.import_data(dataset, use_transactions=False)

    def _judge_headings(self, dataset: Dataset) -> None:
        """And fetch the things that the sheet names, in one query."""
        headings = list(dataset.headers or ())
        unknown = [name for name in headings if name not in self.fields]
        if unknown:
            raise Invalid(
                messages=[
                    f"Unknown column {', '.join(unknown)}. Columns are: {', '.join(self.columns)}."
                    " The factory is the one chosen on the page, never one named in the file"
                ],
                field="file",
            )
        if self.known_by not in headings:
            raise Invalid(messages=[f"The column {self.known_by} is missing"], field="file")
        self._given = [name for name in self.fields if name in headings]
        self._known = {self.fold(getattr(thing, self.known_by)): thing for thing in self._named(dataset)}

    def _named(self, dataset: Dataset) -> Any:
        from django.db.models.functions import Lower

        column: Column = self.fields[self.known_by]
        names = set()
        for text in dataset[self.known_by]:
            try:
                names.add(self.fold(column.widget.clean(text)))
            except ValueError:
                continue  # its row will say so
        rows = self.get_queryset()
        if self.ignoring_case:
            rows = rows.alias(folded=Lower(self.known_by)).filter(folded__in=names)
        else:
            rows = rows.filter(**{f"{self.known_by}__in": names})
        if self.locking:
            rows = locked(rows, ids=rows.values_list("pk", flat=True))
        return list(rows)

    def get_import_id_fields(self) -> list[str]:
        return [self.known_by]

    def get_import_fields(self) -> list[Any]:
        return [self.fields[name] for name in self._given]

    def get_instance(self, instance_loader: Any, row: Mapping[str, Any]) -> Any:
        try:
            name = self.fields[self.known_by].clean(row)
        except ValueError as error:
            raise ValidationError({self.known_by: str(error)}) from error
        folded = self.fold(name)
        if folded in self._rows:
            raise ValidationError({self.known_by: f"{name} stands in row {self._rows[folded]} already."})
        self._rows[folded] = self._row_number
        return self._known.get(folded)

    def init_instance(self, row: Any = None) -> Any:
        return self._meta.model(factory=self.factory)

    def before_import_row(self, row: Mapping[str, Any], **kwargs: Any) -> None:
        self._row_number = kwargs["row_number"] + 1  # as a spreadsheet counts, headings included
        if not any(row.values()):
            raise _BlankRow

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """Adds to the result: the row's number in the sheet and its differences [(column, before, after)]."""
        self._before: dict[str, Any] | None = None
        self._differences: list[tuple[str, Any, Any]] = []
        result: Any = super().import_row(row, instance_loader, **kwargs)
        for failure in result.errors:
            if not isinstance(failure.error, _BlankRow):
                raise failure.error  # our own fault, and not the row's
        result.errors = []
        if result.import_type == RowResult.IMPORT_TYPE_ERROR or (result.is_update() and not self._differences):
            result.import_type = RowResult.IMPORT_TYPE_SKIP
        result.number, result.row_name, result.differences = self._row_number, row[self.known_by], self._differences
        return result

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        self._before = None if new else {name: getattr(instance, name) for name in self._given}

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Nothing is saved here."""
        self.judge(instance, is_create=is_create)
        now = {name: getattr(instance, name) for name in self._given}
        before = self._before
        if before is None:
            self._differences = [(name, None, value) for name, value in now.items()]
            self.new.append(instance)
            return
        self._differences = [
            (name, _plain(before[name]), _plain(now[name])) for name in now if before[name] != now[name]
        ]
        if self._differences:
            self.changed.append(instance)

    def judge(self, instance: Any, *, is_create: bool) -> None:
        """What the row as a whole must keep. Raises ValidationError."""
        missing = [name for name, column in self.fields.items() if name not in self._given and not column.takes_blank]
        if is_create and missing:
            raise ValidationError(dict.fromkeys(missing, "A new one needs it."))

    def save_m2m(self, *args: Any, **kwargs: Any) -> None:
        """There are none."""

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        """Nothing was inserted, so no sequence is to be set."""

    def get_queryset(self) -> Any:
        return self._meta.model._default_manager.filter(factory=self.factory)


def _plain(value: Any) -> Any:
    """As a person would write it: 5.4, not 5.400000000000000."""
    return shortest(value) if isinstance(value, Decimal) else value


class _BlankRow(Exception):
    """A row without a single cell: passed over."""
