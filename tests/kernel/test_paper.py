"""Lines for paper: as wide as they may be, whole where they can be, bounded where they cannot."""

import pytest

from factoryos.kernel import paper

SIZE, WIDTH = 9.0, 120.0


def told(lines: list[paper.Line]) -> list[str]:
    return ["".join(text for _, text in line) for line in lines]


def wrapped(text: object, *, most: int = 50, limit: int = paper.LONGEST) -> list[str]:
    lines = paper.wrapped(text, size=SIZE, width=WIDTH, most=most, limit=limit)
    assert all(paper.width_of(line, size=SIZE) <= WIDTH + 0.01 for line in lines[:-1]), "none is wider"
    assert len(lines) <= most
    return told(lines)


@pytest.mark.parametrize(
    "text", ["Bottle cap 28 mm, blue, with liner", "W" * 90, "面包工厂" * 20, "a" * 300, "面W " * 60, "ไ" * 90]
)
def test_lines_hold_all_of_a_text_and_are_no_wider_than_they_may_be(text: str) -> None:
    assert "".join(wrapped(text)).replace(" ", "") == text.replace(" ", "")


def test_lines_break_between_words_then_at_signs_then_anywhere() -> None:
    assert wrapped("one two three four five six seven eight")[0].split()[-1] in {"four", "five", "six"}
    assert all(line.endswith("-") for line in wrapped("CAP-28-BLUE-" * 6)[:-1])


def test_what_is_longer_than_the_lines_is_cut_visibly() -> None:
    assert wrapped("word " * 100, most=2)[-1].endswith("…")
    assert wrapped("x" * 200_000, limit=30)[-1].endswith("…")


def test_nothing_is_no_line() -> None:
    for text in ("", "  ", "\u202e\u200b", "\ud800"):
        assert paper.wrapped(text, size=SIZE, width=WIDTH, most=3) == []


@pytest.mark.parametrize("letter", ["ك", "🍞", "\U00020000", "\ue000"])
def test_what_no_font_has_is_visibly_replaced(letter: str) -> None:
    assert told([paper.line_of(f"a{letter}b")]) == ["a?b"] or not letter.isprintable()


def test_text_is_set_in_fonts_that_have_its_letters() -> None:
    line = paper.line_of("Cap 面包 ฝา Жд")
    assert [font for font, _ in line] == ["NotoSans", "WenQuanYiMicroHei", "NotoSans", "NotoSansThai", "NotoSans"]
    assert all(ord(sign) in paper.letters(font) for font, text in line for sign in text)


def test_apart_from_accents_that_belong_together_nothing_is_changed() -> None:
    assert paper.plain("cafe\u0301 \u1112\u1161\u11ab") == "café 한"
