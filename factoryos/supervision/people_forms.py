"""Forms of people and keys: what a supervisor may give away, and what only keepers may."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from factoryos.kernel import clock
from factoryos.kernel.ids import uuid7
from factoryos.kernel.models import ApiKey, Membership, User
from factoryos.kernel.permissions import ROLES
from factoryos.supervision.fields import LineField


class RolesField(forms.MultipleChoiceField):
    """Some of the roles, in the order in which they are always named."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(role, role) for role in ROLES], **kwargs)

    def clean(self, value: Any) -> list[str]:
        return sorted(super().clean(value), key=ROLES.index)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class UserForm(forms.ModelForm):
    """An account. Nobody locks themselves out."""

    asked_by: ClassVar[Any] = None
    username = LineField(max_length=150, help_text="The name to sign in with, usually the e-mail address.")
    name = LineField(max_length=150, required=False)

    class Meta:
        model = User
        fields = ("username", "name", "email", "supabase_id", "is_active", "is_staff", "is_superuser")
        help_texts = {"is_superuser": "Keeps the installation: sees every factory, and accounts."}
        labels = {"is_superuser": "Keeper"}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk == getattr(self.asked_by, "pk", None):
            for name in ("is_active", "is_staff", "is_superuser"):
                if name in values and not values[name]:
                    self.add_error(name, ValidationError("You would lock yourself out.", code="lockout"))
        return values


class NewUserForm(BaseUserCreationForm):
    asked_by: ClassVar[Any] = None
    username = LineField(max_length=150, help_text="The name to sign in with, usually the e-mail address.")
    name = LineField(max_length=150, required=False)

    class Meta:
        model = User
        fields = ("username", "name", "email", "is_staff")
        field_classes: ClassVar[dict[str, Any]] = {}


class MembershipForm(forms.ModelForm):
    roles = RolesField()
    seen_by: ClassVar[QuerySet[User] | None] = None

    class Meta:
        model = Membership
        fields = ("user", "factory", "roles")


class RolesForm(MembershipForm):
    class Meta:
        model = Membership
        fields = ("roles",)


class InvitationForm(MembershipForm):
    """Somebody new to the factory, by sign-in name: an account that has no place yet, or one the supervisor sees anyway.

    A stranger's account is as unknown as one that does not exist; keepers alone put people into a second factory.
    """

    username = LineField(max_length=150, label="Sign-in name", help_text="To the letter; the account must exist.")

    class Meta:
        model = Membership
        fields = ("factory", "roles")

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        assert self.seen_by is not None
        known = Q(memberships__isnull=True, is_superuser=False) | Q(pk__in=self.seen_by.values("pk"))
        user = User.objects.filter(known, username=name, is_active=True).distinct().first()
        if user is None:
            raise ValidationError("Nobody who could be taken in signs in with this name.", code="unknown")
        self.instance.user = user
        return name

    def _get_validation_exclusions(self) -> set[str]:
        """The person is not in the form, but a second place in the same factory must still be seen."""
        kept: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return kept - {"user"} if self.instance.user_id else kept


class KeyForm(forms.ModelForm):
    """A new key of a factory; by a keeper, also a personal access token of a person."""

    by_keeper: ClassVar[bool] = False
    name = LineField(max_length=100, help_text="Where it will be used.")
    roles = RolesField(required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    class Meta:
        model = ApiKey
        fields = ("factory", "user", "kind", "name", "roles", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _named_parts(self)

    def clean_once(self) -> Any:
        once = self.cleaned_data["once"]
        if ApiKey.objects.filter(uuid=once).exists():
            raise ValidationError("This form was sent before; the key it made was shown then.", code="sent")
        return once

    def clean_expires_at(self) -> Any:
        return _in_future(self.cleaned_data["expires_at"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        of_person = values.get("user") is not None and values.get("kind") == ApiKey.Kind.PERSONAL_ACCESS_TOKEN
        if values.get("user") is not None and not of_person:
            self.add_error("user", ValidationError("Only a personal access token names a person.", code="person"))
        if values.get("factory") is None and not of_person:
            self.add_error("factory", ValidationError("Choose the factory that it is for.", code="required"))
        if values.get("kind") == ApiKey.Kind.STORE_KEY and (place := values.get("factory")) and not place.store_id:
            told = (
                f"{place} has no store id, so nobody could name its store. A keeper gives it one on the factory's page."
            )
            self.add_error("factory", ValidationError(told, code="no_store"))
        if not values.get("roles") and not of_person:
            self.add_error("roles", ValidationError("Without a role it could do nothing.", code="required"))
        return values


class KeyChangeForm(forms.ModelForm):
    name = LineField(max_length=100)

    class Meta:
        model = ApiKey
        fields = ("name", "expires_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _named_parts(self)

    def clean_expires_at(self) -> Any:
        value = self.cleaned_data["expires_at"]
        return _in_future(value) if "expires_at" in self.changed_data else value


def _named_parts(form: forms.ModelForm) -> None:
    """Date and time are two fields under one label: each says which it is."""
    parts = getattr(form.fields["expires_at"].widget, "widgets", ())
    for part, name in zip(parts, ("date", "time"), strict=False):
        part.attrs["aria-label"] = f"Expires at: {name}"


def _in_future(value: Any) -> Any:
    if value is not None and value <= clock.now():
        raise ValidationError("That is past already.", code="past")
    return value
