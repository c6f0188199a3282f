"""A report in the browser: charts come when they are near, follow the theme, read as tables, and run nothing."""

from __future__ import annotations

import re

import pytest

from tests.lowcode.rain import EVIL
from tests.support.chromium import Browser

PAGE = "/reports/rain/?from=2026-08-01&to=2026-08-20"
CHART = """
const box = document.querySelector(`[data-chart-name="${arguments[0]}"]`);
const chart = window.echarts && echarts.getInstanceByDom(box);
"""
DOTS = CHART + """
const canvas = box.querySelector("canvas");
const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const [red, green, blue] = [...arguments].slice(1);
let found = 0;
for (let at = 0; at < dots.length; at += 4) {
  if (dots[at] === red && dots[at + 1] === green && dots[at + 2] === blue && dots[at + 3] === 255) found += 1;
}
return found;
"""
"""How many dots of a chart are of a colour."""
OPTION = CHART + "return chart.getOption();"
HAS_ECHARTS = 'return performance.getEntriesByType("resource").some((each) => each.name.includes("echarts"));'


@pytest.fixture
def owner(browser: Browser) -> Browser:
    browser.sign_in("ming")
    browser.speak("en")
    return browser


def look_at(browser: Browser, name: str) -> None:
    """Scroll to a chart and wait until it is drawn."""
    browser.run(f"""document.querySelector('[data-chart-name="{name}"]').scrollIntoView({{block: "center"}})""")
    browser.until(lambda: browser.run(CHART + "return Boolean(chart && box.getAttribute('aria-label'));", name),
                  f"the chart {name} is not drawn")


def test_charts_are_drawn_and_described(owner: Browser) -> None:
    owner.open(PAGE)
    for name in ("cost", "drops", "remarks"):
        look_at(owner, name)
        assert owner.run(CHART + "return box.getAttribute('role');", name) == "img"
    label = owner.run(CHART + "return box.getAttribute('aria-label');", "cost")
    assert label == (
        "Cost by day: Cost at 20 points; the highest is ¥80.80 (2026-08-20), the lowest ¥4.04 (2026-08-01).")
    assert owner.sticks_out() == []


def test_a_phone_fetches_the_charts_only_when_they_come_near(phone: Browser) -> None:
    phone.sign_in("ming")
    phone.open(PAGE)
    assert not phone.run(HAS_ECHARTS)
    for name in ("cost", "drops", "remarks"):
        look_at(phone, name)
    assert phone.run(HAS_ECHARTS)
    assert 240 <= phone.run(CHART + "return box.clientHeight;", "cost") <= 280
    assert phone.sticks_out() == []


def test_charts_follow_the_theme_at_once(owner: Browser) -> None:
    owner.open(PAGE)
    look_at(owner, "cost")
    owner.expects("willReadFrequently")  # about our counting of dots
    light, dark = (6, 127, 72), (47, 191, 120)  # --chart-1 of either theme

    def is_drawn_in(colour: tuple[int, int, int], not_in: tuple[int, int, int]) -> bool:
        return bool(owner.run(DOTS, "cost", *colour) > 100 and owner.run(DOTS, "cost", *not_in) == 0)

    owner.run("houtaiTheme.show('light')")
    for name, colour, other in (("light", light, dark), ("dark", dark, light), ("light", light, dark)):
        owner.run(f"houtaiTheme.show('{name}')")
        owner.until(lambda: is_drawn_in(colour, other), f"the chart is not {name}")  # noqa: B023 - asked at once


def test_a_chart_can_be_read_as_a_table(owner: Browser) -> None:
    owner.open(PAGE)
    look_at(owner, "cost")
    toggle = owner.find(".chart-card [data-chart-table]")
    toggle.click()
    table = owner.find(".chart-table table")
    assert table.text.splitlines()[1] == "2026-08-01 ¥4.04"
    assert toggle.get_attribute("aria-pressed") == "true"
    assert toggle.get_attribute("aria-label") == "Show as a chart"
    toggle.click()
    owner.until(lambda: not owner.find_all(".chart-table table"), "the table stayed")


def test_a_chart_can_be_saved_as_a_picture(owner: Browser) -> None:
    owner.open(PAGE)
    look_at(owner, "cost")
    owner.run("HTMLAnchorElement.prototype.click = function () { window.saved = [this.download, this.href]; };")
    owner.find(".chart-card [data-chart-save]").click()
    name, address = owner.run("return window.saved")
    assert name == "Cost by day.png"
    assert re.match(r"data:image/png;base64,.{2000}", address)


def test_names_in_charts_are_words_and_nothing_else(owner: Browser) -> None:
    owner.open(PAGE)
    look_at(owner, "remarks")
    # The third of August has the remark.
    owner.run(CHART + "chart.dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: 2});", "remarks")
    owner.until(lambda: EVIL in owner.run(CHART + "return box.innerText;", "remarks"), "the tip does not show the name")
    assert owner.problems() == []
    # The control: as markup the same name asks for a picture and tries to run.
    owner.run("document.querySelector('h1').innerHTML = arguments[0]", EVIL)
    owner.until(lambda: any("evil.png" in problem or "Content Security" in problem for problem in owner.problems()),
                "nobody would have noticed")
    owner.expects("evil.png|Content Security")  # the rest of it


def test_nothing_moves_for_those_who_want_no_motion(owner: Browser) -> None:
    owner.open(PAGE)
    look_at(owner, "cost")
    assert owner.run("return matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert owner.run(OPTION, "cost")["animation"] is False


@pytest.mark.parametrize("language, amount", [("zh", "¥4.04"), ("en", "¥4.04")])
def test_numbers_are_written_in_the_readers_language(owner: Browser, language: str, amount: str) -> None:
    owner.open(PAGE)
    owner.speak(language)
    owner.open(PAGE)
    look_at(owner, "cost")
    labels = owner.run(CHART + """
        const option = chart.getOption();
        return [option.tooltip[0].valueFormatter(4.04), option.yAxis[0].axisLabel.formatter(1284920),
                option.xAxis[0].axisLabel.formatter("2026-08-01")];""", "cost")
    short, day = {"zh": ("128.5万", "08-01"), "en": ("1.3M", "Aug 1")}[language]
    assert labels == [amount, short, day]


def test_a_chart_that_does_not_come_says_so_and_comes_when_asked_again(owner: Browser) -> None:
    owner.expects("/reports/rain/charts")
    owner.command("Network.enable")
    owner.command("Network.setBlockedURLs", urls=["*/reports/rain/charts*"])
    owner.open(PAGE)
    owner.run("document.querySelector('[data-chart-name=cost]').scrollIntoView()")
    failed = owner.find(".chart-failed")
    assert "The server cannot be reached" in failed.text
    owner.command("Network.setBlockedURLs", urls=[])
    owner.find(".chart-failed button").click()
    look_at(owner, "cost")


def test_days_that_cannot_be_read_are_asked_for_again(owner: Browser) -> None:
    owner.expects("422")
    owner.open("/reports/rain/?from=2026-08-32&to=2026-08-20")
    assert owner.value("from") == "2026-08-32"
    assert "Write a day as year, month and day" in owner.find("#report-days").text
    owner.fill("from", "2026-08-01")
    with owner.leaving():
        owner.find("#report-days .btn-primary").click()
    assert owner.path == "/reports/rain/?from=2026-08-01&to=2026-08-20"
    assert owner.find(".figures")


def test_a_choice_takes_effect_at_once_and_keeps_the_others(owner: Browser) -> None:
    owner.open("/reports/rain/?period=30d")
    with owner.leaving():
        owner.run("""const select = document.querySelector("[name=town]");
                     select.value = "south"; select.dispatchEvent(new Event("change", {bubbles: true}));""")
    assert owner.path == "/reports/rain/?period=30d&town=south"
