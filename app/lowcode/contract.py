"""The tests that every declared screen gets for free.

`checks()` names them; `tests/test_contract.py` runs each on every screen of every module. They need no knowledge of
the screen: rows are made by `example`, which fills a record from what its columns say, unless the tests know better
(`examples`, model to function). A check takes a `Bench` and fails by assertion, saying what is wrong in words.

    for check in checks():
        check(bench, screen)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask_babel import LazyString
from sqlalchemy import select

from app.core.bin import BinEntry, restore
from app.core.database import db
from app.lowcode.contract_bench import Bench
from app.lowcode.fields import Field
from app.lowcode.listing import MAX_PAGE_SIZE

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

Check = Callable[["Bench", "Screen"], None]
_CHECKS: list[Check] = []


def check(function: Check) -> Check:
    _CHECKS.append(function)
    return function


def checks() -> list[Check]:
    """All checks, in the order in which they are written here."""
    return list(_CHECKS)


def _all_fields(screen: "Screen") -> list[Field]:
    found = {item.path: item for item in [*screen.list_fields, *screen.form_fields, *screen.filter_fields.values()]}
    found |= {item.path: item for _title, _help, fields in screen.show_groups for item in fields}
    return list(found.values())


def _url(screen: "Screen", tail: str) -> str:
    return f"{screen.route_base}/{tail}"


# -- what people read ---------------------------------------------------------------------------------------


@check
def every_column_has_a_label(bench: Bench, screen: "Screen") -> None:
    for item in _all_fields(screen):
        assert isinstance(item.label, LazyString), f"{item.path} has no translatable label, only {item.label!r}"


@check
def title_permissions_and_actions_can_be_translated(bench: Bench, screen: "Screen") -> None:
    assert isinstance(screen.list_title, LazyString), "list_title is not translatable"
    for name, label in type(screen).permission_labels().items():
        assert isinstance(label, LazyString), f"the permission {name} has no translatable words"


@check
def the_screen_says_what_it_is_for(bench: Bench, screen: "Screen") -> None:
    assert screen.list_help or (type(screen).__doc__ or "").strip(), "no docstring: it is the help text of the screen"


# -- pages --------------------------------------------------------------------------------------------------


@check
def an_empty_list_opens(bench: Bench, screen: "Screen") -> None:
    assert bench.owner.get(_url(screen, "list/")).status_code == 200


@check
def a_record_can_be_listed_shown_and_opened_for_editing(bench: Bench, screen: "Screen") -> None:
    record = bench.rows(screen, 1)[0]
    record_id = record.id
    listed = bench.owner.get(_url(screen, "list/"))
    assert listed.status_code == 200, listed.text[:500]
    assert bench.owner.get(_url(screen, f"show/{record_id}")).status_code == 200
    if screen.has_form and "can_edit" in (screen.base_permissions or []):
        assert bench.owner.get(_url(screen, f"edit/{record_id}")).status_code == 200
    if screen.has_form and "can_add" in (screen.base_permissions or []):
        assert bench.owner.get(_url(screen, "add")).status_code == 200


@check
def saving_a_form_unchanged_changes_nothing(bench: Bench, screen: "Screen") -> None:
    if not screen.has_form or "can_edit" not in (screen.base_permissions or []):
        return
    record = bench.rows(screen, 1)[0]
    record_id, before = record.id, {item.path: _stored(record, item) for item in screen.form_fields}
    answer = bench.owner.post(_url(screen, f"edit/{record_id}"), data=as_sent(bench, screen, record))
    assert answer.status_code == 302, f"the form was refused: {answer.status_code} {_errors(answer.text)}"
    db.session.expire_all()
    after = db.session.get(screen.model, record_id)
    assert {item.path: _stored(after, item) for item in screen.form_fields} == before


@check
def a_form_that_sends_no_field_changes_none(bench: Bench, screen: "Screen") -> None:
    if not screen.has_form or "can_edit" not in (screen.base_permissions or []):
        return
    record = bench.rows(screen, 1)[0]
    record_id, before = record.id, {item.path: _stored(record, item) for item in screen.form_fields}
    answer = bench.owner.post(_url(screen, f"edit/{record_id}"), data={"return_to": _url(screen, "list/")})
    assert answer.status_code == 302, f"the form was refused: {answer.status_code} {_errors(answer.text)}"
    db.session.expire_all()
    after = db.session.get(screen.model, record_id)
    assert {item.path: _stored(after, item) for item in screen.form_fields} == before


@check
def what_a_browser_leaves_out_has_a_companion(bench: Bench, screen: "Screen") -> None:
    if not screen.has_form or "can_edit" not in (screen.base_permissions or []):
        return
    page = bench.owner.get(_url(screen, f"edit/{bench.rows(screen, 1)[0].id}")).text
    for item in screen.form_fields:
        if item.kind in {"yes_no", "references"}:
            assert f'<input type="hidden" name="{item.path}" value="">' in page, f"{item.path} cannot be emptied"


def _stored(record: Any, item: Field) -> Any:
    value = getattr(record, item.path)
    if item.kind == "references":
        return sorted(str(one) for one in value)
    return str(value) if item.kind == "reference" else value


def as_sent(bench: Bench, screen: "Screen", record: Any) -> dict[str, list[str]]:
    """What a browser sends of the form of a record in which nothing was touched."""
    from app.lowcode import forms

    sent: dict[str, list[str]] = {}
    with bench.owner.application.test_request_context():
        form = forms.make_form(screen, screen.form_fields)(data=forms.stored_values(screen, record))
        for item in form:
            if item.kind == "yes_no":
                sent[item.name] = ["", *(["1"] if item.data else [])]
            elif item.kind in {"reference", "references"}:
                sent[item.name] = [""] if item.kind == "references" else []
                sent[item.name] += [str(value) for value, _text, _chosen in item.chosen()]
            else:
                sent[item.name] = [str(item.shown())]
    return sent


def _errors(html: str) -> str:
    import re

    return "; ".join(re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]+)<', html))[:400]


@check
def ids_that_are_none_are_not_found(bench: Bench, screen: "Screen") -> None:
    for raw in ("0", "999999999", "99999999999999999999999", "abc", "-1", "1.5", "%00", "１"):
        for page in ("show", "edit"):
            if page == "edit" and (not screen.has_form or "can_edit" not in (screen.base_permissions or [])):
                continue
            status = bench.owner.get(_url(screen, f"{page}/{raw}")).status_code
            assert status == 404, f"{page}/{raw} answered {status}"


@check
def looking_deletes_nothing(bench: Bench, screen: "Screen") -> None:
    record = bench.rows(screen, 1)[0]
    record_id = record.id
    assert bench.owner.get(_url(screen, f"delete/{record_id}")).status_code in (404, 405)
    assert db.session.get(screen.model, record_id) is not None


# -- filters, order, pages ----------------------------------------------------------------------------------


@check
def what_is_deleted_comes_back_as_it_was(bench: Bench, screen: "Screen") -> None:
    if not screen.has_bin or "can_delete" not in (screen.base_permissions or []):
        return
    table, record_id = screen.model.__table__, bench.rows(screen, 1)[0].id
    before = db.session.execute(table.select().where(table.c.id == record_id)).one()
    db.session.commit()
    bench.owner.post(_url(screen, f"delete/{record_id}"))
    entry = db.session.scalar(select(BinEntry).where(BinEntry.table_name == table.name))
    gone = db.session.execute(table.select().where(table.c.id == record_id)).first() is None
    assert gone is (entry is not None), "a refused deletion keeps nothing, another keeps all"
    if entry is None:
        return
    restore(entry)
    db.session.commit()
    after = db.session.execute(table.select().where(table.c.id == record_id)).one()
    lost = {name: (before._mapping[name], after._mapping[name]) for name in before._mapping
            if name != "updated_at" and before._mapping[name] != after._mapping[name]}
    assert not lost, f"it came back with other values: {lost}"


@check
def what_undoes_an_action_is_another_action_of_the_screen(bench: Bench, screen: "Screen") -> None:
    for mark in screen.actions.values():
        if mark.undo is None:
            continue
        reverse = screen.actions.get(mark.undo)
        assert reverse is not None, f"{mark.name} is undone by {mark.undo}, which is no action here"
        assert reverse.many or not mark.many, f"{mark.undo} takes back one row, {mark.name} does many"


def _sample(item: Field) -> dict[str, str]:
    name = f"f.{item.path}"
    if item.kind in {"integer", "decimal", "money"}:
        return {f"{name}.from": "1", f"{name}.to": "1000"}
    if item.kind in {"day", "moment"}:
        return {f"{name}.from": "2026-01-01", f"{name}.to": "2026-12-31"}
    if item.kind == "choice":
        return {name: next(iter(item.info["choices"])).value}
    return {name: {"yes_no": "1", "reference": "1", "references": "1"}.get(item.kind, "a'%_\\")}


@check
def every_filter_works(bench: Bench, screen: "Screen") -> None:
    bench.rows(screen, 2)
    for item in screen.filter_fields.values():
        answer = bench.owner.get(_url(screen, "list/"), query_string=_sample(item))
        assert answer.status_code == 200, f"the filter {item.path} answered {answer.status_code}"


@check
def every_order_works_in_both_directions_and_over_pages(bench: Bench, screen: "Screen") -> None:
    from werkzeug.datastructures import MultiDict

    from app.lowcode.listing import Listing

    ids = sorted(record.id for record in bench.rows(screen, 5))
    for sort in [sign + name for name in screen.order_fields for sign in ("", "-")] or [""]:
        seen: list[int] = []
        place = None
        for _page in range(len(ids) + 40):
            given = {"sort": sort, "size": "2"} | ({"after": place} if place else {})
            rows = Listing(screen, MultiDict({key: value for key, value in given.items() if value})).fetch()
            seen += rows.keys
            if not rows.has_next:
                break
            place = rows.place(-1)
        assert len(seen) == len(set(seen)), f"sorted by {sort or 'default'}, a row came twice"
        assert set(ids) <= set(seen), f"sorted by {sort or 'default'}, a row was missing"


@check
def quick_search_takes_any_text(bench: Bench, screen: "Screen") -> None:
    bench.rows(screen, 1)
    for term in ("a", "ab", "abc", "王小", "'\"%_\\", "x" * 300, "NEAR(", "a OR b", "*"):
        answer = bench.owner.get(_url(screen, "list/"), query_string={"q": term})
        assert answer.status_code == 200, f"searching {term!r} answered {answer.status_code}"


@check
def what_is_not_offered_is_refused(bench: Bench, screen: "Screen") -> None:
    for query in (
        {"f.no_such": "1"},
        {"sort": "no_such"},
        {"sort": "-password"},
        {"size": "0"},
        {"size": "abc"},
        {"size": str(MAX_PAGE_SIZE + 1)},
        {"size": "9" * 30},
        {"after": "nonsense"},
        {"after": "W10"},
    ):
        answer = bench.owner.get(_url(screen, "list/"), query_string=query)
        assert answer.status_code == 400, f"{query} answered {answer.status_code}"


@check
def a_longer_list_asks_no_more_queries(bench: Bench, screen: "Screen") -> None:
    def queries() -> int:
        bench.owner.get(_url(screen, "list/"))
        with bench.count_queries() as seen:
            assert bench.owner.get(_url(screen, "list/")).status_code == 200
        return len(seen)

    bench.rows(screen, 2)
    few = queries()
    bench.rows(screen, 12)
    # What a process reads once a second, such as the shop's settings, may fall into one of the turns.
    many = next((found for found in (queries() for _turn in range(3)) if found <= few), few + 1)
    assert many <= few, f"more than {few} queries, those of a short list, for a longer one"


# -- permissions --------------------------------------------------------------------------------------------


def _doors(screen: "Screen", record_id: int) -> list[tuple[str, str]]:
    """Every address of the screen with its method."""
    found = [
        ("GET", "list/"),
        ("GET", f"show/{record_id}"),
        ("GET", "add"),
        ("POST", "add"),
        ("GET", f"edit/{record_id}"),
        ("POST", f"edit/{record_id}"),
        ("POST", f"delete/{record_id}"),
    ]
    found += [("POST", f"action/{name}/{record_id}") for name in screen.actions]
    columns = [item.path for item in [*screen.form_fields, *screen.filter_fields.values()] if item.target is not None]
    return found + [("GET", f"lookup/{name}") for name in columns]


@check
def strangers_are_sent_to_sign_in(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    for method, tail in _doors(screen, record_id):
        answer = bench.stranger.open(_url(screen, tail), method=method)
        assert answer.status_code in (302, 401), f"{method} {tail} answered a stranger {answer.status_code}"
        if answer.status_code == 302:
            assert "/login/" in answer.headers["Location"]
    assert db.session.get(screen.model, record_id) is not None


@check
def a_record_opens_beside_its_list(bench: Bench, screen: "Screen") -> None:
    if "can_view" not in (screen.base_permissions or []):
        return
    record_id = bench.rows(screen, 1)[0].id
    ours = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
    tails = ["show", "edit"] if screen.has_form and "can_edit" in (screen.base_permissions or []) else ["show"]
    for tail in tails:
        page = bench.owner.get(_url(screen, f"{tail}/{record_id}"), headers=ours)
        assert page.status_code == 200 and 'id="sidebar"' not in page.text and "<h1" in page.text, tail


@check
def staff_without_rights_are_refused(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    for method, tail in _doors(screen, record_id):
        status = bench.nobody.open(_url(screen, tail), method=method).status_code
        assert status == 403, f"{method} {tail} answered {status} to someone without rights"
    many = bench.nobody.post(
        _url(screen, "action"), data={"action": next(iter(screen.actions), "none"), "rowid": [record_id]}
    )
    assert many.status_code in (403, 404)
    assert db.session.get(screen.model, record_id) is not None


# The checks of rights, of the API, of cells, of comments, of the history, of importing, of lists and of saving stand in
# files of their own and are found from here.
from app.lowcode import (  # noqa: E402
    contract_allowed,  # noqa: F401
    contract_api,  # noqa: F401
    contract_comments,  # noqa: F401
    contract_history,  # noqa: F401
    contract_importing,  # noqa: F401
    contract_inline,  # noqa: F401
    contract_lists,  # noqa: F401
    contract_saving,  # noqa: F401
)
