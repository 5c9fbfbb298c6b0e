"""The exception tree: one class for each kind, built-in bases, attributes, pickling, and never the key."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
import traceback

import campaigns8x8
import pytest
from campaigns8x8 import _errors
from campaigns8x8._campaigns8x8 import _kinds
from conftest import CAMPAIGN, KEY

TREE = {
    "invalidArgument": ("InvalidArgumentError", ValueError),
    "config": ("ConfigError", ValueError),
    "validation": ("RecordValidationError", ValueError),
    "badRequest": ("BadRequestError", campaigns8x8.ApiError),
    "unauthorized": ("UnauthorizedError", campaigns8x8.ApiError),
    "forbidden": ("ForbiddenError", campaigns8x8.ApiError),
    "notFound": ("NotFoundError", campaigns8x8.ApiError),
    "conflict": ("ConflictError", campaigns8x8.ApiError),
    "rateLimited": ("RateLimitedError", campaigns8x8.ApiError),
    "server": ("ServerError", campaigns8x8.ApiError),
    "unexpectedResponse": ("UnexpectedResponseError", campaigns8x8.ApiError),
    "timeout": ("RequestTimeoutError", TimeoutError),
    "connection": ("ConnectionFailedError", ConnectionError),
    "tls": ("TlsError", Exception),
    "deadline": ("DeadlineError", TimeoutError),
    "cancelled": ("CancelledError", Exception),
    "storage": ("StorageError", OSError),
    "internal": ("InternalError", Exception),
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
    assert {kind for kind, _ in _kinds()} == set(TREE)
    for kind, (name, base) in TREE.items():
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


def test_unknown_values_and_fields_come_through(stub):
    body = {
        "state": "HIBERNATING",
        "displayStatus": "ACTIVE",
        "novelty": [1, 2.5, None, True],
    }
    campaign = stub(200, json.dumps(body)).client().pause(CAMPAIGN)
    assert campaign.state == "HIBERNATING"
    assert type(campaign.state) is str
    assert campaign.raw == campaign.to_dict() == body
    assert campaign.start_time is None
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
