"""Pages of people: accounts, their places in factories, and the keys of programs."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import action, display, register
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from factoryos.kernel import clock
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.locks import locked
from factoryos.kernel.models import ApiKey, Membership, User
from factoryos.supervision.listing import CheapList, link_to
from factoryos.supervision.one_transaction import OneTransaction, in_one_transaction
from factoryos.supervision.people_forms import (
    InvitationForm,
    KeyChangeForm,
    KeyForm,
    MembershipForm,
    NewUserForm,
    RolesForm,
    UserForm,
)
from factoryos.supervision.site import site
from factoryos.supervision.tenancy import FactoryFilter, ScopedAdmin, ScopedInline, is_keeper


class MembershipInline(ScopedInline):
    """A person's places, as far as the reader supervises them."""

    model = Membership
    tenant_path = "factory"
    fields = readonly_fields = ("factory", "roles")
    extra = 0
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("factory")


@register(User, site=site)
class UserAdmin(OneTransaction, CheapList, ScopedAdmin):
    """Accounts are kept by keepers alone: one account may belong to several factories. Supervisors see their people."""

    tenant_path = "memberships__factory"
    inlines = (MembershipInline,)
    list_display = ("username", "name", "email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username__istartswith", "name__icontains", "email__istartswith")
    search_help_text = "Beginning of a sign-in name or e-mail address, or part of a name"
    date_hierarchy = "date_joined"
    about = ("uuid", "date_joined", "last_login")

    def narrowed(self, rows: QuerySet[Any], factories: frozenset[int]) -> QuerySet[Any]:
        """Without a join: somebody with places in two of the factories is one row."""
        return rows.filter(pk__in=Membership.objects.filter(factory__in=factories).values("user"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_keeper(request) and self.reaches(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_keeper(request) and self.reaches(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(
            request, obj, change=change, **{**kwargs, "form": UserForm if obj else NewUserForm}
        )
        form.asked_by = request.user
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("username", "name", "email", "password1", "password2", "is_staff")
        shown = ("username", "name", "email", "is_active", "is_staff")
        return (*shown, "is_superuser", "supabase_id", "password_link", *self.about) if is_keeper(request) else (
            *shown, "date_joined", "last_login"
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.about, "password_link") if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    @display(description="password")
    def password_link(self, user: User) -> str:
        state = "Set." if user.has_usable_password() else "None: signs in by token only."
        return format_html('{} <a href="{}">Set a password</a>', state, reverse("admin:user_password", args=[user.pk]))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.save(force_insert=True)
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.set_password)
        return [path("<path:object_id>/password/", view, name="user_password"), *super().get_urls()]

    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new password for somebody; whoever is signed in with the old one is signed out by it."""
        if not is_keeper(request):
            raise PermissionDenied
        user = self.get_object(request, object_id)
        if user is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = AdminPasswordChangeForm(user, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            in_one_transaction(lambda: self._keep_password(request, user, form))
            update_session_auth_hash(request, user)
            messages.success(request, f"The password of {user} was changed.")
            return HttpResponseRedirect(reverse("admin:kernel_user_change", args=[user.pk]))
        context = {"title": f"Password of {user}", "form": form, "person": user, "opts": self.opts}
        return TemplateResponse(request, "supervision/password.html", {**site.each_context(request), **context})

    def _keep_password(self, request: HttpRequest, user: User, form: Any) -> None:
        form.save(commit=False)
        user.save(update_fields=["password"])
        self.log_change(request, user, "Password changed.")


@register(Membership, site=site)
class MembershipAdmin(OneTransaction, CheapList, ScopedAdmin):
    """Who has which roles where. A supervisor takes in somebody by sign-in name, and sees no list of strangers."""

    tenant_path = "factory"
    may_add = may_change = may_delete = True
    list_display = ("user", "factory", "held", "may_open_admin")
    list_filter = (FactoryFilter,)
    list_select_related = ("user", "factory")
    search_fields = ("user__username__istartswith", "user__name__icontains")
    search_help_text = "Beginning of a sign-in name, or part of a name"
    autocomplete_fields = ("user",)

    @display(description="roles")
    def held(self, place: Membership) -> str:
        return ", ".join(place.roles)

    @display(description="staff", boolean=True, ordering="user__is_staff")
    def may_open_admin(self, place: Membership) -> bool:
        return place.user.is_staff

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kind = RolesForm if obj else MembershipForm if is_keeper(request) else InvitationForm
        kwargs["form"] = kind
        if kind is InvitationForm:
            kwargs["fields"] = ("factory", "roles")  # the sign-in name is the form's own field
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.seen_by = self.admin_site._registry[User].get_queryset(request)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            ("username", "factory", "roles") if obj is None and not is_keeper(request) else ("user", "factory", "roles")
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("user", "factory") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["roles"])
        else:
            obj.save(force_insert=True)


@register(ApiKey, site=site)
class ApiKeyAdmin(OneTransaction, CheapList, ScopedAdmin):
    """A key's secret is on the page that answers its making and nowhere else. A key is revoked, never deleted."""

    tenant_path = "factory"
    may_add = may_change = True
    actions = ("revoke",)
    list_display = ("name", "kind", "prefix", "factory", "of_user", "held", "created_at", "expires_at", "revoked_at")
    list_filter = (FactoryFilter, "kind", "revoked_at")
    list_select_related = ("factory", "user")
    search_fields = ("name__icontains", "prefix__startswith")
    search_help_text = "Part of a name, or the first characters of a key"
    date_hierarchy = "created_at"
    settled = ("kind", "prefix", "factory", "user", "held", "created_at", "revoked_at", "last_used_at")

    @display(description="roles")
    def held(self, key: ApiKey) -> str:
        return ", ".join(key.roles) or "those of the person"

    @display(description="person")
    def of_user(self, key: ApiKey) -> str:
        return link_to(User, key.user_id, key.user)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(
            request, obj, change=change, **{**kwargs, "form": KeyChangeForm if obj else KeyForm}
        )
        form.by_keeper = is_keeper(request)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return ("name", "expires_at", *self.settled)
        asked = ("factory", "kind", "name", "roles", "expires_at", "once")
        return (*asked[:1], "user", *asked[1:]) if is_keeper(request) else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.settled if obj else ()

    autocomplete_fields = ("user",)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            if form.changed_data:
                obj.save(update_fields=form.changed_data)
            return
        names = ("kind", "name", "roles", "factory", "user", "expires_at")
        key, secret = create_api_key(**{name: form.cleaned_data.get(name) for name in names})
        key.uuid = form.cleaned_data["once"]  # unique: the same form sent twice makes one key
        key.save(update_fields=["uuid"])
        obj.__dict__.update(key.__dict__)
        obj._shown_once = secret  # type: ignore[attr-defined]  # lives as long as this request

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The secret goes into this one answer: into no address, message, log or history, and no cache keeps it."""
        context = {"title": "Key made", "key": obj, "secret": obj._shown_once, "opts": self.opts}  # type: ignore[attr-defined]
        answer = TemplateResponse(request, "supervision/key_made.html", {**site.each_context(request), **context})
        answer["Cache-Control"] = "no-store"
        return answer

    @action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        keys = list(queryset.filter(revoked_at__isnull=True).select_related("factory")[:200])
        if not keys:
            messages.warning(request, "None of these keys is in force.")
            return None
        if "confirmed" not in request.POST:
            context = {"title": "Revoke keys", "keys": keys, "opts": self.opts}
            return TemplateResponse(request, "supervision/revoke.html", {**site.each_context(request), **context})
        done = in_one_transaction(lambda: self._revoke(request, [key.pk for key in keys]))
        messages.success(request, f"{done} revoked: whoever calls with them is refused from now on.")
        return None

    def _revoke(self, request: HttpRequest, ids: list[int]) -> int:
        rows = locked(self.get_queryset(request).filter(revoked_at__isnull=True), ids=ids)
        for key in rows:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at"])
            self.log_change(request, key, "Revoked.")
        return len(rows)
