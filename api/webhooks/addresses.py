"""Where a webhook may go: scheme, port and address rules, so that nobody can make the service call inside its network.

A URL is looked at when it is entered, for a friendly error. What decides is the address that is really dialled: the
connector asks `guarded_socket` for every socket, after the name was resolved, for names and literals alike. Python's
`is_global` lets NAT64, 6to4, IPv4-compatible, site-local and multicast addresses through, so the ranges stand here.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from engine.errors import StorewardenError

PORTS = frozenset({443, 8443})
LONGEST = 2000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

V4_REFUSED = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32", "100.100.100.200/32",  # metadata of two clouds
    )
)  # fmt: skip
V6_ALLOWED = ipaddress.IPv6Network("2000::/3")
V6_REFUSED = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarking and other special uses
        "2001:db8::/32", "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48", "3fff::/20", "3ffe::/16", "5f00::/16",
    )
)  # fmt: skip


class AddressRefused(StorewardenError, OSError):
    """The address is not one that a webhook may go to."""

    code = "address_refused"


class UrlRefused(StorewardenError, ValueError):
    """The URL cannot be an endpoint's; `en` and `zh` say why."""

    code = "url_refused"

    def __init__(self, en: str, zh: str) -> None:
        self.en, self.zh = en, zh
        super().__init__(en)


def is_public(address: Address) -> bool:
    """Whether this is an ordinary address of the public Internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in V4_REFUSED)
    if address.scope_id is not None or address.ipv4_mapped is not None:
        return False
    return address in V6_ALLOWED and not any(address in block for block in V6_REFUSED)


def is_loopback(address: Address) -> bool:
    """Whether this is the machine itself."""
    return address in ipaddress.IPv4Network("127.0.0.0/8") if address.version == 4 else address.is_loopback


@lru_cache(maxsize=2000)
def check_url(url: str, *, allow_loopback: bool = False) -> None:
    """UrlRefused for what can never be an endpoint. Names are not resolved here: that says nothing about later."""
    if len(url) > LONGEST or not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url):
        raise UrlRefused("must be an ASCII URL without spaces, of at most 2000 characters", "应为不含空格的 ASCII 网址")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlRefused("cannot be read as a URL", "无法解析为网址") from None
    host = parts.hostname or ""
    if not host or "%" in parts.netloc:
        raise UrlRefused("must name a host", "必须包含主机名")
    if parts.username is not None or parts.password is not None:
        raise UrlRefused("must not hold a user name or password", "不得包含用户名或密码")
    if parts.fragment:
        raise UrlRefused("must not have a fragment (#…)", "不得包含片段（#…）")
    literal = _literal(host)
    is_own = host == "localhost" or (literal is not None and is_loopback(literal))
    if allow_loopback and is_own and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise UrlRefused("must begin with https://", "必须以 https:// 开头")
    if (443 if port is None else port) not in PORTS:
        raise UrlRefused("must use port 443 or 8443", "端口必须为 443 或 8443")
    if literal is not None and not is_public(literal):
        raise UrlRefused("must not be an address of an inner network", "不得为内网或保留地址")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        raise UrlRefused("must not be a name of an inner network", "不得为内网主机名")


def _literal(host: str) -> Address | None:
    """The address that a host is, in any of the ways that a resolver reads (hexadecimal, one number, three parts)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def guarded_socket(
    *, allow_loopback: bool = False, make: Callable[..., socket.socket] = socket.socket
) -> Callable[[Any], socket.socket]:
    """What makes the sockets of the connector: it is given the resolved address, and refuses before anything is sent.

    On loopback, which development allows, any port will do; everywhere else the ports of `PORTS` alone.
    """

    def create(info: Any) -> socket.socket:
        family, kind, protocol, _, where = info
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        scoped = "%" in str(where[0]) or (family == socket.AF_INET6 and len(where) > 3 and where[3] != 0)
        is_own = allow_loopback and is_loopback(address)
        if not is_own and (scoped or not is_public(address) or where[1] not in PORTS):
            raise AddressRefused("the address is not one that a webhook may go to")
        return make(family=family, type=kind, proto=protocol)

    return create
