"""Text on paper: safe, bounded markup for the PDF library, in fonts that hold the letters it is written with.

Latin, Greek and Cyrillic are set in a font that is embedded; Chinese, Japanese and Korean in the fonts that every PDF
reader substitutes for the standard names. A letter that none of them has becomes a question mark.
"""

from functools import cache
from importlib.resources import as_file, files
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

FONT = "NotoSans"
LONGEST = 300  # characters of a text where nothing else is said
_PACKAGE, _FILE = "fontpkg_noto_sans", "NotoSans[wdth,wght].ttf"
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_NO_LETTER = "?"


@cache
def letters() -> frozenset[int]:
    """The code points of the embedded font; the first call registers all fonts."""
    with as_file(files(_PACKAGE) / "files" / _FILE) as path:
        font = TTFont(FONT, str(path))
    pdfmetrics.registerFont(font)
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(font.face.charToGlyph)


def plain(text: object, *, limit: int = LONGEST) -> str:
    """One line of at most `limit` characters, without anything that is no letter."""
    words = " ".join(str(text)[: 4 * limit].split())
    kept = "".join(letter for letter in words if letter.isprintable())
    return kept if len(kept) <= limit else f"{kept[: limit - 1]}…"


def markup(text: object, *, limit: int = LONGEST) -> str:
    """`text` as markup of a paragraph in FONT: cut, escaped, and in other fonts where FONT has no such letters."""
    letters()
    line = plain(text, limit=limit)
    han = _JAPANESE if any("\u3040" <= letter <= "\u30ff" for letter in line) else _CHINESE
    runs = groupby(line, key=lambda letter: _font_of(letter, han=han))
    return "".join(_run(font, "".join(run)) for font, run in runs)


def _run(font: str, text: str) -> str:
    if font == FONT:
        return escape(text)
    return f'<font name="{font}">{escape(text)}</font>' if font else _NO_LETTER * len(text)


def _font_of(letter: str, *, han: str) -> str:
    """The font that has the letter; none for a letter that no font here has."""
    code = ord(letter)
    if code in letters():
        return FONT
    if 0x1100 <= code <= 0x11FF or 0xAC00 <= code <= 0xD7AF:
        return _KOREAN
    if 0x2E80 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF:
        return han
    return ""
