"""fastcors.django in use, for mypy --strict and pyright."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views import View

from fastcors import Policy
from fastcors.django import CORSMiddleware, cors_exempt, cross_origin

policy = Policy(allow_origins=["https://app.example.com"])


@cross_origin(policy)
def items(request: HttpRequest, number: int) -> HttpResponse:
    """Answer under a policy."""
    return HttpResponse(b"%d" % number)


@cross_origin(allow_origins="*", max_age=600)
async def feed(request: HttpRequest) -> HttpResponse:
    """Answer under the parameters of a policy."""
    return HttpResponse(b"feed")


@cors_exempt
def internal(request: HttpRequest) -> HttpResponse:
    """Answer with no CORS."""
    return HttpResponse(b"internal")


@cross_origin(policy)
class Things(View):  # type: ignore[misc]  # Django says nothing of its types
    """A class of views."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer under the class's policy."""
        return items(request, 7)


middleware = CORSMiddleware(internal)
mode: bool = middleware.async_mode
