"""What the calls do, and what they refuse before anything is sent."""

from __future__ import annotations

import datetime
import math
import os
import pathlib
import re
import subprocess
import sys
import uuid

import campaigns8x8
import pytest
from campaigns8x8 import (
    CampaignAction,
    CampaignState,
    Client,
    ConfigError,
    ConflictError,
    DeadlineError,
    InvalidArgumentError,
    NewRecord,
    Priority,
    RecordState,
    RecordValidationError,
    Sandbox,
)
from conftest import CAMPAIGN, KEY

UTC = datetime.timezone.utc
FOLDER = pathlib.Path(__file__).parent.parent


def test_the_four_steps(sandbox):
    with sandbox.client() as client:
        assert client.build(sandbox.campaign_id).state is CampaignState.BUILDING
        with pytest.raises(ConflictError):
            client.start(sandbox.campaign_id)
        while sandbox.state != "READY":
            pass
        client.start(uuid.UUID(sandbox.campaign_id))
        while sandbox.state != "RUNNING":
            pass
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
        while sandbox.state != "RUNNING":
            pass
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
        with pytest.raises(InvalidArgumentError, match="buildOnStart"):
            client.modify_campaign(sandbox.campaign_id, "PAUSE", build_on_start=True)
        with pytest.raises(
            InvalidArgumentError, match="build_on_start, build_then_start, start"
        ):
            client.launch(sandbox.campaign_id, strategy="x")


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


def test_every_fault_of_every_record_is_reported(sandbox):
    with sandbox.client() as client:
        with pytest.raises(RecordValidationError) as caught:
            client.add_records(
                sandbox.campaign_id,
                [
                    {"crmRecordId": " ", "rank": math.nan},
                    {"crmRecordId": "a", "scheduleAt": datetime.datetime(2030, 1, 1)},
                    {"crmRecordId": "a", "priority": "URGENT"},
                    {"crmRecordId": 7, "rank": True},
                ],
            )
        found = {(fault.field, fault.code) for fault in caught.value.field_errors}
        assert found == {
            ("records[0].crmRecordId", "NotBlank"),
            ("records[0].rank", "Format"),
            ("records[1].scheduleAt", "Format"),
            ("records[2].priority", "Enum"),
            ("records[3].crmRecordId", "Format"),
            ("records[3].rank", "Format"),
        }
        naive = next(
            f for f in caught.value.field_errors if f.field == "records[1].scheduleAt"
        )
        assert "tzinfo" in naive.message
        for records in ([], [{"crmRecordId": str(n)} for n in range(101)]):
            with pytest.raises(RecordValidationError, match="between 1 and 100"):
                client.add_records(sandbox.campaign_id, records)
        with pytest.raises(InvalidArgumentError, match=r"records\[1\].*priorty"):
            client.add_records(
                sandbox.campaign_id, [NewRecord("a"), {"priorty": "LOW"}]
            )
        with pytest.raises(InvalidArgumentError, match=r"records\[0\] is int"):
            client.add_records(sandbox.campaign_id, [7])
        with pytest.raises(InvalidArgumentError, match="UUID"):
            client.pause("not-a-uuid")
    assert sandbox.requests == 0


def test_new_record_is_checked_when_it_is_made():
    for wrong in (
        {"crm_record_id": ""},
        {"crm_record_id": "x" * 33},
        {"crm_record_id": "a", "rank": math.inf},
        {"crm_record_id": "a", "schedule_at": datetime.datetime(2030, 1, 1)},
        {"crm_record_id": "a", "priority": "high"},
    ):
        with pytest.raises(RecordValidationError):
            NewRecord(**wrong)
    at = datetime.datetime(2030, 1, 1, 12, 30, 15, 250, tzinfo=UTC)
    record = NewRecord("CRM-1", schedule_at=at, priority="LOW", rank=1)
    assert (record.schedule_at, record.priority, record.rank) == (at, Priority.LOW, 1.0)
    assert record == NewRecord("CRM-1", schedule_at=at, priority="LOW", rank=1)
    assert record != NewRecord("CRM-1")
    assert (
        len({record, NewRecord("CRM-1", schedule_at=at, priority="LOW", rank=1)}) == 1
    )
    assert repr(NewRecord("CRM-1", rank=2)) == "NewRecord('CRM-1', rank=2.0)"
    with pytest.raises(AttributeError):
        record.rank = 3


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"customer_site": "US9"}, "US1, US2, UK3"),
        ({"customer_site": "US1", "base_url": "https://localhost/v1"}, "both"),
        ({"base_url": "http://192.0.2.1/v1"}, "allowInsecureHttp"),
        ({"customer_site": "US1", "api_key": "secret"}, "eght_"),
        ({"customer_site": "US1", "api_key": KEY + "\n"}, "apiKey"),
        ({"customer_site": "US1", "tenant": "a\r\nb"}, "tenant"),
        ({"customer_site": "US1", "timeout": -1}, "timeout"),
        ({"customer_site": "US1", "timeout": math.nan}, "timeout"),
        ({"customer_site": "US1", "max_attempts": 0}, "maxAttempts"),
        ({"customer_site": "US1", "burst": 3}, "requests_per_minute"),
        (
            {"customer_site": "US1", "ca_bundle": pathlib.Path("/no/such.pem")},
            "/no/such.pem",
        ),
    ],
)
def test_wrong_settings_are_named(settings, named):
    with pytest.raises(ConfigError, match=re.escape(named)) as caught:
        Client(**{"api_key": KEY, "tenant": "t", **settings})
    assert isinstance(caught.value, ValueError)


def test_a_closed_client_says_so(sandbox):
    client = sandbox.client()
    client.close()
    client.close()
    with pytest.raises(InvalidArgumentError, match="closed"):
        client.pause(CAMPAIGN)
    assert "sandbox" in repr(client)


def test_sandbox_faults_are_read_and_named():
    with Sandbox(faults=["lostAnswer", None, "errorBefore:503"]) as sandbox:
        client = sandbox.client(max_attempts=1)
        with pytest.raises(campaigns8x8.ConnectionFailedError) as caught:
            client.build(sandbox.campaign_id)
        assert caught.value.outcome_unknown
        with pytest.raises(ConflictError):
            client.pause(sandbox.campaign_id)
        with pytest.raises(campaigns8x8.ServerError):
            client.pause(sandbox.campaign_id)
    with pytest.raises(InvalidArgumentError, match="lostRequest"):
        Sandbox(faults=["x"])
    with pytest.raises(InvalidArgumentError, match="guide, openapi"):
        Sandbox(dialect="x")
    with Sandbox(
        rate_limit={"requests": 0, "per": 86400, "style": "retry-after"}
    ) as sandbox:
        with pytest.raises(campaigns8x8.RateLimitedError) as limited:
            sandbox.client(max_attempts=1).pause(sandbox.campaign_id)
        assert limited.value.retry_after > 0


def environment(sandbox):
    return {
        **os.environ,
        "CAMPAIGNS8X8_BASE_URL": sandbox.base_url,
        "CAMPAIGNS8X8_API_KEY": sandbox.api_key,
        "CAMPAIGNS8X8_TENANT": sandbox.tenant,
    }


def test_the_quickstart_runs(sandbox):
    script = FOLDER / "examples" / "four_steps.py"
    done = subprocess.run(
        [sys.executable, script],
        env=environment(sandbox),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert sandbox.stored() == ["CRM-1", "CRM-2"]
    assert done.stdout.splitlines()[-1] == "PAUSED"


def test_the_readme_runs():
    blocks = re.findall(
        r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL
    )
    assert len(blocks) >= 2
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
