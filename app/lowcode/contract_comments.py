"""The checks of comments that every screen gets for free; `app.lowcode.contract` runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.core.database import db
from app.lowcode.comments.models import Comment
from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

JSON = {"Accept": "application/json"}


@check
def records_can_be_commented_on_by_those_who_see_them(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    url = f"/comments/{type(screen).__name__}/{record_id}"
    page = bench.owner.get(f"{screen.route_base}/show/{record_id}").text
    assert (f'data-comments="{url}"' in page) is screen.with_comments
    written = bench.owner.post(f"{url}/add", data={"text": "Seen by the contract"}, headers=JSON)
    if not screen.with_comments:
        assert written.status_code == 404, "the screen has no comments, but takes one"
        return
    assert written.status_code == 200, written.text[:300]
    comment = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert comment is not None and (comment.table_name, comment.record_id) == (
        screen.model.__tablename__, record_id)
    assert "Seen by the contract" in bench.owner.get(url, headers=JSON).get_json()["html"]
    assert bench.owner.get(url.replace(f"/{record_id}", "/999999999"), headers=JSON).status_code == 404
    for tail, method in (("", "GET"), ("/people", "GET"), ("/read", "POST"), ("/add", "POST"),
                         (f"/change/{comment.id}", "POST"), (f"/delete/{comment.id}", "POST")):
        status = bench.nobody.open(url + tail, method=method, data={"text": "x"}).status_code
        assert status == 403, f"{tail or url} answered {status} to someone without rights"
        assert bench.stranger.open(url + tail, method=method).status_code in (302, 401)
    assert bench.owner.post(f"{url}/delete/{comment.id}", headers=JSON).status_code == 200
