"""The one judgement of danger: which origins must not be let in, and why.

``Policy`` refuses what is found here, and the drop-ins warn of it. What is judged is what other people can do: speak
for an ``http:`` origin on the way, register a name that matches, send ``null``, or be any site at all.
"""

from typing import TYPE_CHECKING, NamedTuple

from fastcors._config.checks import quote
from fastcors._grammar import is_local
from fastcors.errors import PolicyIssue

if TYPE_CHECKING:
    from fastcors._config.patterns import Pattern

__all__ = [
    "INSECURE",
    "REFLECT",
    "SUFFIXES",
    "Danger",
    "OriginRules",
    "judge_any_origin",
    "judge_null",
    "judge_pattern",
]


REFLECT = "dangerously_reflect_any_origin"
SUFFIXES = "dangerously_allow_public_suffixes"
INSECURE = "dangerously_allow_insecure_origins"


class Danger(NamedTuple):
    """One thing about a configuration that lets in more than anybody can want."""

    code: str
    """What it is, as a stable identifier for programs (``"origin-public-suffix"``)."""
    value: object
    """The value as it was given."""
    message: str
    """What is wrong, in words that are right in a policy and in a drop-in."""
    advice: str
    """What to do about it."""
    opt_in: str | None = None
    """The parameter of a policy that lets it in all the same."""
    hint: str | None = None
    """The corrected value, where one can be computed."""

    def issue(self, field: str) -> PolicyIssue:
        """The issue of a policy's parameter."""
        otherwise = f", or set {self.opt_in}=True" if self.opt_in else ""
        return PolicyIssue(self.code, field, self.value, f"{self.message}; {self.advice}{otherwise}", self.hint)


class OriginRules(NamedTuple):
    """What the rest of the policy demands of its origins."""

    credentials: bool = False
    insecure: bool = False
    """``dangerously_allow_insecure_origins``, and so on."""
    public_suffixes: bool = False
    null: bool = False
    reflect: bool = False
    dynamic: bool = False
    """Whether there is an ``allow_origin_regex`` or an ``allow_origin_func``."""

    def is_insecure(self, pattern: "Pattern") -> bool:
        """Whether anyone on the network path could speak as this origin, and with credentials."""
        return self.credentials and not self.insecure and pattern.scheme == "http" and not is_local(pattern.host)

    def is_too_wide(self, pattern: "Pattern") -> bool:
        """Whether anyone could register an origin that matches, and get at credentials."""
        return self.credentials and not self.public_suffixes and _suffix_of(pattern) is not None

    def advise(self, text: str) -> str | None:
        """The pattern that was probably meant, one that these rules let pass; or ``None``."""
        from fastcors._config.diagnosis import is_exact_shell, repair
        from fastcors._config.patterns import parse

        if self.null and text.strip().lower() == "null":
            return "null"
        if self.null and text.strip().lower().startswith("file:"):
            return "file://"
        fixed = repair(text)
        if fixed is not None and is_exact_shell(fixed):
            return fixed
        pattern = None if fixed is None else parse(fixed)
        if pattern is not None and self.is_insecure(pattern):
            fixed = repair(str(pattern._replace(scheme="https")))
            pattern = None if fixed is None else parse(fixed)
        return fixed if pattern is not None and not self.is_too_wide(pattern) else None


def judge_null(text: str, rules: OriginRules) -> list[Danger]:
    """Whether ``null`` is listed, which any site can be: a sandboxed frame has it (HTML, "opaque origin")."""
    if rules.null or text.lower() != "null":
        return []
    from fastcors._config.diagnosis import diagnose

    code, message = diagnose("null")
    advice = "leave it out, and serve the page from an origin of its own"
    return [Danger(code, text, message, advice, "dangerously_allow_null_origin")]


def judge_any_origin(value: object, rules: OriginRules) -> list[Danger]:
    """Whether ``"*"`` lets in any site with its visitors' credentials (Fetch, section 4.10, "CORS check")."""
    if not rules.credentials or rules.reflect:
        return []
    message = '"*" lets in any site, and credentials are allowed'
    return [Danger("origins-wildcard-credentials", value, message, "list the origins", REFLECT)]


def judge_pattern(text: str, pattern: "Pattern", rules: OriginRules) -> list[Danger]:
    """Whether a well-formed pattern lets in whoever is on the network, or whoever registers a name."""
    found = []
    if rules.is_insecure(pattern):
        message = f"{quote(text)} is open to anyone on the network, and credentials are allowed"
        found.append(Danger("origin-insecure", text, message, "use https", INSECURE, rules.advise(text)))
    if rules.is_too_wide(pattern):
        suffix = quote(_suffix_of(pattern) or "")
        message = f"{quote(text)} lets in every site under the public suffix {suffix}, and credentials are allowed"
        found.append(Danger("origin-public-suffix", text, message, "list the domains", SUFFIXES))
    return found


def _suffix_of(pattern: "Pattern") -> str | None:
    """A public suffix under which the pattern lets in every site."""
    if not pattern.subdomains:
        return None
    from fastcors._config.hosts import public_suffix_below

    return public_suffix_below(pattern.host)
