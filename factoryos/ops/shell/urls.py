"""Addresses of this part of the console."""

from django.urls import URLPattern, path

from factoryos.ops.shell.choosing import preferences, switch
from factoryos.ops.shell.components import components, help_sheet
from factoryos.ops.shell.reports import csp_report
from factoryos.ops.shell.sign_in import sign_in, sign_out

urlpatterns: list[URLPattern] = [
    path("sign-in", sign_in, name="sign-in"),
    path("sign-out", sign_out, name="sign-out"),
    path("switch", switch, name="switch"),
    path("preferences", preferences, name="preferences"),
    path("csp-report", csp_report, name="csp-report"),
    path("components", components, name="components"),
    path("help", help_sheet, name="help"),
]
