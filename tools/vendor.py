"""Fetch the browser libraries that are committed under `app/static/vendor/`, or check that they are untouched.

    python tools/vendor.py check     compare every committed file with vendor.json; needs nothing
    python tools/vendor.py fetch     fetch the pinned packages with npm and write the folder anew

For developers who raise a version only: to set up, run or test the back office nothing is fetched. A package is
taken only if its archive has the sha256 written here, so a changed archive under the same version is refused.
To raise a version: change `version`, run `fetch`, read what came, copy the sha256 it reports, run `fetch` again.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from icon_names import ICONS

VENDOR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
MANIFEST = VENDOR / "vendor.json"
EDITOR_PLUGINS = ("advlist", "autolink", "autoresize", "code", "fullscreen", "image", "link", "lists", "searchreplace",
                  "table", "wordcount")


@dataclass(frozen=True)
class Package:
    """One npm package: what is taken from it (path in the package: path below `folder`), and under which terms."""

    name: str
    version: str
    licence: str
    folder: str
    sha256: str
    files: dict[str, str] = field(default_factory=dict)


PACKAGES = [
    Package("echarts", "6.1.0", "Apache-2.0", "echarts",
            "681aff88cc1038c3fa941a3a53d1b177a52250b05335efc607d6105ae13be481", {
        "dist/echarts.min.js": "echarts.min.js", "LICENSE": "LICENSE", "NOTICE": "NOTICE",
        "licenses/LICENSE-d3": "LICENSE-d3",
    }),
    Package("tom-select", "2.6.2", "Apache-2.0", "tom-select",
            "91e3a429b42d9163e8ade96f3603109d3b7faa7f9b1a5259fa30f8f4b162415a", {
        "dist/js/tom-select.complete.min.js": "tom-select.min.js",
        "dist/css/tom-select.min.css": "tom-select.min.css", "LICENSE": "LICENSE",
    }),
    Package("flatpickr", "4.6.13", "MIT", "flatpickr",
            "912da5a92aea3447d39ab83d83706c004c999ee9b013a6267fab3d8710e8a7a8", {
        "dist/flatpickr.min.js": "flatpickr.min.js", "dist/flatpickr.min.css": "flatpickr.min.css",
        "dist/l10n/zh.js": "zh.js", "dist/l10n/zh-tw.js": "zh-tw.js", "LICENSE.md": "LICENSE",
    }),
    Package("sortablejs", "1.15.7", "MIT", "sortablejs",
            "66cbfc8fa18860783584fe0c346baf6cbf3399da72d23d21053425ba232abed4", {
        "Sortable.min.js": "sortable.min.js", "LICENSE": "LICENSE",
    }),
    Package("hugerte", "1.0.14", "MIT", "hugerte",
            "067d99b549d234cc2fb2b1f53fb0b120e5e777f122b963a074e80f511961be78", {
        "hugerte.min.js": "hugerte.min.js", "license.txt": "LICENSE",
        "themes/silver/theme.min.js": "themes/silver/theme.min.js",
        "models/dom/model.min.js": "models/dom/model.min.js",
        "icons/default/icons.min.js": "icons/default/icons.min.js",
        **{f"skins/ui/{skin}/{sheet}.min.css": f"skins/ui/{skin}/{sheet}.min.css"
           for skin in ("oxide", "oxide-dark") for sheet in ("skin", "content")},
        **{f"plugins/{plugin}/plugin.min.js": f"plugins/{plugin}/plugin.min.js" for plugin in EDITOR_PLUGINS},
    }),
    # The editor's Chinese: packs of the TinyMCE 6 generation, which are MIT like the editor that was forked from it.
    Package("tinymce-i18n", "26.9.21", "MIT", "hugerte/langs",
            "ae9e80ab687adc36b753860a1dbd2b6d3b07a502b345e55daa953e3a1a9c4d8a", {
        "langs6/zh-Hans.js": "zh-Hans.js", "langs6/zh-Hant.js": "zh-Hant.js",
        "LICENSE.md": "LICENSE", "NOTICE.md": "NOTICE",
    }),
    # Drawn into one sprite by `sprite`.
    Package("@tabler/icons", "3.51.0", "MIT", "icons",
            "b30108713d3fa60aee862c2a133225da8e0f309be0708fe2925763ff810c766c", {
        "LICENSE": "LICENSE",
    }),
]


def digest(data: bytes) -> str:
    """The sha256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def unpack(package: Package, folder: Path) -> dict[str, bytes]:
    """Every file of the pinned package by its path in the package; refuses an archive with another sha256."""
    subprocess.run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    found = digest(archive.read_bytes())
    if found != package.sha256:
        raise SystemExit(f"{package.name} {package.version}: sha256 is {found}, expected {package.sha256}.")
    files: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                files[member.name.split("/", 1)[1]] = stream.read()
    archive.unlink()
    return files


def adapted(package: Package, target: str, data: bytes) -> bytes:
    """The file as we serve it."""
    if package.name == "tinymce-i18n" and target.endswith(".js"):
        return data.replace(b"tinymce.addI18n(", b"hugerte.addI18n(", 1)
    # Maps are not served, so no browser should be sent to look for one.
    return re.sub(rb"\n?(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", b"\n", data)


def sprite(files: dict[str, bytes]) -> bytes:
    """One SVG that holds every icon of `ICONS` as a symbol."""
    symbols = []
    for name, drawing in sorted(ICONS.items()):
        solid = name.endswith("-solid")
        svg = files[f"icons/{'filled' if solid else 'outline'}/{drawing}.svg"].decode()
        shapes = re.findall(r"<(?!svg|/svg|path stroke=\"none\" d=\"M0 0h24v24H0z\")[^>]+>", svg)
        look = 'fill="currentColor" stroke="none"' if solid else 'fill="none"'
        drawn = "".join(" ".join(shape.split()) for shape in shapes)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {look}>{drawn}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def fetch() -> None:
    """Write `app/static/vendor/` anew from the pinned packages."""
    written: dict[str, bytes] = {}
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            files = unpack(package, Path(folder))
        for source, target in package.files.items():
            written[f"{package.folder}/{target}"] = adapted(package, target, files[source])
        if package.name == "@tabler/icons":
            written["icons.svg"] = sprite(files)
        print(f"{package.name} {package.version}")
    for old in [path for path in VENDOR.rglob("*") if path.is_file()]:
        old.unlink()
    for name, data in written.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(data)
    manifest = {
        "packages": [{"name": each.name, "version": each.version, "licence": each.licence, "sha256": each.sha256}
                     for each in PACKAGES],
        "files": {name: digest(data) for name, data in sorted(written.items())},
    }
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n")


def differences() -> list[str]:
    """What in the folder is not as vendor.json says, one line each; empty when all is well."""
    expected: dict[str, str] = json.loads(MANIFEST.read_text())["files"]
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {MANIFEST.name}
    changed = [name for name in present & expected.keys() if digest((VENDOR / name).read_bytes()) != expected[name]]
    return sorted([f"changed: {name}" for name in changed] + [f"missing: {name}" for name in expected.keys() - present]
                  + [f"not listed: {name}" for name in present - expected.keys()])


def main(arguments: list[str]) -> None:
    """`check` or `fetch`."""
    if arguments == ["fetch"]:
        fetch()
    elif arguments != ["check"]:
        raise SystemExit(__doc__)
    wrong = differences()
    raise SystemExit("\n".join(wrong) if wrong else None)


if __name__ == "__main__":
    main(sys.argv[1:])
