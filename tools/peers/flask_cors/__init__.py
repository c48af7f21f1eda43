"""Stands first on the path where the suite of flask-cors runs: importing ``flask_cors`` gives fastcors' drop-in."""

import importlib
import sys

for _name in ("", ".core", ".decorator", ".extension", ".version"):
    sys.modules[f"flask_cors{_name}"] = importlib.import_module(f"fastcors.compat.flask_cors{_name}")
