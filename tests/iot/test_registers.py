"""Register maps: every encoding, order and width, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.registers import Encoding, Garbled, Layout

layouts = st.builds(
    Layout, st.sampled_from(list(Encoding)), st.sampled_from(["big", "little"]), st.sampled_from(["big", "little"])
)


@given(layouts, st.integers(0, 2**64 - 1))
def test_what_a_device_holds_is_read_as_it_was_meant(layout: Layout, value: int) -> None:
    words = layout.encode(value)
    assert len(words) == layout.words
    assert all(0 <= word <= 0xFFFF for word in words)
    assert layout.decode(words) == value % layout.modulus


@pytest.mark.parametrize(
    ("layout", "words", "value"),
    [
        (Layout(Encoding.U16), [0x1234], 0x1234),
        (Layout(Encoding.U16, byte_order="little"), [0x1234], 0x3412),
        (Layout(Encoding.U32), [0x0001, 0x0000], 65536),
        (Layout(Encoding.U32, word_order="little"), [0x0001, 0x0000], 1),
        (Layout(Encoding.U32, word_order="little", byte_order="little"), [0x7856, 0x3412], 0x12345678),
        (Layout(Encoding.BCD16), [0x9876], 9876),
        (Layout(Encoding.BCD32), [0x1234, 0x5678], 12345678),
        (Layout(Encoding.BCD32, word_order="little"), [0x5678, 0x1234], 12345678),
        (Layout(Encoding.U64), [0, 0, 1, 2], 65538),
        (Layout(Encoding.BIT), [1], 1),
    ],
)
def test_known_words(layout: Layout, words: list[int], value: int) -> None:
    assert layout.decode(words) == value


def test_a_nibble_above_nine_is_no_decimal() -> None:
    with pytest.raises(Garbled):
        Layout(Encoding.BCD16).decode([0x00AF])


@pytest.mark.parametrize("words", [[], [1], [1, 2, 3]])
def test_the_wrong_number_of_words_is_refused(words: list[int]) -> None:
    with pytest.raises(Garbled):
        Layout(Encoding.U32).decode(words)
