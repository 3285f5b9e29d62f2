"""What the pages of the shell take: name and password, and how somebody likes their pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from factoryos.kernel.models import User
from factoryos.kernel.text import is_safe
from factoryos.ops.models import Preferences


class SignInForm(AuthenticationForm):
    """Django's, with our words. Which of the two was wrong, or that the account is disabled, is told to nobody."""

    error_messages = {
        "invalid_login": "Name or password is wrong. Mind capital letters in both.",
        "inactive": "Name or password is wrong. Mind capital letters in both.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].error_messages["required"] = "Enter your name or e-mail address."
        self.fields["password"].error_messages["required"] = "Enter your password."

    def clean_username(self) -> str:
        """A name that no account can have goes no further: it fits neither the accounts' table nor that of the failures."""
        name: str = self.cleaned_data["username"]
        longest = User._meta.get_field("username").max_length or 0
        if len(name) > longest or not is_safe(name):
            raise self.get_invalid_login_error()
        return name


class PreferencesForm(forms.Form):
    """Any of the switches; one that is not sent stays as it is."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    density = forms.ChoiceField(choices=Preferences.Density.choices, required=False)
    single_keys = forms.ChoiceField(choices=[("on", "On"), ("off", "Off")], required=False)

    def chosen(self) -> dict[str, Any]:
        """Only what was sent, as the model keeps it. For a valid form."""
        sent = {name: value for name, value in self.cleaned_data.items() if value}
        if "single_keys" in sent:
            sent["single_keys"] = sent["single_keys"] == "on"
        return sent
