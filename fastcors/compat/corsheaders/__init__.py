"""A drop-in for django-cors-headers 4.9: exchange the app and the middleware in the settings, and nothing else.

``INSTALLED_APPS`` has ``"fastcors.compat.corsheaders"``, and ``MIDDLEWARE`` has
``"fastcors.compat.corsheaders.middleware.CorsMiddleware"``. The ``CORS_*`` settings are those of django-cors-headers.
"""

from __future__ import annotations

try:
    import django  # noqa: F401 - or else each module below would say it in words of its own
except ImportError as error:
    raise ImportError('fastcors.compat.corsheaders needs Django: pip install "django>=5"', name="django") from error
