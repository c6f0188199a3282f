"""The checks of a record's history that every screen gets for free; `app.lowcode.contract` runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.core.database import db
from app.lowcode import forms, versions
from app.lowcode.contract import as_sent, check
from app.lowcode.contract_bench import Bench
from app.lowcode.fields import Field
from app.lowcode.history.columns import can_restore
from app.lowcode.history.keeping import keeper_of
from app.lowcode.history.pages import url_of

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

TEXTS = {"text", "long_text"}
TYPED = "7"
"""What most texts take, be they names or codes."""


def _address(bench: Bench, screen: "Screen", record_id: int) -> str:
    with bench.owner.application.test_request_context():
        return url_of(screen, record_id) or ""


def _stored(bench: Bench, screen: "Screen", record_id: int) -> dict[str, Any]:
    record = db.session.get(screen.model, record_id, populate_existing=True)
    with bench.owner.application.test_request_context():
        return versions.plain_values(screen.form_fields, forms.stored_values(screen, record))


def _text_field(screen: "Screen") -> Field | None:
    """A field into which another text can be typed, and of which the whole is kept."""
    return next((field for field in screen.form_fields if field.kind in TEXTS and field.column is not None
                 and not field.info.get("personal")), None)


@check
def the_history_of_a_record_opens(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    db.session.commit()
    page = bench.owner.get(f"{screen.route_base}/show/{record_id}").text
    if keeper_of(screen.model) is None:
        assert "data-history" not in page, "a record of which no history is kept offers one"
        return
    url = _address(bench, screen, record_id)
    assert f'data-history="{url}"' in page, "the record's page does not lead to its history"
    part = bench.owner.get(f"{url}?part=1")
    assert part.status_code == 200 and "timeline-mark" in part.json["html"], "that it was added is not told"
    assert bench.owner.get(url).status_code == 200
    assert bench.nobody.get(url).status_code == 403 and bench.stranger.get(url).status_code == 302


@check
def what_was_typed_stands_in_the_history_and_can_be_taken_back(bench: Bench, screen: "Screen") -> None:
    field = _text_field(screen)
    if not can_restore(screen) or field is None:
        return
    record = bench.rows(screen, 1)[0]
    record_id, sent = record.id, as_sent(bench, screen, record)
    db.session.commit()
    before = _stored(bench, screen, record_id)
    answer = bench.owner.post(f"{screen.route_base}/edit/{record_id}", data=sent | {field.path: [TYPED]})
    if answer.status_code != 302:
        return  # a rule of the screen wants another kind of text
    after = _stored(bench, screen, record_id)
    url = _address(bench, screen, record_id)
    newest = bench.owner.get(f"{url}?part=1").json["html"].split("<li>")[1]
    assert f"<ins>{TYPED}</ins>" in newest, f"what was typed into {field.path} does not stand in the history"
    back = re.search(rf'href="({url}/\d+)"', newest)
    assert back is not None, "the change cannot be taken back"
    seen = re.search(rf'name="seen\.{field.path}" value="([^"]+)"', bench.owner.get(back[1]).text)
    assert seen is not None, f"{field.path} is not offered for restoring"
    wanted = {"field": field.path, f"seen.{field.path}": seen[1]}
    assert bench.nobody.post(back[1], data=wanted).status_code == 403
    assert _stored(bench, screen, record_id) == after
    answer = bench.owner.post(back[1], data=wanted)
    assert answer.status_code == 302, f"restoring {field.path} was refused: {answer.status_code}"
    assert _stored(bench, screen, record_id)[field.path] == before[field.path]
