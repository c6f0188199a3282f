"""The work list: each line counts exactly what its link opens, for whom it concerns, and stops counting in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask_babel import LazyString
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.db import db
from app.core.i18n import lazy as _
from app.core.jobs import LaterJob, LaterState, RunState, ScheduledJob
from app.lowcode import work
from app.lowcode.listing import Listing
from app.lowcode.registry import registry
from app.lowcode.work import MOST, TONES, WorkLine
from app.modules.orders.models import OrderStatus, RefundStatus
from tests import factories
from tests.lowcode.shelf import ThingScreen, make_thing


def bring_work() -> None:
    """One of each of what the modules say may wait."""
    factories.make_order(status=OrderStatus.paid)
    factories.make_order(status=OrderStatus.placed, placed_at=clock.now() - timedelta(days=2))
    factories.make_refund(status=RefundStatus.requested, refunded_at=None)
    factories.make_product(is_listed=True, prices=(0,))
    factories.make_product(is_listed=True, stock=0)
    factories.make_product(is_listed=False)
    factories.make_review(is_shown=False)
    work_ = LaterJob(task="none", state=LaterState.failed, run_at=clock.now(), actor_kind="system", actor_name="none")
    db.session.add_all([work_, ScheduledJob(name="broken", last_state=RunState.failed, last_run_at=clock.now())])
    db.session.commit()


def lines_of(page: str) -> dict[str, tuple[str, str]]:
    """What the list shows: label to count and address."""
    line = r'class="work-line tone-\w+" href="([^"]+)".*?work-count num">([^<]+)<.*?<span>([^<]+)</span>'
    found = re.findall(line, page, re.DOTALL)
    return {unescape(label): (count, unescape(url)) for url, count, label in found}


@pytest.fixture
def a_line(app: Flask) -> Iterator[Callable[..., WorkLine]]:
    """Declares a line about things, beside those of the modules."""
    module = app.extensions["houtai_modules"][-1]
    before = list(module.work)

    def declare(**given: Any) -> WorkLine:
        line = WorkLine(_("Things that are open"), ThingScreen, {"f.is_open": "1"}, **given)
        module.work.append(line)
        return line

    yield declare
    module.work[:] = before


def test_every_line_can_be_translated_and_leads_to_a_view_with_its_permission(app: Flask) -> None:
    assert work.declared()
    for line in work.declared():
        assert isinstance(line.label, LazyString) and line.tone in TONES, line
        view = next(entry.view for entry in registry().entries if type(entry.view) is line.view)
        assert f"can_{line.needs}" in view.base_permissions, f"{line.label} needs {line.needs}, which nobody can have"


@pytest.mark.both_databases
def test_every_line_counts_what_its_list_shows(app: Flask, as_user: Any) -> None:
    bring_work()
    owner = as_user("ming")
    shown = lines_of(owner.get("/work").text)
    assert set(shown) == {str(line.label) for line in work.declared()}, "bring one of what the new line is about"
    for line in work.declared():
        count, url = shown[str(line.label)]
        page = owner.get(url)
        assert page.status_code == 200 and int(count) >= 1
        if line.count is None:
            assert f"Total: {count}<" in page.text, f"{line.label}: {count} at {url}"


def test_a_line_with_nothing_is_not_shown_and_an_empty_list_is_good_news(app: Flask, as_user: Any) -> None:
    page = as_user("hua").get("/work?part").text
    assert lines_of(page) == {} and "Nothing waits for you" in page and "<html" not in page


def test_who_cannot_do_anything_about_it_is_not_told(app: Flask, as_user: Any) -> None:
    factories.make_order(status=OrderStatus.paid)
    db.session.commit()
    assert "Orders to ship" in lines_of(as_user("ming").get("/work").text)
    assert lines_of(as_user("lin").get("/work").text) == {}


def test_rows_that_one_may_not_see_are_not_counted(app: Flask, as_user: Any, a_line: Any) -> None:
    a_line()
    make_thing(1, is_open=True)
    make_thing(2, is_open=True, is_hidden=True)
    db.session.commit()
    assert lines_of(as_user("ming").get("/work").text)["Things that are open"][0] == "1"


def test_counting_stops_at_ninety_nine(app: Flask, as_user: Any, a_line: Any, count_queries: Any) -> None:
    line = a_line(since="seen_at")
    for number in range(MOST):
        make_thing(number, is_open=True)
    db.session.commit()
    owner = as_user("ming")
    assert lines_of(owner.get("/work").text)["Things that are open"][0] == "99"
    for number in range(MOST, MOST + 20):
        make_thing(number, is_open=True)
    db.session.commit()
    assert lines_of(owner.get("/work").text)["Things that are open"][0] == "99+"
    with app.test_request_context(), count_queries() as queries:
        screen = next(screen for screen in registry().screens() if type(screen) is ThingScreen)
        assert work.measure(line, screen).count == MOST + 1
    assert len(queries) == 1 and "LIMIT" in queries[0]
    assert Listing(screen, MultiDict(line.asked())).count().number == MOST + 20


@pytest.mark.parametrize("days, tone", [(1, "warn"), (2, "warn"), (2.01, "bad")])
def test_what_waits_too_long_is_urgent_and_says_since_when(
    app: Flask, as_user: Any, a_line: Any, days: float, tone: str
) -> None:
    clock.set("2026-08-10 12:00")
    a_line(since="seen_at", bad_after=timedelta(days=2))
    make_thing(1, is_open=True, seen_at=clock.now() - timedelta(days=days))
    make_thing(2, is_open=True, seen_at=clock.now())
    db.session.commit()
    page = as_user("ming").get("/work").text
    mine = page[page.index(f"work-line tone-{tone}", page.index("Things that are open") - 400):]
    mine = mine.split("</a>")[0]
    assert f"Waiting for {int(days)} day" in mine and ("Urgent" in mine) is (tone == "bad")


@pytest.mark.parametrize("age, asked", [(0, False), (1, True)])
def test_an_order_is_asked_about_from_the_day_after_it_was_placed(
    app: Flask, as_user: Any, age: int, asked: bool
) -> None:
    clock.set("2026-08-10 12:00")
    factories.make_order(status=OrderStatus.placed, placed_at=clock.now() - timedelta(days=age))
    db.session.commit()
    assert ("Orders unpaid since yesterday or longer" in as_user("ming").get("/work").text) is asked


def test_a_review_that_was_hidden_long_ago_is_not_asked_about_any_more(app: Flask, as_user: Any) -> None:
    for days in (1, 40):
        factories.make_review(is_shown=False, written_at=clock.now() - timedelta(days=days))
    db.session.commit()
    assert lines_of(as_user("ming").get("/work").text)["New reviews that are not shown"][0] == "1"


def test_a_product_says_whether_it_has_a_picture_however_it_came_by_it(app: Flask, as_user: Any) -> None:
    product = factories.make_product(is_listed=True)
    db.session.commit()
    assert lines_of(as_user("ming").get("/work").text)["Products on sale without a picture"][0] == "1"
    product.picture = "products/cup.jpg"
    db.session.commit()
    assert "Products on sale without a picture" not in as_user("ming").get("/work").text
