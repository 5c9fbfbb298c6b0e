"""What the calls do."""

from __future__ import annotations

import datetime
import math
import os
import uuid

import pytest
from campaigns8x8 import (
    CampaignAction,
    CampaignState,
    Client,
    ConflictError,
    DeadlineError,
    InvalidArgumentError,
    NewRecord,
    Priority,
    RecordState,
    Sandbox,
)
from conftest import CAMPAIGN, run, wait_until


def test_the_four_steps(sandbox):
    with sandbox.client() as client:
        assert client.build(sandbox.campaign_id).state is CampaignState.BUILDING
        with pytest.raises(ConflictError):
            client.start(sandbox.campaign_id)
        wait_until(lambda: sandbox.state == "READY")
        client.start(uuid.UUID(sandbox.campaign_id))
        wait_until(lambda: sandbox.state == "RUNNING")
        at = datetime.datetime(
            2030, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
        )
        added = client.add_records(
            sandbox.campaign_id,
            [
                NewRecord("CRM-1", priority=Priority.LOW, rank=2),
                {"crmRecordId": "CRM-2", "scheduleAt": at},
            ],
        )
        assert [record.crm_record_id for record in added] == ["CRM-1", "CRM-2"]
        assert added[0].state is RecordState.PENDING
        assert (added[0].priority, added[0].rank) == (Priority.LOW, 2.0)
        assert added[1].next_attempt_after == at
        assert client.pause(sandbox.campaign_id).state == "PAUSED"
    assert sandbox.stored() == ["CRM-1", "CRM-2"]


@pytest.mark.parametrize("dialect", ["guide", "openapi"])
def test_launch_and_stop(dialect):
    with (
        Sandbox(build_time=0.05, dialect=dialect) as sandbox,
        sandbox.client() as client,
    ):
        launched = client.launch(
            sandbox.campaign_id,
            strategy="build_then_start",
            deadline=10,
            poll_interval=0.02,
        )
        assert launched.state in (CampaignState.STARTING, CampaignState.RUNNING)
        wait_until(lambda: sandbox.state == "RUNNING")
        stopped = client.stop(sandbox.campaign_id)
        assert (stopped.state, stopped.display_status) == ("PAUSED", "PURGED")


def test_shorthands_send_their_action():
    valid_in = {
        "build": "CREATED",
        "reset": "READY",
        "start": "READY",
        "pause": "RUNNING",
        "resume": "PAUSED",
        "retry": "RUN_ERROR",
        "cancel": "RUNNING",
        "purge": "COMPLETE",
    }
    assert sorted(valid_in) == sorted(action.value.lower() for action in CampaignAction)
    for name, state in valid_in.items():
        with Sandbox(state=state) as sandbox, sandbox.client() as client:
            assert getattr(client, name)(sandbox.campaign_id).id == sandbox.campaign_id
            assert sandbox.requests == 1


def test_modify_campaign_takes_strings_and_flags(sandbox):
    with sandbox.client() as client:
        built = client.modify_campaign(sandbox.campaign_id, "BUILD", enabled=False)
        assert built.display_status == "DISABLED"
        for wrong in ("STAT", "build"):
            with pytest.raises(InvalidArgumentError, match="accepted are BUILD"):
                client.modify_campaign(sandbox.campaign_id, wrong)
        with pytest.raises(InvalidArgumentError, match="build_on_start"):
            client.modify_campaign(sandbox.campaign_id, "PAUSE", build_on_start=True)
        with pytest.raises(
            InvalidArgumentError, match="build_on_start, build_then_start, start"
        ):
            client.launch(sandbox.campaign_id, strategy="x")
        for wrong in (0, -1, math.nan, math.inf, 1e19):
            with pytest.raises(InvalidArgumentError, match="deadline is .* 604800"):
                client.launch(sandbox.campaign_id, deadline=wrong)
            with pytest.raises(InvalidArgumentError, match="poll_interval is"):
                client.launch(sandbox.campaign_id, poll_interval=wrong)


def test_wrong_types_are_type_errors(sandbox):
    with sandbox.client() as client:
        for wrong in (None, 7, b"123e4567-e89b-12d3-a456-426614174000"):
            with pytest.raises(TypeError, match=type(wrong).__name__):
                client.pause(wrong)
            with pytest.raises(TypeError):
                client.modify_campaign(CAMPAIGN, wrong)
        with pytest.raises(TypeError):
            client.add_records(CAMPAIGN, 7)
    with pytest.raises(TypeError):
        Client(timeout="30")
    with pytest.raises(TypeError, match="time_out"):
        Client(time_out=30)
    assert sandbox.requests == 0


def test_a_deadline_is_kept():
    with Sandbox(build_time=60) as sandbox, sandbox.client() as client:
        with pytest.raises(DeadlineError) as caught:
            client.launch(
                sandbox.campaign_id,
                strategy="build_then_start",
                deadline=0.2,
                poll_interval=0.02,
            )
        assert isinstance(caught.value, TimeoutError)


def test_a_closed_client_says_so(sandbox):
    client = sandbox.client()
    client.close()
    client.close()
    with pytest.raises(InvalidArgumentError, match="closed"):
        client.pause(CAMPAIGN)
    assert "sandbox" in repr(client)


def test_a_closed_client_and_sandbox_say_so_to_threads_too():
    code = """if True:
        import faulthandler, sys, threading
        from campaigns8x8 import InvalidArgumentError, Sandbox

        faulthandler.dump_traceback_later(20, exit=True)
        sys.setswitchinterval(1e-6)
        sandbox = Sandbox()
        client = sandbox.client()
        client.close()
        sandbox.close()
        refused = []

        def use():
            for _ in range(500):
                for call in (lambda: client.pause(sandbox.campaign_id), sandbox.stored):
                    try:
                        call()
                    except InvalidArgumentError as error:
                        refused.append(str(error))

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(refused))
    """
    assert run(["-c", code]) == "8000\n"


def test_a_client_without_a_close_leaves_no_thread_behind(sandbox):
    def threads():
        return len(os.listdir("/proc/self/task"))

    before = threads()
    client = sandbox.client()
    client.build(sandbox.campaign_id)
    assert threads() > before
    del client
    assert threads() == before
