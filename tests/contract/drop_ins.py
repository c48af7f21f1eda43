"""The drop-ins, one for each folder of ``tests/compat`` that has a ``door.py``."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.support.drop_in import DropIn

FOLDER = Path(__file__).resolve().parents[1] / "compat"
DROP_INS: dict[str, DropIn] = {
    path.parent.name: importlib.import_module(f"tests.compat.{path.parent.name}.door").DROP_IN
    for path in sorted(FOLDER.glob("*/door.py"))
}
