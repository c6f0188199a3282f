"""The example of the manual (`docs/adding-a-module.md`), kept working.

Where the application itself has a module `suppliers`, that one takes the place of the example: two of them could not
both have the table.
"""

from __future__ import annotations

import sys
from importlib import import_module

from app import MODULES

if "suppliers" in MODULES:
    suppliers = import_module("app.modules.suppliers")
    for _name in ("", ".models", ".views"):
        sys.modules[f"{__name__}.suppliers{_name}"] = import_module(f"app.modules.suppliers{_name}")
