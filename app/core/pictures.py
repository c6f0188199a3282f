"""Pictures from people, made harmless: looked at, decoded, and written anew.

What comes out was drawn by our own encoder from pixels alone. Nothing of the sender's bytes survives: no position
or camera data, no colour profile, no comment, no second file hidden behind the first. What cannot be decoded as the
kind of picture that it claims to be is refused, and so is what is also something else: a page, a script, an archive.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
import zipfile
from dataclasses import dataclass

from PIL import Image, ImageOps

from app.core.errors import InvalidInput
from app.core.i18n import lazy as _

MAX_PIXELS = 50_000_000
"""The most pixels that are decoded: phones take 12 to 50 million."""
LONGEST_SIDE = 2484
"""Larger pictures are made smaller on arrival: twice the 1242 pixels of the widest phone screen they are made for."""
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
"""What is accepted, by media type, and the decoder that must agree."""
FOREIGN = (b"<script", b"<html", b"<!doctype", b"<?php", b"<iframe")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Pillow only warns of a picture that is a little too large to be honest; here that is a refusal.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# A picture of 50 million pixels takes 200 MB while it is decoded, so one at a time per process.
_one_at_a_time = threading.Lock()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoded:
    """A picture as we wrote it: `extension` is jpg, png or webp; sizes in pixels."""

    content: bytes
    extension: str
    width: int
    height: int


def clean(data: bytes) -> Encoded:
    """The picture in `data`, upright, no larger than `LONGEST_SIDE`, in sRGB, without anything but its pixels.

    JPEG, or PNG where it is see-through or has few colours. InvalidInput for anything that is not a picture,
    or not only one. Of an animation the first frame is kept.
    """
    kind = _sniff(data)
    with _one_at_a_time:
        try:
            image = _decode(data, kind)
        except InvalidInput:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels() from None
        except Exception as error:  # a decoder may stumble in any way over a crafted file
            _log.info("A %s picture could not be decoded: %r", kind, error)
            raise InvalidInput({"file": _("This picture is damaged.")}) from None
        return _encode(image, _extension_for(image, kind))


def shrink(data: bytes, side: int, extension: str) -> bytes:
    """A picture of our own (from `clean`) fitted into `side` x `side` pixels, as jpg, png or webp; never enlarged."""
    with _one_at_a_time, Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        if image.format == "JPEG":
            image.draft("RGB", (side, side))
        whole = image.convert("RGBA" if _is_see_through(image) else "RGB")
        whole.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return _encode(whole, extension).content


def _sniff(data: bytes) -> str:
    """The media type by the file's own first bytes, whatever it is called."""
    import puremagic  # reads a long table of signatures, so only where pictures come in

    try:
        guesses = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        guesses = []
    kind = guesses[0].mime_type if guesses else ""
    if kind not in KINDS:
        raise InvalidInput({"file": _("This is not a picture. Please choose a JPEG, PNG, WebP or GIF file.")})
    if _is_also_something_else(data):
        raise InvalidInput({
            "file": _("There is something else inside this picture. Please save it anew and try again.")})
    return kind


def _is_also_something_else(data: bytes) -> bool:
    """Whether a browser, an interpreter or an unpacker could take the file for one of its own."""
    lowered = data.lower()
    return (any(mark in lowered for mark in FOREIGN) or b"%PDF-" in data[:1024]
            or zipfile.is_zipfile(io.BytesIO(data)))


def _too_many_pixels() -> InvalidInput:
    return InvalidInput({"file": _("This picture has more than %(count)s million pixels.", count=MAX_PIXELS // 10**6)})


def _decode(data: bytes, kind: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(KINDS[kind],)) as image:
        # Phones append a depth map or a second shot to their JPEGs; Pillow calls those MPO.
        if image.format not in {KINDS[kind], "MPO" if kind == "image/jpeg" else KINDS[kind]}:
            raise InvalidInput({"file": _("This picture is damaged.")})
        if image.width * image.height > MAX_PIXELS:
            raise _too_many_pixels()
        # Lets the JPEG decoder skip what would be thrown away: half the memory and time for a large photo.
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        drawn = _in_srgb(_upright(image))
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    drawn.info.clear()  # encoders copy comments and profiles from here
    return drawn


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its camera was held."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception as error:  # broken camera data is no reason to refuse a good picture
        _log.info("The camera data of a picture could not be read: %r", error)
        return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """As RGB, or RGBA where it is see-through, with the colours of its profile moved to sRGB."""
    profile = image.info.get("icc_profile")
    mode = "RGBA" if _is_see_through(image) else "RGB"
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        from PIL import ImageCms  # with a library of its own, which hardly a picture needs

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            moved = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            if moved is not None:
                return moved
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            _log.info("The colour profile of a picture could not be used: %r", error)
    drawn = image.convert(mode)
    if mode == "RGBA" and drawn.getchannel("A").getextrema()[0] == 255:
        return drawn.convert("RGB")  # see-through in name only
    return drawn


def _is_see_through(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info


def _extension_for(image: Image.Image, kind: str) -> str:
    """PNG keeps logos and drawings sharp and see-through; JPEG is many times smaller for photos."""
    if image.mode == "RGBA":
        return "png"
    drawn = kind in {"image/png", "image/gif"} and image.getcolors(256) is not None
    return "png" if drawn else "jpg"


def _encode(image: Image.Image, extension: str) -> Encoded:
    out = io.BytesIO()
    if extension == "jpg":
        image.convert("RGB").save(out, "JPEG", quality=85, optimize=True, progressive=True)
    elif extension == "webp":
        image.save(out, "WEBP", quality=80, method=4)
    else:
        few = image.mode == "RGB" and image.getcolors(256) is not None
        (image.quantize(256) if few else image).save(out, "PNG", optimize=True)
    return Encoded(out.getvalue(), extension, image.width, image.height)
