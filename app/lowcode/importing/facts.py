"""What an import tells the audit trail as a whole; each record it writes is told by itself."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.events import Audited
from app.core.i18n import gettext, number_text
from app.core.i18n import lazy as _


@dataclass(frozen=True)
class FileImported(Audited):
    """A file was brought into a screen."""

    kind_of_record = _("Imports")
    screen: str
    import_id: int
    file_name: str
    new: int
    changed: int
    refused: int

    def record_name(self) -> str:
        return self.file_name

    def in_words(self) -> str:
        return gettext("Imported: %(new)s added, %(changed)s changed, %(refused)s refused", new=number_text(self.new),
                       changed=number_text(self.changed), refused=number_text(self.refused))


@dataclass(frozen=True)
class ImportUndone(Audited):
    """An import was taken back."""

    kind_of_record = _("Imports")
    screen: str
    import_id: int
    file_name: str
    undone: int
    kept: int

    def record_name(self) -> str:
        return self.file_name

    def in_words(self) -> str:
        return gettext("Import undone: %(count)s rows; %(kept)s stayed, because they were changed since",
                       count=number_text(self.undone), kept=number_text(self.kept))
