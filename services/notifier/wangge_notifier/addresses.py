"""Which network addresses a notice may be sent to: public ones, and those that an operator lists."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

Network = IPv4Network | IPv6Network
_METADATA = (
    ip_network("169.254.169.254/32"),
    ip_network("fd00:ec2::254/128"),
    ip_network("169.254.170.2/32"),  # credentials of tasks (AWS ECS) ...
    ip_network("169.254.170.23/32"),  # ... and of pods (AWS EKS)
    ip_network("fd00:ec2::23/128"),
    ip_network("fd20:ce::254/128"),  # Google Cloud
    ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ip_network("169.254.0.23/32"),  # Tencent Cloud
    ip_network("168.63.129.16/32"),  # the host of a machine at Azure, a public address
)
"""Where clouds keep their machines' secrets; not even a list of one's own opens these."""
_UNICAST = ip_network("2000::/3")
"""All of IPv6 that is given out to anybody (IANA, Internet Protocol Version 6 Address Space); the rest leads
nowhere or inside: site-local fec0::/10 (RFC 3879), segment routing 5f00::/16 (RFC 9602), and more to come."""
_INSIDE = (
    ip_network("192.0.0.0/24"),  # protocol assignments, of the next translator or relay: RFC 6890
    ip_network("192.88.99.0/24"),  # the next relay of 6to4: RFC 7526
    ip_network("2001::/23"),  # protocol assignments: RFC 2928
    ip_network("2002::/16"),  # 6to4: its relays are given up, RFC 7526; global to Python before 3.11.10
    ip_network("3fff::/20"),  # documentation: RFC 9637
)
"""Of what Python's versions call global, or some of them do, what is not anybody's out there."""
_NAT64 = ip_network("64:ff9b::/96")
_TRANSLATED = (
    ip_network("::/96"),  # IPv4-compatible: RFC 4291 2.5.5.1
    ip_network("::ffff:0:0:0/96"),  # stateless translation: RFC 2765 2.1
    ip_network("64:ff9b:1::/48"),  # a network's own NAT64: RFC 8215, the length of its prefix being 96
)
"""Where an IPv4 address is the last 32 bits and is judged too, should an operator list the network."""


class Admitted:
    """
    The addresses that may be dialled.

    Refused are loopback, private, link-local, shared (RFC 6598), multicast and reserved ranges of both
    families (IANA special-purpose registries, as `ipaddress.is_global` knows them, and what it leaves out),
    also where an IPv4 address is hidden in an IPv6 one (mapped, compatible, translated, 6to4, Teredo,
    NAT64). OWASP, Server-Side Request Forgery.
    """

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        # An address that is written as such is asked about at every attempt.
        self._judged = lru_cache(maxsize=4096)(self._judge)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read networks in CIDR notation, comma separated; raises ValueError and names the wrong one."""
        written = [part.strip() for part in text.split(",") if part.strip()]
        try:
            return cls(ip_network(each) for each in written)
        except ValueError as error:
            raise ValueError(f"write networks as 10.1.0.0/16, comma separated: {error}") from None

    def admits(self, text: str) -> bool:
        """Whether the address *text* may be dialled."""
        return self._judged(text)

    def _judge(self, text: str) -> bool:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return False
        return all(self._admits(each) for each in _inside(address))

    def _admits(self, address: IPv4Address | IPv6Address) -> bool:
        if any(address in network for network in _METADATA if network.version == address.version):
            return False
        if any(address in network for network in self._networks if network.version == address.version):
            return True
        if isinstance(address, IPv6Address) and address not in _UNICAST:
            return False
        if any(address in network for network in _INSIDE if network.version == address.version):
            return False
        return address.is_global and not address.is_multicast


def _inside(address: IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """Return the address, or the IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        return (last,)
    if any(address in network for network in _TRANSLATED) and int(address) > 1:  # neither :: nor ::1
        return (address, last)
    return (address,)
