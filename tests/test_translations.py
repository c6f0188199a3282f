"""Chinese is complete and sound; a language that is only begun is sound as far as it goes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from babel.messages import Catalog
from babel.messages.catalog import Message

from app.core.catalogues import LANGUAGES, path_of, read
from app.core.messages import extract, forms, untranslated

COMPLETE = [language for language, state in LANGUAGES.items() if state == "complete"]
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sdif%]|\{(\w*)\}")
SAME_IN_EVERY_LANGUAGE = re.compile(r"[^A-Za-z]*|(?:[A-Z]{2,}s?|Houtai|APScheduler|SQLite|PostgreSQL|App|cron)")
CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def fresh() -> Catalog:
    """The texts that stand in the code today."""
    return extract()


def texts(catalogue: Catalog) -> Iterator[tuple[Message, str, str]]:
    """Each translated text: its message, the English, the translation; plural forms one by one."""
    for message in catalogue:
        if message.id:
            english = message.id if isinstance(message.id, tuple | list) else (message.id,)
            for form in forms(message):
                if form:
                    yield message, english[-1], form


def placeholders(text: str) -> Counter[str]:
    return Counter(found.group() for found in PLACEHOLDER.finditer(text))


class Tags(HTMLParser):
    """The tags of a text, in order, with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"<{tag} {' '.join(sorted(name for name, _value in attrs))}>"] += 1

    def handle_endtag(self, tag: str) -> None:
        self.found[f"</{tag}>"] += 1


def faults(message: Message, english: str, translation: str) -> list[str]:
    """What is wrong with one translation."""
    found = []
    wanted, given = placeholders(english), placeholders(translation)
    # A plural form may leave out the number it is about ("one item"), never invent a gap.
    if given - wanted or (wanted - given and not message.pluralizable):
        found.append(f"gaps differ: {dict(wanted)} became {dict(given)}")
    if Tags(english).found != Tags(translation).found:
        found.append("tags differ")
    if english.strip() != english or translation.strip() != translation:
        found.append("blanks at an end")
    if english.endswith(":") != translation.endswith((":", "：")):
        found.append("a colon at the end of one only")
    if english.endswith("…") != translation.endswith("…"):
        found.append("an ellipsis at the end of one only")
    if english.count("\n") != translation.count("\n"):
        found.append("line breaks differ")
    return found


@pytest.mark.parametrize("language", COMPLETE)
def test_every_text_in_the_code_is_translated(language: str, fresh: Catalog) -> None:
    catalogue = read(path_of(language))
    known = {message.id for message in catalogue if message.id}
    new = [message.id for message in fresh if message.id and message.id not in known]
    assert new == [], "new texts: run `make messages` and translate them"
    assert untranslated(catalogue) == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_catalogue_has_no_text_that_has_gone_from_the_code(language: str, fresh: Catalog) -> None:
    known = {message.id for message in fresh if message.id}
    assert [message.id for message in read(path_of(language)) if message.id and message.id not in known] == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_translation_is_broken(language: str) -> None:
    catalogue = read(path_of(language))
    broken = {english: found for message, english, translation in texts(catalogue)
              if (found := faults(message, english, translation))}
    assert broken == {}
    assert [(message.id, problem) for message in catalogue for problem in message.check(catalogue)] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_translation_is_in_its_language(language: str) -> None:
    english_left = [english for _message, english, translation in texts(read(path_of(language)))
                    if not CHINESE.search(translation) and not SAME_IN_EVERY_LANGUAGE.fullmatch(
                        PLACEHOLDER.sub("", english).strip(" .:…·/×→-"))]
    assert english_left == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_sentences_end_and_pause_with_the_signs_of_their_language(language: str) -> None:
    half_width = re.compile(
        r"[\u3400-\u9fff][,;:?!](?!\S)|[\u3400-\u9fff]\.(?:\s|$)|[\u3400-\u9fff][,;?!][\u3400-\u9fff]")
    assert [translation for _message, _english, translation in texts(read(path_of(language)))
            if half_width.search(translation)] == []


def test_a_third_language_is_begun() -> None:
    """So that falling back is something that happens, and not only something that is written."""
    begun = read(path_of("zh_Hant"))
    translated = sum(1 for _text in texts(begun))
    assert 20 <= translated < len(begun)


@pytest.mark.parametrize(("english", "translation"), [
    ("%(count)s left", "剩余"), ("%(count)s left", "剩余 %(number)s"), ("<b>Save</b>", "保存"), ("Price:", "价格"),
    ("Save", "保存 "), ("Loading…", "加载中"),
])
def test_a_broken_translation_is_noticed(english: str, translation: str) -> None:
    """The control of the tests above."""
    assert faults(Message(english), english, translation)


def test_a_sound_translation_is_accepted() -> None:
    assert faults(Message("<b>%(n)s</b> left:"), "<b>%(n)s</b> left:", "剩余 <b>%(n)s</b>：") == []
