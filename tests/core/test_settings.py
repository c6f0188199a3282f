"""Settings: what the shop changes itself is checked, audited, and seen everywhere within a second."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from app.core import clock, events, settings
from app.core.changes import RecordChanged
from app.core.columns import Choice
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.settings import FRESH_SECONDS, Settings, StoredSetting, change, forget, reset, setting

pytestmark = pytest.mark.both_databases


class Carrier(Choice):
    post = "post", "Post"
    bike = "bike", "Bicycle"


class ParcelSettings(Settings):
    """How parcels leave the house."""

    label = "Parcels"
    days_to_ship: int = setting(3, "Days to ship", min=1, max=30)
    carrier: Carrier = setting(Carrier.post, "Carrier")
    on_sundays: bool = setting(False, "Also on Sundays")
    free_from: int = setting(9900, "Free from", kind="money")
    hotline: str = setting("", "Hotline", kind="phone")
    greeting: str = setting("Thank you", "Greeting", size=20)


@pytest.fixture(autouse=True)
def parcels(app, monkeypatch):
    monkeypatch.setattr(settings, "_groups", {})
    settings.register(ParcelSettings)
    forget()
    yield
    forget()


def test_an_unchanged_setting_has_its_default():
    assert ParcelSettings.days_to_ship == 3
    assert ParcelSettings.carrier is Carrier.post


def test_a_group_is_named_after_its_class_unless_it_says_otherwise():
    class SecondHandSettings(Settings):
        label = "Second hand"

    class OtherSettings(Settings):
        name = "named"
        label = "Named"

    assert (ParcelSettings.name, SecondHandSettings.name, OtherSettings.name) == ("parcel", "second_hand", "named")


@pytest.mark.parametrize(("name", "value"), [
    ("days_to_ship", 1), ("days_to_ship", 30), ("carrier", Carrier.bike), ("on_sundays", True), ("free_from", 0),
    ("hotline", "400 800 1234"), ("greeting", "谢谢惠顾"),
])
def test_a_change_counts_at_once_where_it_was_made(name, value):
    assert change(ParcelSettings, {name: value}) == [name]
    db.session.commit()
    assert getattr(ParcelSettings, name) == value


def test_a_change_counts_only_once_it_is_committed():
    change(ParcelSettings, {"days_to_ship": 5})
    assert ParcelSettings.days_to_ship == 3
    db.session.rollback()
    assert ParcelSettings.days_to_ship == 3


def test_a_change_inside_a_savepoint_counts_at_the_commit():
    with db.session.begin_nested():
        change(ParcelSettings, {"days_to_ship": 5})
    assert ParcelSettings.days_to_ship == 3
    db.session.commit()
    assert ParcelSettings.days_to_ship == 5


@pytest.mark.parametrize(("name", "value"), [
    ("days_to_ship", 0), ("days_to_ship", 31), ("days_to_ship", "5"), ("days_to_ship", True), ("days_to_ship", None),
    ("carrier", "bike"), ("on_sundays", 1), ("free_from", -1), ("free_from", 1.5), ("hotline", "call me"),
    ("greeting", "x" * 21), ("greeting", ""), ("greeting", "a\x00b"), ("no_such", 1),
])
def test_values_that_are_not_allowed_are_refused_by_name_and_nothing_changes(name, value):
    good = {"days_to_ship": 9} if name != "days_to_ship" else {"on_sundays": True}
    with pytest.raises(InvalidInput) as refused:
        change(ParcelSettings, {**good, name: value})
    assert list(refused.value.fields) == [name]
    db.session.commit()
    assert db.session.scalars(select(StoredSetting)).all() == []


def test_back_to_the_default_forgets_the_choice():
    change(ParcelSettings, {"days_to_ship": 5, "on_sundays": True})
    db.session.commit()
    assert reset(ParcelSettings, "days_to_ship") == ["days_to_ship"]
    db.session.commit()
    assert (ParcelSettings.days_to_ship, ParcelSettings.on_sundays) == (3, True)
    assert reset(ParcelSettings) == ["on_sundays"]
    assert change(ParcelSettings, {"days_to_ship": 3}) == []
    with pytest.raises(InvalidInput):
        reset(ParcelSettings, "no_such")


def test_every_change_is_told_with_the_value_before_and_after():
    heard = []

    @events.on(RecordChanged)
    def listen(fact):
        heard.append((fact.action, fact.title, fact.changes.get("value")))

    events.subscribe(listen)
    try:
        for days in (5, 7, 3):
            change(ParcelSettings, {"days_to_ship": days})
            db.session.commit()
    finally:
        events.unsubscribe(listen)
    assert heard == [("added", "parcel.days_to_ship", [None, 5]), ("edited", "parcel.days_to_ship", [5, 7]),
                     ("deleted", "parcel.days_to_ship", None)]


def test_another_process_sees_a_change_within_a_second(monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: seconds[0])
    assert ParcelSettings.days_to_ship == 3
    with db.engine.begin() as elsewhere:
        elsewhere.execute(insert(StoredSetting).values(key="parcel.days_to_ship", value=8))
    seconds[0] += FRESH_SECONDS - 0.01
    assert ParcelSettings.days_to_ship == 3
    seconds[0] += 0.02
    assert ParcelSettings.days_to_ship == 8
    with db.engine.begin() as elsewhere:
        elsewhere.execute(update(StoredSetting).values(value=9))
    seconds[0] += FRESH_SECONDS + 0.01
    assert ParcelSettings.days_to_ship == 9


def test_reading_costs_no_query_while_the_values_are_fresh(monkeypatch):
    assert ParcelSettings.days_to_ship == 3
    monkeypatch.setattr(settings, "_read", lambda: pytest.fail("the database was asked"))
    monkeypatch.setattr(clock, "monotonic", lambda: settings._cache().read_at + 0.5)
    assert ParcelSettings.days_to_ship == 3


def test_a_change_committed_while_the_values_are_read_is_not_lost(monkeypatch):
    honest = settings._read

    def slow_read():
        rows = list(honest())
        monkeypatch.setattr(settings, "_read", honest)
        change(ParcelSettings, {"days_to_ship": 5})
        db.session.commit()
        return rows

    monkeypatch.setattr(settings, "_read", slow_read)
    assert ParcelSettings.days_to_ship == 3
    assert ParcelSettings.days_to_ship == 5


@pytest.mark.parametrize(("key", "value"), [
    ("parcel.days_to_ship", 99), ("parcel.days_to_ship", "many"), ("parcel.carrier", "pigeon"), ("parcel.gone", 1),
    ("gone.days", 1), ("nonsense", 1),
])
def test_a_stored_value_that_is_no_longer_allowed_gives_way_to_the_default(key, value):
    with db.engine.begin() as elsewhere:
        elsewhere.execute(insert(StoredSetting).values(key=key, value=value))
    forget()
    assert (ParcelSettings.days_to_ship, ParcelSettings.carrier) == (3, Carrier.post)


def test_the_rules_hold_for_whoever_saves_the_row():
    db.session.add(StoredSetting(key="parcel.days_to_ship", value=99))
    with pytest.raises(InvalidInput):
        db.session.flush()
    db.session.rollback()
    db.session.add(StoredSetting(key="parcel.no_such", value=1))
    with pytest.raises(InvalidInput):
        db.session.flush()
    db.session.rollback()


def test_two_groups_cannot_share_a_name():
    class Other(Settings):
        name = "parcel"
        label = "Other"

    with pytest.raises(ValueError, match="share the name"):
        settings.register(Other)
    settings.register(ParcelSettings)
    assert settings.groups() == [ParcelSettings]
