"""The playground's page server: it checks policies, puts them in force, and tells what went over the wire."""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any
from urllib.parse import urlsplit

from fastcors import Policy, PolicyError, PolicyIssue
from fastcors._terminal import unique_names
from fastcors.demo.web import PageHandler, PageServer
from fastcors.playground.api import Api
from fastcors.playground.cases import cases
from fastcors.playground.judgement import judge

__all__ = ["PlaygroundServer", "check"]

_MAX_BODY = 100_000


class PlaygroundServer(PageServer):
    """Serves the page, ``/config``, and to its own two origins ``/check``, ``/policy`` and ``/result``."""

    def __init__(self, sock: socket.socket, api: Api, config: dict[str, Any]) -> None:
        self.api = api
        self.token = secrets.token_urlsafe(24)
        super().__init__(sock, _Handler, "fastcors.playground", config)
        self.origins = (config["origin"], config["other"])


def check(text: str) -> tuple[Policy | None, dict[str, Any]]:
    """The policy of a JSON text, or None; and its ``problems``, each with a ``fixed`` configuration if any."""
    try:
        configuration = json.loads(text, object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:
        return None, {"problems": [_problem("json", "", f"This is no JSON: {error}")]}
    if not isinstance(configuration, dict):
        return None, {"problems": [_problem("json", "", "A JSON object with the parameters of Policy is expected.")]}
    try:
        policy = Policy.from_dict(configuration)
    except PolicyError as error:
        return None, {"problems": [_from_issue(configuration, issue) for issue in error.issues]}
    return policy, {"problems": []}


def _problem(code: str, field: str, message: str, hint: str | None = None, fixed: object = None) -> dict[str, Any]:
    return {"code": code, "field": field, "message": message, "hint": hint, "fixed": fixed}


def _from_issue(configuration: dict[str, Any], issue: PolicyIssue) -> dict[str, Any]:
    return _problem(issue.code, issue.field, issue.message, issue.hint, _fixed(configuration, issue))


def _fixed(configuration: dict[str, Any], issue: PolicyIssue) -> dict[str, Any] | None:
    """The configuration with the issue's hint taken; None where that does not end the issue."""
    if issue.hint is None or issue.field not in configuration:
        return None
    if issue.code == "unknown-parameter":
        changed = {issue.hint if name == issue.field else name: value for name, value in configuration.items()}
        return changed if len(changed) == len(configuration) else None
    given = configuration[issue.field]
    for value in _values(issue.hint):
        in_list = [value if item == issue.value else item for item in given] if isinstance(given, list) else None
        for new in (in_list, value):
            changed = {**configuration, issue.field: new}
            if new is not None and not _has(changed, issue):
                return changed
    return None


def _values(hint: str) -> list[Any]:
    """What a hint may stand for: a value of Python's or JSON's, or the text itself."""
    named = {"True": True, "False": False}
    try:
        return [named[hint] if hint in named else json.loads(hint)]
    except ValueError:
        return [hint]


def _has(configuration: dict[str, Any], issue: PolicyIssue) -> bool:
    """Whether the configuration has this issue, or another one of its field with the value that the hint gave."""
    try:
        Policy.from_dict(configuration)
    except PolicyError as error:
        return any((other.code, other.field, other.value) == issue[:3] for other in error.issues)
    return False


class _Handler(PageHandler):
    server: PlaygroundServer

    def do_GET(self) -> None:  # noqa: N802
        path = urlsplit(self.path).path
        if not self._is_for_us():
            self.send_json(421, {"error": "this host is not served here"})
        elif path == "/":
            self.send_page()
        elif path == "/config":
            config = self.server.config
            here = f"http://{self.headers['Host']}"
            self.send_json(200, {**config, "token": self.server.token, "here": here, "cases": cases(here)})
        else:
            self.send_json(404, {"error": "there is nothing here"})

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:  # noqa: N802
        body = self._body()
        action = {"/check": self._check, "/policy": self._policy, "/result": self._result}.get(self.path)
        if body is None:
            self.send_json(400, {"error": "a JSON object is expected"})
        elif not (self._is_for_us() and self._is_ours()):
            self.send_json(403, {"error": "only the playground's own page may do this"})
        elif action is None:
            self.send_json(404, {"error": "there is nothing here"})
        else:
            self.send_json(200, action(body))

    def _is_for_us(self) -> bool:
        """Whether ``Host`` is one of our addresses; another name that leads here is somebody else's."""
        return f"http://{self.headers['Host']}" in self.server.origins

    def _is_ours(self) -> bool:
        """Whether the request comes from our page: its Origin is ours, and it knows the token."""
        token = (self.headers["X-Playground-Token"] or "").encode("latin-1", "replace")
        known = secrets.compare_digest(token, self.server.token.encode())
        return known and self.headers["Origin"] in self.server.origins

    def _body(self) -> dict[str, Any] | None:
        """The request's JSON object; None for anything else."""
        length = self.headers["Content-Length"] or ""
        if not (length.isascii() and length.isdigit()) or int(length) > _MAX_BODY:
            self.close_connection = True  # the body is not read
            return None
        try:
            value = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _check(self, body: dict[str, Any]) -> dict[str, Any]:
        return check(str(body.get("policy")))[1]

    def _policy(self, body: dict[str, Any]) -> dict[str, Any]:
        """Put the policy in force, if it is one."""
        policy, shown = check(str(body.get("policy")))
        if policy is not None:
            self.server.api.shim.policy = policy
        return {**shown, "after": self.server.api.number}

    def _result(self, body: dict[str, Any]) -> dict[str, Any]:
        """What went over the wire since the exchange ``after``, and what is to be said of it."""
        after = body.get("after")
        exchanges = self.server.api.exchanges(str(body.get("run")), after if isinstance(after, int) else 0)
        request = body.get("request")
        return judge(exchanges, request if isinstance(request, dict) else {}, str(body.get("verdict")))
