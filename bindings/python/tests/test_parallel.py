"""Processes: forked, spawned, preforked as by a server, and executors; each with clients of its own or an inherited one."""

from __future__ import annotations

import concurrent.futures
import logging
import multiprocessing
import os
import signal
import sys
import threading
from typing import Any

import pytest
from campaigns8x8 import (
    ApiError,
    Campaign,
    CampaignsError,
    Client,
    ConflictError,
    Record,
    RecordValidationError,
    Sandbox,
)
from conftest import CAMPAIGN, wait_until

# From 3.12 on, os.fork warns in any process with threads; that it works all the same is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

inherited: Client | None = None


def add(settings: dict[str, Any], crm_record_id: str) -> Record:
    """What a worker does: a client of its own, and one record."""
    with Client(**settings) as client:
        return client.add_records(CAMPAIGN, [{"crmRecordId": crm_record_id}])[0]


def pause(settings: dict[str, Any]) -> Campaign:
    with Client(**settings) as client:
        return client.pause(CAMPAIGN)


def refused(settings: dict[str, Any]) -> None:
    with Client(**settings) as client:
        client.add_records(CAMPAIGN, [{"crmRecordId": " "}, {"crmRecordId": "x" * 40}])


def settings_of(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "base_url": sandbox.base_url,
        "api_key": sandbox.api_key,
        "tenant": sandbox.tenant,
    }


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_processes_of_each_kind_have_clients_of_their_own(method):
    with Sandbox(state="RUNNING") as sandbox:
        # The parent has connections and a thread when it makes its children.
        add(settings_of(sandbox), "parent")
        context = multiprocessing.get_context(method)
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            settings = [settings_of(sandbox)] * 4
            records = list(pool.map(add, settings, ["A", "B", "C", "D"]))
        assert [record.crm_record_id for record in records] == ["A", "B", "C", "D"]
        assert sorted(sandbox.stored()) == ["A", "B", "C", "D", "parent"]


def test_results_and_exceptions_come_back_from_an_executor_whole():
    with Sandbox(state="RUNNING", build_time=0) as sandbox:
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            paused = pool.submit(pause, settings_of(sandbox)).result()
            with pytest.raises(ConflictError) as conflict:
                pool.submit(pause, settings_of(sandbox)).result()
            with pytest.raises(RecordValidationError) as wrong:
                pool.submit(refused, settings_of(sandbox)).result()
    assert paused.state == "PAUSED"
    assert paused.raw["id"] == CAMPAIGN
    error = conflict.value
    assert isinstance(error, ApiError)
    assert (error.status, error.kind, error.attempts) == (409, "conflict", 1)
    assert error.detail
    assert error.body
    assert error.hint
    assert error.hint in str(error)
    assert [fault.code for fault in wrong.value.field_errors] == ["NotBlank", "Size"]


def test_a_forked_child_may_use_what_it_inherited():
    global inherited
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        inherited = client
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            list(pool.map(use_inherited, range(6)))
        client.add_records(CAMPAIGN, [{"crmRecordId": "parent"}])
        assert len(sandbox.stored()) == 7
    inherited = None


def use_inherited(n: int) -> None:
    assert inherited is not None
    inherited.add_records(CAMPAIGN, [{"crmRecordId": f"child-{n}"}])


def test_workers_that_a_server_has_forked_before_serving():
    """As gunicorn does with --preload: one client made by the master, used by all workers, which end by a signal."""
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        workers = []
        for worker in range(3):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
                    for n in range(5):
                        client.add_records(CAMPAIGN, [{"crmRecordId": f"{worker}-{n}"}])
                    signal.pause()
                finally:
                    os._exit(status)
            workers.append(pid)
        wait_until(lambda: len(sandbox.stored()) == 15)
        for pid in workers:
            os.kill(pid, signal.SIGTERM)
        assert [os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]) for p in workers] == [
            0,
            0,
            0,
        ]
        client.add_records(CAMPAIGN, [{"crmRecordId": "master"}])
        assert sandbox.requests == 16


def test_threads_of_an_executor_share_a_client():
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            batches = [[{"crmRecordId": f"CRM-{n}"}] for n in range(200)]
            added = list(pool.map(lambda b: client.add_records(CAMPAIGN, b), batches))
        assert len(added) == len(sandbox.stored()) == 200


def test_clients_come_and_go_in_threads_while_everything_is_logged():
    seen: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    handler = Handler()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    failures: list[CampaignsError] = []

    def work(sandbox: Sandbox, worker: int) -> None:
        try:
            for n in range(10):
                client = sandbox.client()
                client.add_records(CAMPAIGN, [{"crmRecordId": f"{worker}-{n}"}])
                # Every other one is left to the garbage collector.
                if n % 2:
                    client.close()
        except CampaignsError as error:
            failures.append(error)

    try:
        with Sandbox(state="RUNNING") as sandbox:
            threads = [
                threading.Thread(target=work, args=(sandbox, n), daemon=True)
                for n in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert not any(thread.is_alive() for thread in threads), "a deadlock"
            assert failures == []
            assert len(sandbox.stored()) == 80
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert sum("POST" in line for line in seen) == 80


def test_the_logger_has_a_handler_that_says_nothing():
    if "campaigns8x8._log" not in sys.modules:
        with Sandbox() as sandbox, sandbox.client() as client:
            client.build(CAMPAIGN)
    handlers = logging.getLogger("campaigns8x8").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
