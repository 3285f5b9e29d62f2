"""Pictures of items: taken from outside with suspicion, kept small, and made anew so that nothing else comes along."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from factoryos.kernel.permissions import authorise
from factoryos.kernel.problems import Invalid, NotFound
from manufacturing.models import Item, ItemImage

MOST_BYTES = 5_000_000  # of a picture as it comes
MOST_PIXELS = 25_000_000  # before it is decoded: a few kilobytes may claim to be a wall of them
SIDE = 400  # pixels, of the longer side of what is kept
_FORMATS = ("PNG", "JPEG", "WEBP")
_JPEG = "image/jpeg"
_QUALITY = 82
_MOST_ON_A_LIST = 20_000_000  # bytes of pictures that one list is given


def keep_image(item: Item, *, by: Actor, content: bytes) -> ItemImage:
    """Keep a picture of an item, in place of the one it had.

    `content` is a file as it was uploaded: PNG, JPEG or WebP, told by its bytes and not by its name, at most MOST_BYTES
    long and MOST_PIXELS large. It is turned the right way up, put on white, made at most SIDE pixels wide and high and
    written as a JPEG of its own: no metadata, and nothing that was hidden behind the picture, is kept.

    Asks for the role `set_up`. Problems: RoleMissing, NotFound (another factory's item), Invalid (field `image`).
    """
    authorise(by, "set_up")
    if item.factory_id != by.factory.id:
        raise NotFound(thing="Item")
    small = _small(content)
    out = BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    kept, _ = ItemImage.objects.update_or_create(
        item=item,
        defaults={
            "media_type": _JPEG, "width": small.width, "height": small.height, "content": out.getvalue(),
            "updated_at": clock.now(),
        },
    )  # fmt: skip
    return kept


def remove_image(item: Item, *, by: Actor) -> None:
    """Forget the picture of an item; fine where it has none. Problems: RoleMissing, NotFound (another factory's item)."""
    authorise(by, "set_up")
    if item.factory_id != by.factory.id:
        raise NotFound(thing="Item")
    ItemImage.objects.filter(item=item).delete()


def pictures_of(item_ids: Iterable[int]) -> dict[int, bytes]:
    """The pictures of these items as JPEG files, as far as one list may hold. Items of one factory: who asks has made sure."""
    wanted = list(item_ids)
    found: dict[int, bytes] = {}
    room = _MOST_ON_A_LIST
    rows = ItemImage.objects.filter(item__in=wanted, media_type=_JPEG).values_list("item_id", "content")
    for item_id, content in rows.iterator(chunk_size=100):
        room -= len(content)
        if room < 0:
            break
        found[item_id] = bytes(content)
    return found


def _small(content: bytes) -> Image.Image:
    """The picture that these bytes hold, small and on white. Problem: Invalid."""
    if len(content) > MOST_BYTES:
        raise _invalid(f"must not be larger than {MOST_BYTES // 1_000_000} MB")
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            # Known from the head of the file: nothing is decoded yet.
            if image.width * image.height > MOST_PIXELS:
                raise _invalid(f"must not have more than {MOST_PIXELS // 1_000_000} million pixels")
            image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than is of use
            return _on_white(image)
    except Invalid:
        raise
    except Exception as error:  # whatever the decoders make of bytes that mean no good
        raise _invalid("must be a PNG, JPEG or WebP picture") from error


def _on_white(image: Any) -> Image.Image:
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    page = Image.new("RGB", upright.size, "white")
    page.paste(upright, mask=upright.getchannel("A"))
    return page


def _invalid(told: str) -> Invalid:
    return Invalid(messages=[f"image {told}"], field="image")
