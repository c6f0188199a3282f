"""Two sessions save one record at the same time: the second is told of the first, and without the guard it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import text

from app.core.db import db
from app.lowcode import records, screen, versions
from tests.lowcode.shelf import Label, ThingScreen, make_thing
from tests.lowcode.test_versions import open_form, send, thing_of
from tests.support.client import Client, client_of

PATIENCE = 20


class Race:
    """`run` lets the first save, holds it in the middle of its write, sends the second, and lets the first go on."""

    def __init__(self, app: Flask, thing_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.thing_id = app, thing_id
        self.inside, self.go_on, self.statuses = threading.Event(), threading.Event(), dict[str, int]()

        def hold(_screen: Any, _item: Any) -> None:
            self.inside.set()
            assert self.go_on.wait(PATIENCE)

        monkeypatch.setattr(ThingScreen, "pre_update", hold)
        self.clients = {word: self.signed_in() for word in ("first", "second")}
        self.seen = {word: open_form(client, thing_id) for word, client in self.clients.items()}

    def signed_in(self) -> Client:
        client = client_of(self.app)
        assert client.sign_in("ming").status_code == 302
        return client

    def save(self, word: str) -> threading.Thread:
        def work() -> None:
            with self.app.app_context():
                answer = send(self.clients[word], self.thing_id, self.seen[word], label=word)
                self.statuses[word] = answer.status_code
                db.session.remove()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def run(self, *, waits: bool) -> dict[str, int]:
        first = self.save("first")
        assert self.inside.wait(PATIENCE)
        self.inside.clear()
        second = self.save("second")
        entered = self.inside.wait(0.6)
        assert entered is not waits, "the second wrote before the first was done" if waits else "the second waited"
        self.go_on.set()
        for thread in (first, second):
            thread.join(PATIENCE)
        return self.statuses


@pytest.fixture
def race(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Race:
    thing_id = make_thing(1).id
    db.session.commit()
    return Race(app, thing_id, monkeypatch)


@pytest.mark.both_databases
def test_of_two_who_save_at_once_the_second_is_told(race: Race) -> None:
    assert race.run(waits=True) == {"first": 302, "second": 409}
    assert thing_of(race.thing_id).label == "first"


@pytest.mark.postgresql
def test_without_the_lock_one_of_them_would_be_lost(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: PostgreSQL lets both read the record as it was opened. Both are content, and one has lost."""

    def unlocked(*given: Any, to_change: bool = False) -> Any:
        return records.row_of(*given)

    monkeypatch.setattr(screen, "row_of", unlocked)
    assert race.run(waits=False) == {"first": 302, "second": 302}


@pytest.mark.both_databases
def test_without_the_check_the_first_would_be_lost(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: who waits for a lock is not told by it what has changed."""
    monkeypatch.setattr(versions, "compare", lambda *given: versions.Changes(mine=["label"]))
    assert race.run(waits=True) == {"first": 302, "second": 302}
    assert thing_of(race.thing_id).label == "second"


@pytest.mark.postgresql
def test_rows_that_point_to_it_can_be_added_while_a_form_is_saved(race: Race, make_row: Callable[[], None]) -> None:
    """The lock is no stronger than the write it protects: an order for a product does not wait for its form."""
    first = race.save("first")
    assert race.inside.wait(PATIENCE)
    try:
        make_row()
    finally:
        race.go_on.set()
        first.join(PATIENCE)
    assert race.statuses == {"first": 302}


@pytest.fixture
def make_row(app: Flask, race: Race) -> Callable[[], None]:
    """Puts a label on the thing, past the ORM; the row points to the thing."""
    label = Label(name="red")
    db.session.add(label)
    db.session.commit()
    label_id = label.id

    def make() -> None:
        with db.engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 3000"))
            connection.execute(text("INSERT INTO test_thing_labels VALUES (:thing, :label)"),
                               {"thing": race.thing_id, "label": label_id})

    return make


@pytest.mark.postgresql
def test_the_table_of_a_roles_permissions_takes_the_same_lock(app: Flask, as_user: Any, count_queries: Any) -> None:
    """It has a check of its own, by what was ticked when it was opened."""
    role_id = db.session.scalars(db.select(Role.id).order_by(Role.id.desc())).first()
    client = as_user("ming")
    with count_queries() as seen:
        client.post(f"/roles/edit/{role_id}", data={"seen": "something else"})
    assert any("FROM ab_role" in query and "FOR NO KEY UPDATE" in query for query in seen)
