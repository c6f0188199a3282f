"""The checks of others who save in between, that every form gets for free; `app.lowcode.contract` runs them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from app.core.database import db
from app.lowcode import forms, versions
from app.lowcode.contract import as_sent, check
from app.lowcode.contract_bench import Bench
from app.lowcode.fields import Field
from app.lowcode.versions import Opened

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

NOWHERE = 888_888_888


def _has_the_form(screen: "Screen") -> bool:
    """Whether records are edited in the form that is made of the declaration; another page has checks of its own."""
    from app.lowcode.screen import Screen

    return screen.has_form and "can_edit" in (screen.base_permissions or []) and type(screen).edit is Screen.edit


def _edit(screen: "Screen", record_id: int) -> str:
    return f"{screen.route_base}/edit/{record_id}"


def _version_on(page: str) -> str:
    found = re.search(rf'<input type="hidden" name="{versions.NAME}" value="([^"]+)">', page)
    assert found is not None, "the form carries no version of its record"
    return unescape(found[1])


def _now(bench: Bench, screen: "Screen", record_id: int) -> dict[str, Any]:
    record = db.session.get(screen.model, record_id, populate_existing=True)
    with bench.owner.application.test_request_context():
        return versions.plain_values(screen.form_fields, forms.stored_values(screen, record))


@check
def a_form_that_nobody_disturbed_is_saved(bench: Bench, screen: "Screen") -> None:
    if not _has_the_form(screen):
        return
    record = bench.rows(screen, 1)[0]
    record_id, sent = record.id, as_sent(bench, screen, record)
    carried = _version_on(bench.owner.get(_edit(screen, record_id)).text)
    before = _now(bench, screen, record_id)
    answer = bench.owner.post(_edit(screen, record_id), data=sent | {versions.NAME: [carried]})
    assert answer.status_code == 302, f"the form was refused: {answer.status_code}"
    assert _now(bench, screen, record_id) == before


@check
def what_two_changed_is_chosen_between_and_nothing_is_saved_unseen(bench: Bench, screen: "Screen") -> None:
    """As if every field had been another when the form was opened, and this person had typed something else into it."""
    if not _has_the_form(screen):
        return
    record = bench.rows(screen, 1)[0]
    record_id, sent = record.id, as_sent(bench, screen, record)
    before = _now(bench, screen, record_id)
    opened = dict(before)
    met = []
    for field in screen.form_fields:
        other = _other(field, before[field.path])
        if other is not None:
            opened[field.path], sent[field.path] = other
            met.append(field.path)
    if not met:
        return
    with bench.owner.application.test_request_context():
        at = versions.opened_now(record, [], {}).at
        carried = versions.version(screen.model, record_id, Opened(opened, "As it was", at))
    answer = bench.owner.post(_edit(screen, record_id), data=sent | {versions.NAME: [carried]})
    assert answer.status_code == 409, f"what others changed was overwritten: {answer.status_code}"
    for path in met:
        assert answer.text.count(f'name="_keep.{path}"') == 2, f"{path} was changed by both, and there is no choice"
    assert _now(bench, screen, record_id) == before, "something was saved"
    chosen = {f"_keep.{path}": ["theirs"] for path in met}
    answer = bench.owner.post(
        _edit(screen, record_id), data=sent | chosen | {versions.NAME: [_version_on(answer.text)]})
    assert answer.status_code == 302, f"to take theirs was refused: {answer.status_code}"
    assert _now(bench, screen, record_id) == before, "theirs was chosen, and it is another now"


@check
def a_record_deleted_meanwhile_keeps_the_form(bench: Bench, screen: "Screen") -> None:
    if not _has_the_form(screen) or "can_delete" not in (screen.base_permissions or []):
        return
    record = bench.rows(screen, 1)[0]
    record_id, sent = record.id, as_sent(bench, screen, record)
    carried = _version_on(bench.owner.get(_edit(screen, record_id)).text)
    bench.owner.post(f"{screen.route_base}/delete/{record_id}")
    if db.session.get(screen.model, record_id, populate_existing=True) is not None:
        return  # a rule of the screen keeps it
    answer = bench.owner.post(_edit(screen, record_id), data=sent | {versions.NAME: [carried]})
    assert answer.status_code == 409 and _version_on(answer.text) == carried


@check
def the_api_refuses_a_version_that_is_past(bench: Bench, screen: "Screen") -> None:
    if not screen.with_api or not screen.has_form or "can_edit" not in (screen.base_permissions or []):
        return
    from app.lowcode.api import resource_name

    record_id = bench.rows(screen, 1)[0].id
    url = f"/api/v1/{resource_name(screen)}/{record_id}"
    etag = bench.owner.get(url).headers["ETag"]
    late = bench.owner.put(url, json={}, headers={"If-Match": '"another"'})
    assert late.status_code == 412 and late.json["code"] == "changed_meanwhile"
    answer = bench.owner.put(url, json={}, headers={"If-Match": etag})
    assert answer.status_code == 200, f"its own version was refused: {answer.status_code} {answer.text[:200]}"


def _other(field: Field, now: Any) -> tuple[Any, list[str]] | None:
    """A value that a field of this kind was opened with, and what was typed over it; neither is what is stored."""
    if field.kind == "yes_no":
        return None  # what both changed they made the same
    if field.kind == "choice":
        rest = [answer.value for answer in field.info["choices"] if answer.value != now]
        return (rest[0], [rest[1]]) if len(rest) > 1 else None
    kinds: dict[str, tuple[Any, list[str]]] = {
        "reference": (NOWHERE, [str(NOWHERE + 1)]),
        "references": ([NOWHERE], ["", str(NOWHERE + 1)]),
        "integer": (987_651, ["987652"]),
        "money": (987_651, ["9876.52"]),
        "decimal": ("9876.5", ["8765.4"]),
        "day": ("1999-01-01", ["1999-01-02"]),
        "moment": ("1999-01-01T00:00:00", ["1999-01-02T10:00"]),
        "words": (["was"], ["mine"]),
        "pictures": (["was.png"], ['["mine.png"]']),
        "json": ({"was": 1}, ['{"mine": 2}']),
        "rich_text": ("<p>It was like this</p>", ["<p>It is like this</p>"]),
    }
    return kinds.get(field.kind, ("was another", ["what I typed"]))
