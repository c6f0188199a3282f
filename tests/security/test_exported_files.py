"""Files that a worker made of a list: for whoever asked alone, with the rights they have then, and masked for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select, update

from app.core import jobs
from app.core.db import db
from app.core.jobs import LaterJob, LaterState
from app.lowcode import export
from app.lowcode.list_files.models import ListFile
from tests.factories import make_member
from tests.support.client import Client, client_of

PHONE = "13812345671"


@pytest.fixture(autouse=True)
def _everything_is_made_by_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "WHILE_WAITING", {"csv": 0, "xlsx": 0})


@pytest.fixture
def people(app: Flask, make_role: Callable[..., Role], make_user: Callable[..., User]) -> dict[str, Client]:
    """Kai sees telephone numbers whole, Ola sees them masked; both may export members."""
    make_member(phone=PHONE)
    db.session.commit()
    rights = ["can_view:MemberScreen", "can_export:MemberScreen"]
    found = {}
    for name, more in {"kai": ["can_reveal:MemberScreen"], "ola": []}.items():
        make_user(name, make_role(name, *rights, *more))
        found[name] = client_of(app)
        found[name].sign_in(name)
    return found


def made(client: Client) -> str:
    """Export the members and let the file be made; its address."""
    assert client.post("/members/export/csv", data={"columns": "all"}).status_code == 302
    jobs.run_due()
    found = re.search(r'href="(/exports/[^"]+)"', client.get("/tray/").text)
    assert found is not None
    return found.group(1)


def take_the_right(name: str) -> None:
    role = db.session.scalars(select(Role).where(Role.name == name)).one()
    role.permissions = [pair for pair in role.permissions if pair.permission.name != "can_export"]
    db.session.commit()


def state() -> tuple[LaterState, int]:
    db.session.expire_all()
    work = db.session.scalars(select(LaterJob)).one()
    return work.state, work.attempts


@pytest.mark.both_databases
def test_it_masks_what_the_screen_masks_for_whoever_asked(people: dict[str, Client]) -> None:
    whole = {name: (PHONE in client.get("/members/list/").text, PHONE in client.get(made(client)).text)
             for name, client in people.items()}
    assert whole == {"kai": (True, True), "ola": (False, False)}


def test_the_file_of_another_is_not_found(people: dict[str, Client]) -> None:
    where = made(people["kai"])
    assert people["ola"].get(where).status_code == 404
    assert where not in people["ola"].get("/tray/").text
    ola = db.session.scalar(select(User.id).where(User.username == "ola"))
    db.session.execute(update(ListFile).values(user_id=ola))
    db.session.commit()
    assert people["ola"].get(where).status_code == 200, "the control: it is whose file it is that keeps Ola out"


def test_the_owner_does_not_get_it_either(people: dict[str, Client], as_user: Any) -> None:
    assert as_user("ming").get(made(people["kai"])).status_code == 404


def test_strangers_are_sent_to_the_door(people: dict[str, Client], client: Client) -> None:
    assert client.get(made(people["kai"])).location.startswith("/login/")


def test_whoever_lost_the_right_does_not_get_what_was_made(people: dict[str, Client]) -> None:
    where = made(people["ola"])
    assert people["ola"].get(where).status_code == 200, "the control: with the right it is there"
    take_the_right("ola")
    assert people["ola"].get(where).status_code == 403


def test_whoever_lost_the_right_meanwhile_has_nothing_made(people: dict[str, Client]) -> None:
    people["ola"].post("/members/export/csv")
    take_the_right("ola")
    jobs.run_due()
    assert state() == (LaterState.failed, 1)
    assert "no longer allowed to export" in people["ola"].get("/tray/").text
    assert db.session.scalars(select(ListFile)).one().byte_count is None


def test_whoever_was_shut_out_has_nothing_made(people: dict[str, Client]) -> None:
    people["ola"].post("/members/export/csv")
    db.session.execute(update(User).where(User.username == "ola").values(active=False))
    jobs.run_due()
    assert state() == (LaterState.failed, 1)


def test_trying_again_gives_no_right_back(people: dict[str, Client]) -> None:
    people["ola"].post("/members/export/csv")
    number = db.session.scalars(select(LaterJob.id)).one()
    people["ola"].post(f"/tray/{number}/cancel")
    take_the_right("ola")
    people["ola"].post(f"/tray/{number}/retry")
    jobs.run_due()
    assert state()[0] is LaterState.failed


@pytest.mark.parametrize("step", ["cancel", "retry", "dismiss"])
def test_nobody_has_a_hand_in_the_work_of_another(people: dict[str, Client], step: str) -> None:
    people["kai"].post("/members/export/csv")
    number = db.session.scalars(select(LaterJob.id)).one()
    assert people["ola"].post(f"/tray/{number}/{step}").status_code == 404
    assert people["ola"].post("/tray/clear").status_code == 302
    assert state() == (LaterState.todo, 0)
    assert people["ola"].get("/tray/state").get_json()["running"] == 0
    assert people["kai"].get("/tray/state").get_json()["running"] == 1


@pytest.mark.parametrize("key", ["x", "..%2f..%2fhoutai.db", "0" * 40 + ".csv"])
def test_a_key_that_is_none_opens_nothing(people: dict[str, Client], key: str) -> None:
    assert people["kai"].get(f"/exports/{key}").status_code == 404


def test_to_change_anything_takes_the_form_token(app: Flask, people: dict[str, Client]) -> None:
    people["kai"].post("/members/export/csv")
    number = db.session.scalars(select(LaterJob.id)).one()
    for path in (f"{number}/cancel", f"{number}/dismiss", f"{number}/retry", "clear", "told"):
        assert people["kai"].post(f"/tray/{path}", csrf=False).status_code == 400
        assert people["kai"].get(f"/tray/{path}").status_code == 405
