"""CORS for Django: a middleware, decorators for single views, and system checks.

``MIDDLEWARE`` begins with ``"fastcors.django.CORSMiddleware"``, and the setting ``FASTCORS`` says what is allowed. With
``"fastcors.django"`` in ``INSTALLED_APPS``, ``manage.py check`` says what is wrong with it.
"""

from __future__ import annotations

try:
    import django  # noqa: F401 - or else each module below would say it in words of its own
except ImportError as error:
    message = 'fastcors.django needs Django, which pip install "fastcors[django]" brings'
    raise ImportError(message, name="django") from error

from django.core.checks import Tags, register

from fastcors.django.checks import check_settings
from fastcors.django.middleware import CORSMiddleware
from fastcors.django.views import cors_exempt, cross_origin

__all__ = ["CORSMiddleware", "cors_exempt", "cross_origin"]

# Not in the app alone: whoever imports this has the checks, and they run once however often they are registered.
register(check_settings, Tags.security)
