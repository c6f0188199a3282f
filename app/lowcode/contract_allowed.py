"""The checks of “why can't I?” that every screen gets for free: for each action a reason in words."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from app.lowcode.allowed import why_not_allowed
from app.lowcode.contract import check
from app.lowcode.contract_bench import Bench

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def _page(screen: "Screen", tail: str = "") -> str:
    return f"/rights/{type(screen).__name__}{tail}"


@check
def what_one_may_do_is_told_of_every_action(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    labels = [str(mark.label) for mark in screen.actions.values()]
    for tail in ("", f"/{record_id}", "?part"):
        answer = bench.owner.get(_page(screen, tail))
        assert answer.status_code == 200, f"{tail} answered {answer.status_code}"
        told = html.unescape(answer.text)
        missing = [label for label in [*labels, "View", "Delete"] if f"<strong>{label}</strong>" not in told]
        assert not missing, f"nothing is told of {missing}"
        assert told.count('class="may') == told.count('class="rights-text"')


@check
def every_permission_that_is_missing_is_named_with_whoever_can_give_it(bench: Bench, screen: "Screen") -> None:
    labels = type(screen).permission_labels()
    with bench.owner.application.test_request_context():
        for name in screen.base_permissions or []:
            why = why_not_allowed(screen, name.removeprefix("can_"))
            assert why and f"“{labels[name]}”" in why[0], f"nobody learns why they may not {name}"
            assert "can give it to you" in why[-1]


@check
def a_record_tells_what_hinders_each_action(bench: Bench, screen: "Screen") -> None:
    record = bench.rows(screen, 1)[0]
    record_id = record.id
    reasons = [mark.why_not(record) for mark in screen.actions.values() if mark.why_not is not None]
    hindered = [mark for mark in screen.actions.values() if mark.why_not is not None and mark.why_not(record)]
    assert all(reason is None or str(reason).strip() for reason in reasons), "a reason without words"
    told = html.unescape(bench.owner.get(_page(screen, f"/{record_id}")).text)
    page = html.unescape(bench.owner.get(f"{screen.route_base}/show/{record_id}").text)
    for mark in hindered:
        assert mark.why_not is not None
        reason = str(mark.why_not(record))
        assert reason in told, f"{mark.name} does not say why not"
        if mark.one:
            button = f'aria-describedby="why-item-{mark.name}"' in page or f'aria-describedby="why-{mark.name}"' in page
            assert button and reason in page, f"the button {mark.name} does not say why not"


@check
def what_one_may_do_is_told_to_those_who_may_look(bench: Bench, screen: "Screen") -> None:
    record_id = bench.rows(screen, 1)[0].id
    for tail in ("", f"/{record_id}"):
        assert bench.stranger.get(_page(screen, tail)).status_code in (302, 401)
        assert bench.nobody.get(_page(screen, tail)).status_code == 403
    assert bench.owner.get(_page(screen, "/999999999")).status_code == 404
