"""The app for ``INSTALLED_APPS``: it registers the system checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register

from fastcors.compat.corsheaders.checks import check_dangers, check_settings

__all__ = ["CorsHeadersAppConfig"]


class CorsHeadersAppConfig(AppConfig):
    """Has the label of the app that it stands in for, ``corsheaders``."""

    name = "fastcors.compat.corsheaders"
    verbose_name = "django-cors-headers, by fastcors"

    def ready(self) -> None:
        """Register the checks, which ``manage.py check`` runs, and every command that checks first."""
        register(check_settings, Tags.security)
        register(check_dangers, Tags.security)
