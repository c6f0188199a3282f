"""One's own second factor: setting it up, making new recovery codes, turning it off."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User
from markupsafe import Markup

from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext as _
from app.lowcode.access import role_names
from app.lowcode.security import identity, second_factor, signing_in
from app.lowcode.security.forms import SecondFactorForm, with_keypad
from app.lowcode.security.policy import needs_second_factor
from app.lowcode.security.redirects import safe_next
from app.lowcode.security.sessions import FACTOR_CHANGED, SignedIn
from app.lowcode.security.views import signed_in_only

GOAL = "after_second_factor"


class SecondFactorView(BaseView):
    """Each change asks for one's password and a code, and ends one's other sessions."""

    route_base = "/profile/second-factor"

    @expose("/", methods=["GET", "POST"])
    @signed_in_only
    def index(self) -> Any:
        who = identity.signed_in()
        assert who is not None
        form = SecondFactorForm()
        if request.method == "POST" and form.validate():
            try:
                signing_in.check_own_password(who.user, form.current.data or "")
                return self._do(who, form)
            except BusinessError as error:
                db.session.rollback()
                form.show(error.fields or {"current" if error.code == "too_many_tries" else "code": error})
        return self._page(who, form)

    def _do(self, who: SignedIn, form: SecondFactorForm) -> Any:
        user, code = who.user, form.code.data or ""
        if not who.has_second_factor:
            codes = second_factor.set_up(user, form.sealed.data or "", code)
            signing_in.end_all_sessions(user, but=who.session_id, reason=FACTOR_CHANGED)
            return self._codes(user, codes)
        second_factor.check(user, code)
        if request.form.get("do") == "renew":
            return self._codes(user, second_factor.renew_recovery_codes(user))
        second_factor.turn_off(user)
        signing_in.end_all_sessions(user, but=who.session_id, reason=FACTOR_CHANGED)
        db.session.commit()
        flash(_("Two-step sign-in is turned off."), "success")
        return redirect(url_for("ProfileView.index"))

    def _codes(self, user: User, codes: list[str]) -> str:
        """The recovery codes, shown in the answer itself: they are stored nowhere, not even in a cookie."""
        username = user.username
        db.session.commit()
        identity.forget()
        goal = safe_next(session.pop(GOAL, None), url_for("ProfileView.index"))
        return render_template("houtai/security/recovery_codes.html", codes=codes, goal=goal, username=username)

    def _page(self, who: SignedIn, form: SecondFactorForm) -> str:
        must = needs_second_factor(role_names())
        if who.has_second_factor:
            return render_template("houtai/security/second_factor.html", form=form, must=must,
                                   left=second_factor.recovery_codes_left(who.user_id), username=who.user.username)
        proposal = second_factor.propose(who.user, form.sealed.data)
        form.sealed.data = proposal.sealed
        with_keypad(form.code)
        in_fours = " ".join(proposal.key[at:at + 4] for at in range(0, len(proposal.key), 4))
        return render_template("houtai/security/set_up_second_factor.html", form=form, must=must, key=in_fours,
                               username=who.user.username, picture=picture(proposal.uri))


def picture(uri: str) -> Markup:
    """A QR code as SVG inside the page: dark on white in every theme, since cameras want it so."""
    import segno  # wanted on this page alone

    return Markup(segno.make(uri, error="m").svg_inline(
        scale=5, border=3, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None))
