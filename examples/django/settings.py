"""The settings of the project."""

import os

SECRET_KEY = "for an example"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["fastcors.django"]
MIDDLEWARE = ["fastcors.django.CORSMiddleware", "django.middleware.common.CommonMiddleware"]
USE_TZ = True

FASTCORS = {
    "allow_origins": [os.environ.get("PAGE_ORIGIN", "https://app.example.com")],
    "allow_methods": ["PUT"],
    "expose_headers": ["ETag"],
    "max_age": 600,
}
