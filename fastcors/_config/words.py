"""Words: what the parameters of a policy are called by whoever configured something else, for explanations."""

from typing import NamedTuple

__all__ = ["POLICY", "Words"]


class Words(NamedTuple):
    """Names of options, by the parameter of :class:`fastcors.Policy` whose part they have.

    None: there is no such option, and nothing can be proposed for it.
    """

    allow_origins: str = "allow_origins"
    """What lists origins."""
    allow_methods: str | None = "allow_methods"
    allow_headers: str | None = "allow_headers"
    allow_credentials: str | None = "allow_credentials"
    allow_private_network: str | None = "allow_private_network"
    allow_origin_regex: str = "allow_origin_regex"
    allow_origin_func: str = "allow_origin_func"
    dangerously_allow_null_origin: str = "dangerously_allow_null_origin"
    dangerously_reflect_any_origin: str = "dangerously_reflect_any_origin"
    no_methods: str = "There is no option for methods."
    """What to do where no option lists methods."""
    patterns: bool = True
    """Whether ``allow_origins`` takes ``*.`` and ``:*``."""


POLICY = Words()
"""The parameters of :class:`fastcors.Policy` itself."""
