"""Who may read, write, change and delete comments; and that nobody reaches by them what a screen hides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core.db import db
from app.lowcode.base_filters import conditions
from app.lowcode.comments import services
from app.lowcode.comments.models import Comment, CommentMention
from app.lowcode.screen import Screen
from tests.lowcode.shelf import Thing, make_thing
from tests.support.client import Client, client_of

pytestmark = pytest.mark.both_databases
Maker = Callable[..., Any]
JSON = {"Accept": "application/json"}


@pytest.fixture
def people(app: Flask, make_role: Maker, make_user: Maker) -> dict[str, Client]:
    """Kai and Ola look at things, Mo looks after the comments there too, Nan sees no things."""
    look = make_role("look", "can_view:ThingScreen")
    moderate = make_role("moderate", "can_view:ThingScreen", "can_moderate:Comments")
    none = make_role("none", "can_view:ShelfScreen", "can_moderate:Comments")
    found = {}
    for name, role in {"kai": look, "ola": look, "mo": moderate, "nan": none}.items():
        make_user(name, role)
        found[name] = client_of(app)
        found[name].sign_in(name)
    return found


@pytest.fixture
def shown(app: Flask) -> int:
    return _id(make_thing(1))


@pytest.fixture
def hidden(app: Flask) -> int:
    """A thing that the screen leaves out, with a comment from before it was hidden."""
    return _id(make_thing(2, is_hidden=True))


def _id(thing: Thing) -> int:
    db.session.commit()
    return int(thing.id)


def call(client: Client, thing: int, tail: str = "", screen: str = "ThingScreen", **data: str) -> Any:
    method = "GET" if tail in {"", "/people"} else "POST"
    return client.open(f"/comments/{screen}/{thing}{tail}", method=method, data=data or None, headers=JSON)


def write(client: Client, thing: int, text: str = "Mine") -> int:
    assert call(client, thing, "/add", text=text).status_code == 200
    return int(db.session.scalars(select(Comment.id).order_by(Comment.id.desc())).first() or 0)


def doors(comment: int) -> list[str]:
    return ["", "/people", "/read", "/add", f"/change/{comment}", f"/delete/{comment}"]


def a_comment(thing: int, author: str) -> int:
    comment = Comment(table_name="test_things", record_id=thing, author_id=id_of(author), author_name=author,
                      body="Not for all eyes")
    db.session.add(comment)
    db.session.commit()
    return comment.id


def id_of(username: str) -> int:
    return int(db.session.scalars(select(User.id).where(User.username == username)).one())


def test_a_record_that_the_screen_hides_has_no_comments(people: dict[str, Client], hidden: int, shown: int) -> None:
    comment = a_comment(hidden, "kai")
    for door in doors(comment):
        answer = call(people["kai"], hidden, door, text="x")
        assert answer.status_code == 404 and "eyes" not in answer.text, door
    assert db.session.get_one(Comment, comment).body == "Not for all eyes"
    assert db.session.query(Comment).count() == 1
    assert call(people["kai"], shown).status_code == 200


def test_without_the_row_filter_they_would_be_reached(
        people: dict[str, Client], hidden: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control of the test above."""
    comment = a_comment(hidden, "kai")
    monkeypatch.setattr(Screen, "row_conditions", lambda self: conditions(self.model, []))
    assert "Not for all eyes" in call(people["kai"], hidden).text
    for door in doors(comment):
        assert call(people["kai"], hidden, door, text="x").status_code == 200, door


def test_who_may_not_view_the_screen_gets_nowhere(people: dict[str, Client], shown: int) -> None:
    comment = write(people["kai"], shown)
    for door in doors(comment):
        assert call(people["nan"], shown, door, text="x").status_code == 403, door
        assert call(people["kai"], shown, door, screen="NoScreen", text="x").status_code == 404, door
    assert db.session.get_one(Comment, comment).body == "Mine"


def test_without_the_question_they_would_get_in(
        people: dict[str, Client], shown: int, monkeypatch: pytest.MonkeyPatch) -> None:
    comment = write(people["kai"], shown)
    monkeypatch.setattr(Screen, "may", lambda _self, _name: True)
    assert call(people["nan"], shown).status_code == 200
    assert call(people["nan"], shown, f"/delete/{comment}").status_code == 200


def test_nobody_changes_or_deletes_the_comment_of_another(people: dict[str, Client], shown: int) -> None:
    comment = write(people["kai"], shown)
    assert f"/change/{comment}" in call(people["kai"], shown).get_json()["html"]
    page = call(people["ola"], shown).get_json()["html"]
    assert f"/change/{comment}" not in page and f"/delete/{comment}" not in page
    assert call(people["ola"], shown, f"/change/{comment}", text="Theirs").status_code == 403
    assert call(people["ola"], shown, f"/delete/{comment}").status_code == 403
    assert db.session.get_one(Comment, comment).body == "Mine"


def test_without_the_question_whose_it_is_another_could(
        people: dict[str, Client], shown: int, monkeypatch: pytest.MonkeyPatch) -> None:
    comment = write(people["kai"], shown)
    monkeypatch.setattr(services, "may_change", lambda _who, _comment: True)
    assert call(people["ola"], shown, f"/change/{comment}", text="Theirs").status_code == 200


def test_who_moderates_deletes_but_does_not_change(people: dict[str, Client], shown: int) -> None:
    comment = write(people["kai"], shown)
    page = call(people["mo"], shown).get_json()["html"]
    assert f"/delete/{comment}" in page and f"/change/{comment}" not in page
    assert call(people["mo"], shown, f"/change/{comment}", text="Theirs").status_code == 403
    assert call(people["mo"], shown, f"/delete/{comment}").status_code == 200
    assert db.session.get(Comment, comment) is None


def test_a_comment_is_reached_only_by_its_own_record(people: dict[str, Client], shown: int, hidden: int) -> None:
    """Kai wrote it himself; but it stands on a record that is hidden from him now."""
    comment = a_comment(hidden, "kai")
    assert call(people["kai"], shown, f"/change/{comment}", text="x").status_code == 404
    assert call(people["kai"], shown, f"/delete/{comment}").status_code == 404
    assert call(people["mo"], shown, f"/delete/{comment}").status_code == 404
    other = Comment(table_name="test_shelves", record_id=shown, author_id=id_of("kai"), author_name="kai", body="Shelf")
    db.session.add(other)
    db.session.commit()
    assert call(people["kai"], shown, f"/delete/{other.id}").status_code == 404
    assert "Shelf" not in call(people["kai"], shown).text


def test_the_same_record_has_its_comments_on_every_screen_that_shows_it(
        app: Flask, people: dict[str, Client], shown: int) -> None:
    write(people["kai"], shown, "Seen from both sides")
    owner = client_of(app)
    owner.sign_in("ming")
    assert "Seen from both sides" in call(owner, shown, screen="ThingOnShelf").text
    assert call(people["kai"], shown, screen="ThingOnShelf").status_code == 403


def test_the_inbox_tells_nothing_of_what_one_may_not_see(
        people: dict[str, Client], hidden: int, make_role: Maker) -> None:
    comment = a_comment(hidden, "mo")
    db.session.add(CommentMention(comment_id=comment, user_id=id_of("kai"), username="kai"))
    db.session.commit()
    page = people["kai"].get("/mentions/").text
    assert "on a record that you may not see" in page
    assert "Thing 2" not in page and "eyes" not in page and "#comment-" not in page
    # The positive control: shown again, it is told; without the right to the screen, not again.
    db.session.get_one(Thing, hidden).is_hidden = False
    db.session.commit()
    assert "Thing 2" in people["kai"].get("/mentions/").text
    user = db.session.get_one(User, id_of("kai"))
    user.roles = [db.session.scalars(select(Role).where(Role.name == "none")).one()]
    db.session.commit()
    kai = client_of(people["kai"].application)
    kai.sign_in("kai")
    page = kai.get("/mentions/").text
    assert "Thing 2" not in page and "eyes" not in page


def test_mentions_are_read_only_by_whom_they_are_for(people: dict[str, Client], shown: int) -> None:
    write(people["kai"], shown, "@ola and @mo")
    mine = db.session.scalars(select(CommentMention).where(CommentMention.user_id == id_of("mo"))).one()
    people["ola"].post("/mentions/read", data={"mention": mine.id})
    people["ola"].post("/mentions/read")
    call(people["ola"], shown, "/read")
    assert services.count_unread(id_of("mo")) == 1 and services.count_unread(id_of("ola")) == 0
    call(people["mo"], shown, "/read")
    assert services.count_unread(id_of("mo")) == 0


def test_text_from_people_is_never_markup(people: dict[str, Client], shown: int) -> None:
    write(people["kai"], shown, "<script>alert(1)</script> https://a.cn/\"><img src=x> @ola</textarea><b>")
    page = call(people["kai"], shown).get_json()["html"]
    assert "<script" not in page and "<img" not in page and "</textarea><b>" not in page
    for client in people.values():
        inbox = client.get("/mentions/").text
        assert "<script>alert" not in inbox and "<img src=x" not in inbox


def test_every_change_needs_the_form_token(people: dict[str, Client], shown: int) -> None:
    comment = write(people["kai"], shown)
    for door in ("/add", "/read", f"/change/{comment}", f"/delete/{comment}"):
        answer = people["kai"].post(f"/comments/ThingScreen/{shown}{door}", data={"text": "x"}, csrf=False)
        assert answer.status_code == 400, door
    assert people["kai"].post("/mentions/read", csrf=False).status_code == 400
    assert db.session.get_one(Comment, comment).body == "Mine"
