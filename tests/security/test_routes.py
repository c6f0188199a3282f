"""Every route of the application, found in its URL map: closed unless a role opens it, and never changed by reading.

A new screen, page, report or API is held to this without being named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.core.db import db
from app.lowcode import access
from app.lowcode.history.columns import can_restore
from app.lowcode.history.keeping import keeper_of
from app.lowcode.importing.naming import can_change_many, name_of, takes_files
from app.lowcode.registry import registry
from app.lowcode.security import csrf
from app.lowcode.security.roles import OWNER
from app.modules.staff import services
from app.roles import STARTERS
from tests import factories
from tests.support.cast import PASSWORD
from tests.support.client import Client, client_of

OPEN_TO_ALL = {
    "static": "style sheets and scripts", "appbuilder.static": "the framework's style sheets and scripts",
    "files.serve": "pictures that the mini program shows to everyone; their names cannot be guessed",
    "SignInView.login": "the door", "SignInView.code": "its second step",
    "SignInView.logout": "to leave is no privilege", "mishap": "an error on purpose, in tests alone",
    "SignInView.preferences": "the door has a language switch", "SignInApi.login": "the door for programs",
}
NEED_A_TOKEN = {"SignInApi.refresh", "SignInApi.logout"}
OPEN_TO_STAFF = {"HomeView.index", "HomeView.waiting", "FindView.search", "FindView.palette", "FindView.pins",
                 "ProfileView.index", "ProfileView.password",
                 "ProfileView.sessions",
                 "ProfileView.end_session", "ProfileView.end_other_sessions", "SecondFactorView.index",
                 "TrayView.index", "TrayView.state", "TrayView.told", "TrayView.cancel", "TrayView.retry",
                 "TrayView.dismiss", "TrayView.clear", "ListFiles.fetch", "Mentions.index", "Mentions.read"}
"""Of these everybody has their own: `tests/security/test_exported_files.py` for work and files, and
`tests/security/test_comments.py` for mentions."""
GONE = {"LocaleView.index", "UtilView.back"}
BY_NAME = {"action", "action_many", "run"}
"""View methods whose permission is the name of the action."""
OPENED_BY_ANY = {"lookup": {"can_view", "can_add", "can_edit"}}
OF_A_SCREEN = {"SavedViews": "SupplierScreen", "RightsView": "SupplierScreen", "Comments": "SupplierScreen"}
"""Views that serve every screen, open to whoever may view it, with the screen by which they are tried here."""
COUNTED_AGAIN = "sales_"
"""Tables of sums that are brought up to date when they are read: they say nothing that the orders do not."""
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class Visit:
    """One way of asking for one route. `needs` are the permissions of which any one opens it."""

    method: str
    path: str
    endpoint: str
    view: str
    needs: frozenset[str]
    form: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def by(self, client: Client, **more: Any) -> Any:
        body: dict[str, Any] = {}
        if self.method in UNSAFE:
            body = {"json": {"ids": [1]}} if self.path.startswith("/api/") else {"data": dict(self.form)}
        return client.open(self.path, method=self.method, **body, **more)


def view_of(app: Flask, endpoint: str) -> Any:
    view = app.view_functions[endpoint]
    return getattr(view, "__self__", None) or getattr(getattr(view, "__wrapped__", None), "__self__", None)


def visits(app: Flask) -> Iterator[Visit]:
    """Every route and method, its gaps filled in; an action's route once for each action."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in {*OPEN_TO_ALL, *OPEN_TO_STAFF, *NEED_A_TOKEN, *GONE, "files.upload"}:
            continue
        view, method_name = view_of(app, rule.endpoint), rule.endpoint.rpartition(".")[2]
        owner = getattr(view, "class_permission_name", None) or type(view).__name__
        owner = OF_A_SCREEN.get(owner, owner)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            if type(view).__name__ == "ImportView":
                for screen in registry().screens():
                    if takes_files(screen):
                        yield Visit(method, fill(rule.rule, screen=name_of(screen)), rule.endpoint,
                                    screen.class_permission_name, frozenset({"can_import"}))
                continue
            if rule.endpoint == "BulkView.act":
                for screen in registry().screens():
                    for mark in screen.actions.values():
                        if mark.many:
                            yield Visit(method, fill(rule.rule, screen=name_of(screen)), rule.endpoint,
                                        screen.class_permission_name, frozenset({f"can_{mark.name}"}),
                                        (("action", mark.name),))
                continue
            if type(view).__name__ == "BulkView":
                for screen in registry().screens():
                    if can_change_many(screen):
                        yield Visit(method, fill(rule.rule, screen=name_of(screen)), rule.endpoint,
                                    screen.class_permission_name, frozenset({"can_edit"}), (("rowid", "1"),))
                continue
            if type(view).__name__ == "HistoryView":
                for screen in registry().screens():
                    if keeper_of(screen.model) is not None and (method == "GET" or can_restore(screen)):
                        yield Visit(method, fill(rule.rule, screen=name_of(screen)), rule.endpoint,
                                    screen.class_permission_name,
                                    frozenset({"can_edit" if method == "POST" else "can_view"}))
                continue
            if method_name in BY_NAME:
                screen = getattr(view, "screen", None) or view
                for action in screen.actions:
                    yield Visit(method, fill(rule.rule, name=action), rule.endpoint, owner,
                                frozenset({f"can_{action}"}),
                                (("action", action), ("rowid", "1")))
                continue
            yield Visit(method, fill(rule.rule), rule.endpoint, owner, needed(view, method_name))


def needed(view: Any, method_name: str) -> frozenset[str]:
    if method_name in OPENED_BY_ANY:
        return frozenset(OPENED_BY_ANY[method_name])
    if type(view).__name__ in OF_A_SCREEN:
        return frozenset({"can_view"})
    method = getattr(view, method_name, None)
    name = getattr(method, "_permission_name", None)
    name = (getattr(view, "method_permission_name", None) or {}).get(method_name, name)
    return frozenset({f"can_{name}"}) if name else frozenset()


def fill(rule: str, **known: str) -> str:
    given = {"version": "v1", "pk": "1", "column": "member", "name": "x", "table": "x",
             "screen": "SupplierScreen"} | known
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda gap: given.get(gap.group(1), "1"), rule)


@pytest.fixture
def filled(app: Flask) -> None:
    """One record for every kind of screen, so that pages have something to show."""
    examples = factories.examples()
    for screen in registry().screens():
        if screen.model in examples and db.session.scalar(select(screen.model).limit(1)) is None:
            examples[screen.model]()
    db.session.commit()


def turned_away(answer: Any) -> bool:
    """Whether an answer sends a stranger to the door."""
    return answer.status_code == 401 or (answer.status_code == 302 and answer.headers["Location"].startswith("/login/"))


# -- default deny ---------------------------------------------------------------------------------------------------


def test_strangers_find_every_door_closed(app: Flask) -> None:
    stranger, seen = client_of(app), 0
    for visit in visits(app):
        assert turned_away(visit.by(stranger)), visit
        seen += 1
    assert seen > 200, "the URL map was not read"
    for endpoint in OPEN_TO_STAFF:
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        method = "GET" if "GET" in rule.methods else "POST"
        assert turned_away(stranger.open(fill(rule.rule), method=method)), endpoint
    for endpoint in NEED_A_TOKEN:
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        assert stranger.post(rule.rule).status_code == 401, endpoint
    assert stranger.post("/files/upload").status_code in {401, 403}


def test_every_route_says_which_permission_opens_it(app: Flask) -> None:
    """A route that this test cannot place is a route nobody has thought about."""
    for visit in visits(app):
        assert visit.needs, f"{visit} ({visit.endpoint}) needs no permission; if that is meant, say so in this file"


def test_staff_without_roles_get_nowhere(app: Flask, as_user: Any) -> None:
    lin = as_user("lin")
    for visit in visits(app):
        assert visit.by(lin).status_code == 403, visit
    assert lin.post("/files/upload").status_code == 403
    assert lin.get("/").status_code == 200


def test_the_matrix_would_notice_an_open_door(app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: with the question always answered yes, hardly anything is refused."""
    monkeypatch.setattr(access, "may", lambda _permission, _view: True)
    lin = as_user("lin")
    refused = [visit for visit in visits(app) if visit.method == "GET" and visit.by(lin).status_code == 403]
    asked = [visit for visit in visits(app) if visit.method == "GET"]
    assert len(refused) < len(asked) / 2


@pytest.mark.parametrize("name", [OWNER, *(starter.name for starter in STARTERS)])
def test_each_role_opens_just_its_own_routes(
        app: Flask, filled: None, make_user: Callable[..., Any], name: str) -> None:
    role = db.session.scalars(select(Role).where(Role.name == name)).one()
    make_user("kai", role)
    allowed = services.pairs_of(role)
    client = client_of(app)
    client.sign_in("kai")
    wrong = []
    for visit in visits(app):
        if visit.method == "DELETE" or "/delete/" in visit.path:
            continue  # see below: what is deleted here would be missing there
        may = any((permission, visit.view) in allowed for permission in visit.needs)
        answer = visit.by(client)
        assert answer.status_code < 500, f"{visit}: {answer.status_code}"
        if may is (answer.status_code == 403) or turned_away(answer):
            wrong.append(f"{visit} {'should open' if may else 'should be closed'}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["auditor", "finance", "operator"])
def test_only_those_who_may_delete_do(app: Flask, filled: None, make_user: Callable[..., Any], name: str) -> None:
    role = db.session.scalars(select(Role).where(Role.name == name)).one()
    make_user("kai", role)
    allowed = services.pairs_of(role)
    client = client_of(app)
    client.sign_in("kai")
    for visit in visits(app):
        if visit.method == "DELETE" or "/delete/" in visit.path:
            may = any((permission, visit.view) in allowed for permission in visit.needs)
            assert (visit.by(client).status_code != 403) is may, visit


# -- reading changes nothing ----------------------------------------------------------------------------------------


def test_nothing_is_changed_by_reading(app: Flask, filled: None, as_user: Any, count_queries: Any) -> None:
    """Every GET of every route, by the owner, writes nothing. On the plain framework GET /…/delete/1 deletes."""
    owner = as_user("ming")
    for visit in visits(app):
        if visit.method != "GET":
            continue
        with count_queries() as queries:
            answer = visit.by(owner)
        writes = [query for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER)", query, re.I)
                  and not re.search(rf"(INTO|UPDATE|FROM) ({COUNTED_AGAIN})", query)]
        assert answer.status_code < 500 and not writes, f"{visit}: {writes}"


@pytest.mark.parametrize("path", ["/logout/", "/profile/sessions/1/end", "/profile/sessions/end-others",
                                  "/preferences"])
def test_what_changes_something_is_not_there_for_reading(as_user: Any, path: str) -> None:
    assert as_user("ming").get(path).status_code in {404, 405}


def test_deleting_and_actions_are_not_there_for_reading(app: Flask, filled: None, as_user: Any) -> None:
    owner = as_user("ming")
    paths = {visit.path for visit in visits(app) if visit.method in UNSAFE and not visit.path.endswith(("/add", "/1"))}
    asked = [path for path in paths if "/delete/" in path or "/action" in path]
    assert len(asked) > 20
    for path in asked:
        assert owner.get(path).status_code in {404, 405}, path


@pytest.mark.parametrize("path", ["/lang/en", "/lang/zh", "/back"])
def test_the_frameworks_ways_of_changing_something_by_reading_are_closed(as_user: Any, path: str) -> None:
    assert as_user("ming").get(path).status_code == 404


# -- no change without the form token -------------------------------------------------------------------------------


def test_every_change_needs_the_form_token(app: Flask, filled: None, as_user: Any, count_queries: Any) -> None:
    """Every POST, PUT, PATCH and DELETE of every route, by the owner's cookie but without the token."""
    owner, seen = as_user("ming"), 0
    for visit in visits(app):
        if visit.method in UNSAFE:
            with count_queries() as queries:
                answer = visit.by(owner, csrf=False)
            assert answer.status_code == 400, f"{visit}: {answer.status_code}"
            assert not [query for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", query, re.I)], visit
            seen += 1
    assert seen > 100
    for path in ("/logout/", "/preferences", "/profile/password", "/files/upload"):
        assert owner.post(path, csrf=False).status_code == 400, path
    # A sign-in page that was open for too long leads to a fresh one.
    again = client_of(app).post("/login/", data={"username": "hua", "password": PASSWORD}, csrf=False)
    assert again.status_code == 302 and again.headers["Location"] == "/login/"


def test_with_the_token_the_same_change_goes_through(app: Flask, as_user: Any) -> None:
    owner = as_user("ming")
    assert owner.post("/api/v1/suppliers/", json={"name": "Silk & Co"}, csrf=False).status_code == 400
    assert owner.post("/api/v1/suppliers/", json={"name": "Silk & Co"}).status_code == 201


def test_without_the_guard_the_change_goes_through(app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    assert as_user("ming").post("/api/v1/suppliers/", json={"name": "Silk & Co"}, csrf=False).status_code == 201


@pytest.mark.parametrize("token", ["", "x", "another session's"])
def test_a_wrong_token_is_as_good_as_none(app: Flask, as_user: Any, token: str) -> None:
    if token == "another session's":
        token = as_user("hua").form_token()
    answer = as_user("ming").post("/suppliers/add", data={"name": "Silk"}, csrf=False, headers={"X-CSRFToken": token})
    assert answer.status_code == 400


def test_the_token_may_stand_in_the_form(as_user: Any) -> None:
    client = as_user("ming")
    data = {"name": "Silk & Co", "status": "active", "csrf_token": client.form_token()}
    assert client.post("/suppliers/add", data=data, csrf=False).status_code == 302


def test_only_the_door_for_programs_trusts_no_cookie(app: Flask) -> None:
    exempt = {endpoint for endpoint, view in app.view_functions.items() if getattr(view, "trusts_no_cookie", False)}
    assert exempt == {"SignInApi.login", "SignInApi.refresh", "SignInApi.logout"}
    assert isinstance(app.extensions["csrf"], csrf.CrossSiteGuard)
    assert not app.extensions["csrf"]._exempt_blueprints, "the framework exempts its APIs; that is not honoured"


def test_an_expired_page_says_so_and_nothing_of_the_program(app: Flask, as_user: Any) -> None:
    page = as_user("ming").post("/suppliers/add", data={"name": "x"}, csrf=False)
    assert page.status_code == 400
    assert "open for too long" in page.text and "Traceback" not in page.text
