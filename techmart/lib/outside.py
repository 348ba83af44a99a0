"""Messages to hosts that people name, which must not lead to what only this house reaches.

Whoever names the host of a webhook has this server knock there. Without a limit that would be a
way to machines that answer the server alone, and by what comes back a way to find them. So the
host is resolved once, every address of it must be a public one, and the connection goes to the
address that was looked at: a name that means another machine a moment later gains nothing.
No redirect is followed and no proxy of the environment is asked.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from django.utils.encoding import iri_to_uri

_PORTS = {"https": 443, "http": 80}
# 64:ff9b::/96 stands for the IPv4 address in its last four bytes. RFC 6052.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class NotTaken(RuntimeError):
    """The message was not accepted, or not sent at all; says why in words for people."""


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_seconds: float,
    private_hosts: bool,
) -> None:
    """Post to a web address, which must answer 2xx.

    timeout_seconds: to connect, and for each answer after it. private_hosts: whether this machine
    and the house's own network may be reached, those by plain http, too. Raises NotTaken.
    """
    try:
        parts = urlsplit(address)
        with closing(_connection(parts, timeout_seconds, private_hosts)) as connection:
            connection.request("POST", _target(parts), body, dict(headers))
            status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        raise NotTaken("The receiver's certificate is not to be trusted.") from error
    except TimeoutError as error:
        raise NotTaken(f"There was no answer within {timeout_seconds:g} seconds.") from error
    except HTTPException as error:
        raise NotTaken("What the receiver answered cannot be understood.") from error
    except (OSError, ValueError) as error:
        raise NotTaken("The receiver could not be reached.") from error
    if not 200 <= status < 300:
        raise NotTaken(f"The receiver answered {status}.")


def is_public(address: str) -> bool:
    """Return whether an IP address is of the internet at large, and of one machine of it."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        meant = ip.ipv4_mapped or ip.sixtofour
        if ip in _TRANSLATED:
            meant = ipaddress.IPv4Address(ip.packed[-4:])
        if meant is not None:
            return is_public(str(meant))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _connection(parts: SplitResult, timeout: float, private_hosts: bool) -> HTTPConnection:
    """Return a connection that is made, to an address that may be reached."""
    scheme, host = parts.scheme, parts.hostname
    if scheme not in _PORTS or not host:
        raise NotTaken("This is no whole web address.")
    if scheme == "http" and not private_hosts:
        raise NotTaken("Messages go out by https only.")
    port = parts.port or _PORTS[scheme]
    addresses = _addresses(host, port)
    public = [is_public(address) for address in addresses]
    if not all(public) and not private_hosts:
        raise NotTaken("The host is not on the public internet, where alone messages may go.")
    if scheme == "http" and any(public):
        raise NotTaken("Plain http is for this house's own network; use https.")
    plain = _connected(addresses, port, timeout)
    if scheme == "http":
        connection = HTTPConnection(host, port)
        connection.sock = plain
    else:
        connection = HTTPSConnection(host, port)
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    return connection


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NotTaken("No machine of this name was found.") from error
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def _connected(addresses: list[str], port: int, timeout: float) -> socket.socket:
    """Connect to the first of them that lets us. Raises OSError of the last one that did not."""
    deadline = time.monotonic() + timeout
    failure = OSError("The host has no address.")
    for address in addresses:
        left = max(0.1, deadline - time.monotonic())
        try:
            found = socket.create_connection((address, port), left)
        except OSError as error:
            failure = error
        else:
            found.settimeout(timeout)
            return found
    raise failure


def _target(parts: SplitResult) -> str:
    """Return what is asked for: path and query, in the letters that HTTP allows."""
    return iri_to_uri(parts._replace(scheme="", netloc="", fragment="").geturl()) or "/"
