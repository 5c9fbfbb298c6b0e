"""Records: how they may be given, and what is refused before anything is sent."""

from __future__ import annotations

import copy
import datetime
import decimal
import math
import pickle
import types

import pytest
from campaigns8x8 import (
    InvalidArgumentError,
    NewRecord,
    Priority,
    RecordValidationError,
    Sandbox,
)
from conftest import CAMPAIGN

UTC = datetime.timezone.utc


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
        with pytest.raises(InvalidArgumentError, match=r"records\[1\]\.crmRecordId"):
            client.add_records(CAMPAIGN, [NewRecord("a"), {"crmRecordId": "\ud800"}])
        for wrong in ("not-a-uuid", "\ud800"):
            with pytest.raises(InvalidArgumentError, match="UUID"):
                client.pause(wrong)
    assert sandbox.requests == 0


@pytest.mark.parametrize(
    "wrong",
    [7, math.nan, True, b"CRM-1", ["CRM-1"], ("CRM-1",), {"id": 1}, object(), UTC],
)
def test_what_is_no_string_never_becomes_an_id(wrong):
    with pytest.raises(RecordValidationError, match="crmRecordId: must be a string"):
        NewRecord(wrong)
    with pytest.raises(RecordValidationError, match="priority: must be a string"):
        NewRecord("CRM-1", priority=wrong)


def test_numbers_of_other_types_are_ranks_and_mappings_are_records():
    rank = decimal.Decimal("1.5")
    assert NewRecord("a", rank=rank) == NewRecord("a", rank=1.5)
    for wrong in ("1.5", 10**400, decimal.Decimal("NaN"), [1], UTC):
        with pytest.raises(RecordValidationError, match="rank: must be a finite"):
            NewRecord("a", rank=wrong)
    with Sandbox(state="RUNNING") as sandbox, sandbox.client() as client:
        record = types.MappingProxyType({"crmRecordId": "a", "rank": None})
        (added,) = client.add_records(CAMPAIGN, (record for record in [record]))
        assert (added.crm_record_id, added.rank) == ("a", 1.0)


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
    assert record == pickle.loads(pickle.dumps(record)) == copy.deepcopy(record)
    assert record.to_dict()["scheduleAt"].startswith("2030-01-01T12:30:15")
    with pytest.raises(AttributeError):
        record.rank = 3
