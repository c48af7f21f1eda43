"""Stands first on the path where the suite of django-cors-headers runs: ``corsheaders`` is fastcors' drop-in."""

import importlib
import sys

for _name in ("", ".apps", ".checks", ".conf", ".defaults", ".middleware", ".signals"):
    sys.modules[f"corsheaders{_name}"] = importlib.import_module(f"fastcors.compat.corsheaders{_name}")
