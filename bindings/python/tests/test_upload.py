"""Uploads: sources, outcomes, progress, what ends them, and what is left to read afterwards."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import campaigns8x8
import pandas
import pytest
from campaigns8x8 import (
    CampaignsError,
    CampaignState,
    ConflictError,
    Counts,
    DeadlineError,
    ForbiddenError,
    InvalidArgumentError,
    NewRecord,
    Outcome,
    Progress,
    Sandbox,
    StorageError,
    UploadReport,
)
from campaigns8x8._bar import Bar
from conftest import CAMPAIGN, wait_until


@pytest.fixture
def running():
    with Sandbox(state="RUNNING") as sandbox:
        yield sandbox


@pytest.fixture
def slow():
    faults = {"probability": 1.0, "kinds": ["delay:0.05"]}
    with Sandbox(state="RUNNING", faults=faults) as sandbox:
        yield sandbox


def dicts(count, prefix="CRM"):
    return [{"crmRecordId": f"{prefix}-{n}"} for n in range(count)]


def test_any_iterable_of_dicts_and_records_is_uploaded(running):
    def generate():
        yield {"crmRecordId": "CRM-0", "priority": "LOW"}
        yield NewRecord("CRM-1", rank=2)
        yield {"crmRecordId": " "}

    report = running.client().upload_records(running.campaign_id, generate())
    assert isinstance(report, UploadReport)
    assert report.complete
    assert report.counts == Counts(3, 2, 0, 1, 0, 0, 0)
    assert report.requests == 1
    assert report.not_sent_from is None
    assert report.elapsed < 5
    assert running.stored() == ["CRM-0", "CRM-1"]
    (rejected,) = report.records
    assert (rejected.index, rejected.outcome) == (2, Outcome.REJECTED)
    assert rejected.outcome == "rejected"
    assert rejected.field_errors[0].code == "NotBlank"
    assert rejected.error is None


def test_a_generator_is_read_lazily_on_the_callers_thread(slow):
    read = []
    threads = set()

    def generate():
        for record in dicts(500):
            read.append(time.monotonic())
            threads.add(threading.get_ident())
            yield record

    started = time.monotonic()
    slow.client().upload_records(
        slow.campaign_id, generate(), concurrency=1, batch_size=10
    )
    assert threads == {threading.get_ident()}
    at_once = [moment for moment in read if moment < started + 0.04]
    assert 10 <= len(at_once) <= 40


def test_files_are_uploaded_by_their_ending(running, tmp_path):
    csv = tmp_path / "contacts.csv"
    csv.write_text("Account ID,priority\nCRM-1,LOW\nCRM-2,URGENT\n")
    client = running.client()
    report = client.upload_records(
        running.campaign_id, csv, columns={"crmRecordId": "Account ID"}
    )
    assert report.counts.added == 1
    assert report.records[0].field_errors[0].message.startswith("row 3: ")
    ndjson = tmp_path / "contacts.ndjson"
    ndjson.write_text('{"crmRecordId":"CRM-3"}\n')
    assert client.upload_records(running.campaign_id, str(ndjson)).counts.added == 1
    with pytest.raises(InvalidArgumentError, match=r"\.csv, \.ndjson or \.jsonl"):
        client.upload_records(running.campaign_id, tmp_path / "contacts.xlsx")
    with pytest.raises(StorageError) as caught:
        client.upload_records(running.campaign_id, tmp_path / "absent.csv")
    assert isinstance(caught.value, OSError)
    for wrong in [{"crmRecordId": "CRM-1"}, b"CRM-1", 7]:
        with pytest.raises(TypeError):
            client.upload_records(running.campaign_id, wrong)


def test_a_data_frame_is_uploaded_with_its_columns_named(running):
    frame = pandas.DataFrame(
        {
            "Account": ["CRM-1", "CRM-2", None],
            "rank": [1, None, 3],
            "scheduleAt": pandas.to_datetime(
                ["2030-01-01T10:00Z", None, None], utc=True
            ),
            "Phone": ["1", "2", "3"],
        }
    )
    client = running.client()
    columns = {"crmRecordId": "Account"}
    report = client.upload_records(running.campaign_id, frame, columns=columns)
    assert running.stored() == ["CRM-1", "CRM-2"]
    assert report.counts == Counts(3, 2, 0, 1, 0, 0, 0)
    with pytest.raises(InvalidArgumentError, match="no column 'ID'"):
        client.upload_records(running.campaign_id, frame, columns={"crmRecordId": "ID"})
    with pytest.raises(InvalidArgumentError, match="no column is named crmRecordId"):
        client.upload_records(running.campaign_id, frame)
    frame = frame.rename(columns={"rank": "Rank"})
    with pytest.raises(InvalidArgumentError, match="looks like rank"):
        client.upload_records(running.campaign_id, frame, columns=columns)


def test_what_is_there_already_is_said_to_be(running):
    client = running.client()
    client.upload_records(running.campaign_id, dicts(3))
    report = client.upload_records(running.campaign_id, dicts(5))
    assert report.counts == Counts(5, 2, 3, 0, 0, 0, 0)
    assert [record.outcome for record in report.records] == [
        Outcome.ALREADY_PRESENT
    ] * 3


def test_options_are_refused_by_their_python_names(running):
    client = running.client()
    for options, words in [
        ({"concurrency": 65}, "concurrency"),
        ({"batch_size": 0}, "batch_size"),
        ({"wait_for_campaign": -1}, "wait_for_campaign"),
        ({"deadline": float("nan")}, "deadline"),
        ({"rank_start": float("inf")}, "rank_start"),
        ({"columns": {"crmRecordId": "x"}}, "columns"),
        ({"present_wording": "Record {id} exists"}, "present_wording is one string"),
        ({"present_wording": [None]}, r"present_wording\[0\] is NoneType"),
        ({"present_wording": ["Record exists"]}, "present_wording.*{id}"),
    ]:
        with pytest.raises(InvalidArgumentError, match=words):
            client.upload_records(running.campaign_id, dicts(1), **options)
    with pytest.raises(TypeError, match="progress"):
        client.upload_records(running.campaign_id, dicts(1), progress=3)
    assert running.requests == 0


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_a_duplicate_is_known_by_the_callers_own_words(stub, kind):
    problem = {"title": "Conflict", "detail": "CRM-0 was loaded on Monday"}
    client = stub(409, json.dumps(problem)).client()
    report = client.upload_records(
        CAMPAIGN,
        dicts(1),
        present_wording=kind(["{id} was loaded on"]),
        wait_for_campaign=0.2,
    )
    assert report.counts == Counts(1, 0, 1, 0, 0, 0, 0)


def test_a_report_is_told_in_the_words_of_the_other_languages(running):
    with running.client() as client:
        client.upload_records(running.campaign_id, [{"crmRecordId": "CRM-1"}])
        report = client.upload_records(
            running.campaign_id, [{"crmRecordId": "CRM-1"}, {"crmRecordId": " "}]
        )
        dry = client.upload_records(running.campaign_id, dicts(101), dry_run=True)
    told = json.loads(json.dumps(report.to_dict()))
    assert [r["outcome"] for r in told["records"]] == ["alreadyPresent", "rejected"]
    assert told["counts"] == {
        "total": 2,
        "added": 0,
        "alreadyPresent": 1,
        "rejected": 1,
        "refused": 0,
        "notSent": 0,
        "unknown": 0,
    }
    assert told["campaignId"] == report.campaign_id
    assert told["notSentFrom"] is None
    assert told["elapsedMs"] == round(report.elapsed * 1000)
    assert told["records"][1]["fieldErrors"][0]["code"] == "NotBlank"
    assert dry.to_dict()["dryRun"] == {"batches": 2, "estimatedMs": None}
    assert pickle.loads(pickle.dumps(report)).to_dict() == report.to_dict()


def test_ranks_and_a_dry_run(running):
    client = running.client(requests_per_minute=60)
    report = client.upload_records(running.campaign_id, dicts(250), dry_run=True)
    assert report.dry_run.batches == 3
    assert report.dry_run.estimated == 2.0
    assert running.requests == 0
    client = running.client()
    report = client.upload_records(
        running.campaign_id, [{"crmRecordId": "A", "rank": 1}], rank_start=5
    )
    assert report.records[0].field_errors[0].field == "rank"


def test_a_ledger_lets_an_upload_be_run_again(running, tmp_path):
    ledger = tmp_path / "upload.db"
    client = running.client()
    client.upload_records(running.campaign_id, dicts(30), ledger=ledger)
    before = running.requests
    report = client.upload_records(running.campaign_id, dicts(30), ledger=str(ledger))
    assert (report.counts.added, running.requests) == (30, before)
    with pytest.raises(InvalidArgumentError, match="record 0 of the input"):
        client.upload_records(running.campaign_id, dicts(30, prefix="X"), ledger=ledger)
    with sqlite3.connect(ledger) as connection:
        rows = connection.execute("SELECT outcome, count(*) FROM records GROUP BY 1")
        assert rows.fetchall() == [("added", 30)]
    connection.close()
    with pytest.raises(StorageError):
        client.upload_records(
            running.campaign_id, dicts(1), ledger=tmp_path / "no" / "such.db"
        )


def test_progress_is_called_on_the_callers_thread(slow):
    seen = []

    def look(progress):
        seen.append((progress, threading.get_ident()))

    slow.client().upload_records(
        slow.campaign_id, dicts(1000), concurrency=2, progress=look
    )
    last, thread = seen[-1]
    assert isinstance(last, Progress)
    assert (last.total, last.done, last.added, last.eta) == (1000, 1000, 1000, 0.0)
    assert thread == threading.get_ident()
    assert len(seen) >= 3


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(slow, monkeypatch, capsys):
    client = slow.client()
    client.upload_records(slow.campaign_id, dicts(10, "a"), progress=True)
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    client.upload_records(
        slow.campaign_id, dicts(400, "b"), concurrency=1, progress=True
    )
    text = terminal.getvalue()
    assert text.endswith("\n") and text.count("\n") == 1
    last = text.rsplit("\r", 1)[1].rstrip()
    assert last.startswith("100% |##############################| 400/400 [")
    assert last.endswith("00:00 left] 400 added")


def test_the_bar_says_what_it_knows():
    bar = Bar(io.StringIO())
    now = Progress(None, 70, 60, 4, 6, 1, 0, 123.4, None)
    assert bar.line(now) == "70 records [123/s] 60 added, 4 already there, 6 rejected"
    now = now._replace(total=7000, eta=3723.0)
    assert bar.line(now).startswith("  1% |------")
    assert "70/7000 [123/s, 1:02:03 left]" in bar.line(now)


def test_a_record_with_an_unknown_field_ends_the_upload(running):
    with pytest.raises(InvalidArgumentError, match=r"records\[1\].*prio") as caught:
        running.client().upload_records(
            running.campaign_id, [{"crmRecordId": "A"}, {"crmRecordId": "B", "prio": 1}]
        )
    assert caught.value.report.not_sent_from == 1


def test_ctrl_c_ends_the_upload_and_the_interruption_has_the_report(slow):
    interrupted = []

    def interrupt():
        wait_until(lambda: slow.requests > 0)
        interrupted.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        slow.client().upload_records(slow.campaign_id, dicts(100_000))
    thread.join()
    assert time.monotonic() - interrupted[0] < 0.3
    report = caught.value.report
    assert report.counts.total == 100_000
    assert report.counts.added == len(slow.stored())
    assert report.counts.unknown == 0


class Pipe:
    """A named pipe whose writer says no more after `begin`, or that has no writer at all.

    After 5 s it ends: a test that is not freed from waiting fails and does not hang.
    """

    def __init__(self, path, begin):
        self.path = path
        self.begin = begin
        self.done = threading.Event()
        os.mkfifo(path)
        self.thread = threading.Thread(target=self.write)
        self.thread.start()

    def write(self):
        if self.begin is None:
            self.done.wait(5)
        pipe = None
        while pipe is None and not self.done.wait(0.01):
            # Fails as long as nobody reads.
            with contextlib.suppress(OSError):
                pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        if pipe is not None:
            if self.begin is not None:
                os.write(pipe, self.begin)
                self.done.wait(5)
            os.close(pipe)

    def stop(self):
        self.done.set()
        self.thread.join()


@pytest.fixture(
    params=[
        ("csv", None),
        ("csv", b"crmRecordId\nA\n"),
        ("ndjson", None),
        ("ndjson", b'{"crmRecordId":"A"}\n'),
    ],
    ids=["csv-no-writer", "csv-silent", "ndjson-no-writer", "ndjson-silent"],
)
def pipe(request, tmp_path):
    ending, begin = request.param
    pipe = Pipe(tmp_path / f"contacts.{ending}", begin)
    yield pipe
    pipe.stop()


def test_ctrl_c_ends_the_wait_for_a_pipe(running, pipe):
    interrupted = []

    def interrupt():
        interrupted.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        running.client().upload_records(running.campaign_id, pipe.path)
    took = time.monotonic() - interrupted[0]
    timer.join()
    assert took < 0.3
    assert caught.value.report.counts.total == (pipe.begin is not None)
    assert isinstance(caught.value.__context__, CampaignsError)


def test_a_deadline_ends_the_wait_for_a_pipe(running, pipe):
    started = time.monotonic()
    with pytest.raises(DeadlineError) as caught:
        running.client().upload_records(running.campaign_id, pipe.path, deadline=0.3)
    assert time.monotonic() - started < 1.3
    assert not caught.value.report.complete
    assert caught.value.report.counts.total == (pipe.begin is not None)


def test_a_deadline_has_the_report(slow):
    with pytest.raises(DeadlineError) as caught:
        slow.client().upload_records(slow.campaign_id, dicts(5000), deadline=0.3)
    assert caught.value.report.counts.added == len(slow.stored())


def test_what_stops_an_upload_survives_pickling_with_its_report():
    with Sandbox(state="COMPLETE") as sandbox:
        with pytest.raises(ConflictError) as caught:
            sandbox.client().upload_records(
                sandbox.campaign_id, dicts(3), wait_for_campaign=0.1
            )
        error = caught.value
        assert "wait_for_campaign" in str(error)
        assert error.report.counts.not_sent == 3
        assert isinstance(error.report.records[0].error, ConflictError)
        for other in [pickle.loads(pickle.dumps(error)), copy.deepcopy(error)]:
            assert other.report.counts == error.report.counts
            assert other.status == 409


def test_uploads_log_their_attempts(caplog):
    caplog.set_level(logging.DEBUG, logger="campaigns8x8")
    with Sandbox(state="RUNNING", faults=["errorBefore:503"]) as sandbox:
        sandbox.client(initial_backoff=0).upload_records(sandbox.campaign_id, dicts(3))
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert any("POST" in message and "200" in message for message in caplog.messages)


def test_other_threads_run_while_an_upload_blocks(slow):
    ticks = []
    stop = threading.Event()

    def tick():
        while not stop.wait(0.01):
            ticks.append(None)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.monotonic()
    slow.client().upload_records(slow.campaign_id, dicts(2000), concurrency=1)
    lasted = time.monotonic() - started
    stop.set()
    thread.join()
    assert len(ticks) > 50 * lasted


def test_a_program_that_ends_during_an_upload_does_not_hang():
    code = """
        import threading
        from campaigns8x8 import Sandbox

        faults = {"probability": 1.0, "kinds": ["delay:30"]}
        sandbox = Sandbox(state="RUNNING", faults=faults)
        client = sandbox.client()
        records = [{"crmRecordId": str(n)} for n in range(10)]
        reports = []
        waiting = threading.Event()

        def look(progress):
            # The second report comes while the upload waits for its one request.
            reports.append(progress)
            if len(reports) == 2:
                waiting.set()

        def upload():
            client.upload_records(sandbox.campaign_id, records, progress=look)

        threading.Thread(target=upload, daemon=True).start()
        assert waiting.wait(10)
        print("ends")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout == "ends\n", done.stderr


def test_forbidden_stops_at_once():
    with Sandbox(state="RUNNING", faults=["gatewayHtml:403"]) as sandbox:
        with pytest.raises(ForbiddenError) as caught:
            sandbox.client().upload_records(
                sandbox.campaign_id, dicts(200), concurrency=1
            )
        assert sandbox.requests == 1
        assert caught.value.report.counts.not_sent == 200


def test_the_public_names_are_there_without_being_imported():
    code = "import campaigns8x8, sys; print('campaigns8x8._upload' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "False\n"
    for name in campaigns8x8.__all__:
        assert getattr(campaigns8x8, name) is not None
    assert CampaignState.RUNNING == "RUNNING"
