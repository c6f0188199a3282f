"""Facts about backups; each leaves a line in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.events import Audited
from app.core.i18n import gettext, moment_text, number_text, size_text
from app.core.i18n import lazy as _


@dataclass(frozen=True)
class OfBackup(Audited):
    """Something happened to the backup of this name."""

    kind_of_record = _("Backups")
    name: str

    def record_name(self) -> str:
        return self.name


@dataclass(frozen=True)
class BackupMade(OfBackup):
    """A backup was made and verified; sizes in bytes and rows of all tables together."""

    byte_count: int
    row_count: int

    def in_words(self) -> str:
        return gettext("Backup made: %(size)s, %(rows)s rows", size=size_text(self.byte_count),
                       rows=number_text(self.row_count))


@dataclass(frozen=True)
class BackupDownloaded(OfBackup):
    """Somebody took a copy of everything out of the house."""

    byte_count: int

    def in_words(self) -> str:
        return gettext("Backup downloaded: %(size)s", size=size_text(self.byte_count))


@dataclass(frozen=True)
class BackupRestored(OfBackup):
    """The shop was put back to what it was at `made_at` (UTC, as ISO text); `kept_as` is the name of the database that
    was there before, empty if there was none."""

    made_at: str
    kept_as: str

    def in_words(self) -> str:
        moment = moment_text(datetime.fromisoformat(self.made_at))
        if not self.kept_as:
            return gettext("Backup restored: the shop is as it was at %(moment)s", moment=moment)
        return gettext("Backup restored: the shop is as it was at %(moment)s; the database before it is kept as "
                       "%(name)s", moment=moment, name=self.kept_as)
