"""What a call costs on loopback: PATCH to the sandbox, through this client, requests and httpx, each with one connection that
is kept. The three take turns, so that a noisy machine is noisy for all. Run by `make bench`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import httpx
import requests
from campaigns8x8 import Sandbox

ROUNDS = 40
CALLS = 50

with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
    url = f"{sandbox.base_url}/{sandbox.campaign_id}"
    media_type = "application/vnd.campaigns.v1+json"
    headers = {
        "X-API-Key": sandbox.api_key,
        "X-8x8-Tenant": sandbox.tenant,
        "Content-Type": media_type,
        "Accept": media_type,
    }
    session = requests.Session()
    # As this client: nothing of the environment for a loopback address.
    session.trust_env = False
    session.headers.update(headers)
    plain = httpx.Client(headers=headers, trust_env=False)

    def ours() -> str:
        return client.purge(sandbox.campaign_id).state

    def with_requests() -> str:
        answer = session.patch(url, json={"action": "PURGE"}, timeout=30)
        answer.raise_for_status()
        return answer.json()["state"]

    def with_httpx() -> str:
        answer = plain.patch(url, json={"action": "PURGE"}, timeout=30)
        answer.raise_for_status()
        return answer.json()["state"]

    client.pause(sandbox.campaign_id)
    ways: dict[str, Callable[[], str]] = {
        "campaigns8x8": ours,
        "requests": with_requests,
        "httpx": with_httpx,
    }
    micros: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, call in ways.items():
            started = time.perf_counter()
            for _ in range(CALLS):
                if call() != "PAUSED":
                    raise SystemExit(f"{name}: the campaign is not PAUSED")
            micros[name].append((time.perf_counter() - started) / CALLS * 1e6)
    best = {name: statistics.median(taken) for name, taken in micros.items()}
    print(f"one call, median of {ROUNDS} rounds of {CALLS}:")
    for name, taken in best.items():
        factor = taken / best["campaigns8x8"]
        print(f"  {name:12} {taken:7.0f} us   {factor:.1f} times")
    plain.close()
