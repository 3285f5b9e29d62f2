"""Pictures of items: what is kept of them, what is refused before it is decoded, and who may."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from factoryos.kernel.problems import Invalid, NotFound, RoleMissing
from manufacturing.catalogue import images
from manufacturing.catalogue.images import MOST_BYTES, SIDE, keep_image, pictures_of, remove_image
from manufacturing.models import Item, ItemImage
from tests import floor

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(db: None) -> Item:
    return floor.an_item(floor.a_factory())


def a_file(
    kind: str = "PNG", size: tuple[int, int] = (640, 320), mode: str = "RGB", color: Any = "red", **how: Any
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, color).save(out, kind, **how)
    return out.getvalue()


def kept(item: Item, content: bytes) -> Image.Image:
    row = keep_image(item, by=floor.an_actor(item.factory), content=content)
    row.refresh_from_db()
    image = Image.open(BytesIO(bytes(row.content)))
    assert (row.media_type, image.format, image.size) == ("image/jpeg", "JPEG", (row.width, row.height))
    return image


def refused(item: Item, content: bytes) -> str:
    before = list(ItemImage.objects.values_list("content", flat=True))
    with pytest.raises(Invalid) as refusal:
        keep_image(item, by=floor.an_actor(item.factory), content=content)
    assert refusal.value.data["field"] == "image"
    assert list(ItemImage.objects.values_list("content", flat=True)) == before
    return refusal.value.text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_small_in_its_own_proportions(item: Item, kind: str) -> None:
    assert kept(item, a_file(kind, (1600, 800))).size == (SIDE, SIDE // 2)
    assert kept(item, a_file(kind, (30, 20))).size == (30, 20), "a small one is not blown up"


@pytest.mark.parametrize(("mode", "color"), [("P", 3), ("L", 200), ("LA", (9, 128)), ("1", 1), ("I;16", 30000)])
def test_pictures_of_every_kind_of_colour_are_taken(item: Item, mode: str, color: Any) -> None:
    assert kept(item, a_file("PNG", (900, 900), mode, color)).mode == "RGB"


def test_what_is_transparent_is_white_on_paper(item: Item) -> None:
    red, green, blue = kept(item, a_file(mode="RGBA", color=(0, 0, 0, 0))).getpixel((5, 5))
    assert min(red, green, blue) > 250


def test_nothing_that_came_along_is_kept(item: Item) -> None:
    said = PngInfo()
    said.add_text("Comment", "taken at 5.4N 100.3E")
    exif = Image.Exif()
    exif[0x010E] = "taken at 5.4N 100.3E"
    exif[0x0112] = 6  # lies on its side
    png, jpeg = a_file(pnginfo=said), a_file("JPEG", (640, 320), exif=exif)
    assert b"100.3E" in png and b"100.3E" in jpeg
    for content in (png, jpeg, jpeg + b"<script>100.3E</script>"):
        image = kept(item, content)
        stored = bytes(ItemImage.objects.get(item=item).content)
        assert b"100.3E" not in stored and not image.getexif()
    assert image.size == (SIDE // 2, SIDE), "it is turned the right way up"


def test_another_picture_takes_the_place_of_the_first(item: Item) -> None:
    kept(item, a_file(color="red"))
    assert kept(item, a_file(color="blue")).getpixel((0, 0))[2] > 200
    assert ItemImage.objects.count() == 1


def test_only_three_formats_are_taken_whatever_the_file_is_called(item: Item) -> None:
    kept(item, a_file())
    for content in (
        a_file("GIF"), a_file("BMP"), a_file("TIFF"), b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4",
        a_file()[:200], a_file("JPEG")[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    ):  # fmt: skip
        assert "must be a PNG, JPEG or WebP picture" in refused(item, content)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_decoded(item: Item, monkeypatch: Any) -> None:
    decoded: list[Any] = []
    monkeypatch.setattr(images, "_on_white", lambda image: decoded.append(image) or Image.new("RGB", (1, 1)))
    for side, told in (
        (5_001, "25 million pixels"),
        (12_000, "25 million pixels"),
        (20_000, "must"),
        (2**31 - 1, "must"),
    ):
        head = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        body = _chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _chunk(b"IEND", b"")
        assert told in refused(item, b"\x89PNG\r\n\x1a\n" + head + body)
    assert not decoded


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_a_file_that_is_too_large_is_refused_unread(item: Item, monkeypatch: Any) -> None:
    monkeypatch.setattr(Image, "open", None)
    assert "must not be larger than 5 MB" in refused(item, b"\0" * (MOST_BYTES + 1))


def test_what_is_kept_is_small_even_of_noise(item: Item) -> None:
    noise = Image.effect_noise((1200, 1200), 120).convert("RGB")
    out = BytesIO()
    noise.save(out, "PNG")
    kept(item, out.getvalue())
    assert len(bytes(ItemImage.objects.get().content)) < 250_000


@pytest.mark.parametrize("role", ["planner", "operator", "viewer"])
def test_pictures_are_set_up_by_those_who_set_up(item: Item, role: str) -> None:
    kept(item, a_file())
    with pytest.raises(RoleMissing):
        keep_image(item, by=floor.an_actor(item.factory, role), content=a_file(color="blue"))
    with pytest.raises(RoleMissing):
        remove_image(item, by=floor.an_actor(item.factory, role))
    assert ItemImage.objects.count() == 1


def test_another_factorys_item_is_no_item(item: Item) -> None:
    kept(item, a_file())
    stranger = floor.an_actor(floor.a_factory())
    with pytest.raises(NotFound):
        keep_image(item, by=stranger, content=a_file(color="blue"))
    with pytest.raises(NotFound):
        remove_image(item, by=stranger)
    assert ItemImage.objects.count() == 1


def test_a_picture_is_forgotten_once_and_again(item: Item) -> None:
    kept(item, a_file())
    for _ in range(2):
        remove_image(item, by=floor.an_actor(item.factory))
        assert not ItemImage.objects.exists()


def test_a_list_gets_as_many_pictures_as_it_may_hold(item: Item, monkeypatch: Any) -> None:
    other = floor.an_item(item.factory)
    for each in (item, other):
        kept(each, a_file())
    assert set(pictures_of([item.pk, other.pk])) == {item.pk, other.pk}
    assert pictures_of([other.pk])[other.pk].startswith(b"\xff\xd8")
    monkeypatch.setattr(images, "_MOST_ON_A_LIST", 1 + len(pictures_of([item.pk])[item.pk]))
    assert len(pictures_of([item.pk, other.pk])) == 1
