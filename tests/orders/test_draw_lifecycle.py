"""The drawing of the lifecycle: complete, and kept true in the README."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from orders import drawing
from orders.moves import table
from orders.states import State

README = Path(__file__).resolve().parents[2] / "README.md"


def drawn(form: str) -> str:
    out = StringIO()
    call_command("draw_lifecycle", format=form, stdout=out, skip_checks=True)
    return out.getvalue()


@pytest.mark.parametrize("form", ["mermaid", "dot", "text"])
def test_every_state_and_every_verb_is_drawn(form: str) -> None:
    text = drawn(form)
    missing = {state.value for state in State} | set(table()) - (set(drawing.changes()) if form == "dot" else set())
    assert {name for name in missing if name not in text} == set()


def test_a_move_is_drawn_from_the_table() -> None:
    assert "    scheduled --> in_production: start\n" in drawn("mermaid")
    assert "    in_production --> paused: " in drawn("mermaid")
    assert "draft --> in_production" not in drawn("mermaid")


def test_an_outdated_drawing_is_refused_and_can_be_renewed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Before\n<!-- lifecycle -->\nold\n<!-- /lifecycle -->\nafter\n")
    with pytest.raises(CommandError, match="outdated"):
        call_command("draw_lifecycle", check=page, skip_checks=True)
    call_command("draw_lifecycle", write=page, skip_checks=True)
    call_command("draw_lifecycle", check=page, skip_checks=True, stdout=StringIO())
    text = page.read_text()
    assert text.startswith("# Before\n<!-- lifecycle -->\n```mermaid\n")
    assert text.endswith("\n<!-- /lifecycle -->\nafter\n")
    page.write_text("no markers")
    with pytest.raises(CommandError, match="no <!-- lifecycle -->"):
        call_command("draw_lifecycle", check=page, skip_checks=True)


@pytest.mark.skipif(not README.exists(), reason="there is no README in this checkout")
def test_the_drawing_in_the_readme_is_true() -> None:
    call_command("draw_lifecycle", check=README, skip_checks=True, stdout=StringIO())
