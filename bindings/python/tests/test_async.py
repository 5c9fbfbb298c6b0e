"""Use from asyncio: a thread a call, and a token that ends the call when its task is cancelled."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from campaigns8x8 import Cancel, CancelledError, Client, Sandbox, UploadReport
from conftest import CAMPAIGN


def test_calls_go_side_by_side():
    async def add(client: Client) -> float:
        started = time.monotonic()
        await asyncio.gather(
            *(
                asyncio.to_thread(
                    client.add_records, CAMPAIGN, [{"crmRecordId": f"CRM-{n}"}]
                )
                for n in range(4)
            )
        )
        return time.monotonic() - started

    faults = {"probability": 1.0, "kinds": ["delay:0.5"]}
    with Sandbox(state="RUNNING", faults=faults) as sandbox:
        with sandbox.client() as client:
            took = asyncio.run(add(client))
        assert sorted(sandbox.stored()) == ["CRM-0", "CRM-1", "CRM-2", "CRM-3"]
        assert took < 1.5


def test_a_cancelled_task_ends_its_call(stub):
    silent = stub(silent=True)
    ended: list[BaseException] = []

    async def pause(client: Client) -> None:
        cancel = Cancel()

        def call() -> None:
            try:
                client.with_cancel(cancel).pause(CAMPAIGN)
            except CancelledError as error:
                ended.append(error)
                raise

        try:
            await asyncio.to_thread(call)
        except asyncio.CancelledError:
            cancel.trigger()
            raise

    async def main() -> None:
        with silent.client(timeout=30) as client:
            task = asyncio.create_task(pause(client))
            while not silent.asked.is_set():
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    started = time.monotonic()
    # Ends only when the thread has.
    asyncio.run(main())
    assert time.monotonic() - started < 5
    (error,) = ended
    assert isinstance(error, CancelledError)
    assert error.outcome_unknown


def test_a_cancelled_upload_says_what_became_of_its_records():
    async def main(client: Client) -> UploadReport:
        cancel = Cancel()
        records = ({"crmRecordId": f"CRM-{n}"} for n in range(10_000))
        upload = asyncio.create_task(
            asyncio.to_thread(
                client.with_cancel(cancel).upload_records, CAMPAIGN, records
            )
        )
        await asyncio.sleep(0.4)
        cancel.trigger()
        with pytest.raises(CancelledError) as stopped:
            await upload
        assert stopped.value.report is not None
        return stopped.value.report

    faults = {"probability": 1.0, "kinds": ["delay:0.1"]}
    with Sandbox(state="RUNNING", faults=faults) as sandbox:
        with sandbox.client() as client:
            report = asyncio.run(main(client))
        assert 0 < report.counts.added == len(sandbox.stored()) < 10_000


def test_a_token_ends_a_call_of_the_main_thread_too(stub):
    cancel = Cancel()
    assert not cancel.triggered
    timer = threading.Timer(0.2, cancel.trigger)
    timer.start()
    client = stub(silent=True).client(timeout=30)
    started = time.monotonic()
    with pytest.raises(CancelledError):
        client.with_cancel(cancel).pause(CAMPAIGN)
    assert time.monotonic() - started < 2
    assert cancel.triggered
    timer.join()
    # Only what was given the token ends.
    with pytest.raises(CancelledError):
        client.with_cancel(cancel).launch(CAMPAIGN)
    client.close()
