"""Register maps: how the words of a device spell a number, and how many numbers it can spell."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """How a counter is written in 16-bit registers, or in a coil."""

    BIT = "bit"
    U16 = "u16"
    U32 = "u32"
    U64 = "u64"
    BCD16 = "bcd16"  # four decimal digits, one a nibble
    BCD32 = "bcd32"


_WORDS = {Encoding.BIT: 1, Encoding.U16: 1, Encoding.U32: 2, Encoding.U64: 4, Encoding.BCD16: 1, Encoding.BCD32: 2}
_MODULUS = {
    Encoding.BIT: 2,
    Encoding.U16: 2**16,
    Encoding.U32: 2**32,
    Encoding.U64: 2**64,
    Encoding.BCD16: 10**4,
    Encoding.BCD32: 10**8,
}


class Garbled(ValueError):
    """Words that spell no number, such as a BCD nibble above nine."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a value lies in its registers. `word_order` and `byte_order` are "big" (the standard's) or "little"."""

    encoding: Encoding
    word_order: str = "big"
    byte_order: str = "big"

    @property
    def words(self) -> int:
        """How many registers (or coils) it takes."""
        return _WORDS[self.encoding]

    @property
    def modulus(self) -> int:
        """The value at which a counter of this width begins again at 0."""
        return _MODULUS[self.encoding]

    def decode(self, words: Sequence[int]) -> int:
        """The number that these 16-bit words spell. Problem: Garbled."""
        if len(words) != self.words:
            raise Garbled(f"{self.words} words expected, {len(words)} came")
        if self.encoding is Encoding.BIT:
            return 1 if words[0] else 0
        ordered = list(words) if self.word_order == "big" else list(reversed(words))
        if self.byte_order == "little":
            ordered = [(word & 0xFF) << 8 | word >> 8 for word in ordered]
        number = 0
        for word in ordered:
            number = number << 16 | word
        return _digits(number, nibbles=4 * self.words) if self.encoding in _BCD else number

    def encode(self, value: int) -> list[int]:
        """The words that spell `value` modulo the modulus; what a simulated device holds."""
        value %= self.modulus
        if self.encoding is Encoding.BIT:
            return [value]
        number = int(f"{value:0{4 * self.words}d}", 16) if self.encoding in _BCD else value
        ordered = [number >> 16 * place & 0xFFFF for place in reversed(range(self.words))]
        if self.byte_order == "little":
            ordered = [(word & 0xFF) << 8 | word >> 8 for word in ordered]
        return ordered if self.word_order == "big" else list(reversed(ordered))


_BCD = frozenset({Encoding.BCD16, Encoding.BCD32})


def _digits(number: int, *, nibbles: int) -> int:
    text = f"{number:0{nibbles}x}"
    if not text.isdecimal():
        raise Garbled(f"{text} is no binary-coded decimal")
    return int(text)
