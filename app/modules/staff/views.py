"""The people who work here, the roles they have, and the groups that lend them roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask_appbuilder.security.sqla.models import Group, Role, User
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from app.core import clock
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode import Screen, action, forms
from app.lowcode.access import may, permission, permitted
from app.lowcode.actions import panel
from app.lowcode.cells import NOTHING, pill
from app.lowcode.fields import Field
from app.lowcode.page import expose
from app.lowcode.records import row_of
from app.lowcode.security.policy import SignInSettings
from app.lowcode.security.roles import OWNER, role_label, role_labels
from app.modules.staff import services
from app.modules.staff.matrix import COLUMNS, RoleChangedMeanwhile, mark, matrix, read_boxes


def role_pills(values: Any) -> Markup:
    """Roles as pills, in words."""
    names = [value if isinstance(value, str) else value.name for value in values or ()]
    return Markup(" ").join(pill(role_label(name), "info" if name == OWNER else "plain") for name in names) or NOTHING


STEPS = {"on": (_("On"), "good"), "missing": (_("Missing"), "warn"), "off": (_("Off"), "plain")}


def second_factor_pill(state: str) -> Markup:
    """Whether someone has two-step sign-in, and whether their roles ask for it."""
    return pill(*STEPS[state])


class UserScreen(Screen):
    """The people who may sign in here. Their roles decide what they see; whose roles change must sign in again."""

    model = User
    with_import = False
    can_restore = False  # who may do what is given by hand, with one's own password
    history_columns = ("first_name", "last_name", "email", "password")
    icon = "fa-user-gear"
    route_base = "/users"
    with_api = False
    list_title = _("Users")
    add_title = _("New user")
    base_permissions = ["can_view", "can_add", "can_edit"]
    base_order = ("username", "asc")
    list_columns = ["username", "full_name", "roles", "groups", "second_factor_state", "active", "last_login"]
    search_columns = ["username", "first_name", "email", "active", "roles", "last_login"]
    order_columns = ["username", "last_login"]
    show_columns = ["username", "full_name", "contact_email", "active", "second_factor_state", "roles", "groups",
                    "last_login", "created_on"]
    form_columns = ["username", "full_name", "contact_email", "roles", "groups"]
    label_columns = {
        "full_name": _("Full name"), "contact_email": _("E-mail"), "second_factor_state": _("Two-step sign-in")}
    description_columns = {
        "username": _("What they type to sign in; letters, digits and . @ + - _"),
        "full_name": _("As colleagues call them."),
        "contact_email": _("May be left empty."),
        "roles": _("You can give only roles that allow no more than you may do yourself."),
        "groups": _("A group lends its roles to its members."),
    }
    formatters_columns = {"roles": role_pills, "second_factor_state": second_factor_pill}
    list_options = [selectinload(User.roles), selectinload(User.groups).selectinload(Group.roles),
                    selectinload(User.second_factor)]
    empty_text = _("Add the people who work in the shop.")

    def field(self, path: str) -> Field:
        """The name is one, and the e-mail may be left out, whatever the framework's table wants."""
        kinds: dict[str, dict[str, Any]] = {
            "full_name": {"kind": "text", "required": True, "info": {"size": 64}},
            "contact_email": {"kind": "email", "info": {"size": 254}}}
        if path in kinds and path not in self._fields:
            self._fields[path] = replace(super().field(path), **kinds[path])
        return super().field(path)

    def pre_add(self, item: User) -> None:
        g.one_time_password = services.complete_new_user(item)

    def post_add(self, item: User) -> None:
        services.welcome(item)

    def _form(self, record: Any | None, titles: Any = None) -> Any:
        """A new user's password is shown in the answer itself: it is stored nowhere, not even in a cookie."""
        answer = super()._form(record, titles)
        password = g.pop("one_time_password", None)
        if password is None or not isinstance(answer, Response):
            return answer
        return show_password(services.get_user(request.form["username"]), password)

    def pre_update(self, item: User) -> None:
        services.check_changed_user(item)

    def post_update(self, item: User) -> None:
        services.refuse_without_owner()

    @action(_("Reset the password"), icon="fa-key", many=False,
            confirm=_("Give this user a one-time password? They are signed out everywhere."))
    def reset_password(self, users: list[User]) -> Response:
        """Shows a one-time password once; it must be changed at the next sign-in."""
        return show_password(users[0], services.reset_password(users[0]))

    @action(_("Reset two-step sign-in"), icon="fa-mobile-screen", many=False,
            confirm=_("Has this user lost their phone? They are signed out everywhere and get in with their password "
                      "alone, until they set it up anew."),
            why_not=lambda user: None if user.second_factor else _("This user has no two-step sign-in."))
    def reset_second_factor(self, users: list[User]) -> None:
        services.reset_second_factor(users[0])

    @action(_("Sign out everywhere"), icon="fa-right-from-bracket",
            confirm=_("End all sessions and API tokens of this user?"))
    def sign_out_everywhere(self, users: list[User]) -> None:
        for user in users:
            services.sign_out_everywhere(user)

    @action(_("Deactivate"), icon="fa-user-lock", tone="danger",
            confirm=_("Shut this user out? They are signed out at once; what they did stays on record."),
            why_not=lambda user: None if user.active else _("This user is not active."), undo="activate")
    def deactivate(self, users: list[User]) -> None:
        for user in users:
            services.deactivate_user(user)

    @action(_("Activate"), icon="fa-user-plus",
            why_not=lambda user: _("This user is active already.") if user.active else None, undo="deactivate")
    def activate(self, users: list[User]) -> None:
        for user in users:
            services.activate_user(user)

    @panel(_("What this user may do"), icon="fa-shield-halved")
    def rights(self, user: User) -> str | None:
        """The permissions of all their roles together, for those who may look into roles."""
        if not may("can_view", "RoleScreen"):
            return None
        from app.lowcode import access

        allowed = set(access.permitted_to(access.roles_of(user.id)))
        return render_template("houtai/staff/rights.html", groups=matrix(allowed), count=len(allowed),
                               empty=gettext("Nothing yet. Give this user a role."))

    @panel(_("Signed in now"), icon="fa-desktop")
    def sessions(self, user: User) -> str | None:
        found = services.live_sessions(user)
        return render_template("houtai/security/session_list.html", sessions=found, who=None) if found else None


class RoleScreen(Screen):
    """What each kind of colleague may do. A role is given to users, or to a group for all of its members."""

    model = Role
    with_import = False
    can_restore = False
    history_columns = ("name", "permissions", "user")
    icon = "fa-shield-halved"
    route_base = "/roles"
    with_api = False
    list_title = _("Roles")
    base_order = ("name", "asc")
    page_size = 50
    list_columns = ["label", "description", "user_count", "permission_count"]
    search_columns = ["name"]
    order_columns = ["name"]
    show_columns = ["label", "description"]
    form_columns = ["name"]
    label_columns = {
        "label": _("Name"), "description": _("Description"), "user_count": _("Users"),
        "permission_count": _("Permissions"),
    }
    list_options = [selectinload(Role.user), selectinload(Role.permissions)]

    @expose("/add", methods=["GET", "POST"])
    @permission("add")
    def add(self) -> Any:
        """A name, and whose permissions to begin with; then the table of permissions."""
        like = request.values.get("like", type=int)
        message = None
        if request.method == "POST":
            try:
                with forms.committing():
                    role = services.create_role(
                        request.form.get("name", ""), db.session.get(Role, like) if like is not None else None)
                    db.session.flush()
                return redirect(url_for(f"{self.endpoint}.edit", pk=role.id))
            except BusinessError as error:
                message = "; ".join(error.fields.values()) or str(error)
        page = self.render(
            "houtai/staff/new_role.html", title=_("New role"), name=request.form.get("name", ""), like=like,
            roles=self._roles(), message=message, back_url=url_for(f"{self.endpoint}.list"))
        return page, 422 if message else 200

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @permission("edit")
    def edit(self, pk: str) -> Any:
        """The table of permissions."""
        role = self.get(pk) if request.method == "GET" else row_of(self, pk, to_change=True)[0]
        stored = services.pairs_of(role)
        if request.method == "GET":
            like = request.args.get("like", type=int)
            ticked = services.pairs_of(self.get(like)) & (set(permitted()) | stored) if like is not None else stored
            return self._matrix_page(role, ticked, stored, request.args.get("name", role.name))
        wanted: set[tuple[str, str]] = set()
        try:
            wanted = read_boxes(request.form.getlist("box"))
            # A box that is locked for this person is not sent: it stays as it is.
            wanted |= {pair for pair in stored if pair not in permitted()}
            if "seen" not in request.form:
                wanted = stored  # a form without the table renames and leaves the permissions alone
            elif request.form["seen"] != mark(stored):
                raise RoleChangedMeanwhile()
            with forms.committing():
                services.rename_role(role, request.form.get("name", role.name))
                added, taken = services.set_permissions(role, wanted)
        except BusinessError as error:
            db.session.rollback()
            role = self.get(pk)
            name = request.form.get("name", role.name)
            page = self._matrix_page(role, wanted, services.pairs_of(role), name, str(error))
            return page, error.status
        flash(gettext("Saved: %(added)s permissions given, %(taken)s taken away.", added=len(added), taken=len(taken)),
              "success")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk))

    def _matrix_page(self, role: Role, ticked: set[tuple[str, str]], stored: set[tuple[str, str]], name: str,
                     message: str = "") -> str:
        return self.render(
            "houtai/staff/matrix.html", role=role, title=str(role), name=name, message=message,
            columns=COLUMNS.values(), groups=matrix(ticked, stored, permitted()), seen=mark(stored),
            is_owner_role=role.name == OWNER, is_starter=role.name in role_labels(), people=services.people_with(role),
            others=[other for other in self._roles() if other.id != role.id],
            back_url=url_for(f"{self.endpoint}.show", pk=role.id))

    @staticmethod
    def _roles() -> list[Role]:
        return sorted(db.session.scalars(select(Role)), key=str)

    def delete_record(self, item: Role) -> None:
        services.delete_role(item)

    @panel(_("What this role may do"), icon="fa-shield-halved")
    def rights(self, role: Role) -> str:
        allowed = services.pairs_of(role)
        return render_template("houtai/staff/rights.html", groups=matrix(allowed), count=len(allowed))

    @panel(_("Who has this role"), icon="fa-users")
    def people(self, role: Role) -> str:
        return render_template("houtai/staff/people.html", people=services.people_with(role))


class GroupScreen(Screen):
    """Colleagues who work together, such as a shop or a shift: a group lends its roles to its members."""

    model = Group
    with_import = False
    can_restore = False
    icon = "fa-user-group"
    route_base = "/groups"
    with_api = False
    list_title = _("Groups")
    add_title = _("New group")
    base_order = ("name", "asc")
    list_columns = ["name", "description", "roles", "users"]
    search_columns = ["name"]
    order_columns = ["name"]
    form_columns = ["name", "description", "roles", "users"]
    formatters_columns = {"roles": role_pills}
    list_options = [selectinload(Group.roles), selectinload(Group.users)]
    empty_text = _("A group saves giving the same roles again and again.")

    def field(self, path: str) -> Field:
        """The framework's table wants a description; people may leave it out."""
        if path == "description" and path not in self._fields:
            self._fields[path] = replace(super().field(path), required=False)
        return super().field(path)

    def pre_add(self, item: Group) -> None:
        services.check_group(item)

    def pre_update(self, item: Group) -> None:
        services.check_group(item)

    def post_update(self, item: Group) -> None:
        services.refuse_without_owner()

    def delete_record(self, item: Group) -> None:
        services.delete_group(item)


def show_password(user: User, password: str) -> Response:
    """The page that shows a one-time password, once."""
    return make_response(render_template(
        "houtai/staff/one_time_password.html", user=user, password=password, title=_("One-time password"),
        until=clock.now() + timedelta(hours=SignInSettings.hours_of_one_time_passwords),
        back_url=url_for("UserScreen.show", pk=user.id)))
