"""What a server is told to run: ``app``, the application of the door in DOOR, with CORS where WITH_CORS is 1."""

from __future__ import annotations

import os

from tests.frameworks.door import application

app = application(os.environ["DOOR"]).make(os.environ["WITH_CORS"] == "1")
