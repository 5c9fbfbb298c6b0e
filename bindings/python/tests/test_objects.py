"""What calls give back: frozen, comparable, hashable, picklable, matchable, and without the key."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import textwrap
from datetime import datetime, timezone

import pytest
from campaigns8x8 import (
    Campaign,
    CampaignState,
    Client,
    NewRecord,
    Priority,
    Record,
    RecordCount,
    RecordValidationError,
)
from conftest import CAMPAIGN, KEY

ANSWER = json.dumps(
    {
        "id": CAMPAIGN,
        "tenantId": "acme01",
        "state": "PAUSED",
        "displayStatus": "SHINY",
        "recordCount": 3,
        "brandNew": [1],
        "startTime": "2026-04-22T10:00:00Z",
        "recordCounts": [{"type": "DYNAMIC", "state": "COMPLETED", "count": 3}],
    }
)


@pytest.fixture
def campaign(stub) -> Campaign:
    return stub(200, ANSWER).client().pause(CAMPAIGN)


@pytest.fixture
def record(sandbox) -> Record:
    with sandbox.client() as client:
        return client.add_records(CAMPAIGN, [NewRecord("CRM-1", rank=1.5)])[0]


def test_results_are_frozen(campaign, record):
    for thing in (campaign, record, campaign.record_counts[0], NewRecord("A")):
        with pytest.raises(AttributeError):
            thing.state = "RUNNING"
        with pytest.raises(AttributeError):
            thing.anything = 1


def test_results_are_compared_by_value_and_can_be_put_into_sets(campaign, record):
    for thing in (campaign, record, campaign.record_counts[0], NewRecord("A", rank=2)):
        for same in (pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing)):
            assert same == thing
            assert type(same) is type(thing)
            assert same.to_dict() == thing.to_dict()
            assert len({same, thing}) == 1
            assert repr(same) == repr(thing)
        assert thing != "something else"
    assert NewRecord("A") != NewRecord("B")


def test_what_the_server_said_is_kept_whole(campaign):
    again = pickle.loads(pickle.dumps(campaign))
    assert again.raw["brandNew"] == [1]
    assert again.start_time == datetime(2026, 4, 22, 10, tzinfo=timezone.utc)
    assert again.start_time.utcoffset().total_seconds() == 0
    assert again.state is CampaignState.PAUSED
    assert again.display_status == "SHINY"
    assert campaign.record_counts[0].to_dict() == {
        "type": "DYNAMIC",
        "state": "COMPLETED",
        "count": 3,
    }


def test_reprs_say_what_it_is_and_never_the_key(campaign, record):
    assert repr(campaign) == f"<Campaign {CAMPAIGN} PAUSED>"
    assert repr(record) == "<Record CRM-1 PENDING>"
    assert repr(campaign.record_counts[0]) == "<RecordCount 3 COMPLETED>"
    with Client(api_key=KEY, tenant="acme01", customer_site="US1") as client:
        assert "acme01" in repr(client)
        assert KEY not in repr(client) + str(vars(type(client)))


def test_a_client_says_why_it_cannot_be_pickled():
    with (
        Client(api_key=KEY, tenant="acme01", customer_site="US1") as client,
        pytest.raises(TypeError, match="in each process") as refusal,
    ):
        pickle.dumps(client)
    assert KEY not in str(refusal.value)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="match came with 3.10")
def test_results_and_enums_can_be_matched(campaign, record):
    code = """
        match campaign:
            case Campaign(id, CampaignState.PAUSED):
                seen = [id]
        match campaign.record_counts[0]:
            case RecordCount("COMPLETED", count):
                seen.append(count)
        match record:
            case Record(crm_record_id, state="PENDING"):
                seen.append(crm_record_id)
        match NewRecord("B", priority="LOW"):
            case NewRecord(crm_record_id, None, Priority.LOW, None):
                seen.append(crm_record_id)
        match campaign.display_status:
            case "SHINY":
                seen.append("unknown values are strings")
    """
    names = {**globals(), "campaign": campaign, "record": record}
    exec(textwrap.dedent(code), names)  # noqa: S102  # older versions cannot parse it
    assert names["seen"] == [CAMPAIGN, 3, "CRM-1", "B", "unknown values are strings"]
    assert RecordCount.__match_args__ == ("state", "count")


def test_new_records_are_checked_at_once():
    with pytest.raises(RecordValidationError, match="32 UTF-16 units"):
        NewRecord("x" * 33)
    assert NewRecord("A", priority="LOW").priority is Priority.LOW
