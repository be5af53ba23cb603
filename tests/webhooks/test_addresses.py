"""Where webhooks may go: no address of an inner network is ever dialled, however it is written or resolved."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

import aiohttp
import pytest

from api.webhooks.addresses import UrlRefused, check_url, guarded_socket, is_public
from api.webhooks.sender import Reply, Sender

INNER_WORDS = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1
192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.168.255.255 192.175.48.1 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1
::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::8.8.8.8 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe:: 2620:4f:8000::1 3ffe::1 3fff::1 5f00::1 fc00::1 fd00::1
fd00:ec2::254 fe80::1 fe80::a9fe:a9fe fec0::1 ff02::1 ff0e::1
"""
INNER = INNER_WORDS.split()
PUBLIC_WORDS = """
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 2606:4700::1111 2a00:1450::1
"""
PUBLIC = PUBLIC_WORDS.split()
ENCODED_WORDS = """
2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 127.1 127.0.1 0 0x0 017700000001 1 0xa9fea9fe 2852039166 169.254.43518
0251.0376.0251.0376 10.1 0x0a000001 192.168.257 3232235521 localhost LOCALHOST a.localhost printer.local db.internal
"""
ENCODED = ENCODED_WORDS.split()


def refuses(host: str) -> bool:
    try:
        check_url(f"https://{f'[{host}]' if ':' in host else host}/")
    except UrlRefused:
        return True
    return False


@pytest.mark.parametrize("address", INNER)
def test_a_special_address_is_refused_when_it_is_entered_and_when_it_is_dialled(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert refuses(address)
    dialled: list[Any] = []
    create = guarded_socket(make=lambda **given: dialled.append(given))  # type: ignore[arg-type, return-value]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    where = (address, 443, 0, 0) if ":" in address else (address, 443)
    with pytest.raises(OSError, match="not one that a webhook may go to"):
        create((family, socket.SOCK_STREAM, 6, "", where))
    assert dialled == []


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_address_is_dialled_on_the_ports_of_https_alone(address: str) -> None:
    assert not refuses(address)
    dialled: list[Any] = []
    create = guarded_socket(make=lambda **given: dialled.append(given))  # type: ignore[arg-type, return-value]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in (443, 8443, 80, 22, 8080):
        where = (address, port, 0, 0) if ":" in address else (address, port)
        if port in (443, 8443):
            create((family, socket.SOCK_STREAM, 6, "", where))
        else:
            with pytest.raises(OSError, match="not one"):
                create((family, socket.SOCK_STREAM, 6, "", where))
    assert len(dialled) == 2


@pytest.mark.parametrize("host", ENCODED)
def test_an_inner_address_in_any_encoding_is_refused(host: str) -> None:
    assert refuses(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
        "https://user@example.com/", "https://user:pw@example.com/", "https://@example.com/", "https://:@example.com/",
        "https://example.com:80/", "https://example.com:22/", "https://example.com:0/", "https://example.com:99999/",
        "https:///path", "https://", "https://example.com/#part", "https://exa mple.com/", "https://example.com/\n",
        "https://example.com\\@10.0.0.1/", "https://ex%61mple.com/", "https://[fe80::1%25eth0]/", "https://[::1/",
        "https://例子.example/", "https://example.com/" + "a" * 2000, "", "example.com",
    ],
)  # fmt: skip
def test_a_url_with_anything_but_https_and_a_plain_host_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        check_url(url)
    assert refused.value.en
    assert refused.value.zh


def is_own(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host[0].isdigit() and socket.inet_aton(host)[0] == 127


def test_loopback_is_for_development_and_opens_nothing_else() -> None:
    for url in ("http://127.0.0.1:4000/", "http://localhost:4000/", "http://[::1]:4000/"):
        check_url(url, allow_loopback=True)
        with pytest.raises(UrlRefused):
            check_url(url)
    for host in [*INNER, *ENCODED]:
        if is_own(host):
            continue
        with pytest.raises(UrlRefused):
            check_url(f"http://{f'[{host}]' if ':' in host else host}/", allow_loopback=True)


class Rebinding(aiohttp.abc.AbstractResolver):
    """Says a public address the first time, and an inner one from then on."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            {"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0},
        ]

    async def close(self) -> None:
        """Nothing is open."""


def call(resolver: Rebinding, url: str, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> tuple[list[Reply], int]:
    """What calls say, and how many sockets were made for them."""
    made = 0

    def count(**given: Any) -> socket.socket:
        nonlocal made
        made += 1
        raise OSError("no network in a test")

    true = guarded_socket

    def counting(*, allow_loopback: bool) -> Any:
        return true(allow_loopback=allow_loopback, make=count)

    monkeypatch.setattr("api.webhooks.sender.guarded_socket", counting)

    async def run() -> list[Reply]:
        sender = Sender(resolver=resolver, timeout=2)
        replies = [await sender.send(url, ["whsec_AAAA"], "evt_1", b"{}", timestamp=1) for _ in range(times)]
        await sender.close()
        return replies

    return asyncio.run(run()), made


@pytest.mark.parametrize("address", INNER)
def test_a_name_that_leads_inside_is_never_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (reply,), made = call(Rebinding(address), "https://hooks.example.com/", monkeypatch)
    assert (reply.outcome, reply.status, made) == ("forbidden_address", None, 0)
    assert address not in (reply.error or "")


def test_a_name_that_changes_its_mind_is_asked_each_time_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Rebinding("8.8.8.8", "169.254.169.254")
    replies, made = call(resolver, "https://hooks.example.com/", monkeypatch, times=3)
    assert [reply.outcome for reply in replies] == ["unreachable", "forbidden_address", "forbidden_address"]
    assert (resolver.asked, made) == (3, 1)


def test_a_literal_goes_through_the_same_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.webhooks.sender.check_url", lambda url, *, allow_loopback: None)
    for host in ("127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"):
        (reply,), made = call(Rebinding("8.8.8.8"), f"https://{host}/", monkeypatch)
        assert (reply.outcome, made) == ("forbidden_address", 0), host


def test_there_are_sixty_addresses_and_encodings_at_least() -> None:
    assert len(set(INNER) | set(ENCODED)) >= 60
