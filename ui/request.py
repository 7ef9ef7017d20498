"""What the connection to the browser says of itself: where it comes from, and whether it comes straight from this machine."""

import hashlib
import ipaddress

import streamlit as st
from streamlit import runtime
from streamlit.runtime import Runtime

LOCAL_NAMES = ("localhost",)
FORWARDED = (
    *("forwarded", "x-forwarded", "x-real-ip", "x-original", "x-client-ip", "x-cluster-client", "x-envoy", "via"),
    *("cf-", "true-client-ip", "fly-", "ngrok", "x-appengine", "x-vercel", "x-azure", "x-amz", "cdn-loop"),
)
"""How headers begin that a tunnel or proxy adds. A raw TCP tunnel adds none: a token or password is what keeps it out."""


def is_served() -> bool:
    """Whether a server draws this page for a browser; false in a test, which draws it for itself."""
    return runtime.exists() and type(runtime.get_instance()) is Runtime


def is_direct_local() -> bool:
    """Whether server, browser and the name it asked for are all this machine, with nothing between."""
    headers = st.context.headers
    if any(name.lower().startswith(FORWARDED) for name in headers):
        return False
    host, origin = headers.get("Host", ""), headers.get("Origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return False  # a page of another server on this machine
    named = [str(st.get_option("server.address") or ""), host]
    return st.context.ip_address is None and all(is_local(name) for name in named)


def is_local(host: str) -> bool:
    """Whether a host, with or without a port, is this machine by number or by name."""
    name = host.strip().lower()
    name = (
        name[1:].partition("]")[0] if name.startswith("[") else name if name.count(":") > 1 else name.partition(":")[0]
    )
    try:
        return name in LOCAL_NAMES or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def address() -> str:
    """Where the browser is, for slowing down: the peer, and what the nearest proxy says of the one before it. What stands
    further left in X-Forwarded-For can be forged."""
    forwarded = st.context.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:64]
    return f"{_home_of(st.context.ip_address or 'local')} {_home_of(forwarded)}"


def _home_of(address: str) -> str:
    """Of an IPv6 address its first 64 bits: one line has all the rest to itself, and could come from another each time."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def fingerprint() -> str:
    """What stays the same while one browser talks to one address: a session taken up elsewhere differs."""
    headers = st.context.headers
    parts = [headers.get(name, "") for name in ("User-Agent", "Accept-Language", "Host")]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
