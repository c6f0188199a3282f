"""Texts found in the code and brought into the catalogues: what `make messages` does.

    python -m app.core.messages
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages import Catalog, pofile
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from app.core.catalogues import LANGUAGES, TRANSLATIONS, compile_all, path_of, read

ROOT = TRANSLATIONS.parent
KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "lazy": None, "lazy_ngettext": (1, 2)}
HEADER = """\
# {language} texts of Houtai. English stands in the code; `make messages` brings new texts here.
"""


def extract() -> Catalog:
    """Every text in the code and the templates, each with the files it stands in."""
    from babel.messages.frontend import parse_mapping_cfg

    with (ROOT / "babel.cfg").open() as mapping:
        method_map, options_map = parse_mapping_cfg(mapping)
    found = Catalog(project="Houtai")
    for name, _line, text, comments, context in extract_from_dir(
            str(ROOT), method_map, options_map, keywords=KEYWORDS, comment_tags=("Translators:",)):
        found.add(text, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def update(fresh: Catalog, directory: Path = TRANSLATIONS) -> dict[str, int]:
    """Bring every catalogue up to date with freshly extracted texts; returns how many texts each still lacks.

    A text that has gone is dropped, and nothing is guessed: a new text starts out empty rather than fuzzy.
    """
    lacking = {}
    for language in LANGUAGES:
        file = path_of(language, directory)
        catalogue = read(file) if file.exists() else Catalog(locale=language, project="Houtai", fuzzy=False)
        catalogue.update(fresh, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        write(catalogue, file)
        lacking[language] = len(untranslated(catalogue))
    return lacking


def write(catalogue: Catalog, file: Path) -> None:
    """Write a catalogue in the one form in which it is kept, so that a change shows only what changed."""
    catalogue.header_comment = HEADER.format(language=catalogue.locale and catalogue.locale.english_name)
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "Houtai", "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.revision_date = catalogue.creation_date
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        pofile.write_po(out, catalogue, width=110, sort_by_file=True, include_lineno=False)


def forms(message: Message) -> list[str]:
    """The translation of a text: one form, or each plural form."""
    return list(message.string) if isinstance(message.string, tuple | list) else [message.string or ""]


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that have no translation, or only a guessed one."""
    return [message.id if isinstance(message.id, str) else message.id[0]
            for message in catalogue if message.id and (message.fuzzy or not all(forms(message)))]


if __name__ == "__main__":
    for _language, _count in update(extract()).items():
        print(f"{_language}: {_count} texts have no translation")
    compile_all()
