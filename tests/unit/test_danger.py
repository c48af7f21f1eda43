"""The one judgement of danger: what an expression lets in that it does not name, and who refuses or warns of it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import tests.compat.django_pages  # noqa: F401 - which configures Django
from fastcors import InsecurePolicyWarning, Policy, PolicyError, PolicyIssue
from fastcors._config.danger import OriginRules
from fastcors._config.expression_danger import judge_expression
from fastcors._config.hosts import is_public_suffix, public_suffix_below
from fastcors._grammar import parse_origin as parse
from fastcors.compat.corsheaders.middleware import CorsMiddleware
from fastcors.compat.flask_cors import CORS
from fastcors.compat.starlette import CORSMiddleware
from tests.support.exchange import AsgiApp

DANGERS = {
    "origin-insecure",
    "origin-null",
    "origin-public-suffix",
    "origin-regex-any-site",
    "origin-regex-insecure",
    "origin-regex-open",
    "origin-regex-public-suffix",
    "origin-regex-unjudged",
    "origins-wildcard-credentials",
}
OPT_INS = ("insecure_origins", "public_suffixes", "null_origin")
SHOWN = re.compile(r"[a-z+.\-]+://[^\s,\"]+")


def issues(**parameters: Any) -> list[PolicyIssue]:
    try:
        Policy(allow_credentials=True, **parameters)
    except PolicyError as error:
        return list(error.issues)
    return []


def dangers(**parameters: Any) -> set[str]:
    return {issue.code for issue in issues(**parameters)} & DANGERS


def domain_of(host: str) -> str:
    """The registrable domain of a host; the host itself where it has none."""
    labels = host.split(".")
    for i in range(len(labels)):
        if is_public_suffix(".".join(labels[i:])):
            return ".".join(labels[max(i - 1, 0) :])
    return host


SAFE = [
    r"https://([a-z0-9-]+\.)*example\.com",
    r"https://pr-\d+\.preview\.example\.com",
    r"^https://([a-z0-9-]+\.)*example\.com$",
    r"https://.*\.example\.com",
    r"https://(.*\.)?example\.com(:.*)?",
    r"https://[^.]+\.example\.co\.uk(:\d{1,5})?",
    r"https://(?:[^.]+\.)+example\.(?:com|org)",
    r"https://(app|api)\.(example\.com|example\.co\.jp)",
    r"(?i)https://(WWW\.)?EXAMPLE\.com",
    r"https://(?i:Example)\.com",
    r"https://example[12]\.com",
    r"https://colou?r\.example",
    r"https://w{3}\.example\.com",
    r"https://o{2}ps\.com",
    r"https://(a|b|(c|d\.)e)\.example\.com",
    r"https://[a-z]+\.my-bucket\.s3\.amazonaws\.com",
    r"https://.*\.team\.vercel\.app",
    r"https://github\.io",
    r"https://.*\.city\.kawasaki\.jp",
    r"https://intranet(:8443)?",
    r"https?://localhost(:\d+)?",
    r"https?://(.*\.)?localhost:.*",
    r"http://127\.\d+\.\d+\.\d+:\d+",
    r"http://\[::1\](:\d+)?",
    r"https://(192\.168|10\.\d+)\.\d+\.\d+",
    r"https://172\.(1[6-9]|2\d|3[01])\.\d+\.\d+",
    r"https://203\.0\.113\.7",
    r"https://[ab]{15}a[a-z]*\.example\.com",
    r"https://\[2001:db8::1\](:\d+)?",
    r"https://example\.com$.*",
    r"https://.*^example\.com",
    r"https://([a-z0-9]{1,63}\.){1,8}example\.com",
    r"capacitor://localhost|https://app\.example\.com",
    r"chrome-extension://abcdefghijklmnopabcdefghijklmnop",
]

OPEN = "origin-regex-open"
SUFFIX = "origin-regex-public-suffix"
INSECURE = "origin-regex-insecure"
UNSAFE = [
    (r"https://.*\.onrender\.com", {SUFFIX}, "https://evil.onrender.com"),
    (r"https://.*\.co\.jp", {SUFFIX}, "https://evil.co.jp"),
    (r"https://.*\.s3\.amazonaws\.com", {SUFFIX}, "https://evil.s3.amazonaws.com"),
    (r"https://.*\.ngrok-free\.app", {SUFFIX}, "https://evil.ngrok-free.app"),
    (r"https://.*\.kawasaki\.jp", {SUFFIX}, "https://evil.kawasaki.jp"),
    (r"https://.*\.invalid", {SUFFIX}, "https://evil.invalid"),
    (r"https://[a-z0-9-]+\.(com|org)", {SUFFIX}, ""),
    (r"https://(a\.example\.com|.*\.fly\.dev)", {SUFFIX}, "https://evil.fly.dev"),
    (r"https://.*\.amazonaws\.com", {SUFFIX}, ".amazonaws.com"),
    (r".*\.fly\.dev", {SUFFIX, INSECURE}, "http://evil.fly.dev"),
    (r"https://.*example\.com", {OPEN}, "https://evilexample.com"),
    (r"https://(.*\.)?.*example\.com", {OPEN}, "https://evilexample.com"),
    (r"https://.*\.?example\.com", {OPEN}, "https://evilexample.com"),
    (r"https://[\w.-]*example\.com", {OPEN}, "https://evilexample.com"),
    (r"https://.*\bexample\.com", {OPEN}, "example.com"),
    (r"https://app.example.com", {OPEN}, "https://appxexample.com"),
    (r"https://example.com", {OPEN}, "https://examplexcom"),
    (r"https://(api|app.)example\.com", {OPEN}, "https://appxexample.com"),
    (r"https://my-team-.*\.vercel\.app", {OPEN}, "https://my-team-evil.vercel.app"),
    (r"https://exam\w+\.com", {OPEN}, "https://examevil.com"),
    (r"https://example\d\.com", {OPEN}, "https://example1.com"),
    (r"https://example[^2]\.com", {OPEN}, "https://examplex.com"),
    (r"https://[a-f]\.com", {OPEN}, ".com"),
    (r"https://(ab|cd)+\.com", {OPEN}, ".com"),
    (r"https://(example\.com)+", {OPEN}, ""),
    (r"https://example\.com.*", {OPEN}, "https://example.com"),
    (r"https://example\.com(\..*)?", {OPEN}, "https://example.com.evil"),
    (r"https://example\.com\d*", {OPEN}, "https://example.com1"),
    (r"https://example\.(com|.*)", {OPEN}, "https://example."),
    (r"(?i)https://.*EXAMPLE\.COM", {OPEN}, "https://evilexample.com"),
    (r"(?s)https://(?:www(?:\.(?:.+))?)example\.com", {OPEN}, ""),
    (r"https://[a-z]+", {OPEN}, "https://evil"),
    (r"https://localhos.", {OPEN}, "https://localhosx"),
    (r"https://.*localhost", {OPEN}, "https://evillocalhost"),
    (r"https://\d+\.\d+\.\d+\.\d+", {OPEN}, "https://"),
    (r"https://203\.0\.113\.\d+", {OPEN}, "https://203.0.113."),
    (r"https://\[.*\]", {OPEN}, "https://[2001:db8::1]"),
    (r"https://\[2001:db8::.*\]", {OPEN}, "https://[2001:db8::"),
    (r"http://\[fe80::.*\]", {INSECURE}, "http://[fe80::"),
    (r"https://(?:...)?", {OPEN}, "https://"),
    (r"chrome-extension://[a-p]{32}", {OPEN}, "chrome-extension://"),
    (r"https?://app\.example\.com", {INSECURE}, "http://app.example.com"),
    (r"https?://(localhost|192\.168\.\d+\.\d+)(:\d+)?", {INSECURE}, "http://192.168."),
    (r"http://127\.0\.0\.1\.example\.com", {INSECURE}, "http://127.0.0.1.example.com"),
    (r"\w+://example\.com", {INSECURE}, "http://example.com"),
    (r"https?://.*example\.com", {OPEN, INSECURE}, "http://"),
    (r"https://.*", {"origin-regex-any-site"}, "https://evil.net"),
    (r".*", {"origin-regex-any-site", INSECURE}, "http://evil.net"),
]


@pytest.mark.parametrize("regex", SAFE)
def test_an_expression_that_names_its_domains_passes_with_credentials(regex: str) -> None:
    assert issues(allow_origin_regex=regex) == []


@pytest.mark.parametrize(("regex", "codes", "shown"), UNSAFE)
def test_an_expression_that_lets_in_more_than_it_names_is_refused_with_an_example(
    regex: str, codes: set[str], shown: str
) -> None:
    found = issues(allow_origin_regex=regex)
    assert {issue.code for issue in found} == codes
    assert shown in " ".join(issue.message for issue in found)
    for issue in found:
        said = issue.message.removeprefix(repr_of(regex))
        examples = [text for text in SHOWN.findall(said) if re.fullmatch(regex, text)]
        assert examples, issue.message
        assert all(parse(text) for text in examples)
        if issue.hint is not None:
            assert issues(allow_origin_regex=issue.hint) == []
    assert Policy(allow_origin_regex=regex)


def repr_of(regex: str) -> str:
    return '"' + regex.replace("\\", "\\\\") + '"'


@pytest.mark.parametrize(
    ("regex", "hint"),
    [
        (r"https://.*example\.com", r"https://([a-z0-9-]+\.)*example\.com"),
        (r"https://app.example.com", r"https://app\.example\.com"),
        (r"https?://app.example.com(:\d+)?", r"https://app\.example\.com(:\d+)?"),
        (r"^http://app\.example\.com$", r"^https://app\.example\.com$"),
        (r"https://app\.example\.com.*", r"https://app\.example\.com"),
        (r"https://.*\.vercel\.app", None),
    ],
)
def test_the_hint_is_the_expression_that_was_meant_where_that_is_safe(regex: str, hint: str | None) -> None:
    assert {issue.hint for issue in issues(allow_origin_regex=regex)} == {hint}


@pytest.mark.parametrize(
    ("regex", "opt_in"),
    [
        (r"https://.*\.vercel\.app", "dangerously_allow_public_suffixes"),
        (r"https://my-team-.*\.vercel\.app", "dangerously_allow_public_suffixes"),
        (r"https://.*example\.com", "dangerously_allow_public_suffixes"),
        (r"http://192\.168\.\d+\.\d+", "dangerously_allow_insecure_origins"),
        (r"https?://app\.example\.com", "dangerously_allow_insecure_origins"),
        (r"https://example\..*", "dangerously_reflect_any_origin"),
        (r"https://.*", "dangerously_reflect_any_origin"),
        (r"https://\d+\.\d+\.\d+\.\d+", "dangerously_reflect_any_origin"),
    ],
)
def test_the_opt_in_that_a_message_names_lets_the_expression_in_and_no_other_does(regex: str, opt_in: str) -> None:
    (issue,) = issues(allow_origin_regex=regex)
    assert f"{opt_in}=True" in issue.message
    assert issues(allow_origin_regex=regex, **{opt_in: True}) == []
    for other in OPT_INS:
        if f"dangerously_allow_{other}" != opt_in:
            assert issues(allow_origin_regex=regex, **{f"dangerously_allow_{other}": True})


def test_with_insecure_origins_let_in_the_names_of_http_origins_still_count() -> None:
    def found(regex: str) -> list[str]:
        return [issue.code for issue in issues(allow_origin_regex=regex, dangerously_allow_insecure_origins=True)]

    assert found(r"http://.*example\.com") == [OPEN]
    assert found(r"http://.*") == ["origin-regex-any-site"]
    assert found(r"http://(.*\.)?example\.com") == []


def test_what_cannot_be_judged_is_refused_and_says_so() -> None:
    def judged(regex: str) -> list[str]:
        expression = re.compile(regex)
        return [
            f"{danger.code} {danger.message}"
            for danger in judge_expression(expression, expression.fullmatch, regex, OriginRules(credentials=True))
        ]

    (large,) = judged("https://" + "(a|b|c|d)(a?b?c?){20}" * 60 + r"\.example\.com")
    assert large.startswith("origin-regex-unjudged")
    assert "too large" in large
    (doubtful,) = judged(r"https://.*(?<=\.)example\.com")
    assert doubtful.startswith("origin-regex-unjudged")
    assert judged(r"https://(?!evil)[a-z]+\.example\.com") == []  # safe whatever the look-around does
    assert judged(r"https://(?!evil)[a-z]+\.com")[0].startswith(OPEN)
    assert judged(r"https://(a)\1\.example\.com") == []
    assert judged(r"https://(a|b)\1\.com")[0].startswith("origin-regex-unjudged")
    assert judged(r"https://(.*)\1example\.com")[0].startswith("origin-regex-unjudged")
    assert judged(r"https://(a)?(?(1)b|c)\.example\.com") == []


@pytest.mark.parametrize("regex", [r"https://[[:alpha:]]+\.example\.com", r"https://example\.com[[:word:]]*"])
def test_a_set_in_a_set_which_the_engines_read_differently_is_never_taken(regex: str) -> None:
    for credentials in (False, True):
        with pytest.raises(PolicyError) as caught:
            Policy(allow_origin_regex=regex, allow_credentials=credentials)
        assert [issue.code for issue in caught.value.issues] == ["origin-regex-unsupported"]


@pytest.mark.parametrize(("host", "suffix"), [("github.io", "github.io"), ("example.com", None)])
def test_a_wildcard_above_a_public_suffix_is_as_dangerous_as_one_before_it(host: str, suffix: str | None) -> None:
    assert public_suffix_below(host) == suffix
    assert (public_suffix_below("amazonaws.com") or "").endswith(".amazonaws.com")
    (issue,) = issues(allow_origins=["https://*.amazonaws.com"])
    assert issue.code == "origin-public-suffix"
    assert issues(allow_origins=["https://*.amazonaws.com"], dangerously_allow_public_suffixes=True) == []


# Against an oracle


class Piece:
    """A part of an expression, and a way to draw what it matches: upper-case letters stand for what is not spelled."""

    def __init__(self, text: str, draw: Callable[[Random], str]) -> None:
        self.text = text
        self.draw = draw

    def __repr__(self) -> str:
        return self.text


def literal(text: str) -> Piece:
    return Piece(re.escape(text), lambda _: text)


def any_of(pieces: list[Piece]) -> Piece:
    return Piece(f"(?:{'|'.join(piece.text for piece in pieces)})", lambda random: random.choice(pieces).draw(random))


def all_of(pieces: list[Piece]) -> Piece:
    return Piece("".join(piece.text for piece in pieces), lambda random: "".join(p.draw(random) for p in pieces))


def optional(piece: Piece) -> Piece:
    return Piece(f"(?:{piece.text})?", lambda random: piece.draw(random) if random.random() < 0.5 else "")


def repeated(piece: Piece, least: int) -> Piece:
    def draw(random: Random) -> str:
        drawn = [piece.draw(random) for _ in range(least + random.randrange(3))]
        return "".join(drawn).upper() if len(drawn) > 1 else "".join(drawn)

    return Piece(f"(?:{piece.text}){'+' if least else '*'}", draw)


# What is drawn for these is in no literal below, so that it cannot be spelled by accident. "X" stands for "x".
WILD = [
    Piece(".", lambda random: random.choice("XQ7")),
    Piece("[a-z0-9]", lambda random: random.choice("XQ7")),
    Piece("[^.]", lambda random: random.choice("XQ7")),
    Piece(r"\w", lambda random: random.choice("XQ7")),
]
LITERALS = [literal(text) for text in ("ab", "shop", "example", ".", ".", "-", "com", "co.uk", "github.io", "www.")]
pieces = st.recursive(
    st.sampled_from(LITERALS + LITERALS + WILD),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
        inner.map(optional),
        st.builds(repeated, inner, st.sampled_from([0, 1])),
    ),
    max_leaves=8,
)
ENDS = [literal(f"{dot}example.com") for dot in ("", ".")] + [literal(".shop.co.uk"), literal(".com"), literal("")]


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(pieces, st.sampled_from(ENDS), st.integers(0, 2**32))
def test_an_expression_that_passes_matches_no_origin_whose_domain_it_does_not_spell(
    piece: Piece, end: Piece, seed: int
) -> None:
    whole = all_of([literal("https://"), piece, end])
    if issues(allow_origin_regex=whole.text):
        return
    random = Random(seed)
    for _ in range(200):
        drawn = whole.draw(random)
        parts = parse(drawn.lower())
        if parts is None or not parts.strict or not re.fullmatch(whole.text, drawn.lower()):
            continue
        domain = drawn[-len(domain_of(parts.host)) :]
        assert not set(domain) & set("XQ7"), (whole, drawn)


def attackers(host: str) -> set[str]:
    """Hosts that an attacker can have, near one that is listed."""
    domain = domain_of(host)
    suffix = domain.partition(".")[2]
    near = {f"evil{host}", f"evil-{host}", f"evil{domain}", f"{host}.evil.net", f"{host}evil", f"{domain}.evil.net"}
    near |= {f"{host[:i]}x{host[i + 1 :]}" for i, char in enumerate(host) if char == "."}
    near |= {f"{domain[:i]}{domain[i + 1 :]}" for i in range(len(domain))}
    near |= {f"evil.{suffix}", f"{domain}.{suffix}", f"{domain.replace('.', '-')}.net", "evil.net", "203.0.113.7"}
    return {name for name in near if domain_of(name) != domain}


@pytest.mark.parametrize("regex", SAFE)
def test_a_safe_expression_matches_none_of_the_origins_that_attackers_have(regex: str) -> None:
    hosts = ["example.com", "www.example.com", "a.example.com", "a.b.example.com", "pr-1.preview.example.com"]
    hosts += ["example.org", "x.example.org", "x.example.co.uk", "app.example.co.jp", "color.example", "colour.example"]
    hosts += [
        "github.io",
        "oops.com",
        "x.my-bucket.s3.amazonaws.com",
        "x.team.vercel.app",
        "x.city.kawasaki.jp",
        "example1.com",
    ]
    hosts += ["www.localhost", "intranet"]
    policy = Policy(allow_origin_regex=regex, allow_credentials=True)
    allowed = [host for host in hosts if policy.is_origin_allowed(f"https://{host}")]
    for host in allowed:
        for name in attackers(host) - set(allowed):
            for end in ("", ":8443"):
                assert not policy.is_origin_allowed(f"https://{name}{end}"), (host, name)


# The drop-ins


@pytest.mark.parametrize("origin", ["https://evil_example.com", "https://-a.example.com", "https://a.example.com."])
def test_an_expression_is_asked_about_nothing_that_the_judgement_did_not_look_at(origin: str) -> None:
    regex = r"https://(.*_|.*\.)?example\.com\.?"
    assert issues(allow_origin_regex=regex) == []
    assert not Policy(allow_origin_regex=regex, allow_credentials=True).is_origin_allowed(origin)
    assert not CORSMiddleware(AsgiApp(), allow_origin_regex=regex, allow_credentials=True).is_allowed_origin(origin)
    app = Flask("app")
    CORS(app, origins=[re.compile(regex)], supports_credentials=True)
    answer = app.test_client().get("/", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def codes_of(make: Callable[[], object]) -> set[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    texts = [str(warning.message) for warning in caught if issubclass(warning.category, InsecurePolicyWarning)]
    assert len(texts) == len(caught)
    return set(re.findall(r"\[(origin[a-z-]+)\]", " ".join(texts)))


PATTERNS = [
    "https://app.example.com",
    "https://app.example.com:8443",
    "http://localhost:3000",
    "http://127.0.0.1",
    "http://[::1]:8080",
    "http://192.168.1.5:3000",
    "http://app.example.com",
    "null",
    "*",
]
WILDCARDS = [
    "https://*.example.com",
    "https://*.vercel.app",
    "https://*.amazonaws.com",
    "http://*.example.com:*",
    "http://localhost:*",
    "https://*.co.uk:8443",
]
expressions = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://", "https://", "https?://", "http://", ".*"]),
    st.one_of(
        st.sampled_from(
            [r"localhost", r"192\.168\.\d+\.\d+", r".*\.vercel\.app", r"(a|b)\.example\.com", r".*", r"[a-z]+\.com"]
        ),
        st.builds(
            "{}{}".format, st.sampled_from(["", ".*", r"(.*\.)?", "[a-z]+", r"pr-\d+\."]), st.just(r"example\.com")
        ),
        st.builds("app{}example{}com".format, st.sampled_from([".", r"\."]), st.sampled_from([".", r"\."])),
    ),
    st.sampled_from(["", r"(:\d+)?", ".*", "$"]),
)
given_configurations = given(
    st.lists(st.sampled_from(PATTERNS), max_size=3),
    st.lists(st.sampled_from(WILDCARDS), max_size=2),
    st.one_of(st.none(), expressions),
    st.booleans(),
)


def refused(origins: list[str], regex: str | None, credentials: bool) -> set[str]:
    try:
        Policy(allow_origins=origins, allow_origin_regex=regex, allow_credentials=credentials)
    except PolicyError as error:
        return {issue.code for issue in error.issues} & DANGERS
    return set()


@settings(deadline=None, max_examples=150)
@given_configurations
@example([], ["https://*.vercel.app"], None, True)
@example(["http://192.168.1.5:3000"], [], r"https://.*\.onrender\.com", True)
@example([], [], r"https://.*", False)
def test_the_flask_drop_in_warns_of_what_policy_refuses_and_of_nothing_else(
    plain: list[str], wildcards: list[str], regex: str | None, credentials: bool
) -> None:
    origins: list[Any] = [*plain, *wildcards]
    found = refused(origins, regex, credentials)
    if regex is not None:
        origins.append(re.compile(regex))
    assert codes_of(lambda: CORS(Flask("app"), origins=origins, supports_credentials=credentials)) == found


@settings(deadline=None, max_examples=150)
@given_configurations
@example(["http://192.168.1.5:3000"], [], r"https://.*\.onrender\.com", True)
@example([], [], r"https://.*", False)
def test_the_starlette_drop_in_warns_of_what_policy_refuses_and_of_nothing_else(
    plain: list[str], wildcards: list[str], regex: str | None, credentials: bool
) -> None:
    del wildcards  # which it does not have
    found = refused(plain, regex, credentials)
    assert found == codes_of(
        lambda: CORSMiddleware(AsgiApp(), allow_origins=plain, allow_origin_regex=regex, allow_credentials=credentials)
    )


@settings(deadline=None, max_examples=100)
@given_configurations
@example(["http://192.168.1.5:3000"], [], r"https://.*\.onrender\.com", True)
@example(["*"], [], None, True)
def test_the_django_drop_in_warns_of_what_policy_refuses_and_of_nothing_else(
    plain: list[str], wildcards: list[str], regex: str | None, credentials: bool
) -> None:
    del wildcards  # which it does not have
    found = refused(plain, regex, credentials)
    if plain.count("*") not in (0, len(plain)):
        plain = ["*"]  # beside which the others do not count
        found = refused(plain, regex, credentials)
    configured = {
        "CORS_ALLOW_ALL_ORIGINS": "*" in plain,
        "CORS_ALLOWED_ORIGINS": plain,
        "CORS_ALLOWED_ORIGIN_REGEXES": [] if regex is None else [regex],
        "CORS_ALLOW_CREDENTIALS": credentials,
    }

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with override_settings(**configured):
        assert found == codes_of(lambda: CorsMiddleware(view))
