"""Text on paper: safe, bounded, and in fonts that hold the letters it is written with.

Latin, Greek and Cyrillic are set in a font that is always embedded; Thai, Chinese, Japanese and Korean in further ones,
or, where those are not installed, in the fonts that PDF readers substitute for the standard names. A letter that none of
them has, such as one of Arabic, which would have to be joined to its neighbours, becomes a question mark.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from itertools import groupby
from typing import Any, cast
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONT = "NotoSans"
LONGEST = 300  # characters of a text where nothing else is said
_THAI, _EAST = "NotoSansThai", "WenQuanYiMicroHei"
_EMBEDDED = {  # package and file of each
    FONT: ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    _THAI: ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf"),
    _EAST: ("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"),
}
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_NO_LETTER = "?"
_BREAKS_AFTER = frozenset("-/_,;.:)")  # where a word that is too long is rather broken than within
_WITHOUT_SPACES = frozenset({_EAST, _CHINESE, _JAPANESE, _KOREAN})  # broken after any letter
_ELLIPSIS = "…"

Run = tuple[str, str]  # a font, and text that it has all letters of
Line = list[Run]

# Streams are compressed; to write them as text besides is slower than everything else, and nobody reads them.
rl_config.useA85 = 0


@cache
def letters(font: str = FONT) -> frozenset[int]:
    """The code points of an embedded font; the first call registers all fonts."""
    return _registered()[font]


@cache
def _registered() -> dict[str, frozenset[int]]:
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return {font: _embedded(font) for font in _EMBEDDED}


def _embedded(name: str) -> frozenset[int]:
    package, file = _EMBEDDED[name]
    try:
        found = files(package).joinpath(*file.split("/"))
    except ModuleNotFoundError:
        if name == FONT:
            raise
        return frozenset()
    with as_file(found) as path:
        font = TTFont(name, str(path))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def plain(text: object, *, limit: int = LONGEST) -> str:
    """One line of at most `limit` characters, without anything that is no letter: no control, no change of direction."""
    words = " ".join(str(text)[: 4 * limit].split())
    if words.isascii() and words.isprintable() and len(words) <= limit:
        return words
    kept = "".join(letter for letter in unicodedata.normalize("NFC", _whole(words)) if letter.isprintable())
    return kept if len(kept) <= limit else f"{kept[: limit - 1]}{_ELLIPSIS}"


def _whole(text: str) -> str:
    """Without halves of surrogate pairs, which no table of letters knows."""
    return text.encode("utf-8", "ignore").decode()


def markup(text: object, *, limit: int = LONGEST) -> str:
    """`text` as markup of a paragraph in FONT: cut, escaped, and in other fonts where FONT has no such letters."""
    return "".join(
        escape(run) if font == FONT else f'<font name="{font}">{escape(run)}</font>'
        for font, run in line_of(text, limit=limit)
    )


def line_of(text: object, *, limit: int = LONGEST) -> Line:
    """`text`, cut, as runs to be drawn one after the other, each in its font."""
    known, line = letters(), plain(text, limit=limit)
    if line.isascii() or all(ord(letter) in known for letter in line):
        return [(FONT, line)] if line else []
    han = _JAPANESE if any("\u3040" <= letter <= "\u30ff" for letter in line) else _CHINESE
    shown = [_shown(letter, han=han) for letter in line]
    return [(font, "".join(letter for _, letter in run)) for font, run in groupby(shown, key=lambda letter: letter[0])]


def _shown(letter: str, *, han: str) -> Run:
    """The letter with the font that has it; a question mark for a letter that no font here has."""
    code = ord(letter)
    if code in letters():
        return FONT, letter
    for font in (_THAI, _EAST):
        if code in letters(font):
            return font, letter
    if 0x1100 <= code <= 0x11FF or 0xAC00 <= code <= 0xD7AF:
        return _KOREAN, letter
    if 0x2E80 <= code <= 0x9FFF or 0xFF00 <= code <= 0xFFEF:
        return han, letter
    return FONT, _NO_LETTER


@lru_cache(maxsize=20_000)
def _letter_width(font: str, letter: str) -> float:
    return float(pdfmetrics.stringWidth(letter, font, 1))


def width_of(line: Line, *, size: float) -> float:
    """How wide a line is, in points."""
    return size * sum(_letter_width(font, letter) for font, run in line for letter in run)


def wrapped(text: object, *, size: float, width: float, most: int, limit: int = LONGEST) -> list[Line]:
    """`text` in at most `most` lines that are no wider than `width` points, cut visibly where it is longer than that.

    Words that are wider than a line are broken, wherever it must be. The time it takes is bounded by `limit`.
    """
    whole = line_of(text, limit=limit)
    if width_of(whole, size=size) <= width:
        return [whole] if whole else []
    signs = [(font, letter) for font, run in whole for letter in run]
    lines = [_joined(signs[start:end]) for start, end in _cuts(signs, room=width / size)]
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1])]
    return lines


def _cuts(signs: Sequence[Run], *, room: float) -> Iterator[tuple[int, int]]:
    """Where the lines begin and end, in a room of so many ems."""
    start = best = 0
    used = 0.0
    for at, (font, letter) in enumerate(signs):
        wide = _letter_width(font, letter)
        if used + wide > room and at > start and letter != " ":
            end = best if best > start else at
            yield start, end
            start = end
            used = sum(_letter_width(*sign) for sign in signs[start:at])
        used += wide
        if letter == " " or letter in _BREAKS_AFTER or font in _WITHOUT_SPACES:
            best = at + 1
    if start < len(signs):
        yield start, len(signs)


def _joined(signs: Sequence[Run]) -> Line:
    """Signs as runs again, without the space that a line was broken at."""
    line = [(font, "".join(letter for _, letter in run)) for font, run in groupby(signs, key=lambda sign: sign[0])]
    font, text = line[-1]
    return [*line[:-1], (font, text.rstrip(" "))]


def _shortened(line: Line) -> Line:
    font, text = line[-1]
    return [*line[:-1], (font, text[:-1]), (FONT, _ELLIPSIS)]


class Ink:
    """Writes lines onto a canvas in the page's own language, which takes a fifth of what drawing them one by one takes.

    One for a document: what a text looks like in it is remembered, for heads and units come back on every page.
    """

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._written: dict[tuple[str, str, float], str] = {}

    def write(self, line: Line, *, x: float, y: float, size: float, bold: bool = False) -> None:
        """With its base line at x, y, both in points. Bold is drawn with an outline, as there is one weight of each font."""
        if not line:
            return
        shown = " ".join(self._shown(font, run, size) for font, run in line)
        look = f"2 Tr {size * 0.035:.3f} w" if bold else "0 Tr"
        self.canvas.addLiteral(f"BT {look} 1 0 0 1 {x:.2f} {y:.2f} Tm {shown} ET")

    def _shown(self, name: str, text: str, size: float) -> str:
        key = (name, text, size)
        if key not in self._written:
            self._written[key] = " ".join(self._parts(name, text, size))
        return self._written[key]

    def _parts(self, name: str, text: str, size: float) -> Iterator[str]:
        # The stubs leave out what the library's own text objects are written with.
        canvas: Any = self.canvas
        font, document, escaped = pdfmetrics.getFont(name), canvas._doc, canvas._escape
        if isinstance(font, TTFont):  # of which a document holds the letters it uses, in sets of 256
            for subset, encoded in font.splitString(text, document):
                yield f"{font.getSubsetInternalName(subset, document)} {size:g} Tf ({escaped(encoded)}) Tj"
        else:
            yield f"{document.getInternalFontName(name)} {size:g} Tf ({cast(Any, font).formatForPdf(text)}) Tj"
