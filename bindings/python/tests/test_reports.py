"""The objects of a report: shared, small, picklable, comparable."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import typing
import weakref

import pytest
from campaigns8x8 import (
    ConflictError,
    Counts,
    DeadlineError,
    DryRun,
    FieldError,
    Outcome,
    Progress,
    RecordOutcome,
    RequestTimeoutError,
    Sandbox,
    UploadReport,
)
from conftest import CAMPAIGN


@pytest.fixture
def lost(stub):
    """A report of three records that went in one request, which got no answer, and one that breaks a rule."""
    client = stub(silent=True).client(timeout=0.3)
    records = [{"crmRecordId": f"CRM-{n}"} for n in range(3)]
    with pytest.raises(DeadlineError) as caught:
        client.upload_records(CAMPAIGN, [*records, {}], deadline=0.1)
    report = caught.value.report
    assert report.counts == Counts(4, 0, 0, 1, 0, 0, 3)
    return report


def test_records_of_one_request_have_one_exception(lost):
    errors = [record.error for record in lost.records[:3]]
    assert isinstance(errors[0], RequestTimeoutError)
    assert all(error is errors[0] for error in errors)
    assert lost.records[0].error is errors[0]
    assert lost.records[3].error is None


def test_a_record_has_the_servers_words():
    with Sandbox(state="COMPLETE") as sandbox:
        client = sandbox.client()
        with pytest.raises(ConflictError) as caught:
            client.upload_records(
                CAMPAIGN, [{"crmRecordId": "CRM-0"}], wait_for_campaign=0.1
            )
    (record,) = caught.value.report.records
    error = record.error
    assert isinstance(error, ConflictError)
    assert (error.status, error.title) == (409, "Conflict")
    told = record.to_dict()["error"]
    assert told == error._facts
    assert told["http"]["status"] == 409


def test_a_record_tells_itself(lost):
    record = lost.records[3]
    assert (record.index, record.crm_record_id) == (3, None)
    assert record.outcome is Outcome.REJECTED
    (fault,) = record.field_errors
    assert isinstance(fault, FieldError)
    assert repr(record) == (
        "RecordOutcome(index=3, crm_record_id=None, outcome=<Outcome.REJECTED: 'rejected'>, "
        f"field_errors=[{fault!r}], error=None)"
    )
    assert record.to_dict() == {
        "index": 3,
        "crmRecordId": None,
        "outcome": "rejected",
        "fieldErrors": [fault._asdict()],
        "error": None,
    }
    with pytest.raises(AttributeError):
        record.index = 4


@pytest.mark.parametrize(
    "through", [lambda r: pickle.loads(pickle.dumps(r)), copy.copy, copy.deepcopy]
)
def test_a_report_survives_pickle_and_copy(lost, through):
    again = through(lost)
    assert type(again) is UploadReport
    assert again == lost
    assert again.to_dict() == lost.to_dict()
    assert [hash(record) for record in again.records] == list(map(hash, lost.records))
    errors = [record.error for record in again.records[:3]]
    assert errors[0] is errors[1] is errors[2]
    assert type(errors[0]) is RequestTimeoutError
    assert str(errors[0]) == str(lost.records[0].error)


def test_records_are_equal_by_what_they_say(lost):
    first, second = lost.records[:2]
    assert first != second
    assert first != lost
    mine = RecordOutcome(0, "CRM-0", first.outcome, [], first.error)
    assert mine == first
    assert RecordOutcome(0, "CRM-0", first.outcome) != first
    assert RecordOutcome(0, "CRM-0", "notSent", [], first.error) != first


def test_a_record_can_be_made_for_a_test_of_ones_own():
    record = RecordOutcome(7, "CRM-7", Outcome.REFUSED)
    assert (record.outcome, record.field_errors, record.error) == ("refused", [], None)
    with pytest.raises(ValueError, match="accepted are added, alreadyPresent"):
        RecordOutcome(7, "CRM-7", "lost")
    counts = Counts(1, 0, 0, 0, 1, 0, 0)
    report = UploadReport("id", True, counts, [record], None, 1, 0, 0.25, None)
    assert report.to_dict()["counts"]["refused"] == 1
    assert report.to_dict()["records"][0]["outcome"] == "refused"


def test_a_record_can_be_matched(lost):
    record = lost.records[3]
    matched = [getattr(record, name) for name in RecordOutcome.__match_args__]
    assert RecordOutcome(*matched) == record


def test_an_exception_lives_no_longer_than_it_is_kept(lost):
    gone = weakref.ref(lost.records[0].error)
    assert gone() is None
    kept = lost.records[0].error
    assert lost.records[1].error is kept
    kept.record = lost.records[0]
    gone = weakref.ref(kept)
    del kept
    assert gone() is None


def test_a_record_and_its_exception_that_know_each_other_are_collected(lost):
    error = lost.records[0].error
    error.record = RecordOutcome(0, "CRM-0", "unknown", [], error)
    gone = weakref.ref(error)
    del error
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("kind", [Counts, DryRun, Progress, UploadReport])
def test_the_named_tuples_have_their_types(kind):
    if sys.version_info >= (3, 10):
        assert list(typing.get_type_hints(kind)) == list(kind._fields)
    assert kind.__module__ == "campaigns8x8._upload"
    assert issubclass(kind, tuple)


def test_each_outcome_has_its_count():
    names = {outcome.name.lower() for outcome in Outcome}
    assert names == set(Counts._fields) - {"total"}
