"""The description of the API in the browser: drawn by Swagger UI, whose own words are English, and told in Chinese."""

from __future__ import annotations

import pytest

from tests.browser.inspecting import inspect_here, wait_until_drawn
from tests.browser.shop_floor import untranslated_headings
from tests.support.chromium import Browser
from tests.support.live import LiveShop

PAGE = "/swagger/v1"
VALUES = [".parameter__enum", ".parameter__default", "[data-param-name=q] .renderedMarkdown", ".parameters select",
          ".swagger-ui textarea", ".opblock-summary-control", ".opblock-control-arrow"]
"""The methods, operators and values that a program writes; what Swagger says there is looked at by itself."""
LEFT_IN_ENGLISH = """
const [english, values] = [new Set(arguments[0]), arguments[1].join(", ")];
const code = "pre:not(.errors-wrapper), code, textarea, option, .model-title, td:first-child, td.header-col:last-child";
const described = ".information-container, .opblock-summary, .opblock-tag, .model, td:first-child, " + values;
const found = [];
const read = (text, element, where = "") => {
  const spoken = /[A-Za-z]{2}/.test(text) && !/[\\u3400-\\u9fff]/.test(text) && !element.closest(described);
  if (spoken || english.has(text)) found.push(where + text);
};
for (const element of document.querySelectorAll("#swagger-ui *")) {
  for (const name of ["aria-label", "title"]) read(element.getAttribute(name) ?? "", element, name + ": ");
  if (element.closest(code)) continue;
  for (const node of element.childNodes) if (node instanceof Text) read(node.data.trim(), element);
}
return [...new Set(found)];
"""
SAID_BY_THE_STYLE = """
return getComputedStyle(document.querySelector(arguments[0]), "::after").content;
"""
THEIRS = ["div.opblock-tag", "div.opblock-summary-path", "div.opblock-summary-description", "div.opblock-description",
          "div.response-col_description__inner", "div.renderedMarkdown", "div.model-title", "pre", "code"]
SAY = """
for (const css of arguments[0]) {
  const [tag, kind] = css.split(".");
  const element = document.createElement(tag || "div");
  if (kind) element.className = kind;
  element.append(arguments[1]);
  document.querySelector("#swagger-ui").append(element);
}
"""


class ApiPage:
    """The page, as one who tries the API out goes about it."""

    def __init__(self, browser: Browser, shop: LiveShop, language: str, *, dark: bool = False) -> None:
        self.browser = browser
        self.untranslated = [*untranslated_headings(shop, language), *VALUES]
        browser.sign_in("ming")
        browser.speak(language)
        browser.become("desk", dark=dark)
        browser.open(PAGE)
        wait_until_drawn(browser)

    def press(self, css: str) -> None:
        """Press what Swagger draws; it draws again at once."""
        self.browser.find(css)
        self.browser.run("document.querySelector(arguments[0]).click()", css)

    def open(self, tag: str, method: str, path: str) -> str:
        """Open an operation under a heading; gives its selector."""
        section = f".opblock-tag-section:has(> [data-tag='{tag}'])"
        if not self.browser.find_all(f"{section}.is-open"):
            self.press(f"{section} .expand-operation")
        operation = f".opblock-{method}:has([data-path='{path}'])"
        self.press(f"{operation} .opblock-summary-control")
        self.browser.find(f"{operation} .responses-table")
        return operation

    def reads(self, css: str, text: str) -> None:
        """What is there reads so, or soon will."""
        self.browser.until(lambda: [text] == [element.text for element in self.browser.find_all(css)],
                           f"{css} does not read {text!r}")

    def words(self) -> dict[str, str]:
        """What Swagger says, and what we say for it."""
        given: dict[str, str] = self.browser.run(
            "return JSON.parse(document.querySelector('#swagger-ui').dataset.words)")
        return given

    def is_well(self) -> None:
        """Nothing is wrong with the page as it is now, and no word on it is Swagger's own."""
        english = [english for english, ours in self.words().items() if english != ours]
        left = self.browser.run(LEFT_IN_ENGLISH, english, self.untranslated)
        problems = [*(f"left in English: {text}" for text in left),
                    *inspect_here(self.browser, "zh", begin="desk", untranslated=self.untranslated)]
        assert not problems, "\n" + "\n".join(problems)


def test_the_page_is_busy_until_all_is_drawn(browser: Browser, live_shop: LiveShop) -> None:
    page = ApiPage(browser, live_shop, "zh")
    assert len(browser.find_all(".opblock-tag")) > 20
    assert "aria-busy=\"true\"" in browser.run(
        "return fetch(location.href).then(answer => answer.text())"), "it says so before a script has run"
    page.reads(".servers-title", "服务器")


def test_an_operation_with_parameters_is_read_and_tried_in_chinese(browser: Browser, live_shop: LiveShop) -> None:
    page = ApiPage(browser, live_shop, "zh")
    many = page.open("会员", "get", "/api/v1/members/")
    one = page.open("会员", "get", "/api/v1/members/{pk}")
    page.reads(f"{one} .try-out__btn", "试一试")
    assert browser.run(SAID_BY_THE_STYLE, f"{one} .parameter__name.required") == '"必填"'
    page.is_well()

    for operation in (many, one):
        page.press(f"{operation} .try-out__btn")
    page.reads(f"{one} .try-out__btn", "取消")
    page.reads(f"{one} .execute", "执行")
    page.press(f"{one} .execute")
    browser.find(f"{one} input[title='此项必填。']")
    page.reads(f"{one} .validation-errors li", "此项必填。")
    page.is_well()

    browser.expects(r"/api/v1/members/0 .*status of 404")
    browser.find(f"{one} .parameters input").send_keys("0\n")
    page.press(f"{one} .execute")
    page.reads(f"{one} .live-responses-table .renderedMarkdown", "错误：未找到")
    page.reads(f"{one} .btn-clear", "清除")
    page.is_well()


def test_bodies_schemas_reports_and_tokens_are_told_in_chinese(browser: Browser, live_shop: LiveShop) -> None:
    page = ApiPage(browser, live_shop, "zh")
    adding = page.open("会员", "post", "/api/v1/members/")
    page.press(f"{adding} .responses-table [data-name=model]")
    page.press(f"{adding} .opblock-section-request-body [data-name=model]")
    browser.until(lambda: len(browser.find_all(f"{adding} .model-box")) > 1, "the schemas are not shown")
    browser.run("""
      for (const each of document.querySelectorAll(`${arguments[0]} .model-toggle.collapsed`)) each.click();
    """, adding)
    report = page.open("销售", "get", "/api/v1/reports/sales/")
    page.reads(f"{report} tr[data-param-name=by] .parameter__enum i", "可选值")
    page.is_well()

    page.press(".btn.authorize")
    page.reads(".modal-ux-header h3", "可用的授权方式")
    page.is_well()


def test_a_description_that_does_not_come_is_told_in_chinese(browser: Browser, live_shop: LiveShop) -> None:
    browser.expects(r"_openapi.*ERR_BLOCKED_BY_CLIENT")
    browser.command("Network.enable")
    browser.command("Network.setBlockedURLs", urls=["*/_openapi"])
    try:
        page = ApiPage(browser, live_shop, "zh")
        page.reads(".loading-container .title", "接口说明加载失败。")
        page.reads(".errors-wrapper .message", "无法连接服务器 /api/v1/_openapi")
        page.is_well()
    finally:
        browser.command("Network.setBlockedURLs", urls=[])


def test_what_the_description_and_the_reader_say_stays_as_it_is(browser: Browser, live_shop: LiveShop) -> None:
    ApiPage(browser, live_shop, "zh")
    browser.run(SAY, [*THEIRS, ".opblock-body"], "Description")
    browser.until(lambda: browser.run("return document.querySelector('.opblock-body').textContent") == "描述",
                  "what Swagger says is not translated")
    assert {css: browser.run("return document.querySelector(`#swagger-ui > ${arguments[0]}`).textContent", css)
            for css in THEIRS} == dict.fromkeys(THEIRS, "Description")


@pytest.mark.parametrize("dark", [False, True])
def test_in_english_swagger_keeps_its_words(dark: bool, browser: Browser, live_shop: LiveShop) -> None:
    page = ApiPage(browser, live_shop, "en", dark=dark)
    one = page.open("Members", "get", "/api/v1/members/{pk}")
    page.reads(f"{one} .try-out__btn", "Try it out")
    page.press(f"{one} .try-out__btn")
    page.reads(f"{one} .execute", "Execute")
    assert browser.run(SAID_BY_THE_STYLE, f"{one} .parameter__name.required") == '"required"'
    assert browser.run("return document.querySelector('#swagger-ui').dataset.words ?? null") is None
    assert inspect_here(browser, "en", begin="desk") == []
