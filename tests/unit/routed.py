"""Tables of routes, and paths that applications read in several ways."""

from __future__ import annotations

from hypothesis import strategies as st

from fastcors import Policy

ONE = Policy(allow_origins=["https://one.example"])


TWO = Policy(allow_origins=["https://two.example"])


THREE = Policy(allow_origins=["https://three.example"])


TABLE = {"/api/": ONE, "/api/v2/": TWO, "/api/v2/exact": THREE, "/health": ONE, "/api/closed/": None}


# The oracle: every route of a table in turn, by the words of the documents

literals = st.sampled_from(["a", "b", "api", ".x", "é", "{", "日本"])


names = st.sampled_from(["{x}", "{y}"])


ends = st.sampled_from(["", "/", "/{rest:path}"])


routes = st.builds(
    lambda segments, end: "".join("/" + segment for segment in segments) + end or "/",
    st.lists(st.one_of(literals.filter(lambda text: text != "{"), names), max_size=4),
    ends,
)
