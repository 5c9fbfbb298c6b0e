"""What the sandbox can be told, and that it does it."""

from __future__ import annotations

import re

import campaigns8x8
import pytest
from campaigns8x8 import ConflictError, InvalidArgumentError, Sandbox
from conftest import CAMPAIGN


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
    with Sandbox(
        rate_limit={"requests": 0, "per": 86400, "style": "retry-after"}
    ) as sandbox:
        with pytest.raises(campaigns8x8.RateLimitedError) as limited:
            sandbox.client(max_attempts=1).pause(sandbox.campaign_id)
        assert limited.value.retry_after > 0


def test_random_faults_follow_their_seed():
    def outcomes(seed):
        faults = {"probability": 0.5, "kinds": ["lostRequest"]}
        with Sandbox(state="RUNNING", faults=faults, seed=seed) as sandbox:
            client = sandbox.client(max_attempts=1)
            for n in range(40):
                try:
                    client.add_records(CAMPAIGN, [{"crmRecordId": f"{n}"}])
                except campaigns8x8.ConnectionFailedError:
                    pass
            return sandbox.stored()

    assert 0 < len(outcomes(1)) < 40
    assert outcomes(1) == outcomes(1) != outcomes(2)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"faults": ["x"]}, "lostRequest"),
        ({"faults": "lostAnswer"}, "give a list"),
        ({"faults": ["errorBefore:200"]}, "500 to 599"),
        ({"faults": ["errorAfter"]}, "500 to 599"),
        ({"faults": ["delay:-1"]}, "delay:SECONDS"),
        ({"faults": {"kinds": []}}, '"probability"'),
        ({"faults": {"probability": 0.1}}, '"kinds"'),
        ({"faults": {"probability": 2, "kinds": []}}, "from 0 to 1"),
        ({"faults": {"probability": 0.1, "kind": []}}, "probability, kinds"),
        ({"rate_limit": {"per": 1}}, '"requests"'),
        ({"rate_limit": {"requests": -1}}, "requests is out of range"),
        ({"rate_limit": {"requests": 1, "per": 0}}, "per is out of range"),
        ({"rate_limit": {"requests": 1, "style": "x"}}, "x-ratelimit, retry-after"),
        ({"rate_limit": {"requests": 1, "window": 1}}, "requests, per, style"),
        ({"dialect": "x"}, "guide, openapi"),
        ({"state": "x"}, "CREATED, BUILDING"),
        ({"build_time": -1}, "build_time"),
        ({"seed": -1}, "seed is out of range"),
    ],
)
def test_wrong_options_of_the_sandbox_are_named(options, named):
    with pytest.raises(InvalidArgumentError, match=re.escape(named)):
        Sandbox(**options)
