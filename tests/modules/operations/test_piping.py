"""Streams side by side: nothing is lost or changed on the way, and an error on either side ends both."""

from __future__ import annotations

import errno
import io
import threading
from typing import Any

import pytest

from app.modules.operations.backups.piping import CHUNKS_WAITING, read_ahead, write_behind


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("backup-")]


class Broken(io.RawIOBase):
    """A stream that gives or takes a few chunks and then fails."""

    def __init__(self, good: int) -> None:
        self.good = good

    def _step(self) -> None:
        self.good -= 1
        if self.good < 0:
            raise OSError(errno.ENOSPC, "full")

    def read(self, size: int = -1) -> bytes:
        self._step()
        return b"x" * size

    def write(self, data: Any) -> int:
        self._step()
        return len(data)


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 1000])
def test_what_comes_out_is_what_went_in(length: int) -> None:
    content, out = bytes(number % 251 for number in range(length)), io.BytesIO()
    with read_ahead(io.BytesIO(content), 10) as source, write_behind(out) as sink:
        while data := source.read(10):
            sink.write(data)
    assert out.getvalue() == content and threads() == []


@pytest.mark.parametrize("good", [0, 1, 3 * CHUNKS_WAITING])
def test_an_error_in_reading_reaches_the_reader(good: int) -> None:
    with pytest.raises(OSError, match="full"), read_ahead(Broken(good), 10) as source:
        while source.read(10):
            pass
    assert threads() == []


@pytest.mark.parametrize("good", [0, 1, 3 * CHUNKS_WAITING])
@pytest.mark.parametrize("chunks", [1, 2, 100])
def test_an_error_in_writing_reaches_the_writer(good: int, chunks: int) -> None:
    out = Broken(good)
    if chunks <= good:
        with write_behind(out) as sink:
            for _number in range(chunks):
                sink.write(b"x")
    else:
        with pytest.raises(OSError, match="full"), write_behind(out) as sink:
            for _number in range(chunks):
                sink.write(b"x")
    assert threads() == []


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    with read_ahead(Broken(10**6), 10) as source:
        source.read(10)
    with pytest.raises(ValueError, match="enough"), write_behind(io.BytesIO()) as sink:
        sink.write(b"x")
        raise ValueError("enough")
    assert threads() == []
