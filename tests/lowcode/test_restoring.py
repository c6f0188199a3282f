"""A moment of a record's history beside the present, and the way back there."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.core.bin import BinEntry
from app.core.bin import restore as restore_from_bin
from app.core.db import db, guarded_update
from app.lowcode import versions
from app.lowcode.history.columns import can_restore
from app.lowcode.history.comparing import seen_as
from app.lowcode.registry import registry
from app.modules.audit import services
from app.modules.audit.models import AuditAction
from tests import factories
from tests.lowcode.past import change, lines_of, restore, ticks, timeline
from tests.lowcode.shelf import Kind, Label, Shelf, Thing, make_thing


@pytest.fixture
def owner(as_user: Any) -> Any:
    return as_user("ming")


@pytest.fixture
def thing(app: Flask) -> Thing:
    made = make_thing(label="Old", price=100)
    db.session.commit()
    return made


# -- beside the present, and back -----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_every_kind_of_value_comes_back(app: Flask, owner: Any) -> None:
    oak, elm, one, two = Shelf(name="Oak"), Shelf(name="Elm"), Label(name="one"), Label(name="two")
    first: dict[str, Any] = {
        "label": "Old", "code": "C-1", "shelf": oak, "price": 2990, "count": None, "weight": Decimal("1.250"),
        "found_on": date(2026, 8, 1), "seen_at": datetime(2026, 8, 1, 4, 30), "kind": Kind.cup, "is_open": True,
        "story": "<p>Old</p>", "views": ["a.png", "b.png"], "facts": {"from": ["Jingdezhen", 2]}, "labels": [one]}
    then: dict[str, Any] = {
        "label": "New", "code": "C-2", "shelf": elm, "price": 10, "count": 3, "weight": Decimal("2.5"),
        "found_on": None, "seen_at": datetime(2027, 8, 1, 4, 30), "kind": Kind.pot, "is_open": False, "story": None,
        "views": [], "facts": None, "labels": [two]}
    made = make_thing(**first)
    db.session.add_all([elm, two])
    db.session.commit()
    line = change(made, **then)
    url = f"/history/test_things/{made.id}/{line}"
    assert set(ticks(owner.get(url).text)) == set(first)
    answer = restore(owner, url)
    assert answer.status_code == 302 and answer.headers["Location"] == f"/test_things/show/{made.id}"
    db.session.expire_all()
    assert {name: getattr(made, name) for name in first} == first
    assert "Nothing differs" in owner.get(url).text


def test_a_moment_is_found_over_all_that_came_after_it(owner: Any, thing: Thing) -> None:
    line = change(thing, label="Second")
    for label, price in (("Third", 100), ("Third", 300), ("Fourth", 400)):
        change(thing, label=label, price=price)
    assert restore(owner, f"/history/test_things/{thing.id}/{line}").status_code == 302
    db.session.expire_all()
    assert (thing.label, thing.price) == ("Old", 100)


def test_only_the_ticked_fields_are_restored_and_the_trail_says_from_when(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New", price=200)
    moment = lines_of(thing.id)[-1].at
    restore(owner, f"/history/test_things/{thing.id}/{line}", "label")
    db.session.expire_all()
    assert (thing.label, thing.price) == ("Old", 200)
    told = lines_of(thing.id)[-1]
    assert told.action is AuditAction.values_restored and told.actor_name == "Ming Wang"
    assert told.changes == {"back_to": [None, moment.isoformat()], "label": ["New", "Old"]}
    assert "As it was before: " in timeline(owner, thing.id).split("<li>")[1].replace("\n", "")


def test_a_texts_differences_and_pictures_are_shown(owner: Any, thing: Thing) -> None:
    key = "0" * 32 + "_10x10.jpg"
    change(thing, story="<p>Fine green tea from the hills of Hangzhou</p>", face=key)
    line = change(thing, story="<p>Fine black tea from the hills of Hangzhou</p>", face=None)
    page = owner.get(f"/history/test_things/{thing.id}/{line}").text
    assert "<del>green</del><ins>black</ins>" in page and f"/files/{key}" in page


@pytest.mark.parametrize("wrong, path, says", [
    ({"label": "refused"}, "label", "refused by a rule"), ({"code": "C-0002"}, "code", "already in use")])
def test_what_the_rules_refuse_is_named_by_its_field_and_nothing_is_saved(
        app: Flask, owner: Any, thing: Thing, wrong: dict[str, str], path: str, says: str) -> None:
    table = Thing.__table__
    db.session.execute(table.update().where(table.c.id == thing.id).values(**wrong))  # before the rule was made
    db.session.commit()
    line = change(thing, **{path: "Better", "price": 200})
    make_thing(2)
    db.session.commit()
    answer = restore(owner, f"/history/test_things/{thing.id}/{line}", path, "price")
    assert answer.status_code in (409, 422)
    row = answer.text[answer.text.index(f'data-field="{path}"'):]
    assert says in row[:row.index("</p>")] and 'aria-invalid="true"' in row
    db.session.expire_all()
    assert (getattr(thing, path), thing.price) == ("Better", 200)


def test_nothing_ticked_restores_nothing(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New")
    answer = owner.post(f"/history/test_things/{thing.id}/{line}", data={})
    assert answer.status_code == 409 and "Tick at least one field first." in answer.text


def test_a_field_that_is_not_what_was_seen_is_refused(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New", price=200)
    url = f"/history/test_things/{thing.id}/{line}"
    seen = ticks(owner.get(url).text)
    change(thing, label="By another")
    both = {"field": ["label", "price"], "seen.label": seen["label"], "seen.price": seen["price"]}
    answer = owner.post(url, data=both)
    assert answer.status_code == 409 and answer.text.count("Somebody has changed this in the meantime") == 1
    db.session.expire_all()
    assert (thing.label, thing.price) == ("By another", 200)
    assert owner.post(url, data={"field": "label"}).status_code == 409, "who has seen nothing restores nothing"
    alone = owner.post(url, data={"field": "price", "seen.price": seen["price"]})
    assert alone.status_code == 302, "control: the field that nobody changed"
    again = owner.post(url, data={"field": "label", "seen.label": ticks(answer.text)["label"]})
    assert again.status_code == 302, "control: once it was looked at again"


def test_the_message_offers_to_undo(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New", price=200)
    restore(owner, f"/history/test_things/{thing.id}/{line}")
    page = owner.get(f"/test_things/show/{thing.id}").text
    toast = re.search(r'<form method="post" action="(/history/test_things/[^"]+)">(.*?)</form>', page)
    assert toast is not None and "Restored as it was before" in page
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', toast[2])
    change(thing, price=900)
    sent = MultiDict(pair for pair in fields if pair[0] != "csrf_token")
    assert owner.post(toast[1], data=sent).status_code == 409, "what was changed since is not undone unseen"
    change(thing, price=100)
    assert owner.post(toast[1], data=sent).status_code == 302
    db.session.expire_all()
    assert (thing.label, thing.price) == ("New", 200)


# -- what is not known any more -------------------------------------------------------------------------------------


def reason(client: Any, thing_id: int, line: int, path: str) -> str:
    """What the page says against restoring a field; it offers no tick for it."""
    page = client.get(f"/history/test_things/{thing_id}/{line}").text
    assert path not in re.findall(r'name="field" value="([^"]+)"', page)
    row = page[page.index(f'data-field="{path}"'):]
    return re.search(r"Cannot be restored: ([^<]+)<", row)[1]  # type: ignore[index]


def forced(client: Any, thing: Thing, line: int, path: str) -> int:
    """Restore a field though the page offers no tick."""
    field = registry().screen_of(Thing).field(path)  # type: ignore[union-attr]
    with client.application.test_request_context():
        seen = seen_as(field, versions.plain(field, getattr(thing, path)))
    return client.post(f"/history/test_things/{thing.id}/{line}", data={
        "field": path, f"seen.{path}": seen}).status_code


def test_a_text_of_which_only_the_beginning_is_kept_is_told_and_left(owner: Any, thing: Thing) -> None:
    change(thing, story="<p>" + "x" * 600 + "</p>")
    line = change(thing, story="<p>Short</p>")
    assert "Only its beginning" in reason(owner, thing.id, line, "story")
    assert forced(owner, thing, line, "story") == 422 and thing.story == "<p>Short</p>"
    assert forced(owner, thing, change(thing, story="<p>Shorter</p>"), "story") == 302, "control: one that was kept"


def test_a_masked_value_is_told_and_left(owner: Any) -> None:
    member = factories.make_member(nickname="Mei", phone="13812345678")
    db.session.commit()
    member.phone, member.nickname = "13987654321", "Mei Mei"
    db.session.commit()
    url = f"/history/members/{member.id}/{lines_of(member.id, 'members')[-1].id}"
    page = owner.get(url).text
    assert set(ticks(page)) == {"nickname"} and "Only a part of it is kept" in page and "13812345678" not in page


def test_a_related_record_that_is_gone_is_told_and_left(owner: Any, thing: Thing) -> None:
    shelf, one, two = Shelf(name="Oak"), Label(name="one"), Label(name="two")
    change(thing, shelf=shelf, labels=[one, two])
    line = change(thing, shelf=None, labels=[])
    assert set(ticks(owner.get(f"/history/test_things/{thing.id}/{line}").text)) == {"shelf", "labels"}
    db.session.delete(shelf)
    db.session.delete(one)
    db.session.commit()
    for path in ("shelf", "labels"):
        assert "no longer there" in reason(owner, thing.id, line, path)
        assert forced(owner, thing, line, path) == 422


def test_an_answer_that_is_no_longer_offered_is_told_and_left(owner: Any, thing: Thing) -> None:
    services.write(services.line(AuditAction.edited, table="test_things", record_id=thing.id, title="x", changes={
        "kind": ["bowl", "cup"], "label": ["Older", "Old"]}))
    db.session.commit()
    line = lines_of(thing.id)[-1].id
    assert "no longer offered" in reason(owner, thing.id, line, "kind")
    assert forced(owner, thing, line, "kind") == 422
    assert forced(owner, thing, line, "label") == 302, "control"


def test_a_related_record_that_was_renamed_is_told_and_left(owner: Any, thing: Thing) -> None:
    one = Label(name="one")
    change(thing, labels=[one])
    line = change(thing, labels=[])
    one.name = "uno"
    db.session.commit()
    assert "no longer there" in reason(owner, thing.id, line, "labels")
    assert forced(owner, thing, line, "labels") == 422 and thing.labels == []


def test_what_was_changed_past_the_trail_counts_as_not_known(owner: Any, thing: Thing) -> None:
    line = change(thing, price=200)
    table = Thing.__table__
    db.session.execute(table.update().where(table.c.id == thing.id).values(label="Smuggled"))
    db.session.commit()
    assert "does not tell" in reason(owner, thing.id, line, "label")
    assert set(ticks(owner.get(f"/history/test_things/{thing.id}/{line}").text)) == {"price"}


def test_a_change_of_many_rows_counts_as_not_known(owner: Any, thing: Thing) -> None:
    line = change(thing, label="New")
    guarded_update(Thing, Thing.id == thing.id, kind=Kind.pot, count=5)
    db.session.commit()
    assert "does not tell" in reason(owner, thing.id, line, "kind")
    assert "does not tell" in reason(owner, thing.id, line, "count")
    other = make_thing(2)
    guarded_update(Thing, Thing.id == other.id, price=700)
    page = owner.get(f"/history/test_things/{thing.id}/{line}").text
    assert 'data-field="price"' not in page, "control: a record that has another value was not among them"


def test_a_field_that_is_not_on_the_form_is_not_restored(
        owner: Any, thing: Thing, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = registry().screen_of(Thing)
    line = change(thing, price=200)
    assert "price" in ticks(owner.get(f"/history/test_things/{thing.id}/{line}").text), "control"
    monkeypatch.setattr(screen, "form_fields", [screen.field("label")])
    assert "not on the form" in reason(owner, thing.id, line, "price")
    assert forced(owner, thing, line, "price") == 422


@pytest.mark.parametrize("declared", ["can_restore", "base_permissions"])
def test_a_screen_restores_nothing_where_it_says_so_or_nothing_can_be_edited(
        owner: Any, thing: Thing, monkeypatch: pytest.MonkeyPatch, declared: str) -> None:
    line = change(thing, label="New")
    url = f"/history/test_things/{thing.id}/{line}"
    seen = ticks(owner.get(url).text)
    assert seen, "control"
    monkeypatch.setattr(registry().screen_of(Thing), declared, False if declared == "can_restore" else ["can_view"])
    page = owner.get(url)
    assert page.status_code == 200 and "Old" in page.text and 'name="field"' not in page.text
    assert owner.post(url, data={"field": "label", "seen.label": seen["label"]}).status_code in (403, 404)
    db.session.expire_all()
    assert thing.label == "New"


def test_access_is_not_restored(owner: Any) -> None:
    """Who may do what is given by hand, with one's own password."""
    assert not any(can_restore(registry().screen_named(name)) for name in ("UserScreen", "RoleScreen", "GroupScreen"))
    assert can_restore(registry().screen_named("ProductScreen")), "control"


def test_a_record_that_was_in_the_bin_has_all_of_its_history(owner: Any, thing: Thing) -> None:
    thing_id, line = thing.id, change(thing, label="New", price=200)
    owner.post(f"/test_things/delete/{thing_id}")
    assert owner.get(f"/history/test_things/{thing_id}").status_code == 404
    restore_from_bin(db.session.scalars(select(BinEntry)).one())
    db.session.commit()
    told = timeline(owner, thing_id)
    assert [words in told for words in ("Restored", "Deleted", "Edited", "Added")] == [True] * 4
    assert restore(owner, f"/history/test_things/{thing_id}/{line}").status_code == 302
    found = db.session.get(Thing, thing_id, populate_existing=True)
    assert found is not None and (found.label, found.price) == ("Old", 100)
