"""Sign-ins of people at the store API: who can call with a token, on which device, and until when."""

from typing import Any

from django.contrib.admin import EmptyFieldListFilter, display, register
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from factoryos.kernel import user_tokens
from factoryos.kernel.models import Membership, User, UserToken
from factoryos.supervision.listing import link_to
from factoryos.supervision.read_only import ReadOnlyAdmin
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter
from factoryos.supervision.verbs import chosen
from factoryos.supervision.verbs.forms import NothingForm

_NOTE = (
    "Whoever calls with these is refused from then on and must sign in again, in every store they belong to. "
    "This cannot be undone."
)


def device_of(token: UserToken) -> str:
    """What the device said of itself, cut to what a list can show. Where messages are pushed to is nobody's business."""
    said = [str(token.device.get(name) or "") for name in ("device_type", "user_agent")]
    return ", ".join(text for text in said if text)[:200] or "–"


def _as_it_stands(token: UserToken) -> tuple[object, ...]:
    return token.user, device_of(token), token.created_at, token.expires_at, token.revoked_at or "–"


def revoke_sign_ins(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """The action: these tokens are worth nothing from now on."""
    rows = chosen.rows_of(request, queryset.select_related("user"))
    if not rows:
        return None
    if "confirmed" not in request.POST:
        headings = ("Person", "Device", "Signed in", "Until", "Revoked")
        asking = chosen.Asking("revoke_sign_ins", "Revoke sign-ins", _NOTE, headings, _as_it_stands)
        return chosen.ask(page, request, asking, rows=rows, form=NothingForm())

    def do(token: UserToken) -> str:
        user_tokens.revoke(token.pk)
        return "Revoked."

    return chosen.each(page, request, rows, do=do)


revoke_sign_ins.short_description = "Revoke the chosen sign-ins"  # type: ignore[attr-defined]  # the admin reads it
revoke_sign_ins.allowed_permissions = ("act",)  # type: ignore[attr-defined]


class PeopleOfFactory(FactoryFilter):
    """The sign-ins of one factory's people. Without a join: somebody's place is asked for, not multiplied by."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(user__in=super().queryset(request, Membership.objects.all()).values("user"))


@register(UserToken, site=site)
class UserTokenAdmin(ReadOnlyAdmin):
    """A supervisor sees the sign-ins of the factory's own people. The tokens themselves are kept nowhere."""

    tenant_path = "user__memberships__factory"
    actions = (revoke_sign_ins,)
    list_display = ("id", "of_user", "device_told", "created_at", "expires_at", "revoked_at")
    list_filter = (
        PeopleOfFactory,
        ("revoked_at", EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    search_fields = ("user__username__istartswith",)
    search_help_text = "Beginning of a sign-in name"
    date_hierarchy = "created_at"
    exclude = ("device",)
    readonly_fields = ("device_told", "created_at")

    def narrowed(self, rows: QuerySet[Any], factories: frozenset[int]) -> QuerySet[Any]:
        """Without a join: somebody with places in two of the factories is one row."""
        return rows.filter(user__in=Membership.objects.filter(factory__in=factories).values("user"))

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.reaches(request)

    @display(description="person", ordering="user__username")
    def of_user(self, token: UserToken) -> str:
        return link_to(User, token.user_id, token.user)

    @display(description="device")
    def device_told(self, token: UserToken) -> str:
        return device_of(token)
