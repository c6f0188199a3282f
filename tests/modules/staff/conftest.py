"""The makers of users and roles are those of the security tests."""

from tests.security.conftest import _counters_begin_at_nothing, make_role, make_user, tokens

__all__ = ["_counters_begin_at_nothing", "make_role", "make_user", "tokens"]
