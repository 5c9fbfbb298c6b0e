"""Corporate networks: proxies and authorities of their own, from arguments and from the environment."""

from __future__ import annotations

import http.server
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from campaigns8x8 import Client, ConfigError, ConnectionFailedError, TlsError
from conftest import CAMPAIGN, KEY

VARIABLES = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)
# A host that no name server knows: who reaches it has gone through the proxy.
HOST = "campaigns.test"


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority, tmp_path) -> Path:
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


class Answering(http.server.BaseHTTPRequestHandler):
    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"state":"PAUSED"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(authority) -> Iterator[int]:
    """An https server of the company's; gives its port."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a client that does not trust it

        def get_request(self) -> tuple[Any, Any]:
            plain, address = super().get_request()
            return context.wrap_socket(
                plain, server_side=True, do_handshake_on_connect=False
            ), address

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    running = Server(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running.server_port
    running.shutdown()
    thread.join()
    running.server_close()


class ConnectProxy(socketserver.ThreadingTCPServer):
    """Takes CONNECT for any host, and connects to one server."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Tunnel)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode().strip())
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.port)) as there:
            ends = {self.connection: there, there: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


@pytest.fixture
def proxy(server) -> Iterator[ConnectProxy]:
    running = ConnectProxy(server)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def client(host: str = HOST, port: int = 443, **settings: Any) -> Client:
    base = {"api_key": KEY, "tenant": "acme01", "max_attempts": 1}
    url = f"https://{host}:{port}/cc/US1/campaigns/v1"
    return Client(base_url=url, **{**base, **settings})


def reaches(**settings: Any) -> bool:
    with client(**settings) as made:
        return made.pause(CAMPAIGN).state == "PAUSED"


def test_a_proxy_that_is_given_carries_the_requests(proxy, bundle):
    assert reaches(proxy=proxy.url, ca_bundle=bundle)
    assert proxy.asked == [f"CONNECT {HOST}:443 HTTP/1.1"]


def test_the_environments_proxy_carries_them_too(proxy, bundle, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert reaches(ca_bundle=bundle)
    assert len(proxy.asked) == 1
    # A proxy that is given beats it: there nobody listens.
    with pytest.raises(ConnectionFailedError):
        reaches(proxy="http://127.0.0.1:1", ca_bundle=bundle)
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("why", ["NO_PROXY", "trust_env"])
def test_the_environments_proxy_can_be_left_out(
    why, proxy, server, bundle, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    settings: dict[str, Any] = {"host": "localhost", "port": server}
    if why == "NO_PROXY":
        monkeypatch.setenv("NO_PROXY", "localhost,.test")
    else:
        settings["trust_env"] = False
    assert reaches(ca_bundle=bundle, **settings)
    assert proxy.asked == []


def test_authorities_by_precedence(server, bundle, authority, tmp_path, monkeypatch):
    here: dict[str, Any] = {"host": "localhost", "port": server}
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    # 1. The argument, beside the system's.
    assert reaches(ca_bundle=bundle, **here)
    assert reaches(ca_bundle=str(bundle), **here)
    # 2. REQUESTS_CA_BUNDLE, where no argument is given and the environment is trusted.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert reaches(**here)
    with pytest.raises(TlsError):
        reaches(trust_env=False, **here)
    with pytest.raises(TlsError):
        reaches(ca_bundle=other, **here)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    # 3. SSL_CERT_FILE, which takes the place of the system's own store, whoever asks.
    with pytest.raises(TlsError):
        reaches(**here)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert reaches(**here)
    assert reaches(trust_env=False, ca_bundle=other, **here)


def test_a_failure_names_every_way_out(server):
    with pytest.raises(TlsError) as error:
        reaches(host="localhost", port=server)
    assert not error.value.outcome_unknown
    for name in ("ca_bundle", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        assert name in str(error.value)


def test_a_bundle_that_is_none_is_named_by_where_it_came_from(monkeypatch, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(ConfigError, match=r"^ca_bundle .*holds no certificate"):
        client(ca_bundle=empty)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigError, match=r"^REQUESTS_CA_BUNDLE .*missing\.pem"):
        client()
    client(trust_env=False).close()
