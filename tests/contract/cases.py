"""The rows of the contract as cases: a policy, a request, and what it gets.

A case's name begins with the number of its row. Rows that are about the application's own headers and errors (21, 35 to
37) are in test_merging.py and test_errors.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.contract import expect, policies
from tests.contract.expect import ACAC, ACAH, ACAM, ACAO, ACAPN, ACEH, ACMA, TAO, VARY, Covers, Exactly, Expected
from tests.support.exchange import Req, pre

LOCAL = policies.LOCAL.encode()
MIB = 1 << 20

ONLY_VARY = {VARY: expect.VARY_ORIGIN}
REFUSED = {VARY: expect.VARY_PREFLIGHT}
K1_ACTUAL = {
    ACAO: policies.LOCAL,
    ACAC: "true",
    ACEH: Exactly("x-foo", "x-bar"),
    VARY: expect.VARY_ORIGIN,
}
K1_PREFLIGHT = {
    ACAO: policies.LOCAL,
    ACAC: "true",
    ACAM: Covers("PURGE", "HELP"),
    ACAH: Exactly("authorization"),
    ACMA: "30",
    VARY: expect.VARY_PREFLIGHT,
}
K2_PREFLIGHT = {ACAO: policies.LOCAL, ACAC: "true", ACMA: "30", VARY: expect.VARY_PREFLIGHT}
STAR_ACTUAL = {ACAO: "*", ACEH: "*"}
STAR_PREFLIGHT = {ACAO: "*", ACAM: Covers("*"), ACAH: Covers("*"), ACMA: "30"}


@dataclass(frozen=True)
class Case:
    row: str
    policy: str
    what: str
    req: Req
    status: int | None
    """The preflight's status; None where the application runs."""
    headers: Expected

    def __str__(self) -> str:
        return f"{self.row}-{self.policy}-{self.what}"


def actual(row: str, policy: str, what: str, req: Req, headers: Expected) -> Case:
    return Case(row, policy, what, req, None, headers)


def get(*origins: bytes) -> Req:
    return Req(b"GET", origins)


def allowed_get(row: str, policy: str, origin: bytes, **more: Any) -> Case:
    """An actual request whose origin is echoed and which gets nothing else, save what is said."""
    headers = {ACAO: origin.decode(), VARY: expect.VARY_ORIGIN, **more}
    return actual(row, policy, f"get-from-{origin.decode()}", get(origin), headers)


def refused_get(row: str, policy: str, origin: bytes) -> Case:
    return actual(row, policy, f"get-from-{origin[:60]!r}", get(origin), ONLY_VARY)


def local(method: bytes, *lines: bytes, **more: Any) -> Req:
    return pre(method, *lines, origin=LOCAL, **more)


def accepted(row: str, policy: str, what: str, req: Req, headers: Expected, status: int = 204) -> Case:
    return Case(row, policy, what, req, status, headers)


def refused(row: str, policy: str, what: str, req: Req, headers: Expected = REFUSED, status: int = 403) -> Case:
    return Case(row, policy, what, req, status, headers)


def rows_02_to_12() -> Iterator[Case]:
    yield actual("02", "K1", "get-without-origin", Req(), ONLY_VARY)
    yield actual("03", "K1", "options-without-origin", Req(b"OPTIONS"), ONLY_VARY)
    yield actual("03", "K1", "options-without-origin-with-acrm", Req(b"OPTIONS", acrm=b"PUT"), ONLY_VARY)
    yield actual("04", "K1", "get-allowed", get(LOCAL), K1_ACTUAL)
    yield refused_get("05", "K1", b"https://example.com")
    yield refused_get("05", "K1", b"invalid_origin")
    yield actual("06", "K1", "options-without-acrm", Req(b"OPTIONS", (LOCAL,)), K1_ACTUAL)
    yield actual("06", "K1", "options-without-acrm-with-acrh", Req(b"OPTIONS", (LOCAL,), None, (b"x",)), K1_ACTUAL)
    yield accepted("07", "K1", "get", local(b"GET"), K1_PREFLIGHT)
    yield accepted("08", "K1", "purge-authorization", local(b"PURGE", b"authorization"), K1_PREFLIGHT)
    yield refused("09", "K1", "purge-content-type", local(b"PURGE", b"content-type"))
    yield refused("09", "K1", "put", local(b"PUT"))
    yield refused("09", "K1", "empty-method", local(b""))
    yield accepted("10", "K1", "empty-elements", local(b"PURGE", b",,authorization,,"), K1_PREFLIGHT)
    yield accepted("10", "K1", "16-empty-lines", local(b"PURGE", *[b""] * 16, b"authorization"), K1_PREFLIGHT)
    yield accepted("10", "K1", "16-commas", local(b"PURGE", b"authorization" + b"," * 16), K1_PREFLIGHT)
    yield refused("11", "K1", "17-commas", local(b"PURGE", b"authorization" + b"," * 17))
    yield refused("11", "K1", "17-empty-lines", local(b"PURGE", *[b""] * 17, b"authorization"))
    for origin in (
        b"https://example.com",
        b"invalid_origin",
        b"null",
        b"",
        LOCAL + b"/",
        b"http://localhost",
    ):
        yield refused("12", "K1", f"get-from-{origin!r}", pre(b"GET", origin=origin))
        yield refused("12", "K1", f"put-from-{origin!r}", pre(b"PUT", b"nope", origin=origin))


def rows_13_to_19() -> Iterator[Case]:
    three = {**K2_PREFLIGHT, ACAH: Exactly("bar", "baz", "foo")}
    yield accepted("13", "K2", "three-names", local(b"GET", b"bar,baz,foo"), three)
    yield accepted("13", "K2", "three-names-ows", local(b"GET", b"bar , baz\t, foo\t"), three)
    yield accepted("13", "K2", "three-names-in-lines", local(b"GET", b"bar", b"baz,foo"), three)
    yield accepted("13", "K2", "no-names", local(b"GET"), K2_PREFLIGHT)
    yield accepted("13", "K2", "upper-case", local(b"GET", b"X-A"), {**K2_PREFLIGHT, ACAH: Exactly("x-a")})
    yield refused("14", "K2", "1MiB-one-name", local(b"GET", b"a" * MIB))
    for what, lines in {"one-line": [b"a" * 8192], "two-lines": [b"a" * 4095, b"b" * 4096]}.items():
        names = Exactly(*(line.decode() for line in lines))
        yield accepted("14", "K2", f"8KiB-{what}", local(b"GET", *lines), {**K2_PREFLIGHT, ACAH: names})
    yield refused("14", "K2", "8KiB-and-a-byte", local(b"GET", b"a" * 8193))
    yield refused("14", "K2", "8KiB-and-a-byte-in-two-lines", local(b"GET", b"a" * 4096, b"b" * 4096))
    yield refused("14", "K2", "1MiB-names", local(b"GET", b"a," * (MIB // 2)))
    yield refused("15", "K3", "bar", local(b"GET", b"bar"))
    yield refused("15", "K3", "bar-baz-foo", local(b"GET", b"bar,baz,foo"))
    plain = {ACAO: policies.LOCAL, VARY: expect.VARY_PREFLIGHT}
    for method in (b"POST", b"GET", b"HEAD"):
        yield accepted("16", "K7", f"{method.decode()}-without-acrh", local(method), plain)
    yield refused("16", "K7", "PUT-without-acrh", local(b"PUT"))
    for origin in (b"https://example.com", b"null", b"", b"invalid_origin", b"http://a\r\nb", b"a" * 400):
        yield actual("17", "K4", f"get-from-{origin[:40]!r}", get(origin), STAR_ACTUAL)
    yield actual("17", "K4", "get-without-origin", Req(), STAR_ACTUAL)
    yield actual("17", "K4", "two-origins", get(b"https://a.example", b"https://b.example"), STAR_ACTUAL)
    yield accepted("18", "K4", "purge-content-type", local(b"PURGE", b"content-type"), STAR_PREFLIGHT)
    yield accepted("18", "K4", "get", local(b"GET"), STAR_PREFLIGHT)
    for method in (b"PUT", b"DELETE"):
        beside = {**STAR_PREFLIGHT, ACAM: "*, DELETE, OPTIONS, PATCH, PUT"}
        yield accepted("44", "K4", method.decode(), local(method), beside)
    for method in (b"CONNECT", b"TRACE", b"TRACK", b"Trace"):
        yield refused("18", "K4", method.decode(), local(method), {})
    yield accepted(
        "19",
        "K5",
        "authorization",
        local(b"GET", b"authorization"),
        {**STAR_PREFLIGHT, ACAH: Covers("*", "authorization")},
    )
    yield refused("19", "K4", "authorization", local(b"GET", b"authorization"), {})
    yield refused("19", "K4", "authorization-among-others", local(b"GET", b"a,AUTHORIZATION,z"), {})


def rows_20_to_27() -> Iterator[Case]:
    yield allowed_get("20", "K6", b"https://example.com:8080", **{ACAC: "true"})
    yield refused_get("20", "K6", b"https://example.com:6060")
    yield refused_get("20", "K6", b"https://example.com")
    yield allowed_get("20", "K6", b"https://foo.example.com", **{ACAC: "true"})
    yield refused_get("20", "K6", b"https://foo.example.com:8080")
    yield refused_get("22", "K8", b"https://barfoo.com")
    yield refused_get("22", "K8", b"https://foobar.com")
    yield allowed_get("22", "K8", b"https://foo.com")
    yield allowed_get("22", "K8", b"https://bar.com")
    yield allowed_get("23", "K9", b"connector://example.com", **{ACAC: "true"})
    yield refused_get("23", "K9", b"connector://example.com:6060")
    for origin in (
        b"http://foo.example.com",
        b"http://foo.example.com:6060",
        b"http://bar.foo.example.com:8080",
        b"http://bar.foo.example.com",
    ):
        yield allowed_get("24", "K10", origin)
    for origin in (b"http://example.com", b"https://foo.example.com", b"http://example.com:6060"):
        yield refused_get("24", "K10", origin)
    for origin in policies.K["K11"]["allow_origins"]:
        yield allowed_get("25", "K11", origin.encode())
    for word in (b"hazmat", b"at", b"eerkat", b"meerkatt", b"bat.cat", b"xbat", b"ba"):
        yield refused_get("25", "K11", b"https://" + word)
    for origin in (
        b"https://example.com.evil.com",
        b"https://example.com/",
        b"https://user@example.com",
        b"https://EXAMPLE.com",
        b"http://example.com",
        b"https://example.com:443",
        b"null",
        b"",
    ):
        yield refused_get("26", "example", origin)
        yield refused("26", "example", f"preflight-from-{origin!r}", pre(b"GET", origin=origin))
    yield allowed_get("26", "example", b"https://example.com")
    yield allowed_get("27", "any-port", b"http://localhost")
    yield allowed_get("27", "any-port", b"http://localhost:8080")
    yield refused_get("27", "any-port", b"http://localhost:80")
    yield refused_get("27", "any-port", b"http://localhost:")
    yield refused_get("27", "any-port", b"http://localhost:65536")
    yield allowed_get("27", "any-port-v6", b"http://[::1]:9090")
    yield allowed_get("27", "any-port-v6", b"http://[::1]")
    yield refused_get("27", "any-port-v6", b"http://::1:9090")


BAD_ORIGINS = {
    "328-bytes": b"http://" + b"a" * 321,
    "60kB": b"http://" + b"a." * 30000 + b"example.com",
    "over-327-with-a-good-end": b"http://" + b"a." * 160 + b"example.com",
    "cr": b"http://a.example.com\r",
    "lf": b"http://a.example.com\n",
    "crlf-injection": b"http://localhost:9090\r\nSet-Cookie: a=b",
    "lf-before": b"\nhttp://localhost:9090",
    "nul": b"http://localhost:9090\x00",
    "nul-inside": b"http://a\x00.example.com",
    "e9": b"http://\xe9.example.com",
    "ff": b"http://localhost:9090\xff",
    "utf8": "http://bücher.example.com".encode(),
    "space-after": b"http://localhost:9090 ",
    "space-before": b" http://localhost:9090",
    "tab-after": b"http://localhost:9090\t",
    "comma-list": b"http://localhost:9090,http://localhost:9090",
    "comma-space-list": b"http://localhost:9090, https://example.com",
    "space-list": b"http://localhost:9090 https://example.com",
    "trailing-comma": b"http://localhost:9090,",
}


def row_28() -> Iterator[Case]:
    for name, origin in BAD_ORIGINS.items():
        for policy in ("K1", "K6", "K10", "any-port", "null", "reflect", "wildcard", "pna"):
            preflight = {VARY: expect.VARY_PREFLIGHT_PNA} if policy == "pna" else REFUSED
            yield actual("28", policy, f"get-from-{name}", get(origin), ONLY_VARY)
            yield refused("28", policy, f"preflight-from-{name}", pre(b"GET", origin=origin), preflight)
        yield actual("28", "K4", f"get-from-{name}", get(origin), STAR_ACTUAL)
        yield refused("28", "K4", f"preflight-from-{name}", pre(b"GET", origin=origin), {})


def rows_29_to_34() -> Iterator[Case]:
    plain = {ACAO: policies.LOCAL, VARY: expect.VARY_PREFLIGHT}
    yield accepted("29", "delete", "DELETE", local(b"DELETE"), {**plain, ACAM: Covers("DELETE")})
    yield refused("29", "delete", "delete", local(b"delete"))
    yield accepted("29", "patch", "PATCH", local(b"PATCH"), {**plain, ACAM: Covers("PATCH")})
    yield refused("29", "patch", "patch", local(b"patch"))
    yield refused("29", "patch", "PATCH-and-space", local(b"PATCH "))
    yield refused("29", "patch", "PATCHX", local(b"PATCHX"))
    yield refused("29", "patch", "PATC", local(b"PATC"))
    both = {**plain, ACAH: Exactly("x-header-1", "x-header-2")}
    for what, lines in {
        "any-order-any-case": [b"x-header-2,X-Header-1"],
        "space": [b"x-header-1, x-header-2"],
        "two-lines": [b"x-header-1", b"x-header-2"],
        "twice": [b"x-header-1,x-header-1", b"X-HEADER-1"],
        "upper": [b"X-HEADER-2"],
        "two-bytes-of-ows": [b"  x-header-1,\tx-header-2\t"],
    }.items():
        yield accepted("30", "two-headers", what, local(b"GET", *lines), both)
    for what, lines in {
        "one-not-allowed": [b"x-header-1,x-header-3"],
        "last-line-not-allowed": [b"x-header-1", b"x-header-2", b"x-header-3"],
        "prefix": [b"x-header-"],
        "longer": [b"x-header-11"],
        "no-token": [b"x-header-1,x header-2"],
        "semicolon": [b"x-header-1;x-header-2"],
        "quoted": [b'"x-header-1"'],
        "control": [b"x-header-1\x00"],
        "crlf": [b"x-header-1\r\nx: y"],
        "obs-text": [b"x-header-1,\xe9"],
        "kelvin-sign": ["x-header-1,\u212a".encode()],
        "three-bytes-of-ows": [b"x-header-1,   x-header-2"],
        "ows-on-both-sides": [b"x-header-1,  x-header-2 "],
        "129-names": [b",".join([b"x-header-1"] * 129)],
        "over-8KiB-in-lines": [b"x-header-1," * 700, b"x-header-1," * 700],
    }.items():
        yield refused("31", "two-headers", what, local(b"GET", *lines))
    yield accepted("31", "two-headers", "128-names", local(b"GET", b",".join([b"x-header-1"] * 128)), both)
    yield accepted("32", "K3", "credentials", local(b"GET"), {**plain, ACAC: "true"})
    yield accepted("32", "K7", "no-credentials", local(b"GET"), plain)
    yield actual("33", "K7", "nothing-exposed", get(LOCAL), {ACAO: policies.LOCAL, VARY: expect.VARY_ORIGIN})
    for method in (b"GET", b"PUT", b"DELETE", b"PATCH"):
        req = Req(method, (LOCAL,))
        yield actual("34", "post-only", method.decode(), req, {ACAO: policies.LOCAL, VARY: expect.VARY_ORIGIN})


HOSTILE_ACRH: dict[str, list[bytes]] = {
    "1MiB-commas": [b"," * MIB],
    "1MiB-one-name": [b"a" * MIB],
    "1MiB-allowed-names": [b"authorization," * (MIB // 14)],
    "1MiB-spaces": [b" " * MIB],
    "1MiB-tabs": [b"\t" * MIB],
    "1MiB-space-inside": [b"a" + b" " * MIB + b"b"],
    "1024-empty-lines": [b""] * 1024,
    "1024-lines-of-a-name": [b"authorization"] * 1024,
    "8193-bytes": [b"a" * 8193],
    "1MiB-in-1024-lines": [b"a" * 1024] * 1024,
}


def row_40() -> Iterator[Case]:
    for policy in ("K1", "K2", "K7", "wildcard", "minimal", "star-minimal", "K5"):
        origin = b"https://a.example.com" if policy == "wildcard" else LOCAL
        headers = {} if policy in ("K4", "K5") else REFUSED
        for what, lines in HOSTILE_ACRH.items():
            yield refused("40", policy, what, pre(b"GET", *lines, origin=origin), headers)


def row_41() -> Iterator[Case]:
    for policy in ("K1", "K6", "K7", "K8", "reflect"):
        for origin in (b"http://api.example", b"https://api.example:8443"):
            expected = {ACAO: origin.decode(), VARY: expect.VARY_ORIGIN} if policy == "reflect" else ONLY_VARY
            yield actual("41", policy, f"post-from-{origin.decode()}", Req(b"POST", (origin,)), expected)


def section_2_double_origins() -> Iterator[Case]:
    for policy in ("K1", "K7", "reflect", "null"):
        for what, origins in {
            "same-twice": (LOCAL, LOCAL),
            "allowed-first": (LOCAL, b"https://evil.example"),
            "allowed-last": (b"https://evil.example", LOCAL),
            "empty-second": (LOCAL, b""),
            "null-twice": (b"null", b"null"),
        }.items():
            yield actual("s2", policy, f"two-origin-lines-{what}", get(*origins), ONLY_VARY)
            req = Req(b"OPTIONS", origins, b"GET")
            yield refused("s2", policy, f"two-origin-lines-preflight-{what}", req)


def section_4() -> Iterator[Case]:
    """Private network, timing, disclosure, statuses, wildcards with credentials."""
    plain = {ACAO: policies.LOCAL, VARY: expect.VARY_PREFLIGHT}
    pna = {ACAO: policies.LOCAL, VARY: expect.VARY_PREFLIGHT_PNA}
    yield accepted("s4", "pna", "asked", local(b"GET", private=b"true"), {**pna, ACAPN: "true"})
    yield accepted("s4", "pna", "not-asked", local(b"GET"), pna)
    yield accepted("s4", "pna", "asked-false", local(b"GET", private=b"false"), pna)
    yield accepted("s4", "pna", "asked-TRUE", local(b"GET", private=b"TRUE"), pna)
    yield refused("s4", "K7", "private-network", local(b"GET", private=b"true"))
    yield refused("s4", "pna", "bad-method", local(b"PUT", private=b"true"), {VARY: pna[VARY]})
    yield accepted("s4", "K7", "private-network-other-value", local(b"GET", private=b"1"), plain)
    yield accepted(
        "s4",
        "star-pna",
        "asked",
        local(b"GET", private=b"true"),
        {ACAO: "*", ACAPN: "true", VARY: expect.VARY_PREFLIGHT_PNA},
    )
    yield actual("s4", "pna", "actual", Req(b"GET", (LOCAL,), acrpn=b"true"), {ACAO: policies.LOCAL, **ONLY_VARY})
    yield allowed_get("s4", "timing", LOCAL, **{TAO: policies.LOCAL})
    yield refused_get("s4", "timing", b"https://example.com")
    yield actual("s4", "timing", "no-origin", Req(), ONLY_VARY)
    yield accepted("s4", "timing", "preflight", local(b"GET"), plain)
    for origins in ((), (LOCAL,), (b"x y",)):
        yield actual("s4", "star-timing", f"get-{origins!r}", get(*origins), {ACAO: "*", TAO: "*"})
    yield accepted("s4", "minimal", "get", local(b"GET"), plain)
    yield accepted("s4", "minimal", "put", local(b"PUT"), {**plain, ACAM: "PUT"})
    yield accepted("s4", "minimal", "put-x-a", local(b"PUT", b"X-A"), {**plain, ACAM: "PUT", ACAH: Exactly("x-a")})
    yield refused("s4", "minimal", "delete", local(b"DELETE"))
    yield refused("s4", "minimal", "x-c", local(b"PUT", b"x-a,x-c"))
    yield accepted(
        "s4",
        "star-minimal",
        "purge-x-c",
        local(b"PURGE", b"X-C"),
        {ACAO: "*", ACAM: "PURGE", ACAH: Exactly("x-c"), VARY: expect.VARY_PREFLIGHT},
    )
    yield accepted("s4", "statuses", "accepted-200", local(b"GET"), plain, 200)
    yield refused("s4", "statuses", "refused-400", local(b"PUT"), REFUSED, 400)
    mirrored = {**plain, ACAC: "true"}
    yield accepted("s4", "any-method-credentials", "purge", local(b"PURGE"), {**mirrored, ACAM: Covers("PURGE")})
    yield refused("s4", "any-method-credentials", "trace", local(b"TRACE"))
    yield refused("s4", "any-method-credentials", "no-token", local(b"PUR GE"))
    yield refused("s4", "any-method-credentials", "comma", local(b"PUT,PATCH"))
    yield refused("s4", "any-method-credentials", "65-bytes", local(b"M" * 65))
    yield refused("s4", "any-method-credentials", "crlf", local(b"PUT\r\nx: y"))
    yield allowed_get("s4", "expose-all", LOCAL, **{ACEH: "*"})
    yield allowed_get("s4", "null", b"null")
    yield accepted("s4", "null", "preflight", pre(b"GET", origin=b"null"), {**plain, ACAO: "null"})
    yield refused_get("s4", "null", b"Null")
    yield refused_get("s4", "null", b"null ")
    yield refused_get("s4", "reflect", b"null")
    yield allowed_get("s4", "reflect", b"https://anything.example:8443")
    yield allowed_get("s4", "reflect-credentials", b"https://anything.example", **{ACAC: "true"})
    yield refused_get("s4", "reflect", b"https://a_b.example")
    yield refused_get("s4", "reflect", b"https://example.com.")


CASES: list[Case] = [
    *rows_02_to_12(),
    *rows_13_to_19(),
    *rows_20_to_27(),
    *row_28(),
    *rows_29_to_34(),
    *row_40(),
    *row_41(),
    *section_2_double_origins(),
    *section_4(),
]
