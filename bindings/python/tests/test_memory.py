"""A million records from a generator take no more memory than a few."""

from __future__ import annotations

import subprocess
import sys
import textwrap

SERVER = """
    import sys
    from campaigns8x8 import Sandbox

    with Sandbox(state="RUNNING") as sandbox:
        print(sandbox.base_url, flush=True)
        sys.stdin.read()
"""

UPLOAD = """
    import sys
    from campaigns8x8 import Client

    def memory(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name))

    client = Client(api_key="eght_sandbox", tenant="sandbox", base_url=sys.argv[1])
    campaign = "123e4567-e89b-12d3-a456-426614174000"
    client.upload_records(campaign, [{"crmRecordId": "warm-up"}])
    idle = memory("VmRSS")
    records = ({"crmRecordId": f"CRM-{n}", "priority": "LOW"} for n in range(1_000_000))
    report = client.upload_records(campaign, records)
    assert report.counts.added == 1_000_000, report.counts
    print(memory("VmHWM") - idle)
"""


def test_a_million_records_from_a_generator_take_no_more_memory_than_a_few():
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        base_url = server.stdout.readline().strip()
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(UPLOAD), base_url],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        kib = int(done.stdout)
        print(f"{kib} KiB more than idle")
        assert kib < 64 * 1024
    finally:
        server.communicate()
