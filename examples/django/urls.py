"""The views and their paths."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from fastcors.django import cors_exempt, cross_origin


@require_http_methods(["GET", "PUT"])
def article(request: HttpRequest, number: int) -> HttpResponse:
    """Read or write an article, under the policy of the project."""
    if number == 404:
        raise Http404
    if request.method == "PUT":
        return JsonResponse({"written": request.body.decode()})
    return JsonResponse({"article": number}, headers={"ETag": '"1"'})


@cross_origin(allow_origins="*")
def feed(request: HttpRequest) -> HttpResponse:
    """Answer everybody: the view has a policy of its own."""
    return JsonResponse({"news": []})


@cors_exempt
def internal(request: HttpRequest) -> HttpResponse:
    """Answer pages of this site alone."""
    return HttpResponse("for this site")


def broken(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise RuntimeError("a fault of the application")


urlpatterns = [
    path("articles/<int:number>", article),
    path("feed", feed),
    path("internal", internal),
    path("broken", broken),
]
