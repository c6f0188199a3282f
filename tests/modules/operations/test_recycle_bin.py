"""The recycle bin and what messages offer to take back, on screens."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core import clock, jobs
from app.core.bin import BinEntry
from app.core.db import db
from app.modules.catalog.models import Brand, Product
from app.modules.operations.bin_screen import empty_recycle_bin
from tests.factories import make_brand, make_product

pytestmark = pytest.mark.both_databases


def undo_form(page: str) -> tuple[str, dict[str, list[str]]]:
    """Where the way back in a message leads, and what it sends."""
    found = re.search(r'<div class="toast-text">.*?<form method="post" action="([^"]+)">(.*?)</form>', page, re.S)
    assert found, "the message offers no way back"
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found[2]):
        fields.setdefault(name, []).append(html.unescape(value))
    return html.unescape(found[1]), fields


def press_undo(client: Any, page: str) -> Any:
    address, fields = undo_form(page)
    fields.pop("csrf_token", None)
    return client.post(address, data=fields, follow_redirects=True)


def test_what_was_deleted_is_brought_back_from_the_message(as_user: Any) -> None:
    ming, brand_id = as_user("ming"), make_brand(name="West Lake").id
    db.session.commit()
    page = ming.post(f"/brands/delete/{brand_id}", follow_redirects=True).text
    db.session.expire_all()
    assert db.session.get(Brand, brand_id) is None
    after = press_undo(ming, page)
    assert "West Lake" in after.text and after.request.path == f"/brands/show/{brand_id}"
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 0


def test_an_action_is_taken_back_for_the_rows_that_it_changed(as_user: Any) -> None:
    ming, old, new = as_user("ming"), make_product(is_new=True), make_product()
    db.session.commit()
    ids = [old.id, new.id]
    page = ming.post("/products/action", data={"action": "mark_new", "rowid": ids}, follow_redirects=True).text
    _address, fields = undo_form(page)
    assert fields["rowid"] == [str(new.id)], "the other one was new before"
    press_undo(ming, page)
    db.session.expire_all()
    assert [db.session.get_one(Product, each).is_new for each in ids] == [True, False]


def test_taking_back_is_offered_to_whom_the_other_button_is(as_user: Any) -> None:
    lin, product = as_user("lin"), make_product()
    db.session.commit()
    answer = lin.post("/products/action", data={"action": "delist_products", "rowid": [product.id]})
    assert answer.status_code in (302, 403)
    db.session.expire_all()
    assert db.session.get_one(Product, product.id).is_listed, "undoing gives no right that the buttons do not give"


def test_the_bin_shows_what_its_reader_might_have_deleted(as_user: Any) -> None:
    ming, lin, brand = as_user("ming"), as_user("lin"), make_brand(name="Dragon Well")
    db.session.commit()
    ming.post(f"/brands/delete/{brand.id}")
    assert "Dragon Well" in ming.get("/bin_entries/list/").text
    assert "Dragon Well" not in lin.get("/bin_entries/list/", follow_redirects=True).text
    entry = db.session.scalars(select(BinEntry)).one()
    assert lin.post(f"/bin_entries/action/restore/{entry.id}").status_code in (302, 403, 404)
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 1


def test_what_cannot_come_back_says_why_and_stays(as_user: Any) -> None:
    ming, brand = as_user("ming"), make_brand(name="West Lake")
    db.session.commit()
    page = ming.post(f"/brands/delete/{brand.id}", follow_redirects=True).text
    make_brand(name="West Lake")
    db.session.commit()
    assert "cannot be restored" in press_undo(ming, page).text
    assert db.session.scalar(select(func.count()).select_from(BinEntry)) == 1


def test_the_bin_is_emptied_by_age(app: Any, as_user: Any) -> None:
    ming, brand = as_user("ming"), make_brand()
    db.session.commit()
    ming.post(f"/brands/delete/{brand.id}")
    assert empty_recycle_bin() == 0
    clock.set(clock.now() + timedelta(days=31))
    assert empty_recycle_bin() == 1
    assert jobs.registered()["empty_recycle_bin"] is not None
