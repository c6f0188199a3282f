"""Programs that say which version of a record they mean overwrite nothing; those that do not write as ever."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from tests.lowcode.shelf import Label, make_thing
from tests.lowcode.test_versions import OPENED_AT, change, thing_of
from tests.lowcode.test_versions_raced import PATIENCE, Race
from tests.support.client import Client


@pytest.fixture
def ming(as_user: Any) -> Client:
    signed_in: Client = as_user("ming")
    return signed_in


@pytest.mark.both_databases
def test_a_program_that_names_its_version_overwrites_nothing(app: Flask, ming: Client, count_queries: Any) -> None:
    thing_id = make_thing(1, labels=[Label(name="red")], seen_at=OPENED_AT, weight=Decimal("1.25")).id
    url = f"/api/v1/test_things/{thing_id}"
    seen = ming.get(url).headers["ETag"]
    assert ming.get(url).headers["ETag"] == seen
    changed = ming.put(url, json={"label": "First"}, headers={"If-Match": seen})
    assert changed.status_code == 200 and changed.headers["ETag"] not in ("", seen)
    late = ming.put(url, json={"label": "Second"}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert late.json["code"] == "changed_meanwhile" and late.json["message"] and late.json["fields"] == {}
    assert thing_of(thing_id).label == "First"
    new = changed.headers["ETag"]
    assert ming.get(url).headers["ETag"] == new
    many = ming.put(url, json={"label": "Third"}, headers={"If-Match": f'"zz", {new}'})
    assert many.status_code == 200
    assert ming.delete(url, headers={"If-Match": new}).status_code == 412
    assert ming.put(url, json={"label": "Any"}, headers={"If-Match": "*"}).status_code == 200
    assert ming.delete(url, headers={"If-Match": ming.get(url).headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("given", ["", "nonsense", 'W/"x"', '"', '"' + "x" * 9000 + '"'])
def test_what_is_no_version_matches_none(app: Flask, ming: Client, given: str) -> None:
    thing_id = make_thing(1).id
    answer = ming.put(f"/api/v1/test_things/{thing_id}", json={"label": "Mine"}, headers={"If-Match": given})
    assert answer.status_code == 412 and thing_of(thing_id).label == "Thing 1"


def test_a_program_without_a_version_writes_as_ever(app: Flask, ming: Client) -> None:
    thing_id = make_thing(1).id
    ming.get(f"/api/v1/test_things/{thing_id}")
    change(thing_id, label="Theirs")
    assert ming.put(f"/api/v1/test_things/{thing_id}", json={"label": "Mine"}).status_code == 200


@pytest.mark.both_databases
def test_of_two_programs_with_one_version_the_second_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    thing_id = make_thing(1).id
    db.session.commit()
    race = Race(app, thing_id, monkeypatch)
    url = f"/api/v1/test_things/{race.thing_id}"
    etag = race.clients["first"].get(url).headers["ETag"]
    answers: dict[str, int] = {}

    def put(word: str) -> None:
        with race.app.app_context():
            answer = race.clients[word].put(url, json={"label": word}, headers={"If-Match": etag})
            answers[word] = answer.status_code
            db.session.remove()

    first = threading.Thread(target=put, args=("first",))
    first.start()
    assert race.inside.wait(PATIENCE)
    second = threading.Thread(target=put, args=("second",))
    second.start()
    second.join(0.6)
    assert second.is_alive(), "the second did not wait"
    race.go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert answers == {"first": 200, "second": 412}
