"""The plain loop that a script would have: batches of 100 with requests. Prints the seconds it took, and of CPU."""

import sys
import time

import requests

base_url, count = sys.argv[1], int(sys.argv[2])
session = requests.Session()
session.headers.update(
    {
        "X-API-Key": "eght_sandbox",
        "X-8x8-Tenant": "sandbox",
        "Content-Type": "application/vnd.campaigns.v1+json",
    }
)
url = f"{base_url}/123e4567-e89b-12d3-a456-426614174000/records"
started, cpu = time.perf_counter(), time.process_time()
for first in range(0, count, 100):
    records = [{"crmRecordId": f"CRM-{n}"} for n in range(first, first + 100)]
    answer = session.post(url, json={"records": records})
    answer.raise_for_status()
    assert len(answer.json()["records"]) == 100
print(time.perf_counter() - started, time.process_time() - cpu)
