"""A pytest plugin: Starlette's tests get the drop-in where they import its CORS middleware."""

import starlette.middleware.cors

from fastcors.compat.starlette import CORSMiddleware

starlette.middleware.cors.CORSMiddleware = CORSMiddleware
