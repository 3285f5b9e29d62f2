"""The same registers read in every way: which of them is the number that the device itself shows. Pure."""

from collections.abc import Sequence

from iot.registers import Encoding, Garbled, Layout

PLAIN = {1: Layout(Encoding.U16), 2: Layout(Encoding.U32), 4: Layout(Encoding.U64)}
_OF_WIDTH = {1: (Encoding.U16, Encoding.BCD16), 2: (Encoding.U32, Encoding.BCD32), 4: (Encoding.U64,)}
_HIGH = {2: 2**31, 4: 2**40}  # what no counter of pieces shows, by its registers


def in_words(words: Sequence[int]) -> str:
    """`0x0001 0xE240 (1 57920)`."""
    return f"{' '.join(f'0x{word:04X}' for word in words)} ({' '.join(map(str, words))})"


def others(words: Sequence[int], *, than: Layout) -> list[str]:
    """What these words are in every other way of their width: `1234 as bcd32`, `… as u32, low word first`."""
    found: dict[int, str] = {}
    own = _decoded(than, words)
    for encoding in _OF_WIDTH[len(words)]:
        for word_order in ("big", "little")[: 1 if len(words) == 1 else 2]:
            for byte_order in ("big", "little"):
                layout = Layout(encoding, word_order, byte_order)
                value = _decoded(layout, words)
                if value is not None and value != own and layout != than:
                    found.setdefault(value, f"{value} as {_name(layout)}")
    return list(found.values())


def looks_odd(words: Sequence[int], *, layout: Layout) -> bool:
    """Whether a value is more likely one that is read in the wrong order: a high half alone, or beyond any count."""
    raw = _decoded(layout, words)
    if raw is None:
        return True
    return len(words) > 1 and (raw >= _HIGH[len(words)] or (raw >= 2**16 and raw % 2**16 == 0))


def _decoded(layout: Layout, words: Sequence[int]) -> int | None:
    try:
        return layout.decode(words)
    except Garbled:
        return None


def _name(layout: Layout) -> str:
    orders = ["low word first"] if layout.word_order == "little" else []
    orders += ["bytes swapped"] if layout.byte_order == "little" else []
    return ", ".join([str(layout.encoding), *orders])
