"""CORS for WSGI applications (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from fastcors._engine import Decision, WSGIShim
from fastcors._http1 import status_line
from fastcors._shims.messages import ERROR_HEADERS, failed_body, preflight_headers, sets_origin
from fastcors._shims.options import NOT_GIVEN, OnConflict, ShimConfig, check_app
from fastcors._shims.routes import Routes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    from fastcors._config.keywords import PolicyParameters
    from fastcors.policy import Policy

__all__ = ["CORSMiddleware"]

SHIM_KEY = "fastcors.shim"
"""Where the environ has a dict, if a shim in front of the application looks for views with policies of their own.

It is the same dict in copies of the environ, which middlewares make."""

POLICY_KEY = "fastcors.policy"
"""Where a view puts its policy into that dict, or None for no CORS."""


class CORSMiddleware(ShimConfig, WSGIShim):
    """A WSGI application that puts CORS in front of another one.

    What is allowed is said in one of three ways: a ``policy``; the parameters of one
    (``CORSMiddleware(app, allow_origins=[...])``), which raise :class:`fastcors.PolicyError`; or ``routes``, a mapping
    of paths and of prefixes that end in ``/`` to policies (see :attr:`routes`). Two of them raise ``TypeError``, and so
    does none of them; ``policy=None`` turns CORS off. ``policy`` and ``routes`` may be assigned while requests run.

    Preflights are answered here, whatever their path, and do not reach ``app``; every other request does, and its
    response gets the policy's headers, whatever its status.

    An exception of ``app`` passes as it is. ``handle_errors=True`` responds for one that comes before the response has
    started, with a 500 that has the policy's headers, and then raises it again. ``preflight_continue=True`` lets
    ``app`` respond to preflights, and puts the headers into the response. ``on_conflict="keep"`` leaves a response as
    it is where ``app`` itself set ``Access-Control-Allow-Origin``, but for ``Vary``; ``"replace"`` makes the policy the
    one authority. With both, a preflight that ``app`` responds to without that header gets the policy's answer instead.

    ``tell_application=True`` puts the :class:`fastcors.Outcome` of each request into its environ, under ``"fastcors"``.
    ``count_decisions=True`` counts them by reason, for ``policy.counts()``.

    Raises ``TypeError`` where ``app`` is a coroutine function, which is no WSGI application, and for a policy whose
    ``allow_origin_func`` is one, which nothing can wait for here.
    """

    _gateway = "WSGI"
    _options = ("routes", "handle_errors", "preflight_continue", "on_conflict", "tell_application", "count_decisions")
    _can_wait = False

    def __init__(
        self,
        app: WSGIApplication,
        policy: Policy | None = NOT_GIVEN,
        *,
        routes: Routes | None = None,
        handle_errors: bool = False,
        preflight_continue: bool = False,
        on_conflict: OnConflict = "replace",
        tell_application: bool = False,
        count_decisions: bool = False,
        **policy_parameters: Unpack[PolicyParameters],
    ) -> None:
        check_app(app, "WSGI")
        self._configure(
            policy,
            routes,
            policy_parameters,
            handle_errors,
            preflight_continue,
            on_conflict,
            tell_application,
            count_decisions,
        )
        self.app = app
        self._policy_of_view = None

    def _policy_of(self, environ: WSGIEnvironment) -> Policy | None:
        policies = self._policies
        if isinstance(policies, self._router):
            return policies.find_wsgi(environ.get("PATH_INFO"))
        return cast("Policy | None", policies)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to any request. The native engine comes here only with what is not an ordinary one."""
        policy = self._policy_of(environ)
        ask = self._policy_of_view
        if policy is None and ask is None:
            return self.app(environ, start_response)
        decision = None if policy is None else policy.decide_wsgi(environ)
        ours = decision is not None and decision.kind == "preflight" and not self._continue
        # Where views have policies of their own, the last word is said when the response starts.
        noted = not self._notes or ask is None or ours
        if decision is not None and self._notes:
            self._note(environ, decision, count=noted)
        if decision is not None and ours:
            return _answer_preflight(decision, start_response)

        chosen: Any = {} if ask is None else environ.get(SHIM_KEY)  # an outer shim's
        if type(chosen) is not dict:
            chosen = environ[SHIM_KEY] = {}

        instead: list[Decision] = []

        def start_merged(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            nonlocal noted
            writes, merged = decision, headers
            instead.clear()
            if ask is not None:
                own = chosen[POLICY_KEY] if POLICY_KEY in chosen else ask(environ, policy)
                if own is not policy:
                    writes = None if own is None else own.decide_wsgi(environ)
            if not noted:
                noted = True
                self._note(environ, writes)
            replaces = self._keep and exc_info is None and writes is not None and writes.kind == "preflight"
            if writes is not None and replaces and not sets_origin(headers):
                instead.append(writes)
                status, merged = _preflight_start(writes)
            elif writes is not None:
                merged = writes.merge_wsgi(headers, on_conflict="keep" if self._keep else "replace")
            # Servers tell "no exc_info" by the number of arguments: one that was not given is not made up.
            write = start_response(status, merged) if exc_info is None else start_response(status, merged, exc_info)
            return _write_nothing if instead else write

        body = self._run(environ, start_merged)
        return _Replaceable(body, instead) if self._keep and environ.get("REQUEST_METHOD") == "OPTIONS" else body

    def _run(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application; where errors are handled, respond for one that raises before its first bytes."""
        if not self._guarded:
            return self.app(environ, start_response)
        try:
            body = self.app(environ, start_response)
        except Exception as error:
            return self._fail(error, start_response)
        wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(body, (list, tuple)) or (isinstance(wrapper, type) and isinstance(body, wrapper)):
            return body  # these cannot raise, and servers look at their type
        return _Chunks(self, body, start_response)

    def _fail(self, error: Exception, start_response: StartResponse) -> Iterator[bytes]:
        """Respond for an application that raised before it did; ``start_response`` puts the policy's headers in.

        The body that is returned raises the error again after its bytes. Where the application's own headers are on
        their way, ``start_response`` does that (PEP 3333, "The start_response() Callable").
        """
        exc_info: Any = (type(error), error, error.__traceback__)
        start_response(status_line(500), list(ERROR_HEADERS), exc_info)
        return failed_body(error)


class _Chunks:
    """The application's iterable, with the shim's response to an exception that comes before its first bytes."""

    def __init__(self, shim: CORSMiddleware, body: Iterable[bytes], start_response: StartResponse) -> None:
        self._shim: CORSMiddleware | None = shim
        self._body = body
        self._start_response = start_response
        self._chunks: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._chunks is None:
                self._chunks = iter(self._body)
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except Exception as error:
            if self._shim is None:
                raise
            self._chunks = iter(self._shim._fail(error, self._start_response))
            chunk = next(self._chunks)
        if chunk:
            self._shim = None
        return chunk

    def close(self) -> None:
        """Close the application's iterable, if it can be closed."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class _Replaceable:
    """The application's body; or that of the policy's answer, where a decision is there ``instead``."""

    def __init__(self, body: Iterable[bytes], instead: list[Decision]) -> None:
        self._body = body
        self._instead = instead

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            if self._instead:
                break
            yield chunk
        for decision in self._instead:
            yield decision.body

    def close(self) -> None:
        """Close the application's iterable, if it can be closed."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _write_nothing(data: bytes) -> None:
    """Take the place of ``write`` in a response that is not sent."""


def _preflight_start(decision: Decision) -> tuple[str, list[tuple[str, str]]]:
    assert decision.status is not None  # noqa: S101 - a preflight has one
    return status_line(decision.status), decision.headers_str + preflight_headers(decision)


def _answer_preflight(decision: Decision, start_response: StartResponse) -> list[bytes]:
    start_response(*_preflight_start(decision))
    return [decision.body]  # where it is empty too: hypercorn sends nothing before the first chunk
