"""Every deployment setting: its default, its environment variable, and one line of why.

What a shop's own people may change stands on the settings screen instead (`app.core.settings`). Nothing
secret has a default: the secret key is made on the first start and kept in `var/` unless it is given.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def secret_key(var: Path) -> str:
    """The key that signs sessions and tokens: given, or made once and kept where only the owner reads it."""
    given = os.environ.get("HOUTAI_SECRET_KEY")
    if given:
        if len(given) < 32:
            raise SystemExit("HOUTAI_SECRET_KEY must have at least 32 characters.")
        return given
    file = var / "secret_key"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text().strip()
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
    return file.read_text().strip()


def settings() -> dict[str, Any]:
    """All settings, read from the environment now."""
    # Where the database, uploads, backups and the secret key live.
    var = Path(os.environ.get("HOUTAI_VAR", ROOT / "var")).resolve()
    host = os.environ.get("HOST", "127.0.0.1")
    return {
        "VAR": var,
        "SECRET_KEY": secret_key(var),
        # Keys that still open old sessions while the key is being changed, newest first.
        "SECRET_KEY_FALLBACKS": _words("HOUTAI_OLD_SECRET_KEYS", ""),
        # SQLite below VAR needs no server; `postgresql+psycopg://…` grows past one machine.
        "SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL", f"sqlite:///{var / 'houtai.db'}"),
        # Let PostgreSQL keep the plans of repeated statements; off behind a pgbouncer that shares connections.
        "DATABASE_PREPARED": _flag("DATABASE_PREPARED", True),
        # Whether the first start of an empty database makes a demo shop; `flask demo remove` takes it away again.
        "DEMO_SHOP": _flag("DEMO_SHOP", True),
        "HOST": host,
        "PORT": int(os.environ.get("PORT", "8080")),
        # Processes and threads that serve pages.
        "WEB_WORKERS": int(os.environ.get("WEB_WORKERS", "1")),
        "WEB_THREADS": int(os.environ.get("WEB_THREADS", "4")),
        # Host names this back office answers to; a request for another is refused, whatever a proxy forwards.
        "TRUSTED_HOSTS": _words("TRUSTED_HOSTS", f"127.0.0.1,localhost,[::1],{host}"),
        # How many proxies stand in front and set X-Forwarded-For; 0 believes no such header.
        "TRUSTED_PROXIES": int(os.environ.get("TRUSTED_PROXIES", "0")),
        # Cookies only over https; off by default because `make run` serves http on this machine alone.
        "SESSION_COOKIE_SECURE": _flag("HTTPS_ONLY", False),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_NAME": "houtai_session",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        # The session's row ends it anyway, so its cookie need not be signed anew with every answer.
        "SESSION_REFRESH_EACH_REQUEST": False,
        # A session ends after this long without a request.
        "SESSION_IDLE_SECONDS": int(os.environ.get("SESSION_IDLE_SECONDS", str(2 * 3600))),
        # The largest request body in bytes; pictures are the largest thing anyone sends.
        "MAX_CONTENT_LENGTH": int(os.environ.get("MAX_UPLOAD_BYTES", str(20 * 1024 * 1024))),
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        # The shop's wall clock and currency.
        "SHOP_TIMEZONE": os.environ.get("SHOP_TIMEZONE", "Asia/Shanghai"),
        "SHOP_CURRENCY": os.environ.get("SHOP_CURRENCY", "CNY"),
        "APP_NAME": os.environ.get("APP_NAME", "Houtai 后台"),
        # Languages that can be chosen; the order is that of the menu.
        "LANGUAGES": {"zh": {"name": "简体中文"}, "en": {"name": "English"}, "zh_Hant": {"name": "繁體中文"}},
        "BABEL_DEFAULT_LOCALE": os.environ.get("DEFAULT_LANGUAGE", "zh"),
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        # Start the worker and the clock inside the web process (one machine) or run `flask jobs work` beside it.
        "JOBS_IN_PROCESS": _flag("JOBS_IN_PROCESS", True),
        # Pieces of posted work done at once in a process; two, so that a long one does not hold up the short.
        "JOBS_THREADS": int(os.environ.get("JOBS_THREADS", "2")),
        # A worker that is silent for so long is taken for dead, and another does its work again.
        "JOBS_LEASE_SECONDS": float(os.environ.get("JOBS_LEASE_SECONDS", "30")),
        # How soon another process leads the clock when the leader is killed; one that is stopped hands over at once.
        "JOBS_LEADER_SECONDS": float(os.environ.get("JOBS_LEADER_SECONDS", "8")),
        # How often a worker looks for work that another process posted; what its own process posts wakes it.
        "JOBS_POLL_SECONDS": float(os.environ.get("JOBS_POLL_SECONDS", "1")),
        # How long a process that is told to stop waits for the work it is doing; most supervisors kill after ten.
        "JOBS_STOP_SECONDS": float(os.environ.get("JOBS_STOP_SECONDS", "8")),
        # Days that finished background work is kept, and days of the run log and of what failed.
        "JOBS_KEEP_DAYS": int(os.environ.get("JOBS_KEEP_DAYS", "30")),
        "JOBS_KEEP_RUNS_DAYS": int(os.environ.get("JOBS_KEEP_RUNS_DAYS", "180")),
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": os.environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        # The description of the admin API: for signed-in staff only.
        "FAB_API_SWAGGER_UI": True,
        "FAB_API_MAX_PAGE_SIZE": 200,
        # Permissions are synchronised once, by the migrate step; tables are made by migrations alone.
        "FAB_UPDATE_PERMS": False,
        "FAB_CREATE_DB": False,
    }
