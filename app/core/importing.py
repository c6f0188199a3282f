"""Reading other people's files: rows with their numbers, refusals with their reasons, and what became of it all.

An import reads its whole file first and writes afterwards, in one transaction: a file that cannot be trusted
changes nothing. Every row that cannot be taken is refused by number and reason; with refusals the import ends
in `ImportRefused`, unless it was told to skip bad rows.

    report = ImportReport("suppliers")
    with open_rows(path, ("code", "name"), report) as rows:
        for number, (code, name) in rows:
            if not code:
                report.refuse(path.name, number, _("The code is missing."))
                continue
            ...
    report.settle(skip_bad_rows)      # raises ImportRefused when there are refusals and they may not be skipped

Files are CSV, plain or gzipped; the first row names the columns, whose order does not matter and of which
there may be more than are wanted. Row numbers are those a spreadsheet shows: the heading is row 1.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO

from app.core.changes import BulkChanged
from app.core.errors import BusinessError
from app.core.events import publish
from app.core.i18n import gettext, lazy_ngettext, number_text
from app.core.i18n import lazy as _

MAX_KEPT = 100_000
"""So many refusals are kept in words; the rest are counted."""

KEYS_NAMED = 12
"""So many keys are named for each reason."""

_UNDECODED = re.compile("[\ud800-\udfff]")
"""What the decoder puts in the place of a byte that is not of the encoding."""


class BrokenFile(BusinessError):
    """A file that cannot be read as what it should be: missing, of another encoding, without a column, torn."""

    code = "broken_file"


class ImportRefused(BusinessError):
    """An import that found rows it could not take and was not told to skip them. Nothing was changed."""

    code = "import_refused"

    def __init__(self, report: "ImportReport") -> None:
        super().__init__(lazy_ngettext(
            "%(num)s row was refused, so nothing was changed.", "%(num)s rows were refused, so nothing was changed.",
            report.refused_count))
        self.report = report


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: where it stands and why. Row 0 speaks of the file as a whole."""

    file: str
    row: int
    reason: str


@dataclass
class ImportReport:
    """What became of an import: for each kind of thing how many were added, changed, unchanged or left out."""

    source: str
    outcome: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    refused_count: int = 0
    notes: list[str] = field(default_factory=list)
    left_out: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(kind, reason) to the keys in the source of what was left out for it."""

    def count(self, kind: str, outcome: str, number: int = 1) -> None:
        """`number` more things of `kind` were `added`, `changed`, `unchanged` or `left_out`."""
        self.outcome.setdefault(kind, Counter())[outcome] += number

    def refuse(self, file: str, row: int, reason: Any) -> None:
        """The row cannot be taken."""
        self.refused_count += 1
        if len(self.refusals) < MAX_KEPT:
            self.refusals.append(Refusal(file, row, str(reason)))

    def note(self, text: Any) -> None:
        """Something people should know though nothing is wrong with it."""
        self.notes.append(str(text))

    def leave_out(self, kind: str, key: str, reason: Any) -> None:
        """The thing of this key in the source does not come, and that is right so."""
        self.count(kind, "left_out")
        self.left_out.setdefault((kind, str(reason)), []).append(key)

    def told(self) -> list[str]:
        """All notes, with one more for each reason for which something was left out, naming the first keys."""
        found = list(self.notes)
        for (kind, reason), keys in self.left_out.items():
            named = ", ".join(keys[:KEYS_NAMED])
            if len(keys) > KEYS_NAMED:
                named = gettext("%(keys)s and %(count)s more", keys=named, count=number_text(len(keys) - KEYS_NAMED))
            found.append(gettext("Left out of %(kind)s, %(reason)s: %(keys)s.", kind=kind, reason=reason, keys=named))
        return found

    def settle(self, skip_bad_rows: bool) -> None:
        """Raise ImportRefused if there are refusals, unless they may be skipped."""
        if self.refused_count and not skip_bad_rows:
            raise ImportRefused(self)

    def announce(self, table: str) -> int:
        """Tell the audit trail in one line under `table` what was brought; returns how many things were added or
        changed, and stays silent where there were none."""
        count = sum(counts["added"] + counts["changed"] for counts in self.outcome.values())
        if count:
            publish(BulkChanged(table, count, {
                "source": self.source, **{kind: dict(counts) for kind, counts in self.outcome.items()},
                **({"refused": self.refused_count} if self.refused_count else {})}))
        return count


class Progress(Protocol):
    """Who is told how far a long piece of work has come."""

    def step(self, label: Any, length: int) -> contextlib.AbstractContextManager[Callable[[int], Any]]:
        """A stretch of work of `length` units; gives a function to call with the units just done."""


class Silent:
    """Progress that nobody watches."""

    @contextlib.contextmanager
    def step(self, label: Any, length: int) -> Iterator[Callable[[int], Any]]:
        yield lambda done: None


class Rows:
    """The rows of an open file, each as its number and the values of the wanted columns, in their order.

    Rows of the wrong width, with torn quotes or with bytes of another encoding are refused on the report and
    passed over; an end in the middle of the data is a BrokenFile.
    """

    def __init__(self, name: str, text: TextIO, raw: BinaryIO, size: int, columns: Sequence[str], encoding: str,
                 report: ImportReport) -> None:
        self.name, self.size, self._raw, self._report, self._encoding = name, size, raw, report, encoding
        self._rows = csv.reader(text, strict=True)
        self._number = 1
        heading = [title.strip() for title in self._heading()]
        missing = [column for column in columns if column not in heading]
        if missing:
            raise BrokenFile(_("%(file)s has no column %(columns)s.", file=name, columns=", ".join(missing)))
        self._width = len(heading)
        self._places = [heading.index(column) for column in columns]

    def _heading(self) -> list[str]:
        try:
            heading = next(self._rows, None)
        except (csv.Error, EOFError, OSError, zlib.error, UnicodeError):
            heading = [""]
        if heading is None:
            raise BrokenFile(_("%(file)s is empty.", file=self.name))
        text = "".join(heading)
        if _UNDECODED.search(text) or "\0" in text:
            raise BrokenFile(_("%(file)s is not written in %(encoding)s.", file=self.name, encoding=self._encoding))
        return heading

    def position(self) -> int:
        """How many bytes of the file on disk have been read; `size` at the end."""
        return self._raw.tell()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        places, width = self._places, self._width
        whole = places == list(range(width))
        while True:
            self._number += 1
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except csv.Error:
                self._refuse(_("The quotation marks in this row do not match."))
                continue
            except (EOFError, OSError, zlib.error, UnicodeError) as error:
                raise BrokenFile(_("%(file)s cannot be read beyond row %(row)s: it is damaged or not complete.",
                                   file=self.name, row=self._number - 1)) from error
            if not row:
                continue
            if len(row) != width:
                self._refuse(_("The row has %(found)s values instead of %(wanted)s.", found=len(row), wanted=width))
                continue
            text = "".join(row)
            if not text.isascii() and _UNDECODED.search(text):
                self._refuse(_("The row has characters that are not written in %(encoding)s.",
                               encoding=self._encoding))
                continue
            if "\0" in text:
                self._refuse(_("The row has characters that cannot be stored."))
                continue
            yield self._number, row if whole else [row[place] for place in places]

    def _refuse(self, reason: Any) -> None:
        self._report.refuse(self.name, self._number, reason)


@contextlib.contextmanager
def open_rows(path: Path, columns: Sequence[str], report: ImportReport, *, encoding: str = "utf-8") -> Iterator[Rows]:
    """The rows of a CSV file, gzipped or not, with the wanted `columns`; BrokenFile if it is no such file."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise BrokenFile(_("There is no encoding called %(encoding)s.", encoding=encoding)) from None
    try:
        raw = path.open("rb")
    except OSError:
        raise BrokenFile(_("%(file)s cannot be opened.", file=path.name)) from None
    with raw:
        size = path.stat().st_size
        start = raw.read(2)
        raw.seek(0)
        binary: Any = gzip.GzipFile(fileobj=raw) if start == b"\x1f\x8b" else raw
        # A byte order mark, as spreadsheets write it, is not part of the first column's name.
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        # newline="" leaves line ends inside quoted values to the csv reader.
        with io.TextIOWrapper(binary, encoding=codec, errors="surrogateescape", newline="") as text:
            yield Rows(path.name, text, raw, size, columns, encoding, report)
