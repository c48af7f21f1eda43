"""The version of Flask-CORS whose behaviour this package keeps."""

__version__ = "6.0.5"
