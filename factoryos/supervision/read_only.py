"""Pages that only show: state, ledgers and the machinery of the house are written by verbs and workers alone."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from factoryos.supervision.listing import CheapList
from factoryos.supervision.tenancy import ScopedAdmin


class ReadOnlyAdmin(CheapList, ScopedAdmin):
    """Rows to look at. A crafted form is refused where it is sent and, should a page forget to, where it would be saved."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        raise PermissionDenied

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        raise PermissionDenied

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise PermissionDenied
