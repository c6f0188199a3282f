"""Who sees a view, who may share one and who may change it; and that nobody sees more by a view than without it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.core.bin import BinEntry
from app.core.db import db
from app.lowcode.saved_views import services
from app.lowcode.saved_views.models import Audience, SavedView
from app.modules.audit.models import AuditLine
from tests.factories import make_order
from tests.lowcode.test_choosing_columns import exported, heads
from tests.support.client import Client, client_of

Maker = Callable[..., Any]


@pytest.fixture
def people(app: Flask, make_role: Maker, make_user: Maker) -> dict[str, Client]:
    """Sha may share; Kai and Ola only look, Kai in the role till; Nan sees no orders."""
    make_order(receiver_phone="13912345678")
    db.session.commit()
    look = make_role("look", "can_view:OrderScreen", "can_export:OrderScreen")
    till = make_role("till", "can_view:OrderScreen")
    share = make_role("share", "can_view:OrderScreen", "can_share:SavedViews")
    found = {}
    for name, roles in {"sha": [share], "kai": [look, till], "ola": [look],
                        "nan": [make_role("none", "can_view:BrandScreen", "can_share:SavedViews")]}.items():
        make_user(name, *roles)
        found[name] = client_of(app)
        found[name].sign_in(name)
    return found


def post(client: Client, what: str, **data: Any) -> Any:
    return client.post(f"/views/OrderScreen/{what}", data=data)


def save(client: Client, name: str = "Big ones", share: str = "private") -> int:
    answer = post(client, "save", query="sort=-total_amount", name=name, share=share)
    assert answer.status_code == 302, answer.text[:300]
    return int(answer.location.rpartition("=")[2])


def tabs(client: Client) -> list[str]:
    page = client.get("/orders/list/").text
    nav = re.search(r"<nav class=\"tabs\".*?</nav>", page, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", words))
            for words in re.findall(r"<a [^>]*>(.*?)</a>", nav[0], re.S)] if nav else []


def role_id(name: str) -> int:
    return int(db.session.scalars(select(Role.id).where(Role.name == name)).one())


@pytest.mark.both_databases
def test_each_view_is_seen_by_those_it_is_for(people: dict[str, Client]) -> None:
    sha = people["sha"]
    save(sha, "Mine")
    save(sha, "For the till", f"role:{role_id('till')}")
    save(sha, "For all", "everyone")
    assert tabs(sha) == ["All", "Mine", "For the till", "For all"]
    assert tabs(people["kai"]) == ["All", "For the till", "For all"]
    assert tabs(people["ola"]) == ["All", "For all"]
    assert people["nan"].get("/orders/list/").status_code == 403


def test_an_address_opens_no_view_of_others(people: dict[str, Client]) -> None:
    mine, till = save(people["sha"]), save(people["sha"], "Till", f"role:{role_id('till')}")
    for name, view, is_open in (("sha", mine, True), ("kai", mine, False), ("kai", till, True), ("ola", till, False)):
        page = people[name].get(f"/orders/list/?view={view}").text
        assert ("not there any more" not in page) is is_open, (name, view)


@pytest.mark.parametrize("share", ["everyone", "role:1"])
def test_sharing_needs_its_permission(people: dict[str, Client], share: str) -> None:
    answer = post(people["kai"], "save", query="sort=-total_amount", name="All of us", share=share)
    assert answer.status_code == 403 and db.session.query(SavedView).count() == 0
    view = save(people["kai"])
    assert post(people["kai"], "change", view=view, name="x", share=share).status_code == 403
    assert "view-share" not in people["kai"].get("/orders/list/?sort=-total_amount").text
    assert "view-share" in people["sha"].get("/orders/list/?sort=-total_amount").text
    assert save(people["sha"], "All of us", share)


def test_without_the_guard_anyone_shares_and_opens_what_is_private(
        people: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: the two questions answered yes."""
    mine = save(people["sha"])
    monkeypatch.setattr(services, "may_share", lambda: True)
    assert save(people["kai"], "All of us", "everyone")
    monkeypatch.setattr(services, "views_of", lambda _who, _screen: [
        services.Kept(view.id, view.screen, view.name, view.audience, view.role_id, view.user_id, view.content)
        for view in db.session.scalars(select(SavedView))])
    assert "not there any more" not in people["kai"].get(f"/orders/list/?view={mine}").text


@pytest.mark.parametrize("share", ["nobody", "role:", "role:x", "role:999999", "role:99999999999999999999"])
def test_a_view_is_shared_with_somebody_there_is(people: dict[str, Client], share: str) -> None:
    answer = post(people["sha"], "save", query="", name="x", share=share)
    assert "not one of the choices" in people["sha"].get(answer.location).text
    assert db.session.query(SavedView).count() == 0


def test_only_who_may_share_changes_a_shared_view(people: dict[str, Client], make_user: Maker, app: Flask) -> None:
    view = save(people["sha"], "For all", "everyone")
    for what, data in (("change", {"name": "Mine now"}), ("save", {"query": "sort=placed_at"}), ("delete", {})):
        assert post(people["kai"], what, view=view, **data).status_code == 403, what
    make_user("sho", db.session.get(Role, role_id("share")))
    sho = client_of(app)
    sho.sign_in("sho")
    assert post(sho, "save", view=view, query=f"view={view}&sort=placed_at").status_code == 302
    assert post(sho, "change", view=view, name="For us all", share="everyone").status_code == 302
    assert tabs(people["kai"]) == ["All", "For us all"]
    assert post(sho, "delete", view=view).status_code == 302
    assert tabs(people["kai"]) == []


def test_nobody_touches_a_private_view_of_another(people: dict[str, Client]) -> None:
    view = save(people["kai"])
    for what in ("change", "save", "delete", "first"):
        for name in ("ola", "sha"):
            assert post(people[name], what, view=view, name="x", query="").status_code == 404, (what, name)
    entry = re.search(r'name="entry" value="(\d+)"', people["kai"].get(post(people["kai"], "delete",
                                                                          view=view).location).text)
    assert entry
    assert post(people["sha"], "restore", entry=entry[1]).status_code == 404
    assert post(people["kai"], "restore", entry=entry[1]).status_code == 302


def test_who_shares_no_more_keeps_or_deletes_what_they_made(people: dict[str, Client]) -> None:
    view = save(people["sha"], "For all", "everyone")
    role = db.session.get(Role, role_id("share"))
    assert role is not None
    role.permissions = [pair for pair in role.permissions if pair.permission.name != "can_share"]
    db.session.commit()
    assert post(people["sha"], "change", view=view, name="x", share="private").status_code == 403
    assert post(people["sha"], "delete", view=view).status_code == 302
    entry = db.session.scalar(select(BinEntry.id))
    assert post(people["sha"], "restore", entry=entry).status_code == 403


def test_a_view_belongs_to_one_list(people: dict[str, Client], as_user: Maker) -> None:
    view = save(as_user("ming"))
    assert as_user("ming").post("/views/BrandScreen/change", data={"view": view, "name": "x"}).status_code == 404
    assert "not there any more" in as_user("ming").get(f"/brands/list/?view={view}").text
    assert as_user("ming").post("/views/NoScreen/save", data={"name": "x"}).status_code == 404


def test_what_happens_to_shared_views_is_in_the_audit_trail(people: dict[str, Client]) -> None:
    sha = people["sha"]
    before = {line.id for line in db.session.scalars(select(AuditLine))}
    view = save(sha)
    post(sha, "change", view=view, name="For all", share="everyone")
    post(sha, "save", view=view, query=f"view={view}&sort=placed_at")
    post(sha, "change", view=view, name="For all", share=f"role:{role_id('till')}")
    post(sha, "change", view=view, name="For all", share="private")
    post(sha, "change", view=view, name="For all", share="everyone")
    post(sha, "delete", view=view)
    lines = [line for line in db.session.scalars(select(AuditLine).order_by(AuditLine.id)) if line.id not in before]
    told = [str(line.changes) for line in lines]
    assert len(lines) == 6, told
    for line, word in zip(told, ("shared", "changed", "changed", "unshared", "shared", "deleted"), strict=True):
        assert f"'{word}'" in line, told


def test_the_trail_tells_it_in_words(people: dict[str, Client], as_user: Maker) -> None:
    save(people["sha"], "For all", "everyone")
    page = as_user("ming").get("/audit/list/", follow_redirects=True).text
    assert "Shared the view (Everyone)" in html.unescape(page) and "Orders: For all" in html.unescape(page)


def test_everyone_chooses_for_themselves(people: dict[str, Client]) -> None:
    view = save(people["sha"], "For all", "everyone")
    standard = heads(people["ola"], "/orders/list/")
    post(people["kai"], "columns", columns=["number", "status"])
    post(people["kai"], "first", view=view)
    assert heads(people["kai"], "/orders/list/?view=all") == ["Order number", "Status"]
    assert heads(people["ola"], "/orders/list/") == standard
    assert 'data-address="' in people["kai"].get("/orders/list/").text
    assert 'data-address="' not in people["ola"].get("/orders/list/").text


def test_what_is_masked_stays_masked(people: dict[str, Client], as_user: Maker) -> None:
    for client, is_masked in ((people["kai"], True), (as_user("ming"), False)):
        post(client, "columns", columns=["number", "receiver_phone"])
        page, file = client.get("/orders/list/").text, exported(client, "/orders", query="")
        assert ("13912345678" not in page) is is_masked
        assert ("13912345678" not in file[1][1]) is is_masked
        assert "5678" in page and "5678" in file[1][1]


def test_a_role_that_is_taken_away_takes_its_views_along(people: dict[str, Client], app: Flask) -> None:
    from tests.support.cast import user

    save(people["sha"], "Till", f"role:{role_id('till')}")
    assert tabs(people["kai"]) == ["All", "Till"]
    kai = user("kai")
    kai.roles = [role for role in kai.roles if role.name != "till"]
    db.session.commit()
    again = client_of(app)
    again.sign_in("kai")
    assert tabs(again) == []


def test_a_view_whose_role_is_gone_is_its_makers_alone(people: dict[str, Client]) -> None:
    save(people["sha"], "Till", f"role:{role_id('till')}")
    db.session.delete(db.session.get(Role, role_id("till")))
    db.session.commit()
    assert tabs(people["sha"]) == ["All", "Till"] and tabs(people["ola"]) == []
    assert db.session.scalars(select(SavedView)).one().audience is Audience.role
