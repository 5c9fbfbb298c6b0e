"""A program as a user writes it, for `mypy --strict`."""

from __future__ import annotations

from datetime import datetime, timezone

from campaigns8x8 import (
    ApiError,
    CampaignAction,
    CampaignsError,
    CampaignState,
    Client,
    FieldError,
    NewRecord,
    Outcome,
    Progress,
    RecordOutcome,
    RecordValidationError,
    Sandbox,
    UploadReport,
)


def load(client: Client, campaign_id: str) -> int:
    at = datetime(2030, 1, 1, tzinfo=timezone.utc)
    added = client.add_records(
        campaign_id, [NewRecord("CRM-1", schedule_at=at), {"crmRecordId": "CRM-2"}]
    )
    return len([record.crm_record_id for record in added])


def show(progress: Progress) -> None:
    print(progress.done, progress.total, progress.eta)


def upload(client: Client, campaign_id: str) -> UploadReport:
    report = client.upload_records(
        campaign_id,
        ({"crmRecordId": f"CRM-{n}"} for n in range(1000)),
        ledger="upload.db",
        progress=show,
    )
    lost: list[RecordOutcome] = [
        record for record in report.records if record.outcome is Outcome.UNKNOWN
    ]
    print(report.counts.added, len(lost))
    return report


def main() -> None:
    with (
        Sandbox(faults=["lostAnswer", None]) as sandbox,
        sandbox.client(timeout=1.0) as client,
    ):
        campaign = client.modify_campaign(
            sandbox.campaign_id, CampaignAction.BUILD, enabled=True
        )
        if campaign.state == CampaignState.BUILDING:
            print(campaign.last_build_time, campaign.record_counts)
        try:
            load(client, sandbox.campaign_id)
        except RecordValidationError as error:
            faults: list[FieldError] = error.field_errors
            print(faults[0].field)
        except ApiError as error:
            print(error.status, error.time, error.retry_after)
        except CampaignsError as error:
            print(error.kind, error.outcome_unknown)
            if error.report is not None:
                print(error.report.counts.not_sent)
