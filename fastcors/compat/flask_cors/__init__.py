"""A drop-in for Flask-CORS 6.0.5: the same names, options, configuration and loggers, with the same import.

``from fastcors.compat.flask_cors import CORS, cross_origin``. docs/compat.md says what differs on purpose.
"""

import logging

from fastcors.compat.flask_cors.decorator import cross_origin
from fastcors.compat.flask_cors.extension import CORS
from fastcors.compat.flask_cors.version import __version__

__all__ = ["CORS", "__version__", "cross_origin"]

# Quiet until an application asks for more, under the name that it knows.
_logger = logging.getLogger("flask_cors")
_logger.addHandler(logging.NullHandler())
if _logger.level == logging.NOTSET:
    _logger.setLevel(logging.WARNING)
