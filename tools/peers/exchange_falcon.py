"""A pytest plugin: falcon's tests and applications get the drop-in where they use its CORS middleware."""

import falcon.app
import falcon.middleware

from fastcors.compat.falcon import CORSMiddleware

for _module in (falcon, falcon.app, falcon.middleware):
    _module.CORSMiddleware = CORSMiddleware
