"""Static files in production: named by their content, each module importing the others by those names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from factoryos.ops.shell.static_files import NamedByContent


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Path]:
    """As in production."""
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": f"{NamedByContent.__module__}.{NamedByContent.__name__}"},
    }
    own = {"WHITENOISE_AUTOREFRESH": False, "WHITENOISE_USE_FINDERS": False, "WHITENOISE_MAX_AGE": 3600}
    with override_settings(STATIC_ROOT=str(tmp_path), STORAGES=storages, **own):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield tmp_path


def test_modules_import_one_another_by_the_name_of_their_content(collected: Path) -> None:
    [entry] = collected.glob("ops/console.????????????.js")
    imported = re.findall(r'from "(.+?)"|import ?"(.+?)"', entry.read_text())
    names = ["".join(pair) for pair in imported]
    assert len(names) >= 5
    for name in names:
        assert re.fullmatch(r"\./[a-z-]+\.[0-9a-f]{12}\.js", name)
        assert (collected / "ops" / name).exists()


def test_files_are_compressed_once_and_not_on_the_way(collected: Path) -> None:
    [sheet] = collected.glob("ops/parts.????????????.css")
    assert sheet.with_name(sheet.name + ".gz").stat().st_size < sheet.stat().st_size / 2


def test_only_a_name_of_its_content_is_kept_for_ever(collected: Path) -> None:
    served = WhiteNoiseMiddleware(lambda request: None)
    [entry] = collected.glob("ops/console.????????????.js")
    ages = {name: age_of(served.files[f"/static/ops/{name}"]) for name in (entry.name, "console.js")}
    assert ages[entry.name].endswith("immutable")
    assert ages["console.js"] == "max-age=3600, public"


def age_of(file: StaticFile) -> str:
    return str(dict(file.get_response("GET", {}).headers)["Cache-Control"])


@pytest.mark.django_db
def test_in_development_nothing_must_be_collected() -> None:
    assert staticfiles_storage.url("ops/console.css") == "/static/ops/console.css"
    answer = Client().get("/static/ops/console.css")
    assert answer.status_code == 200
    assert "max-age=0" in answer["Cache-Control"]
