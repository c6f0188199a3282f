"""Reading the trail: in words, masked where it is about people, by those who may."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from PIL import Image
from sqlalchemy import select

from app.core.actor import Actor
from app.core.actor_words import COMMANDS, actor_text
from app.core.db import db
from app.core.events import Audited, publish
from app.core.files import store_bytes
from app.core.i18n import gettext, lazy, number_text
from app.lowcode import differences
from app.modules.audit import values, words
from app.modules.audit.masking import is_personal, mask, masked
from app.modules.audit.models import AuditAction, AuditLine
from tests import factories
from tests.example.suppliers.models import Supplier
from tests.security.conftest import request_of
from tests.support.cast import user


@pytest.mark.parametrize("value, shown", [
    ("13812345678", "138****5678"), ("+86 138 1234 5678", "+86****5678"), ("mei@shop.example", "m****@shop.example"),
    ("Mei", "M****"), ("", ""), (None, None), (True, True), ("1234567", "1****"), ("@", "@****"), (13812345678,
                                                                                                   "138****5678"),
])
def test_masking_leaves_enough_to_recognise(value: Any, shown: Any) -> None:
    assert mask(value) == shown


def test_telephones_and_addresses_of_people_are_masked_when_written(app: Flask, lines: Any) -> None:
    member = factories.make_member(phone="13812345678", nickname="Mei")
    db.session.commit()
    member.phone = "13987654321"
    user("hua").email = "hua.new@shop.example"
    db.session.commit()
    told = [line.changes for line in lines(table_name="members")]
    assert told[0]["phone"] == [None, "138****5678"] and told[1]["phone"] == ["138****5678", "139****4321"]
    assert lines(table_name="ab_user")[-1].changes["email"] == ["h****@shop.example", "h****@shop.example"]
    assert "13812345678" not in str(told) and "12345678" not in str(told)


def test_other_values_are_not_masked(app: Flask) -> None:
    assert masked("suppliers", {"name": ["Silk", "Wool"]}) == {"name": ["Silk", "Wool"]}
    assert is_personal("members", "phone") and is_personal("ab_user", "email") and is_personal("orders",
                                                                                               "receiver_phone")
    assert not is_personal("members", "nickname") and not is_personal("nowhere", "phone")


# -- in words -------------------------------------------------------------------------------------------------------


def drawn_picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(out, "PNG")
    return out.getvalue()


def change(table: str, name: str, before: Any, after: Any) -> words.Change:
    line = AuditLine(action=AuditAction.edited, table_name=table, changes={name: [before, after]})
    return words.changes_of(line)[0]


@pytest.mark.parametrize("name, before, after, read", [
    ("status", "active", "paused", ("Status", "Active", "Paused")),
    ("status", "active", "no longer offered", ("Status", "Active", "no longer offered")),
    ("note", None, "x", ("Note", "—", "x")),
    ("gone_column", 1, 2, ("gone_column", "1", "2")),
])
def test_a_change_reads_in_the_words_of_the_screen(app: Flask, name: str, before: Any, after: Any, read: Any) -> None:
    found = change("suppliers", name, before, after)
    assert (found.label, found.before, found.after) == read


@pytest.mark.parametrize("table, name, value, read", [
    ("skus", "price", 129900, "¥1,299.00"), ("ab_user", "active", True, "Yes"), ("ab_user", "active", False, "No"),
    ("ab_user", "password", "•••", "•••"), ("products", "category_id", 7, "No. 7"),
    ("orders", "placed_at", "2026-08-01T04:00:00", "Aug 1, 2026, 12:00"), ("members", "birthday", "2000-02-29",
                                                                           "Feb 29, 2000"),
    ("orders", "placed_at", "not a moment", "not a moment"), ("no_table", "x", {"a": 1}, "a: 1"),
])
def test_values_read_as_on_a_page(app: Flask, table: str, name: str, value: Any, read: str) -> None:
    with app.test_request_context():
        assert values.text_of(table, name, value) == read


@pytest.mark.parametrize("locale, kind, name, read", [
    ("zh", "job", "follow_sale_plans", "定时上下架"), ("en", "job", "follow_sale_plans", "List and delist on time"),
    ("zh", "command", "demo load", "生成演示店铺"), ("zh", "system", "system", "程序"),
    ("zh", "system", "h***", "h***"), ("zh", "staff", "Hua Li", "Hua Li"), ("zh", "member", "demo load", "demo load"),
    ("en", "job", "an_old_job", "A former job: an old job"), ("en", "command", "odd thing", "Command: odd thing"),
    ("en", "import", "litemall", "Import from litemall"), ("zh", None, "follow_sale_plans", "定时上下架"),
    ("zh", None, "Hua Li", "Hua Li"), ("en", None, None, ""),
])
def test_whoever_acted_is_called_as_people_call_them(
        app: Flask, locale: str, kind: str | None, name: str | None, read: str) -> None:
    with force_locale(locale):
        assert actor_text(kind, name) == read


def test_every_command_that_acts_has_words() -> None:
    """Whoever says `Actor.command("…")` in the code has words for it in one place."""
    said = {found for file in Path("app").rglob("*.py") for found in re.findall(
        r'Actor\.command\("([^"{]+)"\)', file.read_text())} - {"name"}
    assert said <= set(COMMANDS), said - set(COMMANDS)


def test_a_line_is_listed_with_its_actor_in_words(as_user: Any) -> None:
    from app.modules.audit import services

    services.write(services.line(
        AuditAction.edited, table="suppliers", record_id=1, title="x", actor=Actor.job("follow_sale_plans")))
    db.session.commit()
    page = as_user("ming").get("/audit/list/?f.actor_kind=job").text
    assert "List and delist on time" in page and "follow_sale_plans" not in page


def test_a_reference_reads_as_its_title_and_leads_there(app: Flask, as_user: Any) -> None:
    category = factories.make_category(name="Teapots")
    db.session.commit()
    line = AuditLine(action=AuditAction.edited, table_name="products", changes={"category_id": [10**6, category.id]})
    with request_of(app, as_user("ming")):
        [found] = words.changes_of(line)
        assert found.before == "No. 1000000" and found.text == "Teapots"
        assert f'href="/categories/show/{category.id}"' in found.after and "Teapots" in found.after
    with request_of(app, as_user("lin")):
        assert words.changes_of(line)[0].after == "Teapots"


def test_titles_of_a_whole_history_are_asked_for_at_once(app: Flask, as_user: Any, count_queries: Any) -> None:
    from app.modules.audit import services

    made = [factories.make_category(name=f"Shelf {number}") for number in range(12)]
    for category in made:
        services.write(services.line(AuditAction.edited, table="products", record_id=5, title="x", changes={
            "category_id": [None, category.id]}))
    db.session.commit()
    owner = as_user("ming")
    page = owner.get("/audit/list/").text
    assert all(f"Shelf {number}" in page for number in range(12))
    with count_queries() as queries:
        owner.get("/audit/list/")
    assert len(queries) <= 7, queries


def test_formatted_text_reads_as_text_and_shows_what_differs(app: Flask) -> None:
    found = change("products", "description", "<p>Fine <b>green</b> tea &amp; more, from the hills of Hangzhou</p>",
                   "<p>Fine <b>black</b> tea &amp; more, from the hills of Hangzhou</p>")
    assert found.difference is not None and "&lt;" not in found.difference and "<b>" not in found.difference
    assert "<del>green</del><ins>black</ins>" in found.difference and "tea &amp; more" in found.difference
    alone = change("products", "description", None, "<p>" + "x" * 400 + "</p>")
    assert alone.difference is None and len(alone.after) == differences.LONGEST and "<p>" not in alone.text


def test_pictures_read_as_pictures(app: Flask) -> None:
    key, other = "0" * 32 + "_10x10.jpg", "1" * 32 + "_10x10.jpg"
    found = change("products", "picture", None, key)
    assert "<img" in found.after and f"/files/{key}" in found.after and key not in found.text
    gallery = change("products", "gallery", [key], [key, other])
    assert gallery.gone == [] and len(gallery.come) == 1 and f"/files/{other}" in gallery.come[0]
    assert gallery.text == "+ 1 picture"
    assert "<img" not in change("products", "picture", None, "<script>").after


def test_structured_data_reads_as_pairs_of_what_changed(app: Flask) -> None:
    found = change("products", "source_data", {"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3], "c": None})
    assert (found.before, found.after) == ("b: 1 / 2", "b: 1 / 3 · c: —")
    counts = change("orders", "orders", None, {"added": 3, "left_out": 1})
    assert (counts.label, counts.after) == ("Orders", "Added: 3 · Left out: 1")
    assert change("orders", "refused", None, 0).label == "Rows refused"


def test_an_uploaded_picture_is_no_line_of_its_own(app: Flask, lines: Any) -> None:
    store_bytes(drawn_picture(), "cup.png")
    db.session.commit()
    assert lines(table_name="files") == []


def test_rights_read_as_in_the_table_of_rights(app: Flask) -> None:
    line = AuditLine(action=AuditAction.edited, table_name="ab_role", changes={
        "permissions": [["can delete on SupplierScreen"], ["can_edit on SupplierScreen", "can view on GoneScreen"]]})
    [found] = words.changes_of(line)
    assert found.gone == ["Suppliers: Delete"] and found.come == ["Suppliers: Edit", "GoneScreen: can_view"]


def test_broken_lines_do_not_break_the_page(app: Flask, as_user: Any) -> None:
    from app.modules.audit import services

    for changes in ({"a": None}, {"a": [1]}, {"a": "text"}, {"a": [1, 2, 3]}, {"permissions": [None, ["odd"]]}, {}):
        services.write(services.line(AuditAction.edited, table="no_such_table", title="odd") | {"changes": changes})
    db.session.commit()
    owner = as_user("ming")
    assert owner.get("/audit/list/").status_code == 200
    for line_id in db.session.scalars(select(AuditLine.id).where(AuditLine.title == "odd")):
        assert owner.get(f"/audit/show/{line_id}").status_code == 200


def test_the_list_names_screens_and_new_values(as_user: Any) -> None:
    owner = as_user("ming")
    owner.post("/suppliers/add", data={"name": "Silk & Co", "status": "active"})
    made = db.session.scalars(select(Supplier)).one()
    owner.post(f"/suppliers/edit/{made.id}", data={"name": "Silk & Co", "status": "paused"})
    page = owner.get("/audit/list/?f.table_name=suppliers").text
    assert "Suppliers" in page and "Status: Paused" in page and "Ming Wang" in page


@pytest.mark.parametrize("query, count", [
    ("f.action=edited", 1), ("f.action=added&f.action=edited", 2), ("f.actor_name=Ming", 2), ("f.actor_name=ing", 0),
    ("f.actor_kind=staff", 2), ("f.actor_kind=job", 0), ("f.at.from=2020-01-01", 2), ("f.at.to=2020-01-01", 0),
    ("f.record_id.from=1", 2), ("f.ip=127.0", 2),
])
def test_the_list_is_narrowed_by_filters(as_user: Any, query: str, count: int) -> None:
    owner = as_user("ming")
    owner.post("/suppliers/add", data={"name": "Silk & Co", "status": "active"})
    made = db.session.scalars(select(Supplier)).one()
    owner.post(f"/suppliers/edit/{made.id}", data={"name": "Silk & Co", "status": "paused"})
    page = owner.get(f"/audit/list/?f.table_name=suppliers&{query}").text
    assert page.count('data-url="/audit/show/') == count


def test_the_list_of_a_long_trail_asks_few_questions(as_user: Any, count_queries: Any) -> None:
    from app.modules.audit import services

    for number in range(60):
        services.write(services.line(AuditAction.edited, table="suppliers", record_id=number, title="x", changes={
            "name": ["a", "b"]}))
    db.session.commit()
    owner = as_user("ming")
    owner.get("/audit/list/")
    with count_queries() as queries:
        owner.get("/audit/list/")
    assert len(queries) <= 6, queries


# -- facts that say of themselves that they belong here ---------------------------------------------------------------


@dataclass(frozen=True)
class GateOpened(Audited):
    """A fact of a module that the trail has never heard of."""

    kind_of_record = lazy("Members")
    gate: str
    people_count: int

    def record_name(self) -> str:
        return self.gate

    def in_words(self) -> str:
        return gettext("No. %(number)s", number=number_text(self.people_count))


def test_a_fact_of_any_module_stands_in_the_trail_in_each_readers_words(as_user: Any, lines: Any) -> None:
    publish(GateOpened("North", 1200))
    db.session.commit()
    [line] = lines(table_name="GateOpened")
    assert (line.action, line.title, line.subject, line.summary) == (
        AuditAction.happened, "North", "Members", "No. 1,200")
    with force_locale("zh"):
        assert (line.subject, line.summary) == ("会员", "编号 1,200")
    page = as_user("ming").get(f"/audit/show/{line.id}").text
    assert "No. 1,200" in page and "North" in page


@pytest.mark.parametrize("name, changes", [
    ("FactOfYore", {"gate": [None, "North"]}), ("GateOpened", {"gate": [None, "North"]}),
    ("GateOpened", {"gate": [None, "North"], "people_count": [None, "many"]}),
])
def test_a_fact_that_is_no_more_shows_what_was_kept(as_user: Any, lines: Any, name: str, changes: Any) -> None:
    from app.modules.audit import services

    services.write(services.line(AuditAction.happened, table=name, title="North", changes=changes))
    db.session.commit()
    [line] = lines(table_name=name)
    assert "gate: North" in line.summary
    assert as_user("ming").get("/audit/list/").status_code == 200
