"""Who a form names when its record was changed while it was open: as the trail has it, and to whom it may be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.db import db, guarded_update
from tests.lowcode.shelf import Thing, make_thing
from tests.lowcode.test_versions import change, open_form, send, words
from tests.support.client import Client


@pytest.fixture
def ming(as_user: Callable[[str], Client]) -> Client:
    return as_user("ming")


@pytest.fixture
def opened(app: Flask, ming: Client) -> tuple[int, str]:
    """A thing, and the version with which its form was opened at ten."""
    clock.set("2026-08-01 02:00")
    thing_id = make_thing(1, price=1000).id
    return thing_id, open_form(ming, thing_id)


def answer_of(client: Client, opened: tuple[int, str]) -> str:
    answer = send(client, *opened, price="15.00")
    assert answer.status_code == 409
    return words(answer.text)


def test_whoever_changed_it_is_named_with_the_moment(ming: Client, opened: tuple[int, str]) -> None:
    clock.set("2026-08-01 02:32")
    with acting_as(Actor.staff(77, "Hua Li")):
        change(opened[0], price=1400)
    told = answer_of(ming, opened)
    assert "Hua Li changed this record after you opened it: Aug 1, 2026, 10:32." in told
    assert "Price: ¥10.00 → ¥14.00" in told and "Changed by both of you" in told


def test_several_are_named_in_the_order_in_which_they_came(ming: Client, opened: tuple[int, str]) -> None:
    for minute, name in ((10, "Hua Li"), (20, "Lin Bo"), (30, "Hua Li")):
        clock.set(f"2026-08-01 02:{minute}")
        with acting_as(Actor.staff(77, name)):
            change(opened[0], price=minute * 110)
    assert "Hua Li, Lin Bo changed this record after you opened it: Aug 1, 2026, 10:30." in answer_of(ming, opened)


def test_a_job_is_called_by_its_words(ming: Client, opened: tuple[int, str]) -> None:
    clock.set("2026-08-01 02:32")
    with acting_as(Actor.job("follow_sale_plans")):
        change(opened[0], price=1400)
    told = answer_of(ming, opened)
    assert "follow_sale_plans" not in told and "List and delist on time changed this record" in told


def test_what_happened_before_the_form_was_opened_is_not_told(app: Flask, ming: Client) -> None:
    clock.set("2026-08-01 01:00")
    thing_id = make_thing(1, price=1000).id
    clock.set("2026-08-01 01:30")
    with acting_as(Actor.staff(77, "Lin Bo")):
        change(thing_id, price=1100)
    clock.set("2026-08-01 02:00")
    version = open_form(ming, thing_id)
    clock.set("2026-08-01 02:32")
    with acting_as(Actor.staff(78, "Hua Li")):
        change(thing_id, price=1400)
    told = answer_of(ming, (thing_id, version))
    assert "Hua Li changed" in told and "Lin Bo" not in told


def test_a_change_that_was_noted_before_the_form_was_opened_and_committed_after_is_told(
    ming: Client, opened: tuple[int, str],
) -> None:
    clock.set("2026-08-01 01:59:58")
    with acting_as(Actor.staff(77, "Hua Li")):
        change(opened[0], price=1400)
    clock.set("2026-08-01 02:10")
    assert "Hua Li changed this record" in answer_of(ming, opened)


def test_where_the_trail_knows_nothing_nobody_is_named(ming: Client, opened: tuple[int, str]) -> None:
    clock.set("2026-08-01 03:00")
    guarded_update(Thing, Thing.id == opened[0], price=1400)
    db.session.execute(db.text("DELETE FROM audit_lines"))
    db.session.commit()
    told = answer_of(ming, opened)
    assert "This record was changed after you opened it." in told and "What was changed meanwhile" not in told


def test_the_history_is_for_those_who_may_see_the_record(
    app: Flask, as_user: Any, make_role: Any, make_user: Any,
) -> None:
    """Who may only edit is told who and when, and sees the fields of the form; not what else was changed."""
    make_user("editor", make_role("Editor", "can_edit:ThingScreen"))
    editor = as_user("editor")
    thing_id = make_thing(1, price=1000).id
    version = open_form(editor, thing_id)
    with acting_as(Actor.staff(77, "Hua Li")):
        change(thing_id, price=1400, secret="canary")
    told = answer_of(editor, (thing_id, version))
    assert "Hua Li changed this record" in told and "¥14.00" in told
    assert "canary" not in told and "What was changed meanwhile" not in told
