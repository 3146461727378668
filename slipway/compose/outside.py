"""Hosts of others in variables of Compose, which a service may only call where its `egress` says so."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.compose.addresses import PORTS, is_private

_URL = re.compile(
    r"(?:[a-z]+:)*(?P<scheme>[A-Za-z][\w.-]*)(?:\+[\w+.-]+)?://(?:[^\s/]*@)?(?P<host>[\w.-]+|\[[\da-fA-F:.]+\])(?::(?P<port>\d{1,5})\b)?(?P<rest>.*)",
    re.DOTALL,
)
_ADDRESS = re.compile(r"(?P<host>[\w.-]+|\[[\da-fA-F:.]+\]):(?P<port>\d{1,5})(?:/\S*)?")
_HOST = re.compile(r"(?P<host>[\w.-]+|\[?[\da-fA-F]*:[\da-fA-F:.]*\]?)(?:/\S*)?")
_DOMAIN = re.compile(r"(?:[\w-]+\.)+[A-Za-z][A-Za-z0-9-]+")
_CALLS = re.compile(
    r"(?P<prefix>.*?)_?(HOST|HOSTNAME|SERVER|ENDPOINT|ADDR|ADDRESS|URL|URI|BROKER|NODE|PEER|RELAY)S?(_\d+|\d+)?"
)
_OWN = re.compile(r"ALLOW|CORS|ORIGIN|TRUSTED|VIRTUAL_HOST|PUBLIC_HOST")
"""Names of hosts by which visitors call the service itself."""
_ITEMS = re.compile(r"[\s,;|]+")
_KEY = re.compile(r"[\w .-]*=")
DATA_STORES = {1433, 3306, 5432, 5671, 5672, 6379, 6380, 9042, 9092, 9200, 11211, 27017}
"""Ports of servers that are rarely on the internet. Source: IANA's registry, and the manuals of the programs."""
NO_PORT = "has a host of others, and no port is known: if the service calls it, write it and its port under 'egress'"
PRIVATE = "has a host of a private network: write its addresses and its port under 'egress', as in {network: 10.30.5.4/32, port: 5432}"
IPV6 = "has an IPv6 address, and calls are let out to names and IPv4 networks alone: use one of those, and write it under 'egress'"
TO_INTERNET = (
    "is called on the internet by 'egress': if its address is a private one, write that as a 'network' with the port"
)


@dataclass(frozen=True)
class Call:
    """A host that a variable names, and its port if that is known."""

    host: str
    port: int | None

    @property
    def is_open(self) -> bool:
        """Return whether an entry of `egress` can be written for it."""
        address = _parsed(self.host)
        if address is not None:
            return self.port is not None and address.version == 4
        return self.port is not None and not is_private(self.host)

    @property
    def remark(self) -> str | None:
        """Return what people must know of it; None if nothing is open."""
        if (address := _parsed(self.host)) is not None and address.version == 6:
            return IPV6
        if self.port is None:
            return NO_PORT
        if not self.is_open:
            return PRIVATE
        return TO_INTERNET if self.port in DATA_STORES and _parsed(self.host) is None else None

    def egress(self) -> dict[str, Any]:
        """Return it as an entry of `egress`."""
        if is_private(self.host):
            return {"network": f"{self.host}/32", "port": self.port}
        return {"host": self.host} if self.port == PORTS["https"] else {"host": self.host, "port": self.port}


def calls(name: str, text: str, variables: Mapping[str, str | None], *, secret: bool) -> Iterator[Call]:
    """Yield the hosts of others that a variable names, alone or in a list. Of a secret only what it is an address of as a
    whole, so that no part of it is written for a host."""
    text = text.strip()
    whole = _URL.fullmatch(text)
    if secret or (whole is not None and not _ITEMS.search(whole["rest"])):
        items = [text] if whole is not None else []
    else:
        items = [_KEY.sub("", each, count=1) for each in _ITEMS.split(text)]
    for item in items:
        if (found := _call(name, item, variables)) is not None and _is_of_others(found.host):
            yield Call(found.host.strip("[]"), found.port)


def _call(name: str, item: str, variables: Mapping[str, str | None]) -> Call | None:
    if (url := _URL.fullmatch(item)) is not None:
        return Call(url["host"], _number(url["port"]) or PORTS.get(url["scheme"].lower()))
    if (address := _ADDRESS.fullmatch(item)) is not None:
        return Call(address["host"], _number(address["port"]))
    bare, called = _HOST.fullmatch(item), _CALLS.fullmatch(name.upper())
    if bare is None or called is None or _OWN.search(name.upper()):
        return None
    beside = next((text for key, text in variables.items() if key.upper() == f"{called['prefix']}_PORT"), None)
    return Call(bare["host"], _number(beside))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and 0 < int(text) < 65536 else None


def _is_of_others(host: str) -> bool:
    address = _parsed(host.strip("[]"))
    if address is None:
        return _DOMAIN.fullmatch(host) is not None and host != "host.docker.internal"
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _parsed(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
