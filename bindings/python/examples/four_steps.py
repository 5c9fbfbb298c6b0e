"""The vendor's four steps: build and start, add records, pause.

Settings come from CAMPAIGNS8X8_BASE_URL (or CAMPAIGNS8X8_CUSTOMER_SITE), CAMPAIGNS8X8_API_KEY and CAMPAIGNS8X8_TENANT.
"""

import sys

from campaigns8x8 import Client, NewRecord

campaign_id = (
    sys.argv[1] if len(sys.argv) > 1 else "123e4567-e89b-12d3-a456-426614174000"
)

with Client() as client:
    print(
        client.launch(campaign_id, strategy="build_then_start", poll_interval=0.1).state
    )
    added = client.add_records(
        campaign_id, [NewRecord("CRM-1"), NewRecord("CRM-2", priority="LOW")]
    )
    print([record.crm_record_id for record in added])
    print(client.pause(campaign_id).state)
