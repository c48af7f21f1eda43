"""Hosts at configuration time: canonical addresses, punycode, public suffixes.

"Canonical" is what a browser makes of a host by the URL standard (https://url.spec.whatwg.org/), since
that is what it puts into ``Origin``.
"""

from __future__ import annotations

from functools import cache

from fastcors._regex import regex

__all__ = [
    "canonical_ipv4",
    "is_private",
    "is_public_suffix",
    "is_punycode",
    "labels_before",
    "public_suffix_below",
    "to_ascii",
]

_NUMBER = regex(r"[0-9]+|0x[0-9a-f]*")


def canonical_ipv4(host: str) -> str | None:
    """``"127.1"`` and ``"0x7f.0.0.1"`` as browsers write them (URL, 3.5 "IPv4 parser"), or ``None``.

    Also ``None`` for a leading zero that makes a number octal, and so another one than it looks:
    ``"192.168.0.010"`` is 192.168.0.8 for a browser and hardly for the one who wrote it.
    """
    numbers = []
    for part in host.removesuffix(".").split("."):
        if not _NUMBER.fullmatch(part) or len(part) > 12:
            return None
        if part.startswith("0x"):
            numbers.append(int(part[2:] or "0", 16))
        elif part.startswith("0") and int(part) > 7:
            return None
        else:
            numbers.append(int(part))
    *octets, rest = numbers
    if len(octets) > 3 or any(octet > 255 for octet in octets) or rest >= 256 ** (4 - len(octets)):
        return None
    value = rest + sum(octet << (24 - 8 * i) for i, octet in enumerate(octets))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def is_punycode(label: str) -> bool:
    """Whether an ``xn--`` label is the encoding of a Unicode label that browsers accept.

    IDNA 2008 (RFC 5891) leaves symbols out; browsers and registries have them (``xn--i-7iq.ws``), so
    they pass as long as nothing but symbols is wrong.
    """
    import unicodedata

    import idna

    encoded = label[4:].encode("ascii")
    try:
        text = encoded.decode("punycode")
        if text.isascii() or text.encode("punycode") != encoded:
            return False
        idna.check_label(text)
    except idna.InvalidCodepoint:
        symbols = all(unicodedata.category(character) == "So" for character in text if not character.isascii())
        return symbols and unicodedata.normalize("NFKC", text) == text
    except UnicodeError:
        return False
    return True


def to_ascii(host: str) -> str | None:
    """A Unicode host in punycode, mapped as browsers do (UTS #46, non-transitional), or ``None``."""
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        return None


_PRIVATE = regex(r"(?:10|127|169\.254|172\.(?:1[6-9]|2[0-9]|3[01])|192\.168)\.")


def is_private(address: str) -> bool:
    """Whether an IPv4 address is of a network that is never reached from another one (RFC 1918, RFC 3927)."""
    return _PRIVATE.match(address) is not None


def is_public_suffix(domain: str) -> bool:
    """Whether anyone can register names right below the domain (https://publicsuffix.org/list/).

    A single label that the list does not know is one too, by its default rule ``*``. The root of a rule
    like ``*.kawasaki.jp`` counts as well. ``localhost`` and the names under it are none.
    """
    _, dot, parent = domain.partition(".")
    if domain == "localhost" or domain.endswith(".localhost"):
        return False
    rules = _public_suffix_rules()
    if not dot or domain in rules or f"*.{domain}" in rules:
        return True
    return f"*.{parent}" in rules and f"!{domain}" not in rules


def labels_before(domain: str) -> frozenset[str]:
    """The labels that stand right before the domain in public suffixes: ``{"s3", ...}`` for ``amazonaws.com``."""
    return _labels_by_parent().get(domain, frozenset())


def public_suffix_below(domain: str) -> str | None:
    """A public suffix that ends with the domain, the domain itself first; ``None`` where there is none."""
    while not is_public_suffix(domain):
        label = min(labels_before(domain), default=None)
        if label is None:
            return None
        domain = f"{label}.{domain}"
    return domain


@cache
def _labels_by_parent() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rule in _public_suffix_rules():
        label, _, parent = rule.removeprefix("*.").partition(".")
        while parent and not rule.startswith("!"):
            found.setdefault(parent, set()).add(label)
            label, _, parent = parent.partition(".")
    return {parent: frozenset(labels) for parent, labels in found.items()}


@cache
def _public_suffix_rules() -> frozenset[str]:
    """The rules in the list that the package carries, in punycode. Read on first use: it takes 50 ms.

    Only the package's file is used, without its class, which looks at every label of a name to find the
    suffix; whether a whole name is one takes three look-ups, and may be asked 100,000 times.
    """
    from publicsuffixlist import PSLFILE

    with open(PSLFILE, encoding="utf-8") as lines:
        rules = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
    return frozenset(rule if rule.isascii() else _rule_to_ascii(rule) for rule in rules)


def _rule_to_ascii(rule: str) -> str:
    name = rule.lstrip("!*.")
    return rule.removesuffix(name) + (to_ascii(name) or name)
