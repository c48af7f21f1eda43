"""The app for ``INSTALLED_APPS``: with it, the system checks are there from the start."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["FastcorsConfig"]


class FastcorsConfig(AppConfig):
    """Is found by the name ``fastcors.django``, whose import registers the checks. It has no models."""

    name = "fastcors.django"
    label = "fastcors"
    verbose_name = "fastcors"
