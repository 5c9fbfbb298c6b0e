"""Signals, threads, forks, logging, and what importing costs."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from campaigns8x8 import (
    CampaignsError,
    CampaignState,
    CancelledError,
    RequestTimeoutError,
    Sandbox,
)
from conftest import CAMPAIGN


def interrupted_after(seconds, call):
    """Raises SIGINT in the main thread after a while; gives back how long the call went on after that."""
    raised_at = []

    def interrupt():
        raised_at.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(seconds, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        call()
    took = time.monotonic() - raised_at[0]
    timer.join()
    return took, caught.value


def test_ctrl_c_ends_a_call_that_waits_for_an_answer(stub):
    client = stub(silent=True).client()
    took, error = interrupted_after(0.2, lambda: client.pause(CAMPAIGN))
    assert took < 0.3
    assert type(error.__context__) is CancelledError
    assert error.__context__.outcome_unknown


def test_ctrl_c_ends_a_backoff(stub):
    client = stub(503).client(max_attempts=10, initial_backoff=30)
    took, _ = interrupted_after(0.2, lambda: client.pause(CAMPAIGN))
    assert took < 0.3


def test_a_signal_handler_that_raises_nothing_runs_while_the_call_goes_on(stub):
    client = stub(silent=True).client(timeout=0.5)
    ran_at = []
    before = signal.signal(signal.SIGUSR1, lambda *_: ran_at.append(time.monotonic()))
    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        with pytest.raises(RequestTimeoutError):
            client.pause(CAMPAIGN)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert len(ran_at) == 1
    assert time.monotonic() - ran_at[0] > 0.2


def test_a_server_that_never_answers_costs_the_timeout(stub):
    client = stub(silent=True).client(timeout=0.3)
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError):
        client.pause(CAMPAIGN)
    assert time.monotonic() - started < 0.8


def test_other_threads_run_while_a_call_waits(stub):
    client = stub(silent=True).client(timeout=5.0)
    ticks = 0
    done = threading.Event()

    def tick():
        nonlocal ticks
        while not done.wait(0.01):
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    with pytest.raises(RequestTimeoutError):
        client.pause(CAMPAIGN)
    done.set()
    thread.join()
    assert ticks >= 450


def test_threads_share_a_client():
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        failures = []

        def add(worker):
            for n in range(20):
                try:
                    client.add_records(CAMPAIGN, [{"crmRecordId": f"{worker}-{n}"}])
                except CampaignsError as error:
                    failures.append(error)

        threads = [threading.Thread(target=add, args=(worker,)) for worker in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(sandbox.stored()) == 24 * 20 == sandbox.requests


# From 3.12 on, os.fork warns in any process with threads; that it works all the same is what is tested here.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_client_works_in_parent_and_child_after_fork():
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        client.add_records(CAMPAIGN, [{"crmRecordId": "before"}])
        child = os.fork()
        if child == 0:
            try:
                client.add_records(CAMPAIGN, [{"crmRecordId": "child"}])
                client.close()
                sandbox.close()
                os._exit(0)
            finally:
                os._exit(1)
        client.add_records(CAMPAIGN, [{"crmRecordId": "parent"}])
        _, status = os.waitpid(child, 0)
        assert status == 0
        assert sorted(sandbox.stored()) == ["before", "child", "parent"]


def test_log_lines(caplog):
    caplog.set_level(logging.DEBUG, logger="campaigns8x8")
    with Sandbox(faults=["errorBefore:503"]) as sandbox:
        sandbox.client(initial_backoff=0).build(sandbox.campaign_id)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "DEBUG"]
    assert "attempt 1" in caplog.messages[0]
    assert "200" in caplog.messages[1]


def test_a_log_filter_that_fails_does_not_cost_the_result(monkeypatch):
    def refuse(record):
        raise RuntimeError(record.getMessage())

    reported = []
    monkeypatch.setattr("sys.unraisablehook", reported.append)
    logger = logging.getLogger("campaigns8x8")
    monkeypatch.setattr(logger, "filters", [refuse])
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    with Sandbox() as sandbox, sandbox.client() as client:
        built = client.build(sandbox.campaign_id)
    assert built.state is CampaignState.BUILDING
    assert [type(report.exc_value) for report in reported] == [RuntimeError]


def test_a_program_that_sets_up_no_logging_sees_none():
    code = """if True:
        import logging
        from campaigns8x8 import Sandbox

        with Sandbox(faults=["errorBefore:503"]) as sandbox:
            sandbox.client(initial_backoff=0).build(sandbox.campaign_id)
    """
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("", "")
