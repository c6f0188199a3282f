"""Facts about backups that others may care about, such as the audit trail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BackupMade:
    """A backup was made and verified; sizes in bytes and rows of all tables together."""

    name: str
    byte_count: int
    row_count: int


@dataclass(frozen=True)
class BackupDownloaded:
    """Somebody took a copy of everything out of the house."""

    name: str
    byte_count: int
