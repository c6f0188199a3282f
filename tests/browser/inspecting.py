"""Looks at the page a browser shows and tells what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.chromium import Browser, Size

SCRIPT = (Path(__file__).parent / "inspect.js").read_text()
STAND_STILL = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
"""
TAGS = {"zh": "zh-Hans", "en": "en"}
SETTLED = """
return document.readyState === "complete" && !document.querySelector("[aria-busy=true]");
"""

MARK = """
for (const part of arguments[0]) document.querySelectorAll(part).forEach(element => element.dataset.verbatim = "");
"""


def look(browser: Browser, language: str, *, size: Size, dark: bool, check: str) -> list[str]:
    """What is wrong in this size and theme; `check` names the checks: structure, words, contrast."""
    browser.become(size, dark=dark)
    problems = [f"sticks out sideways: {name}" for name in browser.sticks_out()]
    problems += browser.run(SCRIPT, TAGS[language], size, check)
    return [f"{size}, {'dark' if dark else 'light'}, {language}: {problem}" for problem in problems]


def inspect_page(browser: Browser, path: str, language: str, *, begin: Size, translated: bool = True,
                 untranslated: Sequence[str] = ()) -> list[str]:
    """Open a page in one size and look at it in light and dark, then in the other size.

    `untranslated` are parts, as CSS selectors, whose words nobody has translated on a page that otherwise is.
    """
    browser.become(begin, dark=begin == "phone")
    browser.open(path)
    return inspect_here(browser, language, begin=begin, translated=translated, untranslated=untranslated)


def wait_until_drawn(browser: Browser) -> None:
    """Wait for what the page draws for itself."""
    browser.until(lambda: browser.run(SETTLED), "the page is still busy")


def inspect_here(browser: Browser, language: str, *, begin: Size, translated: bool = True,
                 untranslated: Sequence[str] = ()) -> list[str]:
    """The same for the page at hand, which no address leads to: the answer to a form."""
    path = browser.path
    wait_until_drawn(browser)
    browser.run(STAND_STILL)
    browser.run(MARK, list(untranslated))
    other: Size = "phone" if begin == "desk" else "desk"
    words = "words " if language == "zh" and translated else ""
    return [
        *look(browser, language, size=begin, dark=begin == "phone", check=f"structure contrast {words}"),
        *look(browser, language, size=begin, dark=begin == "desk", check="contrast"),
        *look(browser, language, size=other, dark=begin == "desk", check="contrast"),
        *[f"{problem} ({path})" for problem in browser.problems()],
    ]
