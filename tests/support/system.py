"""Finds what the tests need from the system: Chromium with its driver, Chinese fonts, PostgreSQL's server.

`python -m tests.support.system` installs what is missing with the system's package manager when it may (as root, or by
a sudo that asks no password), and says clearly what is missing when it may not. Nothing is skipped for want of it.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PACKAGES = {
    "apt-get": {
        "browser": ["chromium", "chromium-driver"],
        "fonts": ["fontconfig", "fonts-noto-cjk"],
        "PostgreSQL": ["postgresql"],
    },
    "dnf": {
        "browser": ["chromium", "chromedriver"],
        "fonts": ["fontconfig", "google-noto-sans-cjk-ttc-fonts"],
        "PostgreSQL": ["postgresql-server", "postgresql-contrib"],
    },
    "apk": {
        "browser": ["chromium", "chromium-chromedriver"],
        "fonts": ["fontconfig", "font-noto-cjk"],
        "PostgreSQL": ["postgresql", "postgresql-contrib"],
    },
}
INSTALL = {
    "apt-get": ["apt-get", "install", "-y", "-q", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y", "-q"],
    "apk": ["apk", "add", "-q"],
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                "/Applications/Chromium.app/Contents/MacOS/Chromium")
DRIVERS = ("/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver")
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
                    "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")


class Missing(Exception):
    """Something the tests need is not on this machine."""


def browser() -> Path:
    """The browser's program; Missing where there is none."""
    return _program("browser", BROWSERS, MAC_BROWSERS)


def driver() -> Path:
    """The program that steers the browser; Missing where there is none."""
    return _program("browser", ("chromedriver",), DRIVERS)


def postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`, of the newest version; Missing where there is none."""
    folders = [folder for pattern in POSTGRES_FOLDERS for folder in glob.glob(pattern)]
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(os.path.dirname(os.path.realpath(on_path)))
    usable = [Path(folder) for folder in folders if os.access(os.path.join(folder, "initdb"), os.X_OK)]
    if not usable:
        raise Missing(_advice("PostgreSQL"))
    return max(usable, key=lambda folder: [int(part) for part in folder.as_posix().replace("-", "/").replace("@", "/")
                                           .split("/") if part.isdigit()])


def fonts() -> Path:
    """A font with Chinese letters, without which pictures of pages show boxes; Missing where there is none."""
    listing = shutil.which("fc-list")
    if listing:
        found = subprocess.run([listing, ":lang=zh", "file"], capture_output=True, text=True).stdout.strip()
        if found:
            return Path(found.splitlines()[0].rstrip(": "))
    elif sys.platform == "darwin":
        return Path("/System/Library/Fonts")
    raise Missing(_advice("fonts"))


NEEDS: dict[str, tuple[Callable[[], Path], ...]] = {
    "browser": (browser, driver), "fonts": (fonts,), "PostgreSQL": (postgres_programs,)}


def _program(what: str, names: tuple[str, ...], places: tuple[str, ...]) -> Path:
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    for place in places:
        if os.access(place, os.X_OK):
            return Path(place)
    raise Missing(_advice(what))


def _manager() -> str | None:
    return next((name for name in PACKAGES if shutil.which(name)), None)


def _advice(what: str) -> str:
    manager = _manager()
    if manager is None:
        return f"The tests need {what} (Chromium with chromedriver, Chinese fonts, and PostgreSQL's server programs)."
    return f"The tests need {what}: {' '.join([*INSTALL[manager], *PACKAGES[manager][what]])}"


def missing() -> dict[str, str]:
    """What is not there, each with a sentence on how to get it."""
    found = {}
    for what, lookups in NEEDS.items():
        try:
            for look_up in lookups:
                look_up()
        except Missing as error:
            found[what] = str(error)
    return found


def _as_root() -> list[str] | None:
    """What to write before a command that only root may run; None where we may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def install(whats: list[str]) -> None:
    """Install what is named with the system's package manager, if we may; else do nothing."""
    manager, prefix = _manager(), _as_root()
    if manager is None or prefix is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = [package for what in whats for package in PACKAGES[manager][what]]
    print(f"Installing {' '.join(packages)} …", flush=True)
    if manager == "apt-get":
        subprocess.run([*prefix, "apt-get", "update", "-q"], env=environment, stdout=subprocess.DEVNULL)
    subprocess.run([*prefix, *INSTALL[manager], *packages], env=environment, stdout=subprocess.DEVNULL)


def main() -> int:
    """Make sure that everything is there; returns the exit status."""
    lacking = missing()
    if lacking:
        install(list(lacking))
        lacking = missing()
    for sentence in lacking.values():
        print(sentence, file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main())
