"""A real Chromium without a window, steered by Selenium, that tells on every page it opens.

Whatever the browser itself complains about is collected: errors on the console, exceptions in scripts, refused by the
Content-Security-Policy, files that did not load, requests to any other host. The `browser` fixture fails the test for
each; a test that means to cause one says so with `browser.expects(...)`.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support import system
from tests.support.cast import PASSWORD

Size = Literal["desk", "phone"]
SIZES: dict[Size, dict[str, Any]] = {
    "desk": {"width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    "phone": {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True},
}
SHOTS = Path(__file__).resolve().parents[2] / "var" / "test-shots"
SECONDS = 15
"""How long something on a page may take to appear."""
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--disable-sync", "--mute-audio",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--password-store=basic", "--force-prefers-reduced-motion",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,PasswordLeakDetection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
FAVICON = "/favicon.ico"
WIDER_THAN_THE_SCREEN = """
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) return [];
return [...document.body.querySelectorAll("*")].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > width + 1;
}).slice(0, 5).map(element => element.tagName.toLowerCase() + "." + element.className + " " +
  Math.round(element.getBoundingClientRect().right));
"""


class Browser:
    """One Chromium on one live server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.size: Size = "desk"
        self._expected: list[str] = []
        self._profile = tempfile.TemporaryDirectory(prefix="houtai-chromium-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = str(system.browser())
        for flag in (*FLAGS, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(system.driver())))
        self.driver.set_page_load_timeout(SECONDS * 2)

    # -- what it looks like ---------------------------------------------------------------------------------------

    def become(self, size: Size, *, dark: bool = False) -> None:
        """Take the size (and touch) of a desk or a phone, and the light or dark of its system."""
        self.size = size
        self.command("Emulation.setDeviceMetricsOverride", **SIZES[size])
        self.command("Emulation.setTouchEmulationEnabled", enabled=size == "phone", maxTouchPoints=5)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "pointer", "value": "coarse" if size == "phone" else "fine"},
        ])

    def command(self, name: str, **parameters: Any) -> Any:
        """Speak to Chromium itself (its DevTools protocol)."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def shoot(self, name: str) -> Path:
        """Take a picture of the whole page; returns where it lies."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        file = SHOTS / (re.sub(r"[^\w.-]+", "_", name)[:120] + ".png")
        height = self.run("return Math.min(document.documentElement.scrollHeight, 6000)")
        self.command("Emulation.setDeviceMetricsOverride", **{**SIZES[self.size], "height": max(height, 1)})
        self.driver.save_screenshot(str(file))
        self.command("Emulation.setDeviceMetricsOverride", **SIZES[self.size])
        return file

    # -- going about ----------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to a page of the shop."""
        self.driver.get(self.address + path)

    @property
    def path(self) -> str:
        """Where we are."""
        parts = urlsplit(self.driver.current_url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def sign_in(self, username: str) -> None:
        """Fill in the sign-in form as one of the cast."""
        self.open("/login/")
        self.fill("username", username)
        self.fill("password", PASSWORD)
        with self.leaving():
            self.find("form button[type=submit]").click()
        assert not self.path.startswith("/login"), f"{username} could not sign in: {self.text}"

    def speak(self, language: str) -> None:
        """Choose a language from the menu of the page at hand."""
        with self.leaving():
            self.run("document.querySelector(`button[name=locale][value=${arguments[0]}]`).click()", language)

    def forget(self) -> None:
        """Be a browser that was never here: no cookies, nothing stored, an empty console."""
        if self.driver.current_url.startswith(self.address):
            # A form that is left keeps what was typed. Only a page of the shop can take it out of what the browser
            # holds in memory.
            self.open("/static/img/mark.svg")
            self.run("localStorage.clear(); sessionStorage.clear()")
        self.driver.get("about:blank")
        self.command("Storage.clearDataForOrigin", origin=self.address, storageTypes="all")
        self.command("Network.clearBrowserCookies")
        self.problems()
        self._expected.clear()

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """What is done inside leads to another page; wait until that is there."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        yield
        self.until(lambda: _is_gone(before), "the page stayed")
        self.until(lambda: self.run("return document.readyState") == "complete", "the page did not load")

    # -- finding and doing ----------------------------------------------------------------------------------------

    def find(self, css: str, within: WebElement | None = None) -> WebElement:
        """The first visible element for a CSS selector, waiting for it."""
        return self.until(lambda: next(iter(self.find_all(css, within)), None), f"there is no {css}")

    def find_all(self, css: str, within: WebElement | None = None) -> list[WebElement]:
        """All visible elements for a CSS selector, without waiting."""
        found = (within or self.driver).find_elements(By.CSS_SELECTOR, css)
        return [element for element in found if _is_shown(element)]

    def find_text(self, text: str, css: str = "a, button, summary, label") -> WebElement:
        """The visible element (a link or button, unless `css` says) that reads `text`."""
        def found() -> WebElement | None:
            return next((element for element in self.find_all(css) if element.text.strip() == text), None)

        return self.until(found, f"nothing reads {text!r}")

    def press(self, text: str) -> None:
        """Click what reads `text`."""
        self.find_text(text).click()

    def fill(self, name: str, value: str) -> None:
        """Type into the field called `name`, in place of what was there."""
        field = self.find(f"[name='{name}']")
        field.clear()
        field.send_keys(value)

    def value(self, name: str) -> str:
        """What stands in the field called `name`."""
        return str(self.find(f"[name='{name}']").get_property("value"))

    @property
    def text(self) -> str:
        """All that can be read on the page."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: Callable[[], Any], problem: str, seconds: float = SECONDS) -> Any:
        """Wait until `condition` is true, and give what it gave."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(StaleElementReferenceException):
                found = condition()
                if found:
                    return found
            if time.monotonic() > end:
                raise AssertionError(f"{problem} (on {self.path})")
            time.sleep(0.03)

    # -- complaints -----------------------------------------------------------------------------------------------

    def expects(self, pattern: str) -> None:
        """This test causes a complaint that matches the regular expression; it is no fault."""
        self._expected.append(pattern)

    def problems(self) -> list[str]:
        """What the browser has complained about since the last question."""
        told = [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in {"SEVERE", "WARNING"} and FAVICON not in entry["message"]]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith((self.address, "data:", "blob:", "about:", "chrome")):
                    told.append(f"a request to another host: {url}")
        return [message for message in told if not any(re.search(pattern, message) for pattern in self._expected)]

    def sticks_out(self) -> list[str]:
        """What makes the page scroll sideways; [] when it does not."""
        found: list[str] = self.run(WIDER_THAN_THE_SCREEN)
        return found

    def close(self) -> None:
        with contextlib.suppress(WebDriverException):
            self.driver.quit()
        self._profile.cleanup()


def _is_shown(element: WebElement) -> bool:
    try:
        return element.is_displayed()
    except StaleElementReferenceException:
        return False


def _is_gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except (StaleElementReferenceException, WebDriverException):
        return True
    return False
