"""The table of starter roles names real screens and real permissions, and forgets none."""

from __future__ import annotations

import pytest
from flask import Flask

from app.lowcode.registry import registry
from app.lowcode.security import roles
from app.lowcode.security.words import FRAMEWORK_VIEWS, known_permissions
from app.roles import STARTERS

OWNERS_ALONE = {"UserScreen", "RoleScreen", "GroupScreen", "SettingsPage", "BackupsPage", "JobsPage", "JobRunScreen",
                "LaterJobScreen"}
"""Screens that are in no starter role on purpose: with them one could take over the shop."""


def _named(name: str) -> roles.Starter:
    return next(starter for starter in STARTERS if starter.name == name)


def shops_own(app: Flask) -> set[str]:
    """The screens of the product, those of the tests' own modules left out."""
    return {entry.name for entry in registry().entries if type(entry.view).__module__.startswith("app.modules.")}


def test_every_screen_is_in_a_role_besides_the_owners(app: Flask) -> None:
    named = {screen for starter in STARTERS for screen in starter.screens}
    assert shops_own(app) - named - OWNERS_ALONE == set(), "say in app/roles.py who may use these screens"


def test_the_table_names_no_screen_that_is_not_there(app: Flask) -> None:
    known = set(known_permissions())
    assert {screen for starter in STARTERS for screen in starter.screens} - known == set()


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.name)
def test_every_word_of_the_table_is_understood(app: Flask, starter: roles.Starter) -> None:
    known = known_permissions()
    for screen, words in [*starter.screens.items(), ("*", starter.everywhere)]:
        for word in words.split():
            if word == "*":
                continue
            if word.startswith("can_"):
                assert word in known[screen], f"{screen} has no {word}"
            else:
                assert set(word) <= set(roles.LETTERS), f"{word} at {screen}"


def test_nobody_but_owners_reaches_users_roles_settings_and_backups(app: Flask) -> None:
    known = {view: set(labels) for view, labels in known_permissions().items()}
    for starter in STARTERS:
        reach = {view for _name, view in roles.granted(starter, known)}
        changes = {(name, view) for name, view in roles.granted(starter, known)
                   if view in OWNERS_ALONE and name != "can_view"}
        assert not changes, (starter.name, changes)
        if starter.name != "auditor":
            assert not reach & OWNERS_ALONE, starter.name


@pytest.mark.parametrize("name", ["auditor", "read_only"])
def test_lookers_change_nothing(app: Flask, name: str) -> None:
    known = {view: set(labels) for view, labels in known_permissions().items()}
    assert {permission for permission, _view in roles.granted(_named(name), known)} <= {"can_view"}


def test_every_role_can_see_what_it_may_change(app: Flask) -> None:
    known = {view: set(labels) for view, labels in known_permissions().items() if view not in FRAMEWORK_VIEWS}
    for starter in STARTERS:
        granted = roles.granted(starter, known)
        for name, view in granted:
            if name in {"can_add", "can_edit", "can_delete"} and "can_view" in known[view]:
                assert ("can_view", view) in granted, (starter.name, name, view)


def test_roles_have_words(app: Flask) -> None:
    for name in roles.role_labels():
        assert roles.role_label(name) != name
        assert roles.role_description(name)
    assert roles.role_label("a role of the shop's own") == "a role of the shop's own"
