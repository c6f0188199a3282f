"""The framework's security manager, made ours: own pages for signing in, server-side sessions, one permission query.

What the framework would register besides (its user, role and permission pages, statistics, registration, password
reset) is left out; the screens of `app.modules.staff` take their place.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, g
from flask_appbuilder.security.sqla.manager import SecurityManager as FrameworkSecurityManager
from flask_appbuilder.security.sqla.models import User
from flask_jwt_extended import JWTManager
from flask_login import LoginManager, current_user

from app.core.database import db, reading
from app.lowcode.access import may, refuse_stranger
from app.lowcode.security import identity, passwords, signing_in, users
from app.lowcode.security.api import SignInApi
from app.lowcode.security.second_factor_pages import SecondFactorView
from app.lowcode.security.views import ProfileView, SignInView

log = logging.getLogger(__name__)


class SecurityManager(FrameworkSecurityManager):
    """Keeps the framework's tables and names, and answers its questions from our session and permission cache."""

    authdbview = SignInView
    security_api = SignInApi
    userstatschartview = None

    def register_views(self) -> None:
        """Only what we mean to have."""
        self.auth_view = self.appbuilder.add_view_no_menu(self.authdbview)
        self.appbuilder.add_view_no_menu(ProfileView)
        self.appbuilder.add_view_no_menu(SecondFactorView)
        self.appbuilder.add_api(self.security_api)

    # -- who is asking ------------------------------------------------------------------------------------------

    def create_login_manager(self, app: Flask) -> LoginManager:
        # Templates ask `shell().user`; the library would load the whole user for every template that is drawn.
        manager = LoginManager(app, add_context_processor=False)
        # The session row decides; the framework's own cookie fields and "remember me" are not used.
        manager.session_protection = None
        manager.request_loader(self._user_of_request)
        return manager

    def create_jwt_manager(self, app: Flask) -> JWTManager:
        manager = JWTManager()
        manager.init_app(app)
        manager.user_lookup_loader(self.load_user_jwt)
        for loader in (manager.expired_token_loader, manager.invalid_token_loader, manager.unauthorized_loader,
                       manager.revoked_token_loader, manager.user_lookup_error_loader, manager.needs_fresh_token_loader,
                       manager.token_verification_failed_loader):
            # Whatever is wrong with a token, its bearer has to sign in: one answer, and nothing to learn from it.
            loader(lambda *_what: refuse_stranger())
        return manager

    @staticmethod
    def _user_of_request(_request: Any) -> User | None:
        who = identity.signed_in()
        return who.user if who else None

    def load_user(self, pk: int) -> User | None:
        """A user by id, if active. Proves nothing by itself: sessions and tokens are judged by their row."""
        user = db.session.get(User, int(pk))
        return user if user is not None and user.is_active else None

    def load_user_jwt(self, _header: dict[str, Any], claims: dict[str, Any]) -> User | None:
        who = identity.holder_of_token(claims)
        if who is None or str(who.user_id) != str(claims.get("sub")):
            return None
        g.user = who.user
        return who.user

    @staticmethod
    def before_request() -> None:
        g.user = current_user

    # -- what they may do -----------------------------------------------------------------------------------------

    def has_access(self, permission_name: str, view_name: str) -> bool:
        return may(permission_name, view_name)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing is public here: what strangers may see has no permission at all."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        return set()

    # -- signing in -----------------------------------------------------------------------------------------------

    def auth_user_db(self, username: str, password: str) -> User | None:
        """The active user whose name (or e-mail) and password these are. The password is hashed and compared even
        where there is no such user, and outside any transaction, since that takes a tenth of a second."""
        with reading():
            user = users.find_user(username or "")
            stored = user.password if user is not None and user.active else None
            user_id = user.id if user is not None else None
            db.session.rollback()
        if not passwords.is_password(stored, password or ""):
            return None
        return db.session.get(User, user_id)

    def reset_password(self, userid: int, password: str) -> None:
        """Also what the framework's own command line calls: ends every session of the user."""
        user = db.session.get(User, int(userid))
        if user is None:
            return
        signing_in.set_password(user, password, by_owner=False)
        db.session.commit()
