"""Why can't I? Whoever may not, or cannot now, is told why in words, and by whom it could be changed."""

from __future__ import annotations

import html
from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.core.db import db
from app.lowcode.allowed import rights
from app.lowcode.registry import registry
from app.modules.orders.models import OrderStatus
from tests import factories
from tests.lowcode.shelf import make_thing
from tests.support import cast


def page_of(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def line(page: str, label: str) -> str:
    """What the list says of one action."""
    return page[page.index(f"<strong>{label}</strong>"):].split("</li>")[0]


def test_a_missing_permission_is_named_with_the_roles_that_include_it_and_who_can_give_it(
    app: Flask, as_user: Any
) -> None:
    cast.user("lin").roles = [db.session.scalars(select(Role).where(Role.name == "read_only")).one()]
    db.session.commit()
    told = line(page_of(as_user("lin"), "/rights/ProductScreen"), "Delete")
    assert "None of your roles includes the permission “Delete” on “Products”." in told
    assert "It is part of: Operator, Owner." in told
    assert "Ming Wang can give it to you." in told and "</svg>No<" in told


def test_what_one_may_is_a_plain_yes(app: Flask, as_user: Any) -> None:
    told = line(page_of(as_user("ming"), "/rights/ProductScreen"), "Delete")
    assert "Yes" in told and "permission" not in told


def test_the_state_of_a_record_that_is_against_an_action_is_told(app: Flask, as_user: Any) -> None:
    order = factories.make_order(status=OrderStatus.placed)
    db.session.commit()
    told = line(page_of(as_user("ming"), f"/rights/OrderScreen/{order.id}"), "Ship")
    assert "An order that is “Awaiting payment” cannot become “Shipped”." in told and "No" in told
    assert "It depends on the record." in line(page_of(as_user("ming"), "/rights/OrderScreen"), "Ship")


def test_what_nobody_does_on_a_screen_is_told_as_well(app: Flask, as_user: Any) -> None:
    page = page_of(as_user("ming"), "/rights/OrderScreen")
    assert "Nobody adds records here" in line(page, "Add")
    assert "Nobody deletes records here" in line(page, "Delete")


def test_a_disabled_button_can_be_asked(app: Flask, as_user: Any) -> None:
    thing = make_thing(1, is_open=True)
    db.session.commit()
    page = page_of(as_user("ming"), f"/test_things/show/{thing.id}")
    button = page[page.index('aria-disabled="true"') - 80:].split("</span></span>")[0]
    assert " disabled" not in button.replace("aria-disabled", "")
    assert 'role="tooltip"' in page and "It is open already." in page


def test_lists_and_records_lead_there(app: Flask, as_user: Any) -> None:
    thing = make_thing(1)
    db.session.commit()
    assert 'href="/rights/ThingScreen"' in page_of(as_user("ming"), "/test_things/list/")
    assert f'href="/rights/ThingScreen/{thing.id}"' in page_of(as_user("ming"), f"/test_things/show/{thing.id}")


def test_a_hidden_record_is_not_told_of(app: Flask, as_user: Any) -> None:
    thing = make_thing(1, is_hidden=True)
    db.session.commit()
    assert as_user("ming").get(f"/rights/ThingScreen/{thing.id}").status_code == 404


def test_a_few_queries_tell_all_that_is_missing(app: Flask, count_queries: Any) -> None:
    screen = next(screen for screen in registry().screens() if type(screen).__name__ == "ProductScreen")
    with app.test_request_context(), count_queries() as queries:
        found = rights(screen)
    assert not any(right.is_allowed for right in found) and all(right.why for right in found)
    assert len(queries) <= 4, queries
