"""Apache with mod_wsgi, where both are installed by the system's packages."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from tests.integration.wire import ROOT

MODULES = Path("/usr/lib/apache2/modules")
CONFIGURATION = """
ServerName localhost
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile "{folder}/httpd.pid"
ErrorLog "|/bin/cat"
Listen 127.0.0.1:{port}
User nobody
Group nogroup
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix "{folder}/run"
WSGIRestrictEmbedded On
WSGIDaemonProcess fastcors processes=1 threads=4 python-path={folder}
WSGIProcessGroup fastcors
WSGIApplicationGroup %{{GLOBAL}}
WSGIScriptAlias /second {folder}/tests/deployment/app.py application-group=second
WSGIScriptAlias / {folder}/tests/deployment/app.py
<Directory "{folder}/tests/deployment">
    Require all granted
</Directory>
"""


def lacks() -> str | None:
    """What is missing for mod_wsgi with this Python; None where nothing is."""
    if shutil.which("apache2") is None or not (MODULES / "mod_wsgi.so").exists():
        return "apache2 with mod_wsgi is not installed"
    version = "{}.{}".format(*sys.version_info[:2])
    made_for = {path.name.partition("-")[2] for path in MODULES.glob("mod_wsgi.so-*")}
    return None if version in made_for else f"mod_wsgi is for Python {', '.join(made_for)}, and this is {version}"


def prepare(folder: Path, port: int) -> None:
    """Write the configuration, and a copy of all that the application needs where Apache's user can read it."""
    text = CONFIGURATION.format(folder=folder, port=port, modules=MODULES)
    (folder / "apache2.conf").write_text(text, encoding="utf-8")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "fastcors", folder / "fastcors", ignore=ignore)
    shutil.copytree(ROOT / "tests" / "deployment", folder / "tests" / "deployment", ignore=ignore)
    for name in ("idna", "publicsuffixlist"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, folder / name, ignore=ignore)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
