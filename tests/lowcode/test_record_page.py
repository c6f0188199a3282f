"""The page of a record leaves out what is not known, and its related lists fit beside it; cards say what a row says."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.core.bin import BinEntry
from app.core.db import db
from app.lowcode.table import record_table
from tests import factories


def test_empty_facts_are_marked_and_counted(as_user: Any) -> None:
    member = factories.make_member(nickname="Mei", birthday=None, avatar=None)
    db.session.commit()
    page = as_user("ming").get(f"/members/show/{member.id}").text
    count = int(re.search(r"Show empty fields \((\d+)\)", page)[1])  # type: ignore[index]
    assert count >= 3 and page.count('class="is-empty"') == count
    assert "No" in page and page.index("facts-of") < page.index("data-empties")


def test_a_page_without_empty_facts_offers_none(as_user: Any) -> None:
    tag = factories.make_member_tag(name="Regular", description="Comes every week")
    db.session.commit()
    assert "data-empties" not in as_user("ming").get(f"/member_tags/show/{tag.id}").text


def test_a_members_page_lists_their_reviews(as_user: Any) -> None:
    member, product = factories.make_member(nickname="Mei"), factories.make_product(name="Teapot")
    factories.make_review(member=member, product=product, content="Pours well")
    db.session.commit()
    page = as_user("ming").get(f"/members/show/{member.id}").text
    related = page[page.index('id="related-ProductReviewScreen"'):]
    assert "Pours well" in related and "Teapot" in related


def test_a_phone_shows_the_first_action_where_nothing_can_be_edited(as_user: Any) -> None:
    client = as_user("ming")
    tag = factories.make_member_tag()
    db.session.commit()
    client.post(f"/member_tags/delete/{tag.id}")
    entry = db.session.scalars(select(BinEntry)).one()
    page = client.get(f"/bin_entries/show/{entry.id}").text
    buttons = re.findall(r'<button class="([^"]+)" formaction="[^"]*/action/restore/', page)
    assert buttons == ["btn"], "once, and at every width"


def column(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "label": name, "kind": kind, "sort_url": None, "sorted": "", "align": "start"}


def test_a_card_shows_the_text_that_its_row_is_about() -> None:
    columns = [column("stars", "computed"), column("content", "long_text"), column("product", "reference"),
               column("note", "long_text")]
    rows = [{"id": 1, "url": None, "cells": ("5", "Pours well", "Teapot", "x")}]
    table = record_table(columns, rows)
    assert '<td class="body" data-label="content">Pours well' in table
    assert '<td class="more" data-label="note">' in table
