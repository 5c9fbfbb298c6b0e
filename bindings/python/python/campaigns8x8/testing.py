"""A sandbox for each of your tests, as a pytest plugin: nothing real rings.

The plugin is installed with the package; a test only has to name the fixture:

    def test_the_nightly_script(campaigns_sandbox):
        nightly_script.main()  # makes its Client() from the environment, which is the sandbox's
        assert campaigns_sandbox.stored() == ["CRM-1", "CRM-2"]

    @pytest.mark.campaigns_sandbox(state="RUNNING", faults=["lostAnswer"])
    def test_a_lost_answer(campaigns_sandbox):
        report = campaigns_sandbox.client.upload_records(
            campaigns_sandbox.campaign_id, [{"crmRecordId": "CRM-1"}]
        )
        assert report.counts.already_present == 1

The mark takes what :class:`campaigns8x8.Sandbox` takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from . import Client, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from . import CampaignState

__all__ = ["CampaignsSandbox", "campaigns_sandbox"]


class CampaignsSandbox:
    """What the fixture ``campaigns_sandbox`` gives: a sandbox of the test's own, and a client for it.

    Attributes:
        sandbox: The :class:`campaigns8x8.Sandbox` itself.
        client: A client for it, which repeats without waiting long.
        campaign_id: The campaign that it comes with.
        ledger: A path in the test's own folder, for ``upload_records(ledger=…)``. There is no file yet.

    Example:
        >>> def test_it(campaigns_sandbox):
        ...     campaigns_sandbox.client.build(campaigns_sandbox.campaign_id)
        ...     assert campaigns_sandbox.requests == 1
    """

    def __init__(self, sandbox: Sandbox, ledger: Path) -> None:
        self.sandbox = sandbox
        self.client: Client = self.new_client()
        self.campaign_id: str = sandbox.campaign_id
        self.ledger = ledger

    @property
    def requests(self) -> int:
        """How many requests came, those lost on the way included."""
        return self.sandbox.requests

    @property
    def state(self) -> CampaignState | str:
        """The campaign's state now."""
        return self.sandbox.state

    def stored(self) -> list[str]:
        """The ids on the campaign, in the order in which they came."""
        return self.sandbox.stored()

    def set_faults(self, *faults: str | None) -> None:
        """Makes the next requests fail, one after the other; see :class:`campaigns8x8.Sandbox`. None: that one succeeds.

        Example:
            >>> def test_it(campaigns_sandbox):
            ...     campaigns_sandbox.set_faults("errorBefore:503", None, "lostAnswer")
        """
        listed: Sequence[str | None] = list(faults)
        self.sandbox.set_faults(listed)

    def new_client(self, **settings: Any) -> Client:
        """Another client for the sandbox; settings as for :class:`campaigns8x8.Client`."""
        return self.sandbox.client(**{"initial_backoff": 0.01, **settings})


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "campaigns_sandbox(**options): what the fixture campaigns_sandbox gives to campaigns8x8.Sandbox",
    )


@pytest.fixture
def campaigns_sandbox(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[CampaignsSandbox]:
    """A sandbox of the test's own, its client, what it stored, and its faults; also in the environment of ``Client()``."""
    options: dict[str, Any] = {"build_time": 0.05}
    for mark in reversed(list(request.node.iter_markers("campaigns_sandbox"))):
        options.update(mark.kwargs)
    with Sandbox(**options) as sandbox:
        monkeypatch.setenv("CAMPAIGNS8X8_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("CAMPAIGNS8X8_API_KEY", sandbox.api_key)
        monkeypatch.setenv("CAMPAIGNS8X8_TENANT", sandbox.tenant)
        # Both given would be an error.
        monkeypatch.delenv("CAMPAIGNS8X8_CUSTOMER_SITE", raising=False)
        given = CampaignsSandbox(sandbox, tmp_path / "upload.db")
        with given.client:
            yield given
