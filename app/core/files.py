"""Uploaded pictures: taken in, kept, and served inert.

    key = store_picture(request.files["file"].stream, "shoes.jpg")     # "3f2a…e1_1242x1242.jpg"
    file_url(key)                                                      # "/files/3f2a…e1_1242x1242.jpg"
    file_url(key, 400)                                                 # fitted into 400 x 400 pixels

What is stored was decoded and written anew (`app.core.pictures`); the key is made from the content, so the same
picture is kept once and a key never changes its meaning. Smaller sizes, and WebP for browsers that ask for it, are
made when first wanted and kept below `VAR/renditions`, which may be deleted at any time. The sizes of a
picture stand in its key, so that a page links to the right one without asking the database.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge

from app.core.actor import current_actor
from app.core.db import Mapped, Record, db, integer, text
from app.core.errors import BusinessError, InvalidInput, NotAllowed
from app.core.i18n import lazy as _
from app.core.storage import LocalFolder, Storage

if TYPE_CHECKING:
    from app.core.pictures import Encoded

MAX_BYTES = 15 * 1024 * 1024
"""The largest file that is read as a picture, in bytes: a good phone's photo has 3 to 12 MB."""
SIZES = (200, 400, 750, 1242)
"""The sides of the squares, in pixels, into which a picture can be had fitted."""
FOREVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_KEY = re.compile(r"(?P<digest>[0-9a-f]{32})_(?P<width>\d{1,5})x(?P<height>\d{1,5})(?:-(?P<side>\d{3,4}))?"
                  r"\.(?P<extension>jpg|png|webp)")
_log = logging.getLogger(__name__)


class StoredFile(Record):
    """A picture that was uploaded. The same content is here once, whoever sends it and how often."""

    __tablename__ = "files"
    # A picture is told of where it is used: by the product, the member or the text that shows it.
    __audited__ = False
    title_column = "key"
    key: Mapped[str] = text(200, _("Key"), unique=True)
    digest: Mapped[str] = text(
        32, _("Digest"), unique=True, help=_("Made from what was sent; tells what is here already."))
    name: Mapped[str] = text(200, _("File name"))
    media_type: Mapped[str] = text(50, _("Type"))
    byte_count: Mapped[int] = integer(_("Bytes"), min=1)
    width: Mapped[int] = integer(_("Width"), min=1)
    height: Mapped[int] = integer(_("Height"), min=1)
    uploaded_by: Mapped[str] = text(100, _("Uploaded by"))


class TooLarge(BusinessError):
    """The file is larger than is accepted. HTTP 413; names the field."""

    status = 413
    code = "too_large"


def storage() -> Storage:
    """Where uploads are kept: a folder below VAR."""
    return cast(Storage, current_app.extensions.setdefault(
        "houtai_uploads", LocalFolder(Path(current_app.config["VAR"]) / "uploads")))


def _renditions() -> Storage:
    return cast(Storage, current_app.extensions.setdefault(
        "houtai_renditions", LocalFolder(Path(current_app.config["VAR"]) / "renditions")))


def store_picture(stream: BinaryIO, filename: str) -> str:
    """Take in a picture that a person sends; gives its key. The edge commits.

    Refuses what is too large (413) and what is not a picture or not only one (422), by the field `file`. Reads
    no more than `MAX_BYTES` into memory.
    """
    return store_bytes(stream.read(MAX_BYTES + 1), filename)


def store_bytes(data: bytes, filename: str) -> str:
    """Like `store_picture`, for a picture in memory, such as one of many in an import or drawn by a program."""
    if not data:
        raise InvalidInput({"file": _("This file is empty.")})
    if len(data) > MAX_BYTES:
        raise TooLarge(_("This file is larger than %(size)s MB.", size=MAX_BYTES // 2**20), field="file")
    # 128 bits of a cryptographic hash: nobody guesses a key, and no two pictures share one.
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    known = db.session.scalar(select(StoredFile.key).where(StoredFile.digest == digest))
    if known is not None and _is_there(known):
        return known
    from app.core import pictures  # with the decoders, which only incoming pictures and small copies need

    clean = pictures.clean(data)
    key = f"{digest}_{clean.width}x{clean.height}.{clean.extension}"
    # The file first: should the transaction fail, a file too many does no harm; a row without its file would.
    storage().save(key, clean.content)
    if known is None:
        _record(key, digest, filename, clean)
    return key


def _is_there(key: str) -> bool:
    try:
        storage().open(key).close()
    except FileNotFoundError:
        _log.warning("The file of %s was missing from the storage and is stored anew.", key)
        return False
    return True


def _record(key: str, digest: str, filename: str, clean: Encoded) -> None:
    name = re.sub(r"[\x00-\x1f\x7f]", "", Path(filename.replace("\\", "/")).name)[:200] or "picture"
    row = StoredFile(key=key, digest=digest, name=name, media_type=MEDIA_TYPES[clean.extension],
                     byte_count=len(clean.content), width=clean.width, height=clean.height,
                     uploaded_by=str(current_actor())[:100])
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        # Somebody sent the same picture at the same moment; theirs is ours.
        _log.info("The picture %s was stored by another request at the same time.", key)


def is_key(value: Any) -> bool:
    """Whether this can be the key of a stored picture."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


@lru_cache(maxsize=8192)
def _name_for(key: str, side: int | None) -> str:
    """The key of the smallest rendition that fills `side`, or the key itself where none is smaller."""
    found = _KEY.fullmatch(key)
    if side is None or found is None or found["side"]:
        return key
    longest = max(int(found["width"]), int(found["height"]))
    fitting = next((size for size in SIZES if size >= side), None)
    if fitting is None or fitting >= longest:
        return key
    stem, _dot, extension = key.rpartition(".")
    return f"{stem}-{fitting}.{extension}"


def file_url(key: str, size: int | None = None) -> str:
    """Where a browser gets a stored picture; with `size`, one that fills a square of so many pixels, if there is."""
    return storage().url(_name_for(key, size))


def read_file(name: str) -> bytes:
    """The content under a key or under the name of one of its renditions, made now if need be.

    FileNotFoundError for anything else: a size we do not make, a name that was never given out.
    """
    found = _KEY.fullmatch(name)
    if found is None:
        raise FileNotFoundError(name)
    stem = f"{found['digest']}_{found['width']}x{found['height']}"
    if found["side"] is None and found["extension"] != "webp":
        return _content(storage(), name)
    side = int(found["side"] or max(int(found["width"]), int(found["height"])))
    if found["side"] and (side not in SIZES or side >= max(int(found["width"]), int(found["height"]))):
        raise FileNotFoundError(name)
    try:
        return _content(_renditions(), name)
    except FileNotFoundError:
        pass
    originals = ("jpg", "png") if found["extension"] == "webp" else (found["extension"],)
    return _make_rendition(name, [f"{stem}.{extension}" for extension in originals], side, found["extension"])


def _content(store: Storage, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def _make_rendition(name: str, originals: list[str], side: int, extension: str) -> bytes:
    for original in originals:
        try:
            data = _content(storage(), original)
        except FileNotFoundError:
            continue
        from app.core import pictures

        small = pictures.shrink(data, side, extension)
        try:
            _renditions().save(name, small)
        except OSError as error:
            # A full disk keeps us from remembering it, not from answering.
            _log.warning("The rendition %s could not be kept: %s", name, error)
        return small
    raise FileNotFoundError(name)


def _serve(name: str) -> Response:
    """A stored picture. Its address never changes its meaning, so a browser may keep it for ever."""
    wanted = name
    stem, _dot, extension = name.rpartition(".")
    negotiable = extension in {"jpg", "png"}
    if negotiable and "image/webp" in request.headers.get("Accept", ""):
        wanted = f"{stem}.webp"
    try:
        response = Response(read_file(wanted), content_type=MEDIA_TYPES[wanted.rpartition(".")[2]])
    except (FileNotFoundError, KeyError):
        raise NotFound() from None
    response.headers.update({
        "Cache-Control": FOREVER,
        "X-Content-Type-Options": "nosniff",
        # Opened by itself it can run nothing, load nothing and reach nothing.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'inline; filename="{wanted}"',
    })
    if negotiable:
        response.vary.add("Accept")
    response.set_etag(wanted)
    response.make_conditional(request)
    return response


def _upload() -> tuple[Response, int]:
    """Take in one picture, sent as the form field `file`; answers `{"key", "url"}`."""
    sent = request.files.get("file")
    if sent is None:
        raise InvalidInput({"file": _("Please choose a file.")})
    # Working on a picture takes up to a second. On SQLite an open transaction would make everybody wait for it,
    # and so far only the reader's rights were looked up in it.
    db.session.commit()
    key = store_picture(cast(BinaryIO, sent.stream), sent.filename or "")
    db.session.commit()
    return jsonify(key=key, url=file_url(key)), 201


def _answer_refusal(error: BusinessError) -> tuple[Response, int]:
    db.session.rollback()
    fields = error.fields
    # The words beside the field say more than "check the marked fields", and a picker has but one line for them.
    message = next(iter(fields.values()), str(error))
    return jsonify(code=error.code, message=message, fields=fields), error.status


def _answer_http_error(error: HTTPException) -> tuple[Response, int]:
    db.session.rollback()
    if isinstance(error, RequestEntityTooLarge):
        limit = int(current_app.config.get("MAX_CONTENT_LENGTH") or MAX_BYTES)
        size = min(limit, MAX_BYTES) // 2**20
        return _answer_refusal(TooLarge(_("This file is larger than %(size)s MB.", size=size), field="file"))
    words = str(error.description) if isinstance(error, CSRFError) else str(_WORDS.get(error.code or 500, _FAILED))
    code = "not_found" if error.code == 404 else "bad_request"
    return jsonify(code=code, message=words, fields={}), error.code or 500


_FAILED = _("The request could not be understood.")
_WORDS: dict[int, Any] = {404: _("There is no such file.")}


def register_routes(app: Flask, may_upload: Callable[[], bool]) -> None:
    """Serve `/files/<key>` to everyone and `POST /files/upload` to those for whom `may_upload()` is true."""
    views = Blueprint("files", __name__)

    @views.get("/files/<string:name>")
    def serve(name: str) -> Response:
        return _serve(name)

    @views.post("/files/upload")
    def upload() -> tuple[Response, int]:
        if not may_upload():
            raise NotAllowed()
        return _upload()

    views.register_error_handler(BusinessError, _answer_refusal)
    views.register_error_handler(HTTPException, _answer_http_error)
    # Named as well, since the application has a handler of its own for it, and the nearer kind of error wins.
    views.register_error_handler(CSRFError, _answer_http_error)
    app.register_blueprint(views)
