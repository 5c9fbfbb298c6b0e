"""A server that answers with whatever a test wants, and a sandbox."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from campaigns8x8 import Client, Sandbox

pytest_plugins = ["pytester"]

KEY = "eght_SENTINEL0123456789"
CAMPAIGN = "123e4567-e89b-12d3-a456-426614174000"


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for something that other threads bring about; fails if it never comes."""
    patience = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < patience, "waited for 10 s"
        time.sleep(0.005)


def run(arguments: list[Any], env: dict[str, str] | None = None) -> str:
    """Runs Python with these arguments; gives back what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Stub:
    """Answers every request with one status and body; `silent` answers nothing until it is stopped."""

    def __init__(self, status: int, body: str, silent: bool) -> None:
        self.requests = 0
        self.stopping = threading.Event()
        self.asked = threading.Event()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                stub.requests += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                stub.asked.set()
                if silent:
                    stub.stopping.wait()
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_PATCH = do_POST = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/cc/US1/campaigns/v1"

    def client(self, **settings: Any) -> Client:
        all_settings: dict[str, Any] = {
            "api_key": KEY,
            "tenant": "acme01",
            "base_url": self.url,
            "max_attempts": 1,
        }
        return Client(**{**all_settings, **settings})

    def stop(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def stub() -> Iterator[Callable[..., Stub]]:
    stubs: list[Stub] = []

    def start(status: int = 200, body: str = "{}", *, silent: bool = False) -> Stub:
        stubs.append(Stub(status, body, silent))
        return stubs[-1]

    yield start
    for running in stubs:
        running.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(build_time=0.05) as running:
        yield running
