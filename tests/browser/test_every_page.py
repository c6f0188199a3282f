"""Every page, in Chinese and English, light and dark, at a desk and on a phone: nothing the browser or a reader minds.

The list comes from the routes of the application, so a new screen is looked at without being named here. Each page is
loaded twice, at a desk in Chinese and on a phone in English, and is turned to the other size and theme after loading.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.db import db
from app.lowcode.contract_bench import Bench
from app.modules.members.models import Member
from app.modules.orders.models import Order, OrderStatus
from tests import factories
from tests.browser.inspecting import inspect_here, inspect_page
from tests.browser.shop_floor import untranslated_headings
from tests.support.chromium import Browser
from tests.support.databases import EXAMPLE_MODULES, make_app
from tests.support.live import LiveShop

NO_PAGES = {
    "static": "files", "appbuilder.static": "files", "files.serve": "files", "LocaleView.index": "leads elsewhere",
    "UtilView.back": "leads elsewhere", "SignInView.login": "see the pages of strangers",
    "ImportView.start": "see the story of an import", "ImportView.run": "see the story of an import",
    "ImportView.work": "JSON for a progress bar", "ImportView.refused": "a file",
    "TrayView.state": "JSON for the tray", "ListFiles.fetch": "a file",
    "HistoryView.timeline": "see the story of a history", "HistoryView.compare": "see the story of a history",
    "mishap": "see the pages that say what went wrong",
    "SignInView.logout": "leads elsewhere", "SignInView.code": "see two-step sign-in in the browser",
}
NO_PAGE_METHODS = {
    "lookup": "JSON for a field", "people": "JSON for a comment", "cell": "a part of a list",
    "search": "JSON for the palette", "palette": "JSON for the palette",
    "csv": "a file", "xlsx": "a file",
    "chart_options": "JSON for a chart", "work": "JSON for a progress bar", "next_times": "JSON for a form",
    "download": "a file", "export": "a file",
    "template": "a file",
}
ONLY_IN_TESTS = {view.__name__ for module in EXAMPLE_MODULES
                 for view in [*module.screens, *module.pages, *module.reports]}
"""Views whose words nobody has translated."""
KNOWN_ARGUMENTS: dict[str, Any] = {"version": "v1", "job": "forget_finished_jobs", "screen": "OrderScreen"}


def routes() -> dict[str, list[str]]:
    """View name → endpoints that show a page."""
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(f"sqlite:///{folder}/none.db", Path(folder))
    found: dict[str, set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith("/api/") or rule.endpoint in NO_PAGES:
            continue
        view, _dot, method = rule.endpoint.rpartition(".")
        if method not in NO_PAGE_METHODS:
            found[view].add(rule.endpoint)
    return {view: sorted(endpoints) for view, endpoints in sorted(found.items())}


ROUTES = routes()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser) -> Browser:
    """The owner's browser, signed in once for all pages."""
    chromium.forget()
    chromium.become("desk")
    chromium.sign_in("ming")
    return chromium


def addresses(shop: LiveShop, endpoint: str) -> list[str]:
    """Where an endpoint is found; with a record of the shop where it needs one."""
    view = endpoint.rpartition(".")[0]
    with shop.app.test_request_context():
        adapter = shop.app.url_map.bind("127.0.0.1")
        rule = next(rule for rule in shop.app.url_map.iter_rules(endpoint) if "GET" in (rule.methods or ()))
        values = {name: KNOWN_ARGUMENTS[name] for name in rule.arguments if name in KNOWN_ARGUMENTS}
        about = values.get("screen", view)
        screen = next((each for each in shop.app.extensions["houtai"].screens() if type(each).__name__ == about), None)
        needed = f"can_{endpoint.rpartition('.')[2]}"
        if screen is not None and needed in {"can_add", "can_edit"} - set(screen.base_permissions):
            return []  # a screen to read only
        if "pk" in rule.arguments and screen is not None:
            values["pk"] = a_record(screen.model)
        if missing := set(rule.arguments) - set(values):
            raise AssertionError(f"{endpoint} needs {missing}: say with what to open it, or why it is no page")
        return [adapter.build(endpoint, values)]


def a_record(model: Any) -> int:
    """The newest record of a model; one is made where the shop has none, so that no page is passed over."""
    newest = select(model.id).order_by(model.id.desc()).limit(1)
    if db.session.scalar(newest) is None:
        Bench(None, None, None, None, factories.examples()).example(model)  # type: ignore[arg-type]
        db.session.commit()
    found = db.session.scalar(newest)
    assert found is not None, f"there is no record of {model.__name__}, and none can be made"
    return int(found)


@pytest.mark.parametrize("view", list(ROUTES))
def test_every_page_of(view: str, signed_in: Browser, live_shop: LiveShop) -> None:
    problems: list[str] = []
    for language, size in (("zh", "desk"), ("en", "phone")):
        signed_in.open("/profile/")
        signed_in.speak(language)
        signed_in.problems()
        headings = untranslated_headings(live_shop, language)
        for endpoint in ROUTES[view]:
            for address in addresses(live_shop, endpoint):
                seen = inspect_page(signed_in, address, language, begin=size,  # type: ignore[arg-type]
                                    translated=view not in ONLY_IN_TESTS,
                                    untranslated=headings if view == "SwaggerView" else ())
                if seen:
                    picture = signed_in.shoot(f"{endpoint}_{language}")
                    problems += [f"{address}: {problem}" for problem in seen] + [f"  picture: {picture}"]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize(("path", "status"), [("/login/", 200), ("/no/such/page", 404)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_strangers(path: str, status: int, language: str, browser: Browser) -> None:
    browser.expects(rf"{re.escape(path)}.*status of {status}")
    browser.open("/login/")
    browser.speak(language)
    problems = [problem for size in ("desk", "phone")
                for problem in inspect_page(browser, path, language, begin=size)]  # type: ignore[arg-type]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_that_say_no(language: str, browser: Browser) -> None:
    browser.expects(r"status of (403|404)")
    browser.sign_in("lin")
    browser.speak(language)
    problems = [problem for path in ("/orders/list/", "/no/such/page", "/")
                for size in ("desk", "phone")
                for problem in inspect_page(browser, path, language, begin=size)]  # type: ignore[arg-type]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_that_say_what_went_wrong(language: str, browser: Browser) -> None:
    browser.expects(r"/mishap/.*status of (400|413|429|500|503)")
    for who in (None, "ming"):
        if who is None:
            browser.open("/login/")
        else:
            browser.sign_in(who)
        browser.speak(language)
        problems = [problem for code in (400, 413, 429, 500, 503) for size in ("desk", "phone")
                    for problem in inspect_page(
                        browser, f"/mishap/{code}", language, begin=size)]  # type: ignore[arg-type]
        assert not problems, "\n" + "\n".join(problems)


POST = """
const form = document.createElement("form");
form.method = "post";
form.action = arguments[0];
const token = document.querySelector('meta[name="csrf-token"]').content;
for (const [name, value] of [["csrf_token", token], ...arguments[1]]) {
  const input = document.createElement("input");
  [input.type, input.name, input.value] = ["hidden", name, value];
  form.append(input);
}
document.body.append(form);
form.submit();
"""


def questions(shop: LiveShop) -> dict[str, list[list[str]]]:
    """The pages that no address leads to: where to post what to see them. Every action that asks is among them."""
    with shop.app.app_context():
        order = db.session.scalars(select(Order).where(Order.status == OrderStatus.placed).limit(1)).first()
        paid = db.session.scalars(select(Order).where(Order.status == OrderStatus.paid).limit(1)).first()
        order, paid = order or factories.make_order(), paid or factories.make_order(status=OrderStatus.paid)
        user = factories.make_user()
        db.session.commit()
        member = a_record(Member)
        return {
            "/members/action": [["action", name, str(member)] for name in ("tag", "untag", "set_level")],
            "/orders/action": [["action", "cancel", str(order.id)], ["action", "ship", str(paid.id)],
                               ["action", "refund", str(paid.id)]],
            f"/users/action/reset_password/{user.id}": [["action", "reset_password", str(user.id)]],
        }


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_pages_that_ask_and_the_one_time_password(
        language: str, size: Any, browser: Browser, live_shop: LiveShop) -> None:
    browser.sign_in("ming")
    browser.speak(language)
    problems: list[str] = []
    for address, posts in questions(live_shop).items():
        for action, name, record in posts:
            browser.become(size, dark=size == "phone")
            browser.open("/profile/")
            with browser.leaving():
                browser.run(POST, address, [[action, name], ["rowid", record]])
            assert browser.find_all("#form, .code-box"), f"{address} {name} asks nothing: {browser.path}"
            problems += [f"{name}: {problem}" for problem in inspect_here(browser, language, begin=size)]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize(("language", "size"), [("zh", "desk"), ("en", "phone")])
def test_what_will_change_in_a_role(language: str, size: Any, browser: Browser, live_shop: LiveShop) -> None:
    with live_shop.app.app_context():
        role = factories.make_role()
        db.session.commit()
        address = f"/roles/edit/{role.id}"
    browser.sign_in("ming")
    browser.speak(language)
    browser.become(size, dark=size == "phone")
    browser.open(address)
    browser.run("document.querySelector('#matrix td > input:not(:checked)').click()")
    browser.run("document.querySelector('#matrix .savebar .btn-primary').click()")
    browser.find("#matrix-changes[open]")
    problems = inspect_here(browser, language, begin=size)
    browser.run("window.onbeforeunload = null; document.querySelector('#matrix').reset()")
    assert not problems, "\n" + "\n".join(problems)
