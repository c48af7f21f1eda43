"""``allow_origins``: every refusal with its code and its hint, and what passes."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import AnyHttpUrl, AnyUrl

from fastcors import Policy, PolicyError
from tests.unit.refused import NULL, is_good, issues_of

LABEL_63 = "a" * 63


HOST_253 = ".".join([LABEL_63, LABEL_63, LABEL_63, "a" * 61])


CREDENTIALS = {"allow_credentials": True}


class Strange:
    """An object whose text is no URL, or no text."""

    def __init__(self, text: Any) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


# Each pattern with the code that it gets and the hint.
MALFORMED = [
    ("", "origin-empty", None),
    ("  ", "origin-empty", None),
    ("https://a.com,https://b.com", "origin-list", '["https://a.com", "https://b.com"]'),
    ("https://a.com, HTTPS://B.com/", "origin-list", '["https://a.com", "https://b.com"]'),
    ("https://a.com https://b.com", "origin-list", '["https://a.com", "https://b.com"]'),
    ("https://a.com,*", "origin-list", None),
    (" https://a.com", "origin-whitespace", "https://a.com"),
    ("https://a.com\r\n", "origin-whitespace", "https://a.com"),
    ("https://a b.com", "origin-whitespace", None),
    ("https://a.com\x00", "origin-whitespace", None),
    ("https://a\x7f.com", "origin-whitespace", None),
    ("https://a.com\u00a0", "origin-whitespace", "https://a.com"),
    (" * ", "origin-whitespace", None),
    (f"https://{HOST_253}:8080/{LABEL_63}", "origin-too-long", f"https://{HOST_253}:8080"),
    ("https://" + "a." * 160 + "com", "origin-too-long", None),
    ("https://example.com/" + "a" * 10_000, "origin-too-long", None),
    ("null", "origin-null", None),
    ("NULL", "origin-null", None),
    ("file://", "origin-file", None),
    ("file:///C:/index.html", "origin-file", None),
    ("FILE://host", "origin-file", None),
    ("file:/index.html", "origin-file", None),
    ("example.com", "origin-no-scheme", "https://example.com"),
    ("Example.com:443/", "origin-no-scheme", "https://example.com"),
    ("*.example.com", "origin-no-scheme", "https://*.example.com"),
    ("//example.com", "origin-no-scheme", "https://example.com"),
    ("https:example.com", "origin-no-scheme", "https://example.com"),
    ("http:/example.com", "origin-no-scheme", "http://example.com"),
    ("https//example.com", "origin-no-scheme", "https://example.com"),
    ("localhost", "origin-no-scheme", "http://localhost"),
    ("localhost:3000", "origin-no-scheme", "http://localhost:3000"),
    ("127.0.0.1:8080", "origin-no-scheme", "http://127.0.0.1:8080"),
    ("[::1]:8080", "origin-no-scheme", "http://[::1]:8080"),
    ("backend:8080", "origin-no-scheme", "https://backend:8080"),
    ("all", "origin-no-scheme", None),
    ("**", "origin-no-scheme", None),
    ("https:", "origin-no-scheme", None),
    ("data:text/html", "origin-no-scheme", None),
    ("://example.com", "origin-scheme", None),
    ("1http://example.com", "origin-scheme", None),
    ("ht_tp://example.com", "origin-scheme", None),
    (f"{'a' * 65}://example.com", "origin-scheme", None),
    ("\u212aa://example.com", "origin-scheme", "ka://example.com"),
    ("*://example.com", "origin-wildcard", None),
    ("HTTPS://Example.COM:443/", "origin-upper-case", "https://example.com"),
    ("https://Example.com", "origin-upper-case", "https://example.com"),
    ("HTTPS://example.com", "origin-upper-case", "https://example.com"),
    ("https://*.Example.com:*", "origin-upper-case", "https://*.example.com:*"),
    ("https://EX..com", "origin-upper-case", None),
    ("http://[2001:DB8::1]", "origin-upper-case", "http://[2001:db8::1]"),
    ("https://user@example.com", "origin-userinfo", "https://example.com"),
    ("https://user:password@example.com:8443", "origin-userinfo", "https://example.com:8443"),
    ("https://@example.com", "origin-userinfo", "https://example.com"),
    ("https://例え.jp", "origin-unicode", "https://xn--r8jz45g.jp"),
    ("https://*.例え.jp", "origin-unicode", "https://*.xn--r8jz45g.jp"),
    ("https://faß.de", "origin-unicode", "https://xn--fa-hia.de"),
    ("https://BÜCHER.example/", "origin-unicode", "https://xn--bcher-kva.example"),
    ("https://example。com", "origin-unicode", "https://example.com"),
    ("https://ex\u200bample.com", "origin-unicode", "https://example.com"),
    ("https://\ud800.com", "origin-unicode", None),
    ("https://☃.net", "origin-unicode", None),
    ("https://*", "origin-wildcard", None),
    ("http://*:8080", "origin-wildcard", None),
    ("https://*example.com", "origin-wildcard", "https://*.example.com"),
    ("https://**.example.com", "origin-wildcard", "https://*.example.com"),
    ("https://*.*.example.com", "origin-wildcard", None),
    ("https://a.*.example.com", "origin-wildcard", None),
    ("https://exa*mple.com", "origin-wildcard", None),
    ("https://example.*", "origin-wildcard", None),
    ("https://example.com:80*", "origin-wildcard", None),
    ("https://example.com:**", "origin-wildcard", None),
    ("https://*.127.0.0.1", "origin-wildcard-ip", "https://127.0.0.1"),
    ("https://*.[::1]:8080", "origin-wildcard-ip", "https://[::1]:8080"),
    ("https://*.1", "origin-wildcard-ip", "https://0.0.0.1"),
    ("https://*.a_b.example.com", "origin-wildcard-label", None),
    ("https://*.-a.com", "origin-wildcard-label", None),
    ("https://*.a-.com", "origin-wildcard-label", None),
    ("https://*.example.com.", "origin-wildcard-label", "https://*.example.com"),
    ("http://127.1", "origin-ipv4", "http://127.0.0.1"),
    ("http://2130706433", "origin-ipv4", "http://127.0.0.1"),
    ("http://0x7f.0.0.1:8080", "origin-ipv4", "http://127.0.0.1:8080"),
    ("http://127.0.0.1.", "origin-ipv4", "http://127.0.0.1"),
    ("http://192.168.001.007", "origin-ipv4", "http://192.168.1.7"),
    ("http://192.168.0.010", "origin-ipv4", None),  # octal for browsers: 8 or 10?
    ("http://192.168.0.256", "origin-ipv4", None),
    ("http://1.2.3.4.5", "origin-ipv4", None),
    ("https://example.1", "origin-ipv4", None),
    ("https://example.0x", "origin-ipv4", None),
    ("http://::1", "origin-ipv6", "http://[::1]"),
    ("http://::1:9090", "origin-ipv6", None),
    ("http://[0:0:0:0:0:0:0:1]:8080", "origin-ipv6", "http://[::1]:8080"),
    ("http://[2001:0db8::0001]", "origin-ipv6", "http://[2001:db8::1]"),
    ("http://[2001:db8:0:1::0:1]", "origin-ipv6", "http://[2001:db8:0:1::1]"),
    ("http://[::ffff:127.0.0.1]", "origin-ipv6", "http://[::ffff:7f00:1]"),
    ("http://[1::2:3:4:5:6:7]", "origin-ipv6", "http://[1:0:2:3:4:5:6:7]"),
    ("http://[fe80::1%25eth0]", "origin-ipv6", None),
    ("http://[fe80::1%eth0]", "origin-ipv6", None),
    ("http://[::1", "origin-ipv6", "http://[::1]"),
    ("http://[::1]x", "origin-ipv6", None),
    ("http://[]", "origin-ipv6", None),
    ("https://", "origin-host", None),
    ("https://:8080", "origin-host", None),
    ("https://*.", "origin-host", None),
    ("https://.", "origin-host", None),
    ("https://a..example.com", "origin-host", None),
    ("https://.example.com", "origin-host", None),
    ("https://example.com..", "origin-host", None),
    (f"https://{LABEL_63}a.com", "origin-host", None),
    (f"https://a{HOST_253}", "origin-host", None),
    (f"https://*.{HOST_253[2:]}.a", "origin-host", None),
    ("https://exa%6dple.com", "origin-host", None),
    ("https://example.com\\path", "origin-host", None),
    ("https://exam!ple.com", "origin-host", None),
    ("https://xn--f", "origin-punycode", None),
    ("https://xn--a.com", "origin-punycode", None),
    ("https://xn--.com", "origin-punycode", None),
    ("https://*.xn--example.com", "origin-punycode", None),
    ("https://xn--cole-pka.example", "origin-punycode", None),  # an upper-case letter in disguise
    ("https://xn--a-igp.example", "origin-punycode", None),  # a symbol that browsers turn into a letter
    ("https://xn--abc-.example", "origin-punycode", None),
    ("https://example.com:", "origin-port", "https://example.com"),
    ("https://example.com:0", "origin-port", None),
    ("https://example.com:000", "origin-port", None),
    ("https://example.com:65536", "origin-port", None),
    ("https://example.com:" + "9" * 50, "origin-port", None),
    ("https://example.com:-1", "origin-port", None),
    ("https://example.com:http", "origin-port", None),
    ("https://example.com:٣", "origin-port", None),
    ("https://example.com:08080", "origin-port", "https://example.com:8080"),
    ("https://example.com:0443", "origin-port", "https://example.com"),
    ("https://example.com:443", "origin-default-port", "https://example.com"),
    ("http://example.com:80", "origin-default-port", "http://example.com"),
    ("http://[::1]:80", "origin-default-port", "http://[::1]"),
    ("https://*.example.com:443", "origin-default-port", "https://*.example.com"),
    ("ws://localhost:8000", "origin-websocket", "http://localhost:8000"),
    ("wss://example.com", "origin-websocket", "https://example.com"),
    ("WSS://Example.com:443/socket", "origin-upper-case", "https://example.com"),
    ("wss://*.example.com:*", "origin-websocket", "https://*.example.com:*"),
    ("htps://example.com", "origin-scheme", "https://example.com"),
    ("htttp://localhost:3000", "origin-scheme", "http://localhost:3000"),
    (r"https://.*\.example\.com", "origin-expression", None),
    ("https://.*example.com", "origin-expression", None),
    ("^https://example.com$", "origin-expression", None),
    ("https://(a|b).example.com", "origin-expression", None),
    ("https://pr-[0-9]+.example.com", "origin-expression", None),
    ("(?i)https://example.com", "origin-expression", None),
    ('"https://example.com"', "origin-quoted", "https://example.com"),
    ("'https://example.com/'", "origin-quoted", "https://example.com"),
    ('["https://example.com"]', "origin-list", '["https://example.com"]'),
    ("['https://a.com', 'https://B.com']", "origin-list", '["https://a.com", "https://b.com"]'),
    ("[https://a.com]", "origin-list", '["https://a.com"]'),
    ("App://Main", "origin-upper-case", "app://Main"),
    ("chrome-extension://*", "origin-wildcard", None),
    ("app://*", "origin-wildcard", None),
    ("app://a*b", "origin-wildcard", None),
    ("chrome-extension://abcdef/", "origin-trailing-slash", "chrome-extension://abcdef"),
    ("safari-web-extension://ABC/index.html", "origin-path", "safari-web-extension://ABC"),
    ("app://./index.html?a", "origin-path", "app://."),
    ("app://me@.", "origin-userinfo", "app://."),
    ("app://a'b", "origin-host", None),
    ("app://a\\b", "origin-host", None),
    ("app://" + "a" * 254, "origin-host", None),
    ("ftp://example.com:21", "origin-default-port", "ftp://example.com"),
    ("https://example.com/", "origin-trailing-slash", "https://example.com"),
    ("https://example.com//", "origin-path", "https://example.com"),
    ("https://example.com/path", "origin-path", "https://example.com"),
    ("https://*.example.com/*", "origin-path", "https://*.example.com"),
    ("https://example.com?a=b", "origin-query", "https://example.com"),
    ("https://example.com#top", "origin-fragment", "https://example.com"),
]


@pytest.mark.parametrize(("pattern", "code", "hint"), MALFORMED)
def test_malformed(pattern: str, code: str, hint: str | None) -> None:
    (issue,) = issues_of(allow_origins=[pattern])
    assert (issue.code, issue.field, issue.value) == (code, "allow_origins", pattern)
    assert issue.hint == hint
    assert issue.message.isascii()
    assert issue.message.isprintable()
    assert len(issue.message) < 800
    if hint is not None:
        assert is_good(json.loads(hint) if hint.startswith("[") else [hint])


UNSAFE = [
    ("http://example.com", ["origin-insecure"], "https://example.com"),
    ("http://example.com:443", ["origin-insecure"], "https://example.com"),
    ("http://example.com:8080", ["origin-insecure"], "https://example.com:8080"),
    ("http://*.example.com:*", ["origin-insecure"], "https://*.example.com:*"),
    ("http://192.168.0.1", ["origin-insecure"], "https://192.168.0.1"),
    ("http://localhost.example.com", ["origin-insecure"], "https://localhost.example.com"),
    ("http://notlocalhost", ["origin-insecure"], "https://notlocalhost"),
    ("http://127.example.com", ["origin-insecure"], "https://127.example.com"),
    ("http://[::2]", ["origin-insecure"], "https://[::2]"),
    ("https://*.com", ["origin-public-suffix"], None),
    ("https://*.co.uk", ["origin-public-suffix"], None),
    ("https://*.github.io:8443", ["origin-public-suffix"], None),
    ("https://*.kawasaki.jp", ["origin-public-suffix"], None),
    ("https://*.any.kawasaki.jp", ["origin-public-suffix"], None),
    ("https://*.compute.amazonaws.com", ["origin-public-suffix"], None),
    ("https://*.xn--p1ai", ["origin-public-suffix"], None),
    ("https://*.unknowntld", ["origin-public-suffix"], None),
    ("app://*.com", ["origin-public-suffix"], None),
    ("http://*.com", ["origin-insecure", "origin-public-suffix"], None),
    # Malformed, and what was meant would not do either:
    ("http://Example.com/", ["origin-upper-case"], "https://example.com"),
    ("http://example.com:80", ["origin-default-port"], "https://example.com"),
    ("HTTPS://*.com", ["origin-upper-case"], None),
]


@pytest.mark.parametrize(("pattern", "codes", "hint"), UNSAFE)
def test_unsafe_with_credentials(pattern: str, codes: list[str], hint: str | None) -> None:
    issues = issues_of(allow_origins=[pattern], allow_credentials=True)
    assert [issue.code for issue in issues] == codes
    assert issues[0].hint == hint
    if hint is not None:
        assert is_good([hint], allow_credentials=True)


@pytest.mark.parametrize(
    ("pattern", "opt_ins"),
    [
        ("http://example.com", ["insecure_origins"]),
        ("https://*.com", ["public_suffixes"]),
        ("http://*.com", ["insecure_origins", "public_suffixes"]),
    ],
)
def test_opt_ins(pattern: str, opt_ins: list[str]) -> None:
    assert is_good([pattern])
    names = [f"dangerously_allow_{name}" for name in opt_ins]
    assert is_good([pattern], allow_credentials=True, **dict.fromkeys(names, True))
    for name in names:  # none of them is enough by itself where two are needed
        assert is_good([pattern], allow_credentials=True, **{name: True}) == (len(names) == 1)


@pytest.mark.parametrize(
    "pattern",
    [
        "https://example.com",
        "https://example.com:8443",
        "https://*.example.com",
        "https://*.example.com:*",
        "https://*.city.kawasaki.jp",
        "https://*.www.ck",
        "https://*.localhost",
        "http://*.localhost:*",
        "http://*.a.localhost",
        "http://localhost",
        "http://localhost.",
        "http://a.localhost:3000",
        "http://127.0.0.1:*",
        "http://127.255.0.3",
        "http://[::1]:*",
        "https://1.2.3.4",
        "https://[2001:db8:aaaa:1111::100]:9090",
        "https://[::ffff:7f00:1]",
        "https://[1:0:0:2::3]",
        "https://[1:0:2:3:4:5:6:7]",
        "https://a_b.example.com",
        "https://-a.example.com",
        "https://a-.example.com",
        "https://example.com.",
        "https://example.com.:*",
        "https://xn--p1ai",
        "https://xn--bcher-kva.example",
        "https://*.xn--r8jz45g.jp",
        "https://xn--ls8h.la",  # a symbol: not of IDNA 2008, but of the web
        "https://xn--n3h.net",
        f"https://{HOST_253}:65535",
        f"https://*.{HOST_253[2:]}",
        f"{'a' * 64}://example.com",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://0f0f0f0f-1111-2222-3333-444444444444",
        "capacitor://localhost",
        "tauri://localhost",
        "connector://example.com",
        "app://-",
        "web+app.x://example.com",
        "http+unix://example.com",
        "app://.",
        "app://0xff",
        "app:///",
        "package://",
        "vscode-webview://0Ab",
        "safari-web-extension://1A2B3C4D-0000-4444-8888-ABCDEFABCDEF",
    ],
)
def test_good_with_credentials(policy_class: type[Policy], pattern: str) -> None:
    assert policy_class(allow_origins=[pattern], allow_credentials=True).origins() == [pattern]


def test_the_list_itself(policy_class: type[Policy]) -> None:
    for value, code, hint in [
        ((), "origins-missing", None),
        ([], "origins-missing", None),
        (None, "origins-type", None),
        (True, "origins-type", None),
        (7, "origins-type", None),
        (b"https://a.com", "origins-type", None),
        (bytearray(b"*"), "origins-type", None),
        ("", "origins-string", None),
        ("https://a.com", "origins-string", '["https://a.com"]'),
        ("https://A.com/, b.com", "origins-string", '["https://a.com", "https://b.com"]'),
        ("https://a.com https://b.com", "origins-string", '["https://a.com", "https://b.com"]'),
        ("all", "origins-string", None),
        ([b"https://a.com"], "origin-type", "https://a.com"),
        ([b"\xff"], "origin-type", None),
        ([None], "origin-type", None),
        ([["https://a.com"]], "origin-type", None),
        ('["https://A.com/", "b.com"]', "origins-string", '["https://a.com", "https://b.com"]'),
        ("['https://a.com']", "origins-string", '["https://a.com"]'),
        ("[https://a.com, https://b.com]", "origins-string", '["https://a.com", "https://b.com"]'),
        ("[::1]", "origins-string", '["http://[::1]"]'),
        ('"https://a.com"', "origins-string", '["https://a.com"]'),
        ([urlsplit("https://a.com/")], "origin-type", "https://a.com"),
        (urlsplit("https://A.com/"), "origins-type", '["https://a.com"]'),
        ([httpx.URL("https://a.com/")], "origin-type", "https://a.com"),
        (AnyHttpUrl("https://A.com"), "origins-type", '["https://a.com"]'),
        ([AnyHttpUrl("https://a.com")], "origin-type", "https://a.com"),
        ([AnyUrl("app://x")], "origin-type", "app://x"),
        ([Strange("no url")], "origin-type", None),
        ([Strange(None)], "origin-type", None),
    ]:
        with pytest.raises(PolicyError) as caught:
            policy_class(allow_origins=value)
        (issue,) = caught.value.issues
        assert (issue.code, issue.hint) == (code, hint)
    assert issues_of()[0].code == "origins-missing"


def test_any_kind_of_iterable_is_read_once(policy_class: type[Policy]) -> None:
    names = ["https://b.com", "https://a.com"]

    class Site(str, Enum):
        A = "https://a.com"
        B = "https://b.com"

    values: list[Any] = [names, tuple(names), set(names), frozenset(names), dict.fromkeys(names)]
    values += [iter(names), (name for name in names), Site, [Site.A, Site.B], map(str, names)]
    for value in values:
        origins = policy_class(allow_origins=value, allow_credentials=True).origins()
        assert origins == ["https://a.com", "https://b.com"]
        assert {type(origin) for origin in origins} == {str}
    assert names == ["https://b.com", "https://a.com"]


def test_what_an_iterable_raises_passes_through() -> None:
    def broken() -> Any:
        yield "https://a.com"
        raise LookupError

    with pytest.raises(LookupError):
        Policy(allow_origins=broken())


def test_star(policy_class: type[Policy]) -> None:
    for value in ["*", ["*"], ("*", "*"), {"*"}, iter("*")]:
        policy = policy_class(allow_origins=value)
        assert policy.origins() == ["*"]
        assert policy == policy_class(allow_origins="*")
    with_null = policy_class(allow_origins=["*", "null"], **NULL)
    assert with_null == policy_class(allow_origins="*", **NULL)
    assert with_null.origins() == ["*"]


def test_star_is_alone_and_without_credentials() -> None:
    def codes(origins: Any, **more: Any) -> list[str]:
        return [issue.code for issue in issues_of(allow_origins=origins, **more)]

    assert codes(["*", "https://a.com"]) == ["origin-wildcard-mixed"]
    assert codes(["*", "https://*.a.com"]) == ["origin-wildcard-mixed"]
    assert codes(["https://A.com", "*"]) == ["origin-upper-case", "origin-wildcard-mixed"]
    assert codes("*", allow_credentials=True) == ["origins-wildcard-credentials"]
    assert codes(["*"], allow_credentials=True, **NULL) == ["origins-wildcard-credentials"]
    assert codes(["*", "https://a.com"], allow_credentials=True) == [
        "origin-wildcard-mixed",
        "origins-wildcard-credentials",
    ]


def test_null(policy_class: type[Policy]) -> None:
    for value in [(), ["null"], ["null", "null"]]:
        policy = policy_class(allow_origins=value, **NULL)
        assert policy.origins() == []
        assert policy.is_origin_allowed("null")
        assert not policy.is_origin_allowed("https://a.com")
    policy = policy_class(allow_origins=["null", "https://a.com"], allow_credentials=True, **NULL)
    assert policy.origins() == ["https://a.com"]
    assert policy.is_origin_allowed("null")
    assert issues_of(allow_origins=["NULL"], **NULL)[0].hint == "null"
    assert issues_of(allow_origins="null", **NULL)[0].hint == '["null"]'


def test_reflect(policy_class: type[Policy]) -> None:
    reflect = {"dangerously_reflect_any_origin": True}
    for value in [(), "*", ["https://a.com"], ["https://*.a.com", "https://b.com"]]:
        policy = policy_class(allow_origins=value, allow_credentials=True, **reflect)
        assert policy.origins() == []
        assert policy.to_dict()["allow_origins"] == "*"
        assert policy == policy_class(allow_credentials=True, **reflect)
        assert policy.is_origin_allowed("https://anything.example")
        assert not policy.is_origin_allowed("null")
        assert not policy.is_origin_allowed("https://Anything.example")
    codes = [issue.code for issue in issues_of(allow_origins=["https://A.com", "null"], **reflect)]
    assert codes == ["origin-upper-case", "origin-null"]
