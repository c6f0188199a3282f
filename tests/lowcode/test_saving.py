"""Saving by form and by API: refusals name the field, keep what was typed, tell nothing of the database."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.core.errors import BusinessError
from app.lowcode.registry import registry
from tests.lowcode.shelf import Label, Shelf, Thing, ThingScreen, make_thing

pytestmark = pytest.mark.both_databases
GOOD = {"label": "Celadon cup", "code": "C-9", "kind": "cup", "price": "29.90"}
TELLTALE = ("sqlite", "psycopg", "UNIQUE constraint", "INSERT INTO", "IntegrityError", "duplicate key", "[SQL")


@pytest.fixture
def owner(as_user: Any) -> Any:
    return as_user("ming")


def test_a_form_saves_every_kind_of_column(app: Flask, owner: Any) -> None:
    shelf, one, two = Shelf(name="Oak"), Label(name="old"), Label(name="blue")
    db.session.add_all([shelf, one, two])
    db.session.commit()
    answer = owner.post(
        "/test_things/add",
        data=GOOD
        | {
            "shelf": shelf.id,
            "count": "3",
            "weight": "1.250",
            "found_on": "2026-08-01",
            "seen_at": "2026-08-01T12:30",
            "is_open": "1",
            "story": "<p>Old</p><script>alert(1)</script>",
            "facts": '{"from": "Jingdezhen"}',
            "labels": [one.id, two.id],
        },
    )
    assert answer.status_code == 302, answer.text
    thing = db.session.scalars(db.select(Thing)).one()
    assert (thing.price, thing.count, str(thing.weight), thing.found_on.isoformat()) == (2990, 3, "1.250", "2026-08-01")
    assert thing.seen_at.isoformat() == "2026-08-01T04:30:00", "typed on the shop's clock, stored in UTC"
    assert (thing.is_open, thing.story, thing.facts, thing.shelf) == (True, "<p>Old</p>", {"from": "Jingdezhen"}, shelf)
    assert {label.name for label in thing.labels} == {"old", "blue"}


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"price": "a lot"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"price": "9" * 40}, "price"),
        ({"count": "1001"}, "count"),
        ({"count": "99999999999999999999"}, "count"),
        ({"weight": "1e400"}, "weight"),
        ({"found_on": "yesterday"}, "found_on"),
        ({"seen_at": "2026-08-01T99:00"}, "seen_at"),
        ({"kind": "plate"}, "kind"),
        ({"shelf": "999"}, "shelf"),
        ({"shelf": "1; DROP TABLE"}, "shelf"),
        ({"labels": "77"}, "labels"),
        ({"label": ""}, "label"),
        ({"label": "x" * 81}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"facts": "{"}, "facts"),
        ({"views": '[1, "' + "x" * 300 + '"]'}, "views"),
    ],
)
def test_a_value_that_is_not_acceptable_is_named_and_the_rest_of_the_form_stays(
    app: Flask, owner: Any, wrong: dict[str, str], field: str
) -> None:
    answer = owner.post("/test_things/add", data=GOOD | {"code": "TYPED-BY-ME"} | wrong)
    assert answer.status_code == 422
    assert 'value="TYPED-BY-ME"' in answer.text
    assert f'id="{field}-error"' in answer.text, "the message is not beside its field"
    assert db.session.scalar(db.select(db.func.count()).select_from(Thing)) == 0


def test_a_value_in_use_is_named_without_a_word_of_sql(app: Flask, owner: Any) -> None:
    make_thing(1, code="C-9")
    answer = owner.post("/test_things/add", data=GOOD | {"label": "TYPED-BY-ME"})
    assert answer.status_code == 409
    assert 'value="TYPED-BY-ME"' in answer.text and 'id="code-error"' in answer.text
    assert not [word for word in TELLTALE if word in answer.text]


def test_a_rule_of_the_record_is_shown_beside_its_field(app: Flask, owner: Any) -> None:
    thing_id = make_thing(1).id
    answer = owner.post(f"/test_things/edit/{thing_id}", data=GOOD | {"label": "refused", "code": "KEEP-ME"})
    assert answer.status_code == 409
    assert "This one is refused by a rule." in answer.text and 'value="KEEP-ME"' in answer.text
    assert db.session.get(Thing, thing_id).code == "C-0001"


def test_an_unticked_box_and_an_emptied_choice_are_saved_as_such(app: Flask, owner: Any) -> None:
    label = Label(name="old")
    thing_id = make_thing(1, is_open=True, labels=[label], count=5, shelf=Shelf(name="Oak")).id
    emptied = {"count": "", "shelf": "", "is_open": "", "labels": ""}
    assert owner.post(f"/test_things/edit/{thing_id}", data=GOOD | emptied).status_code == 302
    thing = db.session.get(Thing, thing_id)
    assert (thing.is_open, thing.labels, thing.count, thing.shelf) == (False, [], None, None)


def test_columns_that_the_form_does_not_have_cannot_be_written(app: Flask, owner: Any) -> None:
    assert (
        owner.post("/test_things/add", data=GOOD | {"secret": "mine", "is_hidden": "1", "id": "77"}).status_code == 302
    )
    thing = db.session.scalars(db.select(Thing)).one()
    assert (thing.secret, thing.is_hidden, thing.id == 77) == (None, False, False)
    for name in ("secret", "is_hidden", "id", "created_at", "shelf.name"):
        answer = owner.post("/api/v1/test_things/", json={"label": "x", "code": "y", "kind": "cup", name: 1})
        assert answer.status_code == 422 and name in answer.json["fields"]


@pytest.mark.parametrize(
    "body, status, field",
    [
        ({"label": "A", "code": "B", "price": 2990}, 201, None),
        ({"label": "A", "code": "B", "price": "29.90"}, 422, "price"),
        ({"label": "A", "code": "B", "price": 29.9}, 422, "price"),
        ({"label": "A", "code": "B", "price": True}, 422, "price"),
        ({"label": "A", "code": "B", "price": 10**30}, 422, "price"),
        ({"label": "A", "code": "B", "count": 10**30}, 422, "count"),
        ({"label": 5, "code": "B"}, 422, "label"),
        ({"code": "B"}, 422, "label"),
        ({"label": "A", "code": "B", "shelf": 99}, 422, "shelf"),
        ({"label": "A", "code": "B", "shelf_id": 99}, 422, "shelf"),
        ({"label": "refused", "code": "B"}, 409, "label"),
        ({"label": "A", "code": "TAKEN"}, 409, "code"),
        ({"label": "A", "code": "B", "kind": "plate"}, 422, "kind"),
        ({"label": "A", "code": "B", "seen_at": "2026-08-01T12:00:00Z"}, 201, None),
        ({"label": "A", "code": "B", "labels": [1, 1]}, 422, "labels"),
    ],
)
def test_the_api_answers_each_refusal_with_its_status_and_field(
    app: Flask, owner: Any, body: dict[str, Any], status: int, field: str | None
) -> None:
    make_thing(1, code="TAKEN")
    answer = owner.post("/api/v1/test_things/", json=body)
    assert answer.status_code == status, answer.text
    if field:
        assert field in answer.json["fields"]
        assert not [word for word in TELLTALE if word in answer.text]
        assert db.session.scalar(db.select(db.func.count()).select_from(Thing)) == 1


def test_the_api_takes_and_gives_foreign_keys(app: Flask, owner: Any) -> None:
    """With newer marshmallow-sqlalchemy the framework's API does not even start with such a column."""
    shelf = Shelf(name="Oak")
    db.session.add(shelf)
    db.session.commit()
    made = owner.post("/api/v1/test_things/", json={"label": "A", "code": "B", "shelf_id": shelf.id})
    assert made.status_code == 201 and made.json["result"]["shelf"] == {"id": shelf.id, "title": "Oak"}
    changed = owner.put(f"/api/v1/test_things/{made.json['id']}", json={"shelf": None})
    assert changed.status_code == 200 and changed.json["result"]["shelf"] is None


def test_a_record_that_others_point_to_is_not_deleted(app: Flask, owner: Any) -> None:
    shelf = Shelf(name="Oak")
    make_thing(1, shelf=shelf)
    shelf_id = shelf.id
    db.session.commit()
    # The ORM would quietly take the things off their shelf; the database must be asked, so go past the collection.
    from sqlalchemy import delete
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        db.session.execute(delete(Shelf).where(Shelf.id == shelf_id))
    db.session.rollback()
    assert db.session.get(Shelf, shelf_id) is not None


def test_a_failed_action_undoes_all_of_itself(app: Flask, owner: Any) -> None:
    one, two = make_thing(1).id, make_thing(2).id
    answer = owner.post("/test_things/action", data={"action": "fail", "rowid": [one, two]}, follow_redirects=True)
    assert "This cannot be done." in answer.text
    assert db.session.get(Thing, one).label == "Thing 1"
    assert owner.post("/api/v1/test_things/actions/fail", json={"ids": [one]}).status_code == 409


def test_an_action_runs_on_many_and_says_on_how_many(app: Flask, owner: Any) -> None:
    ids = [make_thing(number).id for number in range(1, 4)]
    answer = owner.post("/test_things/action", data={"action": "open_up", "rowid": ids}, follow_redirects=True)
    assert "3" in answer.text and all(thing.is_open for thing in db.session.scalars(db.select(Thing)))


def test_an_action_with_a_reason_against_it_says_the_reason(app: Flask, owner: Any) -> None:
    thing_id = make_thing(2, is_open=True).id
    answer = owner.post(f"/test_things/action/open_up/{thing_id}", follow_redirects=True)
    assert "It is open already." in answer.text and "done for" not in answer.text


def test_rows_that_an_action_is_refused_for_are_told_and_the_others_are_done(app: Flask, owner: Any) -> None:
    ids = [make_thing(1).id, *(make_thing(number, is_open=True).id for number in range(2, 7))]
    answer = owner.post("/test_things/action", data={"action": "open_up", "rowid": ids}, follow_redirects=True)
    assert "Not done for 5." in answer.text and "Thing 2: It is open already." in answer.text
    assert "and 2 more" in answer.text and "Open: done for 1." in answer.text
    assert db.session.get(Thing, ids[0]).is_open


def test_what_refuses_all_at_once_is_asked_of_each_by_itself(
        app: Flask, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_up(_screen: Any, things: list[Thing]) -> None:
        for thing in things:
            thing.is_open = True
            if thing.code == "C-2":
                raise BusinessError("not this one")

    ids = [make_thing(number, code=f"C-{number}").id for number in range(1, 4)]
    monkeypatch.setattr(ThingScreen, "open_up", open_up)
    answer = owner.post("/test_things/action", data={"action": "open_up", "rowid": ids}, follow_redirects=True)
    assert "Thing 2: not this one" in answer.text and "Open: done for 2." in answer.text
    assert [db.session.get(Thing, thing_id).is_open for thing_id in ids] == [True, False, True]


@pytest.mark.parametrize("name", ["no_such", "", "__init__", "get", "delete_record"])
def test_only_declared_actions_can_be_called(app: Flask, owner: Any, name: str) -> None:
    thing_id = make_thing(1).id
    assert owner.post("/test_things/action", data={"action": name, "rowid": [thing_id]}).status_code == 404


def test_a_lookup_gives_a_page_by_typing_and_never_the_whole_table(
    app: Flask, owner: Any, count_queries: Any, as_user: Any
) -> None:
    db.session.add_all([Shelf(name=f"Shelf {number:03d}") for number in range(60)])
    db.session.commit()
    with count_queries() as seen:
        found = owner.get("/test_things/lookup/shelf?q=shelf 01").json
    assert [item["text"] for item in found["results"]] == [f"Shelf {number:03d}" for number in range(19, 9, -1)]
    assert all("LIMIT" in query.upper() for query in seen if "test_shelves" in query)
    assert len(owner.get("/test_things/lookup/shelf").json["results"]) == 20
    assert owner.get("/test_things/lookup/shelf?page=4").json == {"results": [], "more": False}
    assert owner.get("/test_things/lookup/secret").status_code == 404
    assert as_user("lin").get("/test_things/lookup/shelf").status_code == 403


def test_the_form_holds_only_the_chosen_row_of_a_relation(app: Flask, owner: Any) -> None:
    db.session.add_all([Shelf(name=f"Shelf {number:03d}") for number in range(60)])
    thing_id = make_thing(1, shelf=db.session.scalars(db.select(Shelf).where(Shelf.name == "Shelf 007")).one()).id
    page = owner.get(f"/test_things/edit/{thing_id}").text
    assert "Shelf 007" in page and "Shelf 008" not in page


def test_a_form_may_lead_back_only_inside_the_house(app: Flask, owner: Any) -> None:
    for number, target in enumerate(
        ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\t//evil"]
    ):
        answer = owner.post("/test_things/add", data=GOOD | {"code": f"R{number}", "return_to": target})
        assert answer.headers["Location"].startswith("/test_things/show/")
    answer = owner.post("/test_things/add", data=GOOD | {"code": "R99", "return_to": "/test_things/list/?q=cup"})
    assert answer.headers["Location"] == "/test_things/list/?q=cup"


def test_each_screen_has_its_own_rights(app: Flask) -> None:
    labels = registry().labels
    own = {"can_view", "can_add", "can_edit", "can_delete", "can_export", "can_import", "can_open_up", "can_fail"}
    assert own == set(labels["ThingScreen"])
