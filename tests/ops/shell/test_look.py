"""The style sheet by numbers: contrast of every pair of colours that meets, both dark palettes alike, sizes, pictures."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

from factoryos.ops.shell.icons import names
from factoryos.ops.templatetags.console import GLYPHS, PRIORITY_GLYPHS

OPS = Path(settings.BASE_DIR) / "static" / "ops"
TOKENS = re.sub(r"/\*.*?\*/", "", (OPS / "tokens.css").read_text(), flags=re.S)
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for borders and glyphs

# Foreground, what it stands on, and the least contrast.
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "secondary") for ground in ("page", "surface", "raised", "hover", "chosen")),
    *((colour, ground, TEXT) for colour in ("accent", "red", "magenta") for ground in ("page", "surface", "raised")),
    ("accent", "chosen", TEXT), ("accent", "hover", TEXT), ("red", "hover", TEXT),
    ("on-accent", "accent", TEXT), ("on-accent", "accent-deep", TEXT), ("on-red", "red", TEXT),
    ("on-amber", "amber", TEXT), ("on-magenta", "magenta", TEXT),
    *((shape, ground, SHAPE) for shape in ("control", "focus", "stale", "blue", "amber-edge", "bar")
      for ground in ("page", "surface", "raised")),
    ("bar", "track", SHAPE), ("focus", "chosen", SHAPE), ("control", "chosen", SHAPE), ("control", "hover", SHAPE),
]  # fmt: skip


def palette(*blocks: str) -> dict[str, str]:
    return {name: value for block in blocks for name, value in re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block)}


def blocks() -> tuple[str, str, str]:
    """Light, dark by the system's wish, dark by the person's."""
    light = re.search(r":root \{(.*?)\}", TOKENS, re.S)
    wished = re.search(r":root:not\(\[data-theme=\"light\"\]\) \{(.*?)\}", TOKENS, re.S)
    chosen = re.findall(r":root\[data-theme=\"dark\"\] \{(.*?)\}", TOKENS, re.S)
    assert light and wished and chosen
    return light[1], wished[1], max(chosen, key=len)


LIGHT, WISHED, CHOSEN = map(palette, blocks())


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_the_formula_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("on", "ground", "least"), PAIRS, ids=lambda value: str(value))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_that_meet_can_be_told_apart(theme: str, on: str, ground: str, least: float) -> None:
    colours = LIGHT if theme == "light" else LIGHT | CHOSEN
    assert contrast(colours[on], colours[ground]) >= least


def test_amber_alone_is_too_faint_in_the_light_and_so_has_an_edge_of_ink() -> None:
    assert contrast(LIGHT["amber"], LIGHT["page"]) < SHAPE
    assert LIGHT["amber-edge"] == LIGHT["ink"]


def test_dark_is_the_same_whoever_wished_for_it_and_leaves_out_no_colour() -> None:
    assert WISHED == CHOSEN
    assert set(CHOSEN) == set(LIGHT)


def test_what_is_healthy_is_grey() -> None:
    for colours in (LIGHT, LIGHT | CHOSEN):
        for name in (
            "page",
            "surface",
            "raised",
            "ink",
            "secondary",
            "line",
            "control",
            "bar",
            "track",
            "hover",
            "stale",
        ):
            parts = [int(colours[name][at : at + 2], 16) for at in (1, 3, 5)]
            assert max(parts) - min(parts) <= 20, name


# --- Bytes ------------------------------------------------------------------------------------------------------------


def compressed(pattern: str) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in OPS.rglob(pattern))


def test_scripts_styles_and_pictures_stay_small() -> None:
    assert compressed("*.js") <= 12 * 1024
    assert compressed("*.css") <= 15 * 1024
    assert (OPS / "icons.svg").stat().st_size <= 6 * 1024


def test_every_picture_that_is_named_exists() -> None:
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    named = {name for path in templates for name in re.findall(r'{% icon "([a-z-]+)"', path.read_text())}
    assert named | set(GLYPHS.values()) | set(PRIORITY_GLYPHS.values()) <= set(names())


def test_motion_is_only_for_who_did_not_ask_for_less() -> None:
    for path in OPS.glob("*.css"):
        outside = re.sub(
            r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", path.read_text(), flags=re.S
        )
        assert not re.search(r"\b(transition|animation)\s*:", outside), path.name


def test_no_gradient_paints_a_surface_and_no_shadow_lifts_one() -> None:
    for path in OPS.glob("*.css"):
        text = path.read_text()
        assert not re.search(r"(?<!repeating-)(linear|radial|conic)-gradient", text)
        assert all("inset" in shadow or "none" in shadow for shadow in re.findall(r"box-shadow:([^;]+)", text))
