"""Operations: what the system does by itself, what it keeps safe, and what the shop decides for itself."""

from app.core.i18n import lazy as _
from app.core.jobs import forget_finished_jobs
from app.lowcode import Module
from app.lowcode.importing.jobs import forget_imports
from app.lowcode.list_files.jobs import delete_exported_files
from app.modules.operations.backups import tell_what_was_noted
from app.modules.operations.backups_page import BackupsPage
from app.modules.operations.bin_screen import BinScreen, BinSettings, empty_recycle_bin
from app.modules.operations.commands import commands
from app.modules.operations.jobs import back_up_before_migrating, nightly_backup, restore_drill
from app.modules.operations.jobs_page import JobsPage
from app.modules.operations.settings import BackupSettings
from app.modules.operations.settings_page import SettingsPage
from app.modules.operations.views import JobRunScreen, LaterJobScreen
from app.modules.operations.work import LINES

module = Module(
    "operations", _("Operations"), icon="fa-gear", order=90,
    screens=[BinScreen, JobRunScreen, LaterJobScreen],
    pages=[JobsPage, BackupsPage, SettingsPage],
    jobs=[nightly_backup, restore_drill, empty_recycle_bin, forget_imports, delete_exported_files,
          forget_finished_jobs],
    settings=[BackupSettings, BinSettings],
    work=LINES,
    commands=[commands],
    extensions={"houtai_backup": back_up_before_migrating, "houtai_migrated": tell_what_was_noted},
)
