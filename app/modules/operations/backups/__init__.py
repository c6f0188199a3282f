"""Backups: one verified file for the database and the uploads, on SQLite and PostgreSQL.

    backup = create_backup()              # verified before it gets its name
    verify_backup(backup.name).problem    # "" if every byte is as it was written
    restore_backup(backup.path)           # refuses a damaged one; switches in one step, keeps the old database
    drill_restore()                       # restores the newest for trial and throws that away
    tidy_backups()                        # keeps some by day, week and month

The parts: `archive` (the file), `piping` (streams side by side), `sqlite` and `postgres` (the databases), `shelf` (the
folder), `making`, `checking`, `restoring`, `drilling`, `keeping`, `telling` (what happened, to the audit trail).
"""

from .archive import Damaged, FromNewerVersion, Manifest
from .checking import verify_backup
from .drilling import Drilled, NoBackup, drill_restore
from .keeping import OVERDUE_AFTER, is_overdue, newest_verified, superseded, tidy_backups
from .making import create_backup
from .restoring import OtherDatabase, Restored, restore_backup
from .shelf import Backup, Busy, DiskFull, find_backup, folder, get_backup, list_backups
from .telling import tell_what_was_noted

__all__ = [
    "OVERDUE_AFTER", "Backup", "Busy", "Damaged", "DiskFull", "Drilled", "FromNewerVersion", "Manifest", "NoBackup",
    "OtherDatabase", "Restored", "create_backup", "drill_restore", "find_backup", "folder", "get_backup", "is_overdue",
    "list_backups", "newest_verified", "restore_backup", "superseded", "tell_what_was_noted", "tidy_backups",
    "verify_backup",
]
