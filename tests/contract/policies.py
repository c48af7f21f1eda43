"""The named policies of the contract, as keyword arguments of ``Policy``, and a cache of them built."""

from __future__ import annotations

from typing import Any

LOCAL = "http://localhost:9090"

K: dict[str, dict[str, Any]] = {
    "K1": {
        "allow_origins": [LOCAL],
        "allow_credentials": True,
        "allow_methods": ["GET", "POST", "PURGE", "HELP"],
        "allow_headers": ["Authorization"],
        "max_age": 30,
        "expose_headers": ["X-Foo", "X-Bar"],
    },
    "K2": {"allow_origins": [LOCAL], "allow_credentials": True, "allow_headers": "*", "max_age": 30},
    "K3": {"allow_origins": [LOCAL], "allow_credentials": True},
    "K4": {
        "allow_origins": "*",
        "allow_methods": "*",
        "allow_headers": "*",
        "expose_headers": "*",
        "max_age": 30,
    },
    "K5": {
        "allow_origins": "*",
        "allow_methods": "*",
        "allow_headers": ["*", "Authorization"],
        "expose_headers": "*",
        "max_age": 30,
    },
    "K6": {
        "allow_origins": ["https://example.com:8080", "https://*.example.com"],
        "allow_credentials": True,
        "allow_methods": ["GET", "POST", "PUT", "DELETE"],
        "allow_headers": ["Foo", "Bar", "Baz", "Qux", "Quux"],
        "max_age": 30,
    },
    "K7": {"allow_origins": [LOCAL]},
    "K8": {"allow_origins": ["https://foo.com", "https://bar.com"]},
    "K9": {"allow_origins": ["connector://example.com"], "allow_credentials": True},
    "K10": {"allow_origins": ["http://*.example.com:*"]},
    "K11": {
        "allow_origins": [
            f"https://{word}" for word in ("bat", "cat", "fat", "hat", "meerkat", "mat", "oat", "pat", "rat", "sat")
        ]
    },
    # Policies that rows describe in words.
    "example": {"allow_origins": ["https://example.com"]},
    "any-port": {"allow_origins": ["http://localhost:*"]},
    "any-port-v6": {"allow_origins": ["http://[::1]:*"]},
    "delete": {"allow_origins": [LOCAL], "allow_methods": ["delete"]},
    "patch": {"allow_origins": [LOCAL], "allow_methods": ["PATCH"]},
    "two-headers": {"allow_origins": [LOCAL], "allow_headers": ["X-Header-1", "x-header-2"]},
    "post-only": {"allow_origins": [LOCAL], "allow_methods": ["POST"]},
    "pruned": {"allow_origins": ["https://*.example.com:8080", "https://*.foo.example.com:8080"]},
    "pna": {"allow_origins": [LOCAL], "allow_private_network": True},
    "star-pna": {"allow_origins": "*", "allow_private_network": True},
    "timing": {"allow_origins": [LOCAL], "timing_allow_origin": True},
    "star-timing": {"allow_origins": "*", "timing_allow_origin": True},
    "minimal": {
        "allow_origins": [LOCAL],
        "allow_methods": ["PUT", "PATCH"],
        "allow_headers": ["X-A", "X-B"],
        "disclose": "minimal",
    },
    "star-minimal": {
        "allow_origins": "*",
        "allow_methods": "*",
        "allow_headers": "*",
        "disclose": "minimal",
    },
    "any-method-credentials": {"allow_origins": [LOCAL], "allow_credentials": True, "allow_methods": "*"},
    "expose-all-credentials": {"allow_origins": [LOCAL], "allow_credentials": True, "expose_headers": "*"},
    "expose-all": {"allow_origins": [LOCAL], "expose_headers": "*"},
    "null": {"allow_origins": [LOCAL], "dangerously_allow_null_origin": True},
    "reflect": {"allow_origins": [], "dangerously_reflect_any_origin": True},
    "reflect-credentials": {
        "allow_origins": [],
        "allow_credentials": True,
        "dangerously_reflect_any_origin": True,
    },
    "wildcard": {"allow_origins": ["https://*.example.com"], "allow_credentials": True},
    "odd-hosts": {
        "allow_origins": [
            "https://a_b.example.com",
            "https://-a.example.com",
            "https://a-.example.com",
            "https://example.com.",
            "app://-",
        ]
    },
    "custom": {
        "allow_origins": [
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://1c63c5a0-5a5e-4f9e-8f6c-0123456789ab",
            "capacitor://localhost",
            "tauri://localhost",
            "app://-",
        ]
    },
    "statuses": {"allow_origins": [LOCAL], "preflight_status": 200, "preflight_failure_status": 400},
}

_built: dict[tuple[object, str, bool], Any] = {}


def built(policy_class: Any, name: str, *, debug: bool = False) -> Any:
    """The named policy as an instance of ``policy_class``; one instance per class and name."""
    key = (policy_class, name, debug)
    if key not in _built:
        _built[key] = policy_class(**K[name], debug=debug)
    return _built[key]
