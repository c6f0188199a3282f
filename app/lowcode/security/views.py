"""Pages that need no permission: signing in and out, one's own profile, password, sessions and preferences."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext as _
from app.lowcode.access import refuse_stranger, role_names, wants_json
from app.lowcode.security import identity, limits, preferences, second_factor, second_step, sessions, signing_in
from app.lowcode.security.forms import CodeForm, PasswordForm, RecoveryCodeForm, SignInForm, with_keypad
from app.lowcode.security.models import BROWSER
from app.lowcode.security.policy import needs_second_factor
from app.lowcode.security.redirects import came_from, here, safe_next

ALWAYS_OPEN = {
    "SignInView.login", "SignInView.code", "SignInView.logout", "SignInView.preferences", "SignInApi.login",
    "SignInApi.logout"}
"""What someone reaches who still has a password of their own to choose, or a second factor to set up."""


def signed_in_only(view: Any) -> Any:
    """For pages that every signed-in person has, whatever their roles."""

    @wraps(view)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        return view(self, *args, **kwargs) if identity.signed_in() else refuse_stranger()

    return guarded


def lead_to_what_is_due() -> Any:
    """Before every request: a password that someone else has made is good for nothing but choosing another one, and
    whoever must have a second factor gets nowhere without it."""
    if request.endpoint is None or request.endpoint in ALWAYS_OPEN or request.endpoint.endswith("static"):
        return None
    who = identity.signed_in()
    if who is None:
        return None
    if who.must_change_password:
        return _lead("ProfileView.password", "after_password", "password_change_required",
                     _("Change your password first."))
    must = set(who.roles_with_second_factor)
    if must and not who.has_second_factor and not must.isdisjoint(role_names()):
        return _lead("SecondFactorView.index", "after_second_factor", "second_factor_required",
                     _("Set up two-step sign-in first."))
    return None


def _lead(page: str, remember: str, code: str, message: str) -> Any:
    if request.endpoint == page:
        return None
    if wants_json():
        return jsonify(code=code, fields={}, message=message), 403
    session[remember] = here()
    return redirect(url_for(page))


class SignInView(BaseView):
    """The door. Its endpoint names are those the framework asks for."""

    route_base = ""

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        goal = safe_next(request.values.get("next"))
        if identity.signed_in():
            return redirect(goal)
        form = SignInForm()
        form.next.data = goal
        if request.method == "GET":
            return render_template("houtai/login.html", form=form, message=None, next=goal)
        if form.username.data:
            form.begin_at_the_password()
        if not form.validate():
            return render_template("houtai/login.html", form=form, next=goal,
                                   message=_("The user name or the password is not right."))
        try:
            user = signing_in.check_credentials(form.username.data or "", form.password.data or "", BROWSER)
            if second_factor.has_second_factor(user.id):
                second_step.begin(user, goal)
                return redirect(url_for(".code"))
            token = signing_in.start(user)
            db.session.commit()
        except limits.TooManyTries as error:
            db.session.rollback()
            page = render_template("houtai/login.html", form=form, message=str(error), next=goal)
            return page, error.status, {"Retry-After": str(error.wait)}
        except BusinessError as error:
            return render_template("houtai/login.html", form=form, message=str(error), next=goal)
        signing_in.remember_in_cookie(token)
        return redirect(goal)

    @expose("/login/code", methods=["GET", "POST"])
    def code(self) -> Any:
        """The second step, for those who have one: a code from the app, or a recovery code."""
        waiting = second_step.who_waits()
        if waiting is None:
            if request.method == "POST":
                flash(_("That took too long. Please sign in again."), "warning")
            return redirect(url_for(".login"))
        user, goal = waiting
        by_recovery_code = "recovery" in request.args
        form = RecoveryCodeForm() if by_recovery_code else CodeForm()
        message: object = None
        status, headers = 200, {}
        if request.method == "POST" and form.validate():
            try:
                second_factor.check(user, form.code.data or "")
                token = signing_in.start(user)
                db.session.commit()
            except limits.TooManyTries as error:
                db.session.rollback()
                message, status, headers = error, error.status, {"Retry-After": str(error.wait)}
            except second_factor.WrongCode as error:
                message = _("This recovery code is not right, or it was used already.") if by_recovery_code else error
            except BusinessError as error:
                message = error
            else:
                signing_in.remember_in_cookie(token)
                return redirect(goal)
            form.code.data = ""
        if not by_recovery_code:
            with_keypad(form.code)
        page = render_template("houtai/security/code.html", form=form, message=message,
                               by_recovery_code=by_recovery_code)
        return page, status, headers

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Response:
        signing_in.sign_out()
        db.session.commit()
        flash(_("You are signed out."), "success")
        return redirect(url_for(f"{self.endpoint}.login"))

    @expose("/preferences", methods=["POST"])
    def preferences(self) -> Any:
        """Language, theme, rows per page and shortcuts; also for strangers, who have a language switch when they sign
        in."""
        given = request.get_json(silent=True) if request.is_json else None
        body: dict[str, Any] = given if isinstance(given, dict) else request.values.to_dict()
        try:
            sizes = body.get("page_sizes") if isinstance(body.get("page_sizes"), dict) else None
            keys = {"on": True, "off": False}.get(str(body.get("shortcuts")))
            preferences.choose(locale=body.get("locale") or None, theme=body.get("theme") or None, page_sizes=sizes,
                               shortcuts=keys)
            db.session.commit()
        except BusinessError as error:
            db.session.rollback()
            if request.is_json:
                return jsonify(code=error.code, message=str(error), fields=error.fields), error.status
            flash("; ".join(error.fields.values()) or str(error), "danger")
        if request.is_json:
            return jsonify(message=_("Saved."))
        return redirect(safe_next(body["next"]) if body.get("next") else came_from())


class ProfileView(BaseView):
    """Oneself: who one is here, how one likes to see it, where one is signed in."""

    route_base = "/profile"

    @expose("/")
    @signed_in_only
    def index(self) -> str:
        who = identity.signed_in()
        assert who is not None
        return render_template("houtai/security/profile.html", who=who, user=who.user,
                               sessions=sessions.live_sessions(who.user_id), must=needs_second_factor(role_names()))

    @expose("/password", methods=["GET", "POST"])
    @signed_in_only
    def password(self) -> Any:
        who = identity.signed_in()
        assert who is not None
        form = PasswordForm()
        if request.method == "POST" and form.validate():
            try:
                signing_in.change_own_password(form.current.data or "", form.new.data or "", form.repeated.data or "")
                db.session.commit()
            except limits.TooManyTries as error:
                db.session.rollback()
                form.show({"current": error})
            except BusinessError as error:
                db.session.rollback()
                form.show(error.fields or {"current": error})
            else:
                flash(_("Your password is changed. You are signed out everywhere else."), "success")
                return redirect(safe_next(session.pop("after_password", None), url_for(".index")))
        return render_template("houtai/security/password.html", form=form, must=who.must_change_password,
                               username=who.user.username)

    @expose("/sessions")
    @signed_in_only
    def sessions(self) -> str:
        who = identity.signed_in()
        assert who is not None
        return render_template("houtai/security/sessions.html", who=who, sessions=sessions.live_sessions(who.user_id))

    @expose("/sessions/<int:session_id>/end", methods=["POST"])
    @signed_in_only
    def end_session(self, session_id: int) -> Response:
        """End one of one's own sessions; another's id is answered as if it did not exist."""
        who = identity.signed_in()
        assert who is not None
        if session_id not in {row.id for row in sessions.live_sessions(who.user_id)}:
            abort(404)
        sessions.end_session(session_id)
        db.session.commit()
        flash(_("That session is ended."), "success")
        return redirect(url_for(".sessions"))

    @expose("/sessions/end-others", methods=["POST"])
    @signed_in_only
    def end_other_sessions(self) -> Response:
        who = identity.signed_in()
        assert who is not None
        sessions.end_sessions_of(who.user_id, but=who.session_id)
        db.session.commit()
        flash(_("You are signed out everywhere else."), "success")
        return redirect(url_for(".sessions"))
