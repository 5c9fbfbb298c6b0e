"""A long upload takes no more memory than a short one, whatever becomes of its records.

Each test uploads RECORDS records from a generator to a server in another process, and measures the peak of its own process
above idle, the report and a walk through its records included. CAMPAIGNS8X8_MEMORY_RECORDS=1000000 makes it a million (some
minutes); the 40,000 records that are not added are the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

RECORDS = int(os.environ.get("CAMPAIGNS8X8_MEMORY_RECORDS", "100000"))
NOT_ADDED = 40_000
MOST_KIB = 64 * 1024

SANDBOX = """
    import sys
    from campaigns8x8 import Sandbox

    probability = float(sys.argv[1])
    faults = {"probability": probability, "kinds": ["lostAnswer"]}
    with Sandbox(state="RUNNING", faults=faults if probability else None) as sandbox:
        print(sandbox.base_url, flush=True)
        sys.stdin.read()
"""

# Refuses the records with a comma in their id, by their place in the request; accepts the others.
STRICT = """
    import http.server, json, sys, threading

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: two would wait for each other, 40 ms a request.
        wbufsize = 65536

        def do_POST(self):
            records = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["records"]
            errors = [
                {
                    "field": f"records[{n}].crmRecordId",
                    "code": "Pattern",
                    "message": f"the id {record['crmRecordId']!r} has a comma",
                }
                for n, record in enumerate(records)
                if "," in record["crmRecordId"]
            ]
            if errors:
                status = 400
                answer = {"title": "Bad Request", "detail": "Validation failed", "errors": errors}
            else:
                status = 200
                answer = {"records": [{**record, "state": "PENDING"} for record in records]}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/cc/US1/campaigns/v1", flush=True)
    sys.stdin.read()
"""

UPLOAD = """
    import sys, time
    from campaigns8x8 import CampaignsError, Client

    base_url, bad_id = sys.argv[1:3]
    count, bad, batch_size = map(int, sys.argv[3:])
    campaign = "123e4567-e89b-12d3-a456-426614174000"

    def memory(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name))

    def generate():
        for n in range(count):
            # Evenly distributed.
            id = bad_id.format(n) if n * bad % count < bad else f"CRM-{n}"
            yield {"crmRecordId": id, "priority": "LOW"}

    client = Client(api_key="eght_sandbox", tenant="sandbox", base_url=base_url, initial_backoff=0.001)
    try:
        client.upload_records(campaign, [{"crmRecordId": "warm-up"}, {"crmRecordId": " "}])
    except CampaignsError:
        pass
    idle = memory("VmRSS")
    started = time.monotonic()
    report = client.upload_records(campaign, generate(), batch_size=batch_size)
    took = time.monotonic() - started
    after_upload = memory("VmHWM") - idle
    errors = 0
    for record in report.records:
        errors += record.error is not None
        assert record.index >= 0 and record.outcome != "added"
        assert len(record.field_errors) == (record.outcome == "rejected"), record
        assert str(record)
    print(
        f"{took:.1f} s, {after_upload} KiB after the upload, {len(report.records)} records, "
        f"{errors} errors, {report.counts}"
    )
    assert report.complete, report.counts
    assert report.counts.total == count
    print(len(report.records), memory("VmHWM") - idle)
"""


def upload(
    server: str,
    server_argument: str,
    bad_id: str,
    records: int = RECORDS,
    bad: int = NOT_ADDED,
    batch_size: int = 100,
) -> tuple[int, int]:
    """Uploads in a process of its own; gives back how many records were not added, and the KiB above idle."""
    serving = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(server), server_argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        base_url = serving.stdout.readline().strip()
        code = textwrap.dedent(UPLOAD)
        numbers = map(str, (records, bad, batch_size))
        done = subprocess.run(
            [sys.executable, "-c", code, base_url, bad_id, *numbers],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        print(done.stdout)
        not_added, kib = done.stdout.splitlines()[-1].split()
        return int(not_added), int(kib)
    finally:
        serving.communicate()


def test_records_that_are_all_added_leave_nothing():
    not_added, kib = upload(SANDBOX, "0", "CRM-{}")
    assert not_added == 0
    assert kib < MOST_KIB


def test_records_that_break_a_rule_take_little():
    not_added, kib = upload(
        SANDBOX, "0", "CRM-{}, with an id that is longer than allowed"
    )
    assert not_added == NOT_ADDED
    assert kib < MOST_KIB


def test_records_that_the_server_rejects_take_little():
    not_added, kib = upload(STRICT, "", "CRM,{}")
    assert not_added == NOT_ADDED
    assert kib < MOST_KIB


def test_records_whose_answer_was_lost_take_little():
    # Each lost answer makes a batch of records that are on the campaign already: of a million, 40,000.
    not_added, kib = upload(SANDBOX, "0.04", "CRM-{}")
    assert not_added > RECORDS * 0.02
    assert kib < MOST_KIB


def test_records_with_an_error_each_take_little():
    # A fourth of the records in a fourth of the room, because each takes a request.
    count = NOT_ADDED // 4
    not_added, kib = upload(STRICT, "", "CRM,{}", count, count, batch_size=1)
    assert not_added == count
    assert kib < MOST_KIB // 4
