"""Nothing that people type runs on any page: looked at in Chromium, with a corpus of attacks in every text column.

A shop of its own holds one row for each attack on every screen. Its list, a record page, an edit page, the history, a
search and the filters are opened; `alert`, `prompt` and `confirm` are hooked, and so are the console, violations of the
Content-Security-Policy, and what stands in the page that would run if it were touched.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from flask import Flask

from app.lowcode.registry import registry
from app.lowcode.security.headers import POLICY
from tests.security.attacks import CORPUS, COUNTED, HALF_SURROGATES, coverage, fill
from tests.security.test_input import runs
from tests.support.chromium import Browser
from tests.support.live import LiveShop

HOOKS = """
for (const name of ["alert", "prompt", "confirm"]) {
  window[name] = (word) => { (window.top.ran ||= []).push(`${name}(${word})`); return null; };
}
document.addEventListener("securitypolicyviolation", (event) => {
  (window.top.ran ||= []).push(`refused: ${event.violatedDirective} ${event.sample || event.blockedURI}`);
});
"""
WOULD_RUN = """
const bad = [];
const isScript = (value) => /^[\\s\\x00-\\x20]*javascript:/i.test(value ?? "");
// The editor of formatted text works in a frame of its own, which is looked into as well.
const editors = [...document.querySelectorAll("iframe.tox-edit-area__iframe")];
const inside = editors.flatMap((frame) => [...frame.contentDocument.body.querySelectorAll("*")]);
for (const element of [...document.querySelectorAll("*"), ...inside]) {
  if (editors.includes(element)) continue;
  const tag = element.tagName.toLowerCase();
  for (const {name, value} of element.attributes) {
    if (/^on/i.test(name)) bad.push(`${tag} ${name}`);
    const leads = ["href", "src", "action", "formaction", "xlink:href", "data"].includes(name);
    if (leads && isScript(value)) bad.push(`${tag} ${value}`);
  }
  if (["iframe", "object", "embed", "base", "math"].includes(tag)) bad.push(tag);
  if (tag === "script" && !element.src) bad.push("script");
  if (tag === "img" && element.getAttribute("src") === "x") bad.push("img x");
}
return [...(window.ran ?? []), ...bad];
"""
SETTLED = 'return document.readyState === "complete" && !document.querySelector("[aria-busy=true]");'


def seen(browser: Browser) -> list[str]:
    """What ran on the page at hand, was refused, or would run if it were touched."""
    browser.until(lambda: browser.run(SETTLED), "the page is still busy")
    found: list[str] = browser.run(WOULD_RUN)
    if COUNTED in browser.run("return document.documentElement.outerHTML"):
        found.append("a template was evaluated")
    return found + browser.problems()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveShop, dict[str, list[int]]]]:
    """A shop full of attacks, and the ids of their rows by screen."""
    shop = LiveShop(tmp_path_factory.mktemp("attacked"), demo=False)
    try:
        yield shop, fill(shop.app)
    finally:
        shop.stop()


@pytest.fixture(scope="module")
def hooked(attacked: tuple[LiveShop, dict[str, list[int]]]) -> Iterator[Browser]:
    """The owner's browser, with hooks in every page it opens."""
    browser = Browser(attacked[0].address)
    browser.become("desk")
    browser.command("Page.addScriptToEvaluateOnNewDocument", source=HOOKS)
    browser.sign_in("ming")
    yield browser
    browser.close()


def pages(shop: LiveShop, ids: dict[str, list[int]]) -> Iterator[str]:
    """The pages of every screen; each screen shows other rows on its record and edit pages."""
    with shop.app.app_context():
        screens = list(registry().screens())
    for number, screen in enumerate(screens):
        name, base = type(screen).__name__, screen.route_base
        rows = ids[name]
        attack = quote(CORPUS[number % len(CORPUS)], safe="")
        filtered = next((path for path, field in screen.filter_fields.items() if field.kind == "text"), None)
        yield f"{base}/list/?size=50"
        yield f"{base}/list/?q={attack}" + (f"&f.{filtered}={attack}" if filtered else "")
        for row_id in (rows[0], rows[(number + 1) % len(rows)]):
            yield f"{base}/show/{row_id}"
        if "can_edit" in screen.base_permissions and screen.has_form:
            yield f"{base}/edit/{rows[number % len(rows)]}"


def test_every_text_column_holds_every_attack(attacked: tuple[LiveShop, dict[str, list[int]]]) -> None:
    """What the next test looks at is really there."""
    shop, ids = attacked
    columns = list(coverage(shop.app, ids))
    assert len(columns) > 100
    # A column of twelve characters has room for none.
    full = [column for column in columns if column[2] >= len(CORPUS) * 2 / 3]
    assert len(full) > len(columns) * 0.8, [column for column in columns if column not in full]


def test_nothing_runs_on_the_pages_of_any_screen(
        attacked: tuple[LiveShop, dict[str, list[int]]], hooked: Browser) -> None:
    shop, ids = attacked
    wrong, opened = [], 0
    for path in pages(shop, ids):
        hooked.open(path)
        wrong += [f"{path}: {what}" for what in seen(hooked)]
        opened += 1
    assert opened > 100
    assert wrong == [], "\n".join(wrong)


def test_nothing_runs_in_the_palette_in_choices_and_in_what_is_said(
        attacked: tuple[LiveShop, dict[str, list[int]]], hooked: Browser) -> None:
    ids = attacked[1]
    hooked.open("/")
    hooked.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true}))")
    for term in ("alert", "script", "<img"):
        hooked.run("const input = document.querySelector('dialog[open] input'); input.value = arguments[0];"
                   "input.dispatchEvent(new Event('input'))", term)
        hooked.until(lambda: hooked.run("return document.querySelectorAll('dialog[open] [role=option]').length"),
                     f"the palette finds nothing for {term}")
        assert seen(hooked) == []
    # A reference offers titles of other rows.
    hooked.open(f"/addresses/edit/{ids['AddressScreen'][2]}")
    hooked.until(lambda: hooked.run("return document.querySelector('select[data-lookup]')?.tomselect != null"),
                 "there is no choice")
    hooked.run("const choice = document.querySelector('select[data-lookup]').tomselect; choice.open(); choice.load('')")
    hooked.until(lambda: hooked.run("return document.querySelectorAll('.ts-dropdown .option').length > 1"),
                 "there is nothing to choose")
    assert seen(hooked) == []
    # The question before deleting, and what is said afterwards, name the record.
    hooked.open(f"/brands/show/{ids['BrandScreen'][3]}")
    hooked.run("document.querySelector('form[action*=\"/delete/\"] button, button[formaction*=\"/delete/\"]').click()")
    question = hooked.find("#confirm[open]").text
    assert "alert" in question and seen(hooked) == []
    with hooked.leaving():
        hooked.find("#confirm [data-confirm-yes]").click()
    assert "alert" in hooked.find(".toast").text and seen(hooked) == []
    hooked.open("/bin_entries/list/")
    assert "alert" in hooked.text and seen(hooked) == []
    hooked.open("/audit/list/")
    assert "alert" in hooked.text and seen(hooked) == []


@pytest.mark.parametrize("vector", HALF_SURROGATES, ids=ascii)
def test_half_surrogates_are_refused_or_stored_harmless(as_user: Any, vector: str) -> None:
    """They are no text; by JSON they can be sent all the same."""
    ming = as_user("ming")
    body = json.dumps({"name": vector})
    answer = ming.post("/api/v1/suppliers/", data=body, content_type="application/json")
    assert answer.status_code == 422 and "name" in answer.get_json()["fields"]
    typed = vector.encode("utf-8", "surrogatepass")
    page = ming.post("/suppliers/add", data=b"status=active&name=" + quote(typed).encode(),
                     content_type="application/x-www-form-urlencoded", follow_redirects=True)
    assert page.status_code < 500 and not runs(page.text)


# -- the controls ---------------------------------------------------------------------------------------------------


class Careless(BaseHTTPRequestHandler):
    """A page that shows what people type as it is; with our policy for `/guarded`."""

    vector: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.path == "/guarded":
            self.send_header("Content-Security-Policy", POLICY.format(nonce="x"))
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>x</title><p>{self.vector}</p>".encode())

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def careless() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Careless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/", "/guarded"])
@pytest.mark.parametrize("vector", [CORPUS[0], CORPUS[3], CORPUS[4], CORPUS[15], CORPUS[17]])
def test_on_a_page_that_escapes_nothing_the_same_attacks_are_noticed(
        hooked: Browser, careless: str, path: str, vector: str) -> None:
    """Without a policy they run; with ours they are refused, and both would fail the tests above."""
    Careless.vector = vector
    hooked.driver.get(careless + path)
    hooked.until(lambda: hooked.run("return (window.ran ?? []).length"), f"{vector} went unnoticed")
    ran = hooked.run("return window.ran")
    assert all(what.startswith("refused: " if path == "/guarded" else "alert(") for what in ran), ran
    assert hooked.run(WOULD_RUN)
    hooked.problems()


def test_the_corpus_is_told_apart(app: Flask) -> None:
    assert len(set(CORPUS)) == len(CORPUS) >= 25
