"""What every answer tells the browser, and which hosts, proxies and keys are believed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.lowcode.security import check_secret_key, headers
from tests.support.client import Client, client_of
from tests.support.databases import make_app

PAGES = ["/login/", "/", "/suppliers/list/", "/suppliers/add", "/users/list/", "/profile/", "/audit/list/",
         "/no-such-page", "/api/v1/suppliers/"]


def policy(answer: Any) -> dict[str, list[str]]:
    """The content security policy as directive → sources."""
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_may_run_and_who_may_frame_it(as_user: Any, path: str) -> None:
    answer = as_user("ming").get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert not re.search(r"(?i)granian|gunicorn|werkzeug|python", answer.headers.get("Server", ""))
    assert "X-Powered-By" not in answer.headers
    said = policy(answer)
    assert said["default-src"] == ["'self'"] and said["object-src"] == ["'none'"]
    assert said["frame-ancestors"] == ["'none'"]
    assert said["base-uri"] == said["form-action"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "data:"} & set(said["script-src"])
    assert "'unsafe-inline'" not in said["style-src"]


@pytest.mark.parametrize(("dest", "site", "is_ours"), [
    ("iframe", "same-origin", True), ("iframe", "cross-site", False), ("iframe", "same-site", False),
    ("document", "same-origin", False), ("", "", False)])
def test_a_page_may_be_framed_by_pages_of_ours_alone(as_user: Any, dest: str, site: str, is_ours: bool) -> None:
    """What the browser says of a request cannot be said by another site."""
    answer = as_user("ming").get("/orders/list/", headers={"Sec-Fetch-Dest": dest, "Sec-Fetch-Site": site})
    assert policy(answer)["frame-ancestors"] == (["'self'"] if is_ours else ["'none'"])
    assert answer.headers["X-Frame-Options"] == ("SAMEORIGIN" if is_ours else "DENY")
    assert ('id="sidebar"' in answer.text) is not is_ours


def test_each_answer_has_a_nonce_of_its_own(client: Client) -> None:
    nonces = {source for _n in range(5) for source in policy(client.get("/login/"))["script-src"] if "nonce" in source}
    assert len(nonces) == 5


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_scripts_or_styles_of_its_own(as_user: Any, path: str) -> None:
    page = as_user("ming").get(path).text
    for tag in re.findall(r"<(?:script|style)\b[^>]*>", page):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag, tag
    assert not re.findall(r"<[^>]*\son[a-z]+\s*=", page)
    assert "javascript:" not in page.lower()


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_kept_by_nobody(as_user: Any, path: str) -> None:
    answer = as_user("ming").get(path)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]


def test_files_of_the_program_may_be_kept(client: Client) -> None:
    answer = client.get("/static/houtai.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    assert "Set-Cookie" not in answer.headers
    answer.close()


def test_https_once_means_https_always(client: Client) -> None:
    assert "Strict-Transport-Security" not in client.get("/login/").headers
    secure = client.get("/login/", base_url="https://localhost")
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]


def test_no_other_site_is_let_in(client: Client) -> None:
    answer = client.open("/api/v1/suppliers/", method="OPTIONS", headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST"})
    assert not [name for name, _value in answer.headers if name.lower().startswith("access-control-")]


# -- hosts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "localhost.evil.example",
                                  "localhost@evil.example", ""])
@pytest.mark.parametrize("path", ["/login/?next=http://evil.example/", "/suppliers/list/", "/api/v1/suppliers/",
                                  "/nothing"])
def test_a_host_we_do_not_know_is_refused(app: Flask, host: str, path: str) -> None:
    answer = client_of(app).get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text and "evil" not in str(answer.headers)


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080"])
def test_our_own_hosts_are_served(app: Flask, host: str) -> None:
    assert client_of(app).get("/login/", headers={"Host": host}).status_code == 200


def test_without_the_list_any_host_would_be_served(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", None)
    assert client_of(app).get("/login/", headers={"Host": "evil.example"}).status_code == 200


# -- proxies --------------------------------------------------------------------------------------------------------


def seen_address(app: Flask, forwarded: str) -> str | None:
    """Which address the program believes in."""
    from app.lowcode.security.sessions import client_ip

    found: list[str | None] = []

    def look() -> None:
        found.append(client_ip())

    app.before_request_funcs.setdefault(None, []).append(look)
    try:
        client_of(app).get("/login/", headers={"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example"})
    finally:
        app.before_request_funcs[None].remove(look)
    return found[0] if found else None


def test_forwarding_headers_are_not_believed_by_themselves(app: Flask) -> None:
    assert seen_address(app, "6.6.6.6") == "127.0.0.1"


def test_as_many_proxies_are_believed_as_there_are(tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path}/x.db", tmp_path, TRUSTED_PROXIES=1, TRUSTED_HOSTS=["localhost",
                                                                                             "evil.example"])
    with app.app_context():
        assert seen_address(app, "6.6.6.6, 10.0.0.7") == "10.0.0.7"
        db.engine.dispose()


# -- requests and logs ----------------------------------------------------------------------------------------------


def test_every_answer_has_a_number_that_error_pages_repeat(app: Flask, client: Client) -> None:
    answer = client.get("/no-such-page", headers={"X-Request-ID": "forged"})
    number = answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", number)
    assert number in answer.text


def test_an_error_tells_nothing_of_the_program(
        app: Flask, as_user: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from app.lowcode.screen import Screen

    def fail(_self: Any) -> None:
        raise RuntimeError("SELECT password FROM ab_user; /srv/secret_path")

    monkeypatch.setattr(Screen, "list", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.config, "TESTING", False)
    client = as_user("ming")
    for headers_ in ({}, {"Accept": "application/json"}):
        monkeypatch.setitem(app.view_functions, "SupplierScreen.list", lambda: fail(None))
        answer = client.get("/suppliers/list/", headers=headers_)
        assert answer.status_code == 500
        for secret in ("SELECT", "ab_user", "secret_path", "RuntimeError", "Traceback"):
            assert secret not in answer.text
    assert "secret_path" in caplog.text, "the log tells what the page does not"


def test_log_lines_stay_lines() -> None:
    record = headers.OneLineRecord("x", 20, "x.py", 1, "from %s", ("a\r\nb\x1b[31m\x00\u2028c",), None)
    message = record.getMessage()
    assert message == "from a\\r\\nb\\x1b[31m\\x00\\u2028c"
    assert headers.OneLineRecord("x", 20, "x.py", 1, "名字 %s\tok", ("美",), None).getMessage() == "名字 美\tok"


# -- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [
    None, "", "short", "x" * 40, "abcabcabcabcabcabcabcabcabcabcabcabc", "secret" * 8,
    "changeme-changeme-changeme-changeme-1",
    r"\2\1thisismyscretkey\1\2\e\y\y\h" * 2, "development-key-development-key-1234", b"short",
])
def test_a_guessable_secret_key_is_refused(key: object) -> None:
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        check_secret_key(key)


def test_no_application_is_made_with_a_guessable_key(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        make_app(f"sqlite:///{tmp_path}/x.db", tmp_path, SECRET_KEY="changeme" * 5)


def test_a_made_key_is_accepted() -> None:
    import secrets

    check_secret_key(secrets.token_urlsafe(48))
    check_secret_key(secrets.token_bytes(48))


def test_there_is_no_account_but_those_somebody_made(tmp_path: Path) -> None:
    from flask_appbuilder.security.sqla.models import User
    from sqlalchemy import func, select

    from app.core import migrations
    from app.lowcode.access import sync_permissions

    app = make_app(f"sqlite:///{tmp_path}/x.db", tmp_path)
    with app.app_context():
        migrations.upgrade(db.engine)
        sync_permissions()
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
        for name, password in (("admin", "admin"), ("admin", "password"), ("admin", "")):
            assert client_of(app).post(
                "/api/v1/security/login", json={"username": name, "password": password},
                csrf=False).status_code in {400, 401}
        db.session.remove()
        db.engine.dispose()
