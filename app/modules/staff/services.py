"""What can be done with users, roles and groups, and what nobody may do: rise above their own permissions, or lock
everyone out.

Three rules stand behind everything here. Nobody gives away a permission they do not have. Nobody changes, resets or
shuts out someone who may do more than they. And there is always one active owner left. Commands and the program itself
act without these limits, since whoever runs them has the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import has_request_context
from flask_appbuilder.security.sqla.models import (
    Group,
    PermissionView,
    Role,
    User,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import func, or_, select

from app.core import clock, settings
from app.core.changes import change_of
from app.core.columns import EMAIL
from app.core.database import db
from app.core.errors import BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.i18n import lazy as _
from app.lowcode import access
from app.lowcode.security import passwords, roles, second_factor, sessions, signed_in, signing_in
from app.lowcode.security.models import NO_EMAIL
from app.lowcode.security.policy import SignInSettings
from app.lowcode.security.proving import need_proof
from app.lowcode.security.users import find_user

USERNAME = r"[\w.@+-]{2,64}"
Pair = tuple[str, str]


class AboveYou(NotAllowed):
    """The actor would give away a permission they lack, or reach for someone who may do more than they. HTTP 403."""

    code = "above_you"

    @classmethod
    def default_message(cls) -> object:
        return _("This would give someone permissions that you do not have yourself.")


class LastOwner(BusinessError):
    """Without this user nobody could manage the back office any more. HTTP 409."""

    code = "last_owner"

    @classmethod
    def default_message(cls) -> object:
        return _("There must be at least one active owner. Make someone else an owner first.")


# -- users ----------------------------------------------------------------------------------------------------------


def create_user(username: str, name: str, *, email: str | None = None, user_roles: Iterable[Role] = (),
                groups: Iterable[Group] = ()) -> tuple[User, str]:
    """Make a user; gives them and a one-time password that must be changed at the first sign-in. Refuses a name in
    use, and roles that reach above the actor's own permissions."""
    user = User(username=username, first_name=name, last_name="", email=email or "", roles=list(user_roles),
                groups=list(groups))
    chosen = complete_new_user(user)
    db.session.add(user)
    welcome(user)
    return user, chosen


def get_user(username: str) -> User:
    """The user of this name; NotFound where there is none."""
    user = find_user(username)
    if user is None:
        raise NotFound(_("There is no user of this name."))
    return user


def complete_new_user(user: User) -> str:
    """Check what was given for a new user and fill in the rest before it is saved; gives their one-time password."""
    chosen = passwords.one_time_password()
    user.active = True
    user.created_on = user.changed_on = clock.now()
    user.password = passwords.hash_password(chosen)
    check_user(user)
    if user.roles or user.groups:
        need_proof()
    return chosen


def welcome(user: User) -> None:
    """After a new user is saved: their one-time password must be changed at the first sign-in."""
    db.session.flush()
    signing_in.note_password(user.id, must_change=True)


def check_user(user: User) -> None:
    """What holds for every user that is saved: names of the right form, no reach above the actor."""
    user.username = (user.username or "").strip()
    user.first_name, user.last_name = (user.first_name or "").strip(), (user.last_name or "").strip()
    user.email = (user.email or "").strip() or f"{user.username}@{NO_EMAIL}"
    refused: dict[str, Any] = {}
    if not re.fullmatch(USERNAME, user.username):
        refused["username"] = _("A user name has 2 to 64 letters, digits or the signs . @ + - _, without blanks.")
    else:
        with db.session.no_autoflush:
            other = find_user(user.username)
        if other is not None and other is not user and other.id != user.id:
            refused["username"] = _("This value is already in use.")
    if len(user.first_name) > 64 or len(user.last_name) > 64:
        refused["full_name"] = _("This is longer than %(size)s characters.", size=64)
    if not user.first_name:
        refused["full_name"] = _("This field is required.")
    if len(user.email) > 254 or not re.fullmatch(EMAIL, user.email):
        refused["contact_email"] = _("This does not have the right form.")
    if refused:
        raise InvalidInput(refused)
    _check_given_roles(_added(user, "roles"), _removed(user, "roles"))
    for group in [*_added(user, "groups"), *_removed(user, "groups")]:
        _check_given_roles(group.roles, [])


def check_changed_user(user: User) -> None:
    """Before a changed user is saved: the actor must not reach above themselves, neither before nor after."""
    other_rights = any(change(user, name) for change in (_added, _removed) for name in ("roles", "groups"))
    other_name = any(change_of(user, name).has_changes() for name in ("username", "email"))
    if other_rights or other_name:
        refuse_if_above(user)
    user.changed_on = clock.now()
    check_user(user)
    if other_rights or other_name:
        need_proof()
    if other_rights:
        _sign_out_after_change([user])


def set_roles(user: User, wanted: Iterable[Role]) -> None:
    """Give `user` exactly these roles. Counts from their next request on, at which they must sign in again."""
    user.roles = list(wanted)
    check_changed_user(user)
    db.session.flush()
    refuse_without_owner()


def deactivate_user(user: User) -> None:
    """Shut a user out: they are signed out everywhere at once. Their name stays in what they did."""
    who = signed_in()
    if who is not None and who.user_id == user.id:
        raise BusinessError(_("You cannot deactivate yourself."))
    refuse_if_above(user)
    user.active = False
    user.changed_on = clock.now()
    db.session.flush()
    signing_in.end_all_sessions(user)
    refuse_without_owner()


def activate_user(user: User) -> None:
    """Let a user in again, with the password they had."""
    refuse_if_above(user)
    user.active = True
    user.changed_on = clock.now()


def reset_password(user: User) -> str:
    """Give `user` a one-time password, which counts for some hours and must be changed at the next sign-in, and sign
    them out everywhere."""
    refuse_if_above(user)
    need_proof()
    chosen = passwords.one_time_password()
    signing_in.set_password(user, chosen, by_owner=False)
    return chosen


def reset_second_factor(user: User) -> None:
    """Forget the second factor of a `user` who has lost it, and sign them out everywhere. Nobody takes away their own
    in this way: that asks for a code."""
    who = signed_in()
    if who is not None and who.user_id == user.id:
        raise BusinessError(_("Turn off your own two-step sign-in in your profile."))
    refuse_if_above(user)
    need_proof()
    second_factor.turn_off(user, by_someone_else=True)
    signing_in.end_all_sessions(user, reason=sessions.FACTOR_CHANGED)
    db.session.expire(user, ["second_factor"])


def _sign_out_after_change(users: Iterable[User]) -> None:
    """End the sessions of those whose roles have changed; whoever makes the change goes on in the session at hand."""
    who = signed_in()
    with db.session.no_autoflush:  # a new group is still being made
        for user in users:
            if user.id is not None:
                own = who.session_id if who is not None and who.user_id == user.id else None
                signing_in.end_all_sessions(user, but=own, reason=sessions.ROLES_CHANGED)


def sign_out_everywhere(user: User) -> int:
    """End all sessions and tokens of `user`; says how many there were."""
    refuse_if_above(user)
    who = signed_in()
    return signing_in.end_all_sessions(user, but=who.session_id if who and who.user_id == user.id else None)


def live_sessions(user: User) -> list[Any]:
    """Where `user` is signed in now."""
    return sessions.live_sessions(user.id)


# -- roles ----------------------------------------------------------------------------------------------------------


def pairs_of(role: Role) -> set[Pair]:
    """What a role allows."""
    return {(pair.permission.name, pair.view_menu.name) for pair in role.permissions}


def create_role(name: str, like: Role | None = None) -> Role:
    """Make a role, with the permissions of another one if given, as far as the actor has them too."""
    role = Role(name=name)
    check_role(role)
    if like is not None:
        mine = permissions_of_actor()
        role.permissions = [
            pair for pair in like.permissions
            if mine is None or (pair.permission.name, pair.view_menu.name) in mine]
    db.session.add(role)
    return role


def check_role(role: Role) -> None:
    """What holds for the name of every role that is saved."""
    role.name = (role.name or "").strip()
    if not 1 <= len(role.name) <= 64:
        raise InvalidInput({"name": _("A role has a name of at most 64 characters.")})
    with db.session.no_autoflush:
        other = db.session.scalars(select(Role).where(func.lower(Role.name) == role.name.lower())).first()
    taken = {str(label).lower() for name, label in roles.role_labels().items() if name != role.name}
    if (other is not None and other is not role) or role.name.lower() in taken:
        raise InvalidInput({"name": _("This value is already in use.")})


def rename_role(role: Role, name: str) -> None:
    """Give a role of the shop's own another name; the starter roles keep theirs."""
    if name.strip() == role.name:
        return
    if role.name in roles.role_labels():
        raise BusinessError(_("The starter roles keep their names; copy one to make your own."), field="name")
    before, role.name = role.name, name
    check_role(role)
    must = SignInSettings.roles_with_second_factor
    if before in must:
        db.session.flush()
        settings.change(SignInSettings, {
            "roles_with_second_factor": tuple(sorted({role.name, *must} - {before}))})


def set_permissions(role: Role, wanted: set[Pair]) -> tuple[set[Pair], set[Pair]]:
    """Let `role` allow exactly `wanted`; gives what was added and what was taken away. Counts from the next request of
    everyone who has the role. Refuses permissions the actor lacks, and any change to the owner role."""
    if role.name == roles.OWNER:
        raise BusinessError(_("The owner may do everything; this role cannot be changed."))
    before = pairs_of(role)
    added, taken = wanted - before, before - wanted
    mine = permissions_of_actor()
    if mine is not None and not added | taken <= mine:
        raise AboveYou(_("You can give and take only permissions that you have yourself."))
    known = {(pair.permission.name, pair.view_menu.name): pair for pair in db.session.scalars(select(PermissionView))}
    if not added <= set(known):
        raise InvalidInput(message=_("There is no such permission."))
    if added or taken:
        need_proof()
        role.permissions = [known[pair] for pair in sorted(wanted & set(known))]
        db.session.flush()
    return added, taken


def delete_role(role: Role) -> None:
    """Take a role away from everyone. The owner role stays; a deleted starter role does not come back by itself."""
    if role.name == roles.OWNER:
        raise BusinessError(_("The owner role cannot be deleted."))
    mine = permissions_of_actor()
    if mine is not None and not pairs_of(role) <= mine:
        raise AboveYou(_("You can give and take only permissions that you have yourself."))
    need_proof()
    people = {user.id: user for user, _group in people_with(role)}
    _sign_out_after_change(people.values())
    role.permissions = []
    role.user = []
    role.groups = []
    db.session.flush()
    db.session.delete(role)


def people_with(role: Role) -> list[tuple[User, str]]:
    """Who has a role, and by which group; "" where they have it by themselves."""
    direct = db.session.execute(
        select(User).join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .where(assoc_user_role.c.role_id == role.id).order_by(User.username)).scalars()
    by_group = db.session.execute(
        select(User, Group.name).join(assoc_user_group, assoc_user_group.c.user_id == User.id)
        .join(Group, Group.id == assoc_user_group.c.group_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == Group.id)
        .where(assoc_group_role.c.role_id == role.id).order_by(User.username))
    return [(user, "") for user in direct] + [(user, name) for user, name in by_group]


# -- groups ---------------------------------------------------------------------------------------------------------


def check_group(group: Group) -> None:
    """What holds for every group that is saved: it lends nobody more than the actor has."""
    group.name = (group.name or "").strip()
    if not 1 <= len(group.name) <= 100:
        raise InvalidInput({"name": _("A group has a name of at most 100 characters.")})
    group.label = group.label or ""
    group.description = group.description or ""
    _check_given_roles(_added(group, "roles"), _removed(group, "roles"))
    joined_or_left = [*_added(group, "users"), *_removed(group, "users")]
    if joined_or_left:
        _check_given_roles(group.roles, [])
    other_roles = bool(_added(group, "roles") or _removed(group, "roles"))
    if other_roles or joined_or_left:
        need_proof()
        _sign_out_after_change({*joined_or_left, *group.users} if other_roles else joined_or_left)


def delete_group(group: Group) -> None:
    """Dissolve a group: its members keep only the roles they have by themselves."""
    _check_given_roles([], group.roles)
    need_proof()
    _sign_out_after_change(list(group.users))
    group.users, group.roles = [], []
    db.session.flush()
    db.session.delete(group)
    db.session.flush()
    refuse_without_owner()


# -- the three rules ------------------------------------------------------------------------------------------------


def permissions_of_actor() -> access.Permitted | None:
    """What the actor may do; None for one without limits: a command, a job, the program itself."""
    return access.permitted() if has_request_context() else None


def is_owner() -> bool:
    """Whether the actor may make and unmake owners."""
    return permissions_of_actor() is None or roles.OWNER in access.role_names()


def refuse_if_above(user: User) -> None:
    """Refuse to touch someone who may do more than the actor: their password, name or roles are a way to their
    permissions."""
    mine = permissions_of_actor()
    if mine is None or user.id is None:
        return
    with db.session.no_autoflush:
        theirs = access.permitted_to(access.roles_of(user.id))
    if not theirs <= mine or (_is_an_owner(user.id) and not is_owner()):
        raise AboveYou(_("This user may do more than you; only someone who may do as much can change them."))


def refuse_without_owner() -> None:
    """Refuse what has just been flushed if it leaves no active owner. Two who do it at once take turns."""
    owner = db.session.scalars(select(Role).where(Role.name == roles.OWNER).with_for_update()).one()
    if not db.session.scalar(select(func.count()).select_from(User).where(User.active.is_(True), _has_role(owner.id))):
        raise LastOwner()


def _has_role(role_id: int) -> Any:
    direct = select(assoc_user_role.c.user_id).where(assoc_user_role.c.role_id == role_id)
    by_group = (select(assoc_user_group.c.user_id)
                .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
                .where(assoc_group_role.c.role_id == role_id))
    return or_(User.id.in_(direct), User.id.in_(by_group))


def _is_an_owner(user_id: int) -> bool:
    with db.session.no_autoflush:
        owner_id = db.session.scalar(select(Role.id).where(Role.name == roles.OWNER))
        return owner_id in access.roles_of(user_id)


def _check_given_roles(given: Iterable[Role], taken: Iterable[Role]) -> None:
    """Refuse to give a role that allows what the actor may not do, and to make or unmake an owner without being one."""
    mine = permissions_of_actor()
    if mine is None:
        return
    given, taken = list(given), list(taken)
    if any(role.name == roles.OWNER for role in [*given, *taken]) and not is_owner():
        raise AboveYou(_("Only an owner can make or unmake an owner."))
    with db.session.no_autoflush:
        if not access.permitted_to(frozenset(role.id for role in given if role.id is not None)) <= mine:
            raise AboveYou()


def _added(record: Any, relation: str) -> list[Any]:
    return list(change_of(record, relation).added or ())


def _removed(record: Any, relation: str) -> list[Any]:
    return list(change_of(record, relation).deleted or ())
