"""The native engine, as type checkers see it. ``Decision`` has its types where people import it from."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, SupportsIndex, TypeVar

from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

from fastcors._config.plan import Plan
from fastcors._config.settings import Settings
from fastcors._dynamic.oracle import Given, OriginCheck
from fastcors._types import ASGIApp, Receive, RSGIApp, Scope, Send
from fastcors.decision import Outcome, Reason, Written
from fastcors.policy import Decision as Decision
from fastcors.policy import Policy

PolicyOfView = Callable[[WSGIEnvironment, Policy | None], Policy | None]
"""Returns the policy that a response gets, or None for no CORS. It is given the policy that the request is under."""

_Self = TypeVar("_Self", bound=Engine)
_SelfRouter = TypeVar("_SelfRouter", bound=Router)
_Text = str | bytes

MAX_ORIGIN: int
MAX_METHOD: int
MAX_HEADER_BYTES: int
MAX_HEADER_NAMES: int
MAX_EMPTY_ELEMENTS: int
MAX_ELEMENT_OWS: int
MAX_LINES: int
MAX_PATH: int
MAX_SEGMENTS: int

class Engine:
    """A compiled policy. Immutable, and safe to share between threads."""

    def __new__(cls: type[_Self], plan: Plan, origins: Sequence[str], settings: Settings | None = None) -> _Self: ...
    @property
    def plan(self) -> Plan:
        """What an answer consists of in each case."""

    @property
    def settings(self) -> Settings:
        """The configuration that the plan comes from; of a policy everything that it says but its origins."""

    @property
    def origin_check(self) -> OriginCheck | None:
        """What is asked about an origin that no pattern covers; None where there is no regex and no function."""

    def origins(self) -> list[str]:
        """Return the origin patterns, sorted; a new list."""

    def counts(self) -> dict[Reason, int]:
        """Return how many decisions there were by reason, of those that are counted; a new dictionary."""

    def _count(self, reason: Reason) -> None:
        """Count a decision."""

    def origin_count(self) -> int:
        """Return the number of origin patterns, without making a list of them."""

    def decide(
        self,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
        origin_granted: bool | None = None,
        request: Given = None,
    ) -> Decision:
        """Decide on a request, given as its method and the values of its Origin and Access-Control-Request-*.

        None stands for an absent header. TypeError for wrong types; whatever a client sends raises nothing.

        ``origin_granted`` is what ``await policy.origin_check.ask(origin)`` returns. Where it is None the policy
        asks by itself, which raises TypeError with an asynchronous function. ``request`` has what the policy's ``vary``
        declares beside the method, where it declares something: ``{":authority": "api.example.com"}``.
        """

    def decide_asgi(self, scope: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of an ASGI "http" scope."""

    def decide_pairs(
        self,
        method: str | bytes,
        headers: object,
        /,
        *,
        origin_granted: bool | None = None,
        path: str | bytes | None = None,
    ) -> Decision:
        """Decide on a request, given as its method and its header fields: pairs of bytes or str, in order.

        Names may be in any letter case, and ``headers`` any iterable. TypeError for wrong types. ``path`` is the
        decoded path, where the policy's ``vary`` declares that.
        """

    def decide_head(
        self,
        head: Any,
        start: SupportsIndex = 0,
        end: SupportsIndex | None = None,
        /,
        *,
        method: str | bytes | None = None,
        path: str | bytes | None = None,
        origin_granted: bool | None = None,
    ) -> Decision:
        """Decide on a request, given as its head as it came over the wire, in HTTP/1.1 or 1.0.

        ``head[start:end]``, of ``bytes``, a ``bytearray`` or a ``memoryview``, begins with the request line or, where
        ``method`` is given, with the first field line. It goes on to the empty line, and what comes after that is not
        looked at. A head that is cut or malformed (RFC 9112, sections 3 and 5) is no CORS request. TypeError for wrong
        types; ``path`` is the decoded path, where the policy's ``vary`` declares that.
        """

    def decide_mapping(
        self,
        method: str | bytes,
        headers: Any,
        /,
        *,
        origin_granted: bool | None = None,
        path: str | bytes | None = None,
    ) -> Decision:
        """Decide on a request, given as its method and a mapping of its header fields.

        The mapping has ``getall``, ``get_list``, ``getlist`` or ``get_all`` and ignores the letter case of names; or it
        has ``get`` alone; or it is a dictionary, in which names may be in any letter case and a list or tuple has an
        item for each line. TypeError for wrong types. ``path`` is the decoded path, where the policy's ``vary``
        declares that.
        """

    def decide_h2(
        self, headers: object, /, *, origin_granted: bool | None = None, path: str | bytes | None = None
    ) -> Decision:
        """Decide on a request, given as its header list in HTTP/2 or HTTP/3: pairs of bytes or str in order.

        It begins with the pseudo-header fields; without exactly one ``:method`` it is no preflight. TypeError for what
        is no list of pairs. ``path`` is the decoded path, by default that of ``:path``.
        """

    def decide_rsgi(self, scope: Any, /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of an RSGI scope."""

    def decide_wsgi(self, environ: Mapping[str, Any], /, *, origin_granted: bool | None = None) -> Decision:
        """Decide on the request of a WSGI environ."""

    def response_headers(self, headers: object, /) -> tuple[tuple[bytes, bytes], ...]:
        """Return the CORS headers for the response to an actual request with these ASGI headers.

        TypeError where the policy's ``vary`` declares the method or the path.
        """

    def is_origin_allowed(self, origin: str | bytes | None, /) -> bool:
        """Return whether the policy allows this origin. An absent one (None) is not allowed.

        TypeError where the policy has ``vary``: ``decide`` takes the request.
        """

    def write_into(
        self,
        buffer: Any,
        offset: SupportsIndex,
        method: str | bytes,
        origin: str | bytes | None,
        request_method: str | bytes | None = None,
        request_headers: str | bytes | Sequence[str | bytes] | None = None,
        *,
        request_private_network: str | bytes | None = None,
        origin_granted: bool | None = None,
        request: Given = None,
        whole: bool = False,
    ) -> Written:
        """Write ``Decision.block`` into the buffer from the offset on; return kind, status and number of bytes.

        With ``whole=True`` a preflight gets its complete response in its place, ``Decision.response``.
        BufferTooSmallError where it does not fit: nothing is written then. ValueError for an offset
        outside the buffer, TypeError for a buffer that is not writable contiguous bytes.
        """

    def write_head_into(
        self,
        buffer: Any,
        offset: SupportsIndex,
        head: Any,
        start: SupportsIndex = 0,
        end: SupportsIndex | None = None,
        /,
        *,
        method: str | bytes | None = None,
        path: str | bytes | None = None,
        origin_granted: bool | None = None,
        whole: bool = False,
    ) -> Written:
        """Decide on a raw head as :meth:`decide_head` does, and write as :meth:`write_into` does."""

class RequestFeed:
    """Takes the header fields of a request as a parser finds them, and keeps what a decision is made by.

    ``on_header`` takes whole fields (httptools, h11); ``on_header_field`` and ``on_header_value`` take pieces of names
    and values in the order in which they come (llhttp). ``decide`` may be called more than once; ``clear`` makes the
    feed ready for the next request of a connection. One feed serves one connection at a time.

    Its memory is bounded: of what is too long to be allowed, no more is kept than shows that.
    """

    def __init__(self, policy: Engine, /) -> None: ...
    def on_header(self, name: str | bytes, value: str | bytes, /) -> None:
        """Take a header field, name and value as str or bytes."""

    def on_header_field(self, part: str | bytes, /) -> None:
        """Take the name of a header field or a piece of it, as str or bytes."""

    def on_header_value(self, part: str | bytes, /) -> None:
        """Take the value of the field whose name came last or a piece of it, as str or bytes; it may be empty."""

    def decide(
        self, method: str | bytes, /, *, path: str | bytes | None = None, origin_granted: bool | None = None
    ) -> Decision:
        """Decide on the request, by its method and the fields so far; what comes in pieces has ended.

        ``path`` is the decoded path, where the policy's ``vary`` declares that.
        """

    def clear(self) -> None:
        """Forget the request."""

class Router:
    """A checked table of routes. Immutable, and safe to share between threads."""

    @property
    def routes(self) -> dict[str, Policy | None]: ...
    def __new__(cls: type[_SelfRouter], routes: Mapping[str, Policy | None]) -> _SelfRouter: ...
    def find(self, path: _Text | None, host: _Text | None = None, root_path: str | None = "") -> Policy | None:
        """Return the policy for a path, or None for no CORS."""

    def find_wsgi(self, path_info: _Text | None, host: _Text | None = None) -> Policy | None:
        """Return the policy for a PATH_INFO, whose characters are the bytes of the path (PEP 3333)."""

    def route_of(self, path: _Text | None, host: _Text | None = None, root_path: str | None = "") -> str | None:
        """Return the route whose policy find() returns, as it was given; None where there is none."""

class ASGIShim:
    """The hot path of ``fastcors.asgi.CORSMiddleware``."""

    app: ASGIApp
    _policies: Policy | Router | None
    _router: type[Router]
    _guarded: bool
    _keep: bool
    _continue: bool
    _notes: bool
    _tells: bool
    _counts: bool
    _also_tell: Callable[[Any, Outcome], None] | None

    @classmethod
    def _adopt(cls) -> None: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

class RSGIShim:
    """The hot path of ``fastcors.rsgi.CORSMiddleware``."""

    app: RSGIApp
    _callback: Callable[[Any, Any], Awaitable[object]]
    _policies: Policy | Router | None
    _router: type[Router]
    _guarded: bool
    _keep: bool
    _continue: bool
    _counts: bool

    @classmethod
    def _adopt(cls) -> None: ...
    async def __call__(self, scope: Any, proto: Any) -> None: ...

class WSGIShim:
    """The hot path of ``fastcors.wsgi.CORSMiddleware``."""

    app: WSGIApplication
    _policies: Policy | Router | None
    _router: type[Router]
    _guarded: bool
    _keep: bool
    _continue: bool
    _notes: bool
    _tells: bool
    _counts: bool
    _also_tell: Callable[[Any, Outcome], None] | None
    _policy_of_view: PolicyOfView | None

    @classmethod
    def _adopt(cls) -> None: ...
    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...
    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...

class Before:
    """The ``__call__`` of the class of one application, whose calls go to a shim.

    ``plain`` is a function that does the same: for other instances, other forms of a call, where somebody looks what
    kind of function it is, and, with ``reads_root``, for scopes that have a ``root_path``. It has all attributes of
    that function, because CPython 3.14 gives a method that it finds in a class without asking ``__get__``.
    """

    def __init__(self, app: object, shim: object, plain: object, reads_root: bool = False, /) -> None: ...
    def __get__(self, instance: object, owner: type) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...
    def __call__(self, *args: Any, **keywords: Any) -> Any: ...

class Behind:
    """Calls an application from behind its shim: by the ``__call__`` that its class has at that moment.

    ``change`` is None, or a function that takes a scope which has a ``root_path``, and returns the one to go on with.
    """

    def __init__(self, app: object, kind: type, change: Callable[[Any], Any] | None = None, /) -> None: ...
    def __call__(self, scope: Any, /, *args: Any, **keywords: Any) -> Any: ...

class Watched:
    """A policy made of a list or set, made anew when that has changed."""

    def __init__(self, given: Any, make: Callable[[Any], Any], /) -> None: ...
    def current(self) -> Any: ...

def merge_store(policy: object, origin: object, store: object, /) -> bool:
    """Put the headers for an actual request with this Origin, a str or None, into the store of a response.

    A store is what a mapping without letter case keeps its headers in: a dict of names in lower case, each with the
    name as it is sent and its value. False: nothing was done, as something in the store has to go or to change, or as
    the policy is not this engine's or has to wait for its function.
    """

def sift(patterns: list[Any], insecure_ok: bool) -> list[int]: ...
