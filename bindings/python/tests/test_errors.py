"""The exception tree: one class for each kind, built-in bases, attributes, pickling, and never the key."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import traceback

import campaigns8x8
import pytest
from campaigns8x8 import _enums, _errors
from campaigns8x8._campaigns8x8 import _kinds, _known_values
from conftest import CAMPAIGN, KEY

TREE = {
    "invalidArgument": (1, "InvalidArgumentError", ValueError),
    "config": (2, "ConfigError", ValueError),
    "validation": (3, "RecordValidationError", ValueError),
    "badRequest": (4, "BadRequestError", campaigns8x8.ApiError),
    "unauthorized": (5, "UnauthorizedError", campaigns8x8.ApiError),
    "forbidden": (6, "ForbiddenError", campaigns8x8.ApiError),
    "notFound": (7, "NotFoundError", campaigns8x8.ApiError),
    "conflict": (8, "ConflictError", campaigns8x8.ApiError),
    "rateLimited": (9, "RateLimitedError", campaigns8x8.ApiError),
    "server": (10, "ServerError", campaigns8x8.ApiError),
    "unexpectedResponse": (11, "UnexpectedResponseError", campaigns8x8.ApiError),
    "timeout": (12, "RequestTimeoutError", TimeoutError),
    "connection": (13, "ConnectionFailedError", ConnectionError),
    "tls": (14, "TlsError", Exception),
    "deadline": (15, "DeadlineError", TimeoutError),
    "cancelled": (16, "CancelledError", Exception),
    "storage": (17, "StorageError", OSError),
    "internal": (99, "InternalError", Exception),
}
FACTS = {
    "message": "what happened",
    "hint": "what to do",
    "retryable": True,
    "outcomeUnknown": True,
    "attempts": 3,
    "http": {
        "status": 409,
        "problem": {
            "title": "Conflict",
            "detail": "no",
            "instance": "/x",
            "time": "2026-04-22T10:00:00Z",
        },
        "body": "{}",
        "retryAfterMs": 1500,
    },
    "fieldErrors": [{"field": "f", "code": "c", "message": "m"}],
}


def test_every_kind_of_the_core_has_its_exception():
    assert _kinds() == [(kind, status) for kind, (status, _, _) in TREE.items()]
    for kind, (_, name, base) in TREE.items():
        error = _errors._from_facts({**FACTS, "kind": kind})
        assert type(error) is getattr(campaigns8x8, name)
        assert isinstance(error, base)
        assert isinstance(error, campaigns8x8.CampaignsError)


@pytest.mark.parametrize("kind", TREE)
@pytest.mark.parametrize(
    "through", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy]
)
def test_an_exception_survives_pickle_and_copy(kind, through):
    error = _errors._from_facts({**FACTS, "kind": kind})
    error.report = {"counts": 1}
    error.__notes__ = ["while loading Monday's file"]
    again = through(error)
    assert type(again) is type(error)
    assert str(again) == str(error) == "what happened (what to do)"
    assert vars(again) == vars(error)


def test_attributes_of_an_answer(stub):
    problem = {**FACTS["http"]["problem"], "errors": FACTS["fieldErrors"]}
    server = stub(409, json.dumps(problem))
    with pytest.raises(campaigns8x8.ConflictError) as caught:
        server.client().pause(CAMPAIGN)
    error = caught.value
    assert (error.status, error.title, error.detail, error.instance) == (
        409,
        "Conflict",
        "no",
        "/x",
    )
    assert error.time == datetime.datetime(
        2026, 4, 22, 10, tzinfo=datetime.timezone.utc
    )
    assert error.field_errors == [("f", "c", "m")]
    assert error.field_errors[0].code == "c"
    assert (error.attempts, error.outcome_unknown, error.retry_after) == (
        1,
        False,
        None,
    )
    assert error.hint in str(error)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "UnauthorizedError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (429, "RateLimitedError"),
        (500, "ServerError"),
        (302, "UnexpectedResponseError"),
        (200, "UnexpectedResponseError"),
    ],
)
@pytest.mark.parametrize("body", ["<html></html>", "", "{}", '{"requestId":"x"}'])
def test_an_undecodable_body_is_still_a_typed_error(stub, status, name, body):
    with pytest.raises(getattr(campaigns8x8, name)) as caught:
        stub(status, body).client().pause(CAMPAIGN)
    assert caught.value.status == status
    assert (caught.value.body or "") == body


def test_a_server_without_tls_is_a_tls_error(stub):
    server = stub()
    client = server.client(base_url=server.url.replace("http:", "https:"))
    with pytest.raises(campaigns8x8.TlsError) as caught:
        client.pause(CAMPAIGN)
    assert (caught.value.outcome_unknown, server.requests) == (False, 0)


def test_nobody_listening_is_a_connection_error(stub):
    server = stub()
    server.stop()
    with pytest.raises(campaigns8x8.ConnectionFailedError) as caught:
        server.client().pause(CAMPAIGN)
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    assert "base_url" in caught.value.hint


def test_enums_are_the_vendors_and_equal_their_strings():
    known = _known_values()
    # The server never answers an action, so that one is closed; its own test is that each has its method.
    enums = [e for e in vars(_enums).values() if isinstance(e, type)]
    public = {e.__name__: e for e in enums if e.__module__ == _enums.__name__}
    del public["_WireEnum"], public["CampaignAction"]
    assert {n: [m.value for m in e] for n, e in public.items()} == known
    ready = campaigns8x8.CampaignState.READY
    assert ready == "READY"
    assert (str(ready), f"{ready}", json.dumps(ready)) == ("READY", "READY", '"READY"')
    assert {ready: 1}["READY"] == 1


def test_unknown_values_and_fields_come_through(stub):
    body = {
        "state": "HIBERNATING",
        "displayStatus": "ACTIVE",
        "novelty": [1, 2.5, None, True, 2**63],
        "startTime": "2026-04-22T12:00:00.123456789+02:00",
        "recordCounts": [{"type": "DYNAMIC", "state": "READY", "count": 2**40}],
    }
    campaign = stub(200, json.dumps(body)).client().pause(CAMPAIGN)
    assert campaign.state == "HIBERNATING"
    assert type(campaign.state) is str
    assert campaign.raw == campaign.to_dict() == body
    assert campaign.start_time == datetime.datetime(
        2026, 4, 22, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc
    )
    assert campaign.end_time is None
    (count,) = campaign.record_counts
    assert count.type is campaigns8x8.RecordType.DYNAMIC
    assert (count.state, count.result, count.count) == ("READY", None, 2**40)
    assert repr(campaign) == "<Campaign None HIBERNATING>"


def test_the_key_is_nowhere_to_be_read(stub, caplog):
    server = stub(401, json.dumps({"title": "no", "detail": f"key {KEY} is revoked"}))
    client = server.client()
    caplog.set_level("DEBUG", logger="campaigns8x8")
    with pytest.raises(campaigns8x8.UnauthorizedError) as caught:
        client.pause(CAMPAIGN)
    error = caught.value
    with pytest.raises(campaigns8x8.ConfigError) as wrong:
        campaigns8x8.Client(api_key=KEY + "\n", tenant="t", customer_site="US1")
    texts = [
        repr(client),
        str(error),
        repr(error),
        repr(vars(error)),
        "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        str(wrong.value),
        caplog.text,
        pickle.dumps(error).decode("latin-1"),
    ]
    assert len(caplog.records) == 1
    for text in texts:
        assert "SENTINEL0123456789" not in text
    with pytest.raises(TypeError):
        pickle.dumps(client)
