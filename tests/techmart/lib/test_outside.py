"""Messages to hosts that people name: where they may go, and what is said when they do not."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from techmart.lib.outside import NotTaken, is_public, post


class Receiver:
    """A web server of this machine. answer: the status that it answers with."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.answer = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, self.headers["Host"], body))
                self.send_response(receiver.answer)
                if receiver.answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that gives a name addresses; it returns the names that are asked for."""
    resolve = socket.getaddrinfo

    def named(**addresses: list[str]) -> list[str]:
        asked: list[str] = []

        def found(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
            if host.replace(".", "_") not in addresses:
                return resolve(host, port, *args, **kwargs)
            asked.append(host)
            return [
                answer
                for address in addresses[host.replace(".", "_")]
                for answer in resolve(address, port, *args, **kwargs)
            ]

        monkeypatch.setattr("socket.getaddrinfo", found)
        return asked

    return named


def send(address: str, *, private_hosts: bool = True) -> None:
    post(address, b"{}", {}, timeout_seconds=5, private_hosts=private_hosts)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1"),
        # IPv4 in other clothes: mapped, 6to4 and translated.
        *("::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"),
    ],
)
def test_an_address_of_the_house_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1"])
def test_a_host_of_the_house_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(NotTaken, match="not on the public internet"):
        send(f"https://{host}:1/", private_hosts=False)


def test_one_private_address_among_public_ones_is_enough(names: Any) -> None:
    names(both_example=["93.184.216.34", "10.0.0.1"])

    with pytest.raises(NotTaken, match="not on the public internet"):
        send("https://both.example/", private_hosts=False)


def test_plain_http_stays_in_the_house(receiver: Receiver, names: Any) -> None:
    names(out_example=["93.184.216.34"])

    with pytest.raises(NotTaken, match="by https only"):
        send(f"http://127.0.0.1:{receiver.port}/", private_hosts=False)
    with pytest.raises(NotTaken, match="own network; use https"):
        send("http://out.example/")
    assert receiver.got == []


def test_a_name_is_asked_for_once_and_what_was_looked_at_is_reached(
    receiver: Receiver, names: Any
) -> None:
    asked = names(hook_example=["127.0.0.1"])

    send(f"http://hook.example:{receiver.port}/a/ü?b=1#c")

    assert asked == ["hook.example"]
    assert receiver.got == [("/a/%C3%BC?b=1", f"hook.example:{receiver.port}", b"{}")]


def test_the_next_address_is_tried_where_one_does_not_answer(
    receiver: Receiver, names: Any
) -> None:
    # Nothing listens on the second address of this machine.
    names(hook_example=["127.0.0.2", "127.0.0.1"])

    send(f"http://hook.example:{receiver.port}")

    assert [path for path, *_ in receiver.got] == ["/"]


def test_a_certificate_is_asked_for_by_the_name(
    receiver: Receiver, names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(hook_example=["127.0.0.1"])
    asked: list[str] = []

    class Context:
        def wrap_socket(self, plain: socket.socket, *, server_hostname: str) -> socket.socket:
            asked.append(server_hostname)
            return plain

    monkeypatch.setattr("ssl.create_default_context", Context)
    send(f"https://hook.example:{receiver.port}/")

    assert asked == ["hook.example"]
    assert len(receiver.got) == 1


def test_a_name_that_is_of_nothing_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_args: Any, **_kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", found)
    with pytest.raises(NotTaken, match="No machine of this name"):
        send("https://gone.example/")


@pytest.mark.parametrize("status", [200, 204])
def test_what_is_accepted_is_sent(receiver: Receiver, status: int) -> None:
    receiver.answer = status
    send(f"http://127.0.0.1:{receiver.port}/")
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_redirect_is_not_followed_and_an_error_is_told(receiver: Receiver, status: int) -> None:
    receiver.answer = status

    with pytest.raises(NotTaken, match=rf"^The receiver answered {status}\.$"):
        send(f"http://127.0.0.1:{receiver.port}/")

    assert len(receiver.got) == 1


def test_what_does_not_answer_is_said_in_few_words(receiver: Receiver) -> None:
    with socket.socket() as closed:
        # Bound and not listened on.
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(NotTaken, match=r"^The receiver could not be reached\.$"):
            send(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    with pytest.raises(NotTaken, match=r"^The receiver could not be reached\.$"):
        send(f"https://127.0.0.1:{receiver.port}/")


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b""])
def test_what_answers_something_else_is_not_shown(banner: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            found, _ = server.accept()
            with found:
                heard = b""
                # What is left unread when it ends would end it otherwise.
                while not heard.endswith(b"{}"):
                    heard += found.recv(4096)
                found.sendall(banner)

        talk = threading.Thread(target=answer)
        talk.start()
        with pytest.raises(NotTaken, match=r"^What the receiver answered cannot be understood\.$"):
            send(f"http://127.0.0.1:{server.getsockname()[1]}/")
        talk.join()


def test_a_receiver_that_says_nothing_is_waited_for_no_longer_than_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotTaken, match=r"^There was no answer within 0\.2 seconds\.$"):
            post(address, b"{}", {}, timeout_seconds=0.2, private_hosts=True)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://127.0.0.1/", "no whole web address"),
        ("https:///hook", "no whole web address"),
        (f"https://{'a' * 64}.example/", "No machine of this name"),
        ("https://127.0.0.1:99999/", "could not be reached"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_so(address: str, words: str) -> None:
    with pytest.raises(NotTaken, match=words):
        send(address)
