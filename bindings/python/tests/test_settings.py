"""Settings that are refused, by their name."""

from __future__ import annotations

import json
import math
import pathlib
import re

import pytest
from campaigns8x8 import (
    BadRequestError,
    Client,
    ConfigError,
    InvalidArgumentError,
    Sandbox,
)
from conftest import CAMPAIGN, KEY


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"customer_site": "US9"}, "US1, US2, UK3"),
        ({"customer_site": "US1", "base_url": "https://localhost/v1"}, "both"),
        ({"base_url": "http://192.0.2.1/v1"}, "allow_insecure_http"),
        ({"customer_site": "US1", "api_key": "secret"}, "eght_"),
        ({"customer_site": "US1", "api_key": KEY + "\n"}, "api_key"),
        ({"customer_site": "US1", "tenant": "a\r\nb"}, "tenant"),
        ({}, "customer_site"),
        ({"customer_site": "US1", "api_key": None}, "CAMPAIGNS8X8_API_KEY"),
        ({"customer_site": "US1", "tenant": None}, "CAMPAIGNS8X8_TENANT"),
        ({"customer_site": "US1", "timeout": -1}, "timeout"),
        ({"customer_site": "US1", "timeout": 1e19}, "from 0.001 to 86400"),
        ({"customer_site": "US1", "max_backoff": math.inf}, "from 0 to 86400"),
        ({"customer_site": "US1", "max_attempts": -1}, "max_attempts"),
        ({"customer_site": "US1", "max_attempts": 2**70}, "max_attempts"),
        ({"customer_site": "US1", "max_response_bytes": 0}, "max_response_bytes"),
        ({"customer_site": "US1", "requests_per_minute": 0}, "requests_per_minute"),
        (
            {"customer_site": "US1", "requests_per_minute": 60, "burst": -1},
            "burst is out of range",
        ),
        ({"customer_site": "US1", "user_agent": "a\nb"}, "user_agent"),
        ({"customer_site": "US1", "proxy": "socks"}, "proxy"),
        ({"customer_site": "US1", "timeout": math.nan}, "timeout"),
        (
            {"customer_site": "US1", "max_attempts": 0},
            "max_attempts is out of range; accepted are 1",
        ),
        ({"customer_site": "US1", "burst": 3}, "requests_per_minute"),
        (
            {"customer_site": "US1", "ca_bundle": pathlib.Path("/no/such.pem")},
            "/no/such.pem",
        ),
    ],
)
def test_wrong_settings_are_named(settings, named, monkeypatch):
    for variable in ("API_KEY", "TENANT", "CUSTOMER_SITE", "BASE_URL"):
        monkeypatch.delenv(f"CAMPAIGNS8X8_{variable}", raising=False)
    with pytest.raises(ConfigError, match=re.escape(named)) as caught:
        Client(**{"api_key": KEY, "tenant": "t", **settings})
    assert isinstance(caught.value, ValueError)


def test_messages_use_the_names_of_python_and_leave_values_alone(stub):
    with pytest.raises(ConfigError) as caught:
        Client(api_key=KEY, tenant="t", customer_site="baseUrl")
    assert '"baseUrl"' in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        Client(api_key=KEY, tenant="t", base_url="http://192.0.2.1/apiKey")
    assert str(caught.value).startswith('base_url "http://192.0.2.1/apiKey" is http')
    with pytest.raises(ConfigError) as caught:
        Client(api_key=KEY, tenant="t", customer_site='"apiKey\\" apiKey')
    assert r"\"apiKey\\\" apiKey" in str(caught.value)
    server = stub(400, json.dumps({"title": "buildOnStart is wrong"}))
    with pytest.raises(BadRequestError, match="buildOnStart is wrong"):
        server.client().pause(CAMPAIGN)
    with pytest.raises(InvalidArgumentError, match=r"rateLimited:SECONDS$"):
        Sandbox(faults=["rateLimited"])
