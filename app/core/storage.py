"""Where uploaded files lie: four methods, so that a folder can become an object store without anybody noticing.

`LocalFolder` is the one implementation: a folder below `VAR`, each file written aside and renamed into place, so that
a file is there whole or not at all, whatever kills the process. An object store (S3, OSS, COS) would be a class
with the same four methods; its `url` gives a signed address instead of a path of ours.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, Protocol

_SAFE_KEY = re.compile(r"[0-9a-z][0-9a-z_-]*(\.[0-9a-z]+)?")


class Storage(Protocol):
    """What every store of files can do. Keys are flat names of small letters, digits, `_`, `-` and one extension."""

    def save(self, key: str, content: bytes | BinaryIO) -> None:
        """Keep `content`, or what an open file has from where it stands, under `key`, durably and all at once; what was
        there before is replaced."""

    def open(self, key: str) -> BinaryIO:
        """A stream to read from; FileNotFoundError where there is no such key."""

    def delete(self, key: str) -> None:
        """Let go of `key`; nothing happens if it is gone already."""

    def url(self, key: str) -> str:
        """The address under which a browser gets it."""


class LocalFolder:
    """Files in a folder of this machine, spread over subfolders by the first two letters of their keys. What is private
    can be read by nobody but us, a front server included."""

    def __init__(self, root: Path, base_url: str = "/files/", *, is_private: bool = False) -> None:
        self.root = root
        self.base_url = base_url
        self.is_private = is_private

    def path(self, key: str) -> Path:
        """Where `key` lies; ValueError for a key that could lead elsewhere."""
        if not _SAFE_KEY.fullmatch(key) or len(key) > 200:
            raise ValueError(f"not a storage key: {key!r}")
        return self.root / key[:2] / key

    def save(self, key: str, content: bytes | BinaryIO) -> None:
        place = self.path(key)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if self.is_private else 0o777)
        descriptor, aside = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
        try:
            with os.fdopen(descriptor, "wb") as out:
                if isinstance(content, bytes):
                    out.write(content)
                else:
                    shutil.copyfileobj(content, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            # A temporary file is for its owner alone; a front server may read uploads.
            if not self.is_private:
                os.chmod(aside, 0o644)
            os.replace(aside, place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        return self.path(key).open("rb")

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def url(self, key: str) -> str:
        return self.base_url + key
