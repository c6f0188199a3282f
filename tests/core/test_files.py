"""Uploads: only pictures come in, nothing of the sender's bytes stays, and what is served can do nothing."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import pytest
from flask_babel import force_locale
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import func, select

from app.core import files, pictures
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.files import StoredFile, TooLarge, file_url, read_file, store_bytes, store_picture
from app.core.i18n import gettext
from app.core.storage import LocalFolder

CANARY = b"SECRET-CANARY-31.2304N"
SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def folders_of_its_own(app, tmp_path, monkeypatch):
    for name in ("uploads", "renditions"):
        monkeypatch.setitem(app.extensions, f"houtai_{name}", LocalFolder(tmp_path / name))


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), mode: str = "RGB", **options) -> bytes:
    """A picture with a gradient, so that it has many colours."""
    across = Image.linear_gradient("L").resize(size)
    down = across.transpose(Image.Transpose.ROTATE_90).resize(size)
    image = Image.merge("RGB", (across, down, Image.effect_noise(size, 40))).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(key: str) -> Image.Image:
    return Image.open(io.BytesIO(read_file(key)))


def png_bomb(side: int) -> bytes:
    """A PNG of side x side black pixels that is a few kilobytes long, written by hand so that it costs nothing."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.class", b"x")
    return out.getvalue()


def upload(client, data: bytes, name: str = "x.jpg", **options):
    # Written by hand: the test client would put a large body into a temporary file and forget to close it.
    body = (b'--edge\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n--edge--\r\n")
    return client.post("/files/upload", data=body, content_type="multipart/form-data; boundary=edge", **options)


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "jpg"), ("WEBP", "jpg"), ("GIF", "png")])
def test_the_usual_kinds_of_picture_are_taken_in_and_written_anew(app, kind, extension):
    sent = picture(kind)
    key = store_picture(io.BytesIO(sent), "shoes.jpg")
    assert key.endswith(f"_900x600.{extension}")
    kept = read_file(key)
    assert kept != sent
    assert Image.open(io.BytesIO(kept)).size == (900, 600)
    row = db.session.scalars(select(StoredFile)).one()
    assert (row.key, row.name, row.width, row.height, row.byte_count) == (key, "shoes.jpg", 900, 600, len(kept))


def test_a_drawing_with_few_colours_keeps_every_pixel(app):
    image = Image.new("RGB", (64, 64))
    image.putdata([((n * 37) % 200, n % 3, 250) for n in range(200)] * 20 + [(1, 2, 3)] * 96)
    out = io.BytesIO()
    image.save(out, "PNG")
    key = store_bytes(out.getvalue(), "logo.png")
    assert key.endswith(".png")
    assert decoded(key).convert("RGB").tobytes() == image.tobytes()


def test_see_through_pictures_stay_see_through(app):
    key = store_bytes(picture("PNG", mode="RGBA"), "solid.png")
    assert key.endswith(".jpg"), "an alpha channel that hides nothing is dropped"
    image = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (50, 50, 250, 250))
    out = io.BytesIO()
    image.save(out, "PNG")
    key = store_bytes(out.getvalue(), "sticker.png")
    for name in (key, key.replace(".png", "-200.png"), key.replace(".png", "-200.webp")):
        kept = decoded(name).convert("RGBA")
        assert kept.getpixel((1, 1))[3] == 0
        assert kept.getpixel((kept.width // 2, kept.height // 2))[3] == 255


def test_camera_data_position_comments_and_profiles_do_not_survive(app):
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825)[29] = CANARY.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = picture("JPEG", exif=exif, comment=CANARY, icc_profile=profile)
    assert CANARY in sent, "the picture carries what is to be taken out"
    key = store_bytes(sent, "me.jpg")
    for name in (key, key.replace(".jpg", "-400.jpg"), key.replace(".jpg", ".webp")):
        kept = read_file(name)
        assert CANARY not in kept
        assert not Image.open(io.BytesIO(kept)).getexif()
        assert "icc_profile" not in Image.open(io.BytesIO(kept)).info
    text = io.BytesIO()
    told = PngInfo()
    told.add_text("Comment", CANARY.decode())
    Image.new("RGB", (50, 50), "red").save(text, "PNG", pnginfo=told)
    assert CANARY in text.getvalue()
    assert CANARY not in read_file(store_bytes(text.getvalue(), "x.png"))


def test_a_photo_is_turned_as_the_camera_was_held(app):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert store_bytes(picture("JPEG", (600, 400), exif=exif), "x.jpg").endswith("_400x600.jpg")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
def test_broken_camera_data_is_no_reason_to_refuse(app):
    sent = picture("JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\x01\x12" * 40)
    assert store_bytes(sent, "x.jpg").endswith("_900x600.jpg")


def test_a_large_photo_is_made_smaller_on_arrival(app):
    key = store_bytes(picture("JPEG", (5000, 3000)), "big.jpg")
    assert key.endswith("_2484x1490.jpg")


def test_other_colour_models_become_plain_colours(app):
    for mode in ("CMYK", "L"):
        assert decoded(store_bytes(picture("JPEG", mode=mode), "x.jpg")).mode == "RGB"
    wide = picture("PNG", mode="I;16") if "I;16" in Image.MODES else picture("PNG", mode="L")
    assert store_bytes(wide, "x.png")


@pytest.mark.parametrize(("name", "data"), {
    "a page called png": b"<!doctype html><html>" + SCRIPT,
    "an svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>',
    "an svg with a declaration": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a text": b"hello",
    "a pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "an archive": zipped(),
    "a gif that is a script": b"GIF89a/*" + b"\x00" * 20 + b"*/=1;alert(1)",
    "a jpeg head with nothing behind": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "a picture cut off": picture("JPEG")[:9000],
    "a png cut off": picture("PNG")[:9000],
    "a jpeg with a page behind": picture("JPEG") + SCRIPT,
    "a png with a page behind": picture("PNG") + b"<HTML><body onload=alert(1)>",
    "a jpeg with an archive behind": picture("JPEG") + zipped(),
    "a gif with php in its comment": picture("GIF", comment=b"<?php system($_GET[0]);"),
    "a tiff": picture("TIFF"),
    "a bmp": picture("BMP"),
    "random bytes with a png head": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "too many pixels": png_bomb(8000),
    "a bomb": png_bomb(20000),
}.items())
def test_what_is_not_only_a_picture_is_refused_and_leaves_nothing(app, name, data):
    with pytest.raises(InvalidInput) as refused:
        store_bytes(data, "innocent.png")
    assert list(refused.value.fields) == ["file"]
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert not list((files.storage().root).rglob("*.*"))


def test_the_bombs_are_real(app, monkeypatch):
    """The counter-test: without the limit they are decoded."""
    monkeypatch.setattr(pictures, "MAX_PIXELS", 10**9)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert len(png_bomb(8000)) < 20_000
    assert store_bytes(png_bomb(8000), "x.png").endswith("_2484x2484.png")


def test_bytes_behind_a_picture_do_not_survive_even_unknown_ones(app):
    sent = picture("JPEG") + b"\x00" * 50 + CANARY
    assert CANARY not in read_file(store_bytes(sent, "motion.jpg"))


def test_a_strangers_upload_is_refused(client):
    answer = upload(client, picture())
    assert answer.status_code == 403


def test_staff_without_rights_cannot_upload(as_user):
    assert upload(as_user("lin"), picture()).status_code == 403


@pytest.mark.both_databases
def test_staff_who_may_edit_something_upload_and_see_their_picture(as_user, client):
    answer = upload(as_user("hua"), picture(), "茶杯.jpg")
    assert answer.status_code == 201
    assert answer.json["url"] == "/files/" + answer.json["key"]
    assert db.session.scalars(select(StoredFile.name)).all() == ["茶杯.jpg"]
    assert client.get(answer.json["url"]).status_code == 200, "shoppers see it too"


def test_an_upload_needs_the_form_token(as_user):
    answer = upload(as_user("hua"), picture(), csrf=False)
    assert answer.status_code == 400
    assert answer.json["message"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bad_upload_is_answered_in_the_readers_language(as_user, language):
    user = as_user("hua")
    user.post("/preferences", data={"locale": language})
    answer = upload(user, b"<html>" + SCRIPT)
    assert answer.status_code == 422
    with force_locale(language):
        expected = gettext("This is not a picture. Please choose a JPEG, PNG, WebP or GIF file.")
    assert answer.json["fields"] == {"file": expected}
    assert answer.json["message"] == expected


def test_an_upload_without_a_file_or_too_large_says_so(as_user, app):
    user = as_user("hua")
    assert user.post("/files/upload", data={}).status_code == 422
    answer = upload(user, picture() + b"\x00" * (21 * 1024 * 1024))
    assert answer.status_code == 413
    assert "15 MB" in answer.json["message"]
    assert upload(user, picture() + b"\x00" * (16 * 1024 * 1024)).status_code == 413


def test_a_served_picture_can_do_nothing_and_is_kept_by_browsers(app, client):
    url = file_url(store_bytes(picture(), "x.jpg"))
    answer = client.get(url)
    assert answer.content_type == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_cache_for_many_never_gets_a_session_cookie_with_a_picture(app, as_user):
    url = file_url(store_bytes(picture(), "x.jpg"))
    hua = as_user("hua")
    answer = hua.get(url)
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" in hua.get("/").headers, "the counter-test: a page of hers does renew it"


def test_a_browser_that_takes_webp_gets_it_under_the_same_address(app, client):
    url = file_url(store_bytes(picture(), "x.jpg"), 400)
    answer = client.get(url, headers={"Accept": "image/avif,image/webp,*/*"})
    assert answer.content_type == "image/webp"
    assert "Accept" in answer.headers["Vary"]
    assert Image.open(io.BytesIO(answer.data)).size == (400, 267)
    assert client.get(url).content_type == "image/jpeg"


@pytest.mark.parametrize("path", [
    "/files/../config.py", "/files/..%2fsecret_key", "/files/%2e%2e%2fsecret_key", "/files/secret_key", "/files/x.php",
    "/files/%00", "/files/" + "0" * 32 + "_1x1.jpg", "/files/.jpg", "/files/x",
])
def test_no_address_leads_out_of_the_uploads(client, path):
    assert client.get(path).status_code == 404


def test_nothing_and_too_much_are_refused(app, monkeypatch):
    with pytest.raises(InvalidInput):
        store_bytes(b"", "x.png")
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(TooLarge) as refused:
        store_picture(io.BytesIO(picture()), "x.jpg")
    assert refused.value.status == 413
    assert list(refused.value.fields) == ["file"]


@pytest.mark.both_databases
def test_the_same_picture_is_kept_once(app):
    sent = picture()
    key = store_bytes(sent, "one.jpg")
    db.session.commit()
    assert store_bytes(sent, "two.jpg") == key
    db.session.commit()
    assert db.session.scalars(select(StoredFile.name)).all() == ["one.jpg"]


@pytest.mark.both_databases
def test_two_who_send_the_same_picture_at_once_both_get_its_key(app, monkeypatch):
    sent = picture(size=(300, 200))
    honest = pictures.clean

    def while_another_is_quicker(data):
        monkeypatch.setattr(pictures, "clean", honest)
        db.session.commit()  # our look-up found nothing; now the other one stores and commits
        store_bytes(data, "theirs.jpg")
        db.session.commit()
        return honest(data)

    monkeypatch.setattr(pictures, "clean", while_another_is_quicker)
    key = store_bytes(sent, "ours.jpg")
    db.session.commit()
    assert db.session.execute(select(StoredFile.key, StoredFile.name)).all() == [(key, "theirs.jpg")]


def test_a_file_lost_from_the_folder_comes_back_when_it_is_sent_again(app):
    sent = picture()
    key = store_bytes(sent, "x.jpg")
    files.storage().delete(key)
    assert store_bytes(sent, "x.jpg") == key
    assert read_file(key)


@pytest.mark.parametrize(("given", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\pics\\me.jpg", "me.jpg"), ("", "picture"), ("a\r\nb\x00.jpg", "ab.jpg"),
    ("x" * 300 + ".jpg", "x" * 200), ("茶杯.jpg", "茶杯.jpg"),
])
def test_a_sent_name_is_only_remembered_never_used(app, given, kept):
    key = store_bytes(picture(size=(50, 50)), given)
    assert db.session.scalars(select(StoredFile.name)).one() == kept
    assert re.fullmatch(r"[0-9a-f]{32}_50x50\.[a-z]+", key), "made of what the picture is, not of what it was called"


@pytest.mark.parametrize(("size", "name"), [
    (None, "{}.jpg"), (100, "{}-200.jpg"), (200, "{}-200.jpg"), (201, "{}-400.jpg"), (400, "{}-400.jpg"),
    (401, "{}-750.jpg"), (751, "{}.jpg"), (5000, "{}.jpg"),
])
def test_an_address_names_the_smallest_size_that_fills_the_place(app, size, name):
    stem = "0123456789abcdef" * 2 + "_900x600"
    assert file_url(f"{stem}.jpg", size) == "/files/" + name.format(stem)


def test_each_size_fits_its_square_and_is_made_once(app, monkeypatch):
    key = store_bytes(picture("JPEG", (2000, 1000)), "x.jpg")
    for size in files.SIZES:
        assert decoded(file_url(key, size).rpartition("/")[2]).size == (size, size // 2)
    monkeypatch.setattr(pictures, "shrink", lambda *_: pytest.fail("made again"))
    assert read_file(file_url(key, 400).rpartition("/")[2])


def test_a_full_disk_does_not_keep_a_size_from_being_shown(app, monkeypatch):
    key = store_bytes(picture(), "x.jpg")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files._renditions(), "save", full)
    assert decoded(key.replace(".jpg", "-400.jpg")).size == (400, 267)


@pytest.mark.parametrize("name", [
    "../houtai.db", "..", "", "secret_key", "%2e%2e%2fsecret_key", "0" * 32 + "_9x9.jpg", "{key}.bak", "{stem}-300.jpg",
    "{stem}-1242.jpg", "{stem}-400.svg", "{stem}.png", "{stem}-400.png", "{stem}-400-200.jpg", "{KEY}", "{key}\n",
])
def test_only_names_that_were_given_out_lead_to_a_file(app, name):
    key = store_bytes(picture(), "x.jpg")
    with pytest.raises(FileNotFoundError):
        read_file(name.format(key=key, stem=key[:-4], KEY=key.upper()))


@pytest.mark.parametrize("key", ["../x", "a/b", ".hidden", "A", "", "a" * 201, "a\n", "a.b.c", "ä"])
def test_a_storage_key_cannot_lead_out_of_its_folder(tmp_path, key):
    folder = LocalFolder(tmp_path)
    for use in (lambda: folder.save(key, b"x"), lambda: folder.open(key), lambda: folder.delete(key)):
        with pytest.raises(ValueError, match="not a storage key"):
            use()


def test_a_file_is_stored_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = LocalFolder(tmp_path)
    folder.save("ab1.jpg", b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.save("ab1.jpg", b"new")
    monkeypatch.undo()
    with folder.open("ab1.jpg") as stream:
        assert stream.read() == b"old"
    assert [path.name for path in tmp_path.rglob("*.*")] == ["ab1.jpg"]
    folder.delete("ab1.jpg")
    folder.delete("ab1.jpg")
    with pytest.raises(FileNotFoundError):
        folder.open("ab1.jpg")
