"""The pytest plugin, as somebody else's tests use it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import CAMPAIGN

README = Path(__file__).parent.parent / "README.md"


def test_the_example_of_the_readme_passes(pytester):
    text = README.read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(# nightly\.py\n.*?)```", text, re.DOTALL)
    (tests,) = re.findall(r"```python\n(# test_nightly\.py\n.*?)```", text, re.DOTALL)
    pytester.makepyfile(nightly=script, test_nightly=tests)
    # No -p, no conftest: the package's entry point is what makes the fixture known.
    result = pytester.runpytest_subprocess("-W", "error", "--strict-markers")
    result.assert_outcomes(passed=tests.count("def test_"))


def test_each_test_has_a_sandbox_of_its_own(pytester):
    pytester.makepyfile("""
        import pytest
        from campaigns8x8 import Client

        def add(sandbox):
            with Client() as client:
                client.add_records(sandbox.campaign_id, [{"crmRecordId": "CRM-1"}])
            return sandbox.stored()

        def test_first(campaigns_sandbox):
            assert add(campaigns_sandbox) == ["CRM-1"]

        @pytest.mark.campaigns_sandbox(state="RUNNING", dialect="openapi")
        def test_second(campaigns_sandbox):
            assert add(campaigns_sandbox) == ["CRM-1"]
            assert campaigns_sandbox.state == "RUNNING"
            assert campaigns_sandbox.requests == 1
            assert not campaigns_sandbox.ledger.exists()
    """)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)


@pytest.mark.campaigns_sandbox(state="RUNNING")
def test_faults_can_be_set_while_a_test_runs(campaigns_sandbox):
    campaigns_sandbox.set_faults("errorBefore:503", None, "lostAnswer")
    added = campaigns_sandbox.client.add_records(CAMPAIGN, [{"crmRecordId": "CRM-0"}])
    assert added[0].crm_record_id == "CRM-0"
    assert campaigns_sandbox.requests == 2
    report = campaigns_sandbox.client.upload_records(
        CAMPAIGN, [{"crmRecordId": "CRM-1"}], ledger=campaigns_sandbox.ledger
    )
    assert report.counts.already_present == 1
    assert campaigns_sandbox.ledger.exists()
    campaigns_sandbox.sandbox.set_faults(None)


def test_the_environment_is_put_back(campaigns_sandbox):
    assert os.environ["CAMPAIGNS8X8_BASE_URL"] == campaigns_sandbox.sandbox.base_url
