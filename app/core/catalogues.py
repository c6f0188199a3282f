"""Translation catalogues: compiled, and found when a text is shown.

English is written in the code. `translations/<language>/LC_MESSAGES/messages.po` holds each other language; the
compiled `.mo` beside it is made when it is missing or older (at start and by `make messages`) and never committed.

A text that a language lacks is looked for in the language's parent before English is shown: `zh_Hant` → `zh` →
English, since a reader of traditional Chinese reads simplified Chinese more easily than English. The framework's own
catalogues come first and ours after them, so that ours win. `app.core.messages` keeps the catalogues up to date.
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from babel.support import Translations
from flask import Flask
from flask_babel import Domain, get_locale

if TYPE_CHECKING:
    from babel.messages import Catalog

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"
LANGUAGES = {"zh": "complete", "zh_Hant": "partial"}
"""Each catalogue, and whether it must be complete."""
_log = logging.getLogger(__name__)


def parents(locale: str) -> list[str]:
    """The language itself and those asked after it, nearest first: `zh_Hant_TW` → `zh_Hant` → `zh`."""
    parts = locale.split("_")
    return ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]


class FallbackDomain(Domain):
    """Texts of a language, with those of its parents where it has none."""

    def get_translations(self) -> Translations:
        """The merged catalogue of the reader's language; made once per process and language."""
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        name = str(locale)
        found = self.cache.get(name)
        if found is None:
            found = self.cache[name] = self._merged(name)
        return found

    def _merged(self, name: str) -> Translations:
        merged = Translations()
        for language in reversed(parents(name)):
            for directory in self.translation_directories:
                if not (Path(directory) / language).is_dir():
                    continue
                catalogue = Translations.load(directory, [language], self.domain[0])
                if isinstance(catalogue, Translations):
                    merged.merge(catalogue)
                    # merge() copies the texts but not the rule by which a plural form is chosen.
                    merged.plural = catalogue.plural
        return merged


def set_up(app: Flask) -> None:
    """Make the application look texts up with fall-back; call once the framework has made its Babel."""
    app.extensions["babel"].instance.__dict__["domain_instance"] = FallbackDomain()


def path_of(language: str, directory: Path = TRANSLATIONS) -> Path:
    """Where the catalogue of a language lies."""
    return directory / language / "LC_MESSAGES" / "messages.po"


def read(file: Path) -> "Catalog":
    """A catalogue as it stands in its file."""
    from babel.messages import pofile  # for the makers of catalogues; who shows texts reads compiled ones

    with file.open("rb") as stream:
        return pofile.read_po(stream)


def compile_all(directory: Path = TRANSLATIONS) -> list[str]:
    """Compile each catalogue whose `.mo` is missing or older; returns the languages compiled.

    The file appears whole or not at all, so that a process starting beside this one never reads half of it. Where the
    folder may not be written to, what was installed there is used as it is.
    """
    compiled = []
    for source in sorted(directory.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            from babel.messages import mofile

            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
                mofile.write_mo(out, read(source))
            os.chmod(out.name, 0o644)
            os.replace(out.name, target)
        except PermissionError:
            _log.warning("The catalogue %s may not be compiled here.", source)
            continue
        compiled.append(source.parents[1].name)
    return compiled
