"""The pages that bring masters in from a sheet and out into one."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from factoryos.kernel.ids import parse_uuid
from factoryos.kernel.models import Factory, User
from factoryos.kernel.problems import Kind, Problem
from factoryos.supervision.masters import MasterAdmin
from factoryos.supervision.one_transaction import in_one_transaction
from factoryos.supervision.sheets import uploads
from factoryos.supervision.sheets.reading import LARGEST_FILE, MOST_ROWS, neutral
from factoryos.supervision.sheets.resource import MasterSheet
from factoryos.supervision.tenancy import factories_of


class SheetForm(forms.Form):
    """A file for one factory of those that the person supervises."""

    factory = forms.ModelChoiceField(queryset=Factory.objects.none())
    file = forms.FileField(label="CSV or XLSX file", max_length=255)

    def __init__(self, *args: Any, factories: QuerySet[Factory], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].queryset = factories  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(factories) == 1:
            self.fields["factory"].initial = factories[0]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB.")
        return file


class ExportForm(forms.Form):
    factory = forms.ModelChoiceField(queryset=Factory.objects.none())
    format = forms.ChoiceField(choices=[("csv", "CSV"), ("xlsx", "XLSX")])

    def __init__(self, *args: Any, factories: QuerySet[Factory], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["factory"].queryset = factories  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(factories) == 1:
            self.fields["factory"].initial = factories[0]


class SheetPages(MasterAdmin):
    """Adds import and export to a master's page."""

    sheet: ClassVar[type[MasterSheet]]
    change_list_template = "supervision/masters.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path("import/", wrap(self.import_sheet), name=f"{name}_import"),
            path("export/", wrap(self.export_sheet), name=f"{name}_export"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        addresses = {"import_address": reverse(f"{name}_import"), "export_address": reverse(f"{name}_export")}
        return super().changelist_view(request, {**addresses, **(extra_context or {})})

    def import_sheet(self, request: HttpRequest) -> HttpResponse:
        """GET the form; POST a file for its preview, or the preview's token to write what it showed."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        if request.method == "POST" and "token" in request.POST:
            return self._confirm(request)
        sent = request.method == "POST"
        form = SheetForm(
            request.POST if sent else None, request.FILES if sent else None, factories=factories_of(request)
        )
        if not sent or not form.is_valid():
            return self._form(request, form)
        return self._preview(request, form)

    def _preview(self, request: HttpRequest, form: SheetForm) -> HttpResponse:
        assert isinstance(request.user, User)
        factory, file = form.cleaned_data["factory"], form.cleaned_data["file"]
        content, name = file.read(), file.name or ""
        try:
            preview = uploads.preview_of(self.sheet(factory=factory), content, name=name)
        except Problem as problem:
            form.add_error("file", f"{problem.text}.")
            return self._form(request, form)
        token = None
        if preview.does_something:
            table = self.opts.label
            token = uploads.keep(
                content, name=name, user=request.user, factory=factory, table=table, preview=preview
            ).uuid
        return self._shown(request, preview, factory=factory, token=token, file_name=name)

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        assert isinstance(user, User)
        sent: UUID | None = parse_uuid(request.POST["token"])
        if sent is None:
            raise Http404("Upload not found")
        factories = factories_of(request)
        try:
            upload, preview, written = in_one_transaction(
                lambda: uploads.confirm(sent, user=user, sheet=self.sheet, factories=factories)
            )
        except Problem as problem:
            if problem.kind is Kind.MISSING:
                raise Http404("Upload not found") from problem
            messages.error(request, f"{problem.text}. Nothing was imported; send the file again.")
            return HttpResponseRedirect(request.path)
        if not written:
            messages.warning(
                request, "The factory's data changed since the preview. Nothing was imported yet: look again."
            )
            token = sent if preview.does_something else None
            return self._shown(request, preview, factory=upload.factory, token=token, file_name=upload.file_name)
        messages.success(
            request, f"Imported: {preview.new} new, {preview.changed} changed, {preview.same} as they were."
        )
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _form(self, request: HttpRequest, form: SheetForm) -> HttpResponse:
        facts = {"form": form, "columns": self.sheet(factory=None).columns, "most_rows": MOST_ROWS}
        facts |= {"known_by": self.sheet.known_by, "largest_mb": LARGEST_FILE // 1024 // 1024}
        return self._page(request, "import", facts, status=422 if form.errors else 200)

    def _shown(
        self, request: HttpRequest, preview: uploads.Preview, *, factory: Factory, token: UUID | None, file_name: str
    ) -> HttpResponse:
        facts = {
            "preview": preview, "token": token, "factory": factory, "file_name": file_name,
            "rows": preview.rows[: uploads.SHOWN], "wrong": preview.wrong[: uploads.SHOWN],
        }  # fmt: skip
        return self._page(request, "preview", facts, status=422 if preview.wrong else 200)

    def export_sheet(self, request: HttpRequest) -> HttpResponse:
        """GET the form, or with `factory` and `format` the file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ExportForm(request.GET or None, factories=factories_of(request))
        if not form.is_valid():
            return self._page(request, "export", {"form": form}, status=422 if form.errors else 200)
        factory, ending = form.cleaned_data["factory"], form.cleaned_data["format"]
        resource = self.sheet(factory=factory)
        data = resource.export(resource.get_queryset().order_by("pk"))
        safe = type(data)(headers=data.headers)
        for row in data:
            safe.append([neutral(cell) for cell in row])
        kind = _format(ending)
        answer = HttpResponse(kind.export_data(safe), content_type=kind.get_content_type())
        file_name = f"{factory.slug}-{self.opts.model_name}s.{ending}"
        answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
        return answer

    def _page(self, request: HttpRequest, name: str, facts: dict[str, Any], *, status: int) -> HttpResponse:
        title = f"{'Export' if name == 'export' else 'Import'} {self.opts.verbose_name_plural}"
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, **facts}
        return TemplateResponse(request, f"supervision/{name}.html", context, status=status)


def _format(ending: str) -> Any:
    """import_export's format of that name. Loaded now: the workbook library is large, and most processes never need it."""
    from import_export.formats.base_formats import CSV, XLSX

    return {"csv": CSV, "xlsx": XLSX}[ending]()
