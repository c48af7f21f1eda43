"""What manage.py is in a project of Django: ``python -m tests.frameworks.manage``, for the door in DOOR."""

from __future__ import annotations

import sys

from django.core.management import execute_from_command_line

import tests.frameworks.served  # noqa: F401 - which configures Django

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
