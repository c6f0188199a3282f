"""Texts, dates and numbers in the reader's words, with fall-back from one language to the next."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from babel.messages import Catalog, pofile
from flask_babel import force_locale

from app.core import catalogues, i18n
from app.core.catalogues import FallbackDomain


@pytest.mark.parametrize(("value", "places", "locale", "text"), [
    (1284920.5, 2, "en", "1,284,920.50"), (1284920.5, 2, "zh", "1,284,920.50"), (1284920.5, 2, "de", "1.284.920,50"),
    (-1234, 0, "en", "-1,234"), (0, 0, "zh", "0"), (None, 0, "zh", ""),
])
def test_numbers_are_grouped_as_the_reader_expects(value: float, places: int, locale: str, text: str) -> None:
    assert i18n.number_text(value, places, locale) == text


@pytest.mark.parametrize(("value", "locale", "text"), [
    (1284920, "en", "1.3M"), (1284920, "zh", "128.5万"), (None, "zh", ""),
])
def test_short_numbers_use_the_readers_own_units(value: float | None, locale: str, text: str) -> None:
    assert i18n.short_number_text(value, locale) == text


@pytest.mark.parametrize(("ratio", "places", "text"), [
    (0.124, 1, "12.4%"), (1, 0, "100%"), (-0.05, 1, "-5.0%"), (None, 1, ""),
])
def test_ratios_are_percentages(ratio: float | None, places: int, text: str) -> None:
    assert i18n.percent_text(ratio, places, "en") == text


@pytest.mark.parametrize(("locale", "text"), [("zh", "2026-08-01"), ("zh_Hant", "2026-08-01"), ("en", "Aug 1, 2026")])
def test_days_are_written_as_the_reader_writes_them(locale: str, text: str) -> None:
    assert i18n.day_text(date(2026, 8, 1), locale) == i18n.date_text(date(2026, 8, 1), locale) == text


@pytest.mark.parametrize(("locale", "text"), [("zh", "2026-08-02 00:30"), ("en", "Aug 2, 2026, 00:30")])
def test_moments_are_shown_on_the_shops_wall_clock(locale: str, text: str) -> None:
    stored = datetime(2026, 8, 1, 16, 30, 59)
    assert i18n.moment_text(stored, locale) == i18n.date_text(stored, locale) == text


@pytest.mark.parametrize(("locale", "tag"), [
    ("zh", "zh-Hans"), ("zh_Hant", "zh-Hant"), ("en", "en"), ("pt_BR", "pt-BR"),
])
def test_the_page_says_its_language_as_html_wants_it(locale: str, tag: str) -> None:
    assert i18n.language_tag(locale) == tag


@pytest.mark.parametrize(("locale", "direction"), [("zh", "ltr"), ("ar", "rtl"), ("no such language", "ltr")])
def test_writing_direction_follows_the_language(locale: str, direction: str) -> None:
    assert i18n.text_direction(locale) == direction


def test_a_text_is_translated_when_it_is_shown_and_not_when_it_is_written(app) -> None:
    text = i18n.lazy("This record was not found.")
    with force_locale("en"):
        english = str(text)
    with force_locale("zh"):
        chinese = str(text)
    assert english == "This record was not found."
    assert chinese != english


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Catalogues of three languages: German has nothing, simplified Chinese all, traditional Chinese one text."""
    texts = {"zh": {"Hello": "你好", "Goods": "商品", ("%(num)d item", "%(num)d items"): ("%(num)d 件",)},
             "zh_Hant": {"Hello": "您好"}}
    for language, translations in texts.items():
        catalogue = Catalog(locale=language)
        for english, translation in translations.items():
            catalogue.add(english, translation)
        file = catalogues.path_of(language, tmp_path)
        file.parent.mkdir(parents=True)
        with file.open("wb") as out:
            pofile.write_po(out, catalogue)
    return tmp_path


@pytest.mark.parametrize(("language", "hello", "goods", "unknown"), [
    ("zh", "你好", "商品", "Unknown"),
    ("zh_Hant", "您好", "商品", "Unknown"),
    ("zh_Hant_TW", "您好", "商品", "Unknown"),
    ("de", "Hello", "Goods", "Unknown"),
])
def test_a_missing_text_falls_back_to_the_parent_language_and_then_to_english(
        app, shelf: Path, language: str, hello: str, goods: str, unknown: str) -> None:
    assert sorted(catalogues.compile_all(shelf)) == ["zh", "zh_Hant"]
    domain = FallbackDomain([str(shelf)])
    with force_locale(language):
        assert [domain.gettext(text) for text in ("Hello", "Goods", "Unknown")] == [hello, goods, unknown]


def test_plural_forms_fall_back_too(app, shelf: Path) -> None:
    catalogues.compile_all(shelf)
    with force_locale("zh_Hant"):
        assert FallbackDomain([str(shelf)]).ngettext("%(num)d item", "%(num)d items", 3) == "3 件"


def test_catalogues_are_compiled_only_when_they_are_older(shelf: Path) -> None:
    assert catalogues.compile_all(shelf)
    assert catalogues.compile_all(shelf) == []
    assert not list(shelf.rglob("tmp*")), "a half-written file was left behind"


def test_the_application_falls_back_from_traditional_to_simplified_chinese(app) -> None:
    traditional = catalogues.read(catalogues.path_of("zh_Hant"))
    simplified = catalogues.read(catalogues.path_of("zh"))
    lacking = next(message.id for message in simplified
                   if message.id and isinstance(message.id, str) and message.string and "%" not in message.id
                   and not (traditional.get(message.id) and traditional.get(message.id).string))
    with force_locale("zh_Hant"):
        assert i18n.gettext(lacking) == simplified.get(lacking).string
