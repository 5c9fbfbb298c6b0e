"""What was learned of an upload is never lost, whatever is raised, and however late."""

from __future__ import annotations

import logging
import os
import signal

import campaigns8x8
import pytest
from campaigns8x8 import (
    CampaignsError,
    CancelledError,
    DeadlineError,
    ForbiddenError,
    InvalidArgumentError,
    Sandbox,
    UploadReport,
)


class Mine(Exception):
    pass


class Slotted(Exception):
    __slots__ = ("report",)


class Beyond(BaseException):
    pass


class Stiff(Exception):
    """Takes no attributes."""

    __slots__ = ()

    def __setattr__(self, name, value):
        raise AttributeError(name)


KINDS = [Mine, Slotted, Beyond, KeyboardInterrupt, SystemExit, GeneratorExit]


@pytest.fixture
def slow():
    faults = {"probability": 1.0, "kinds": ["delay:0.05"]}
    with Sandbox(state="RUNNING", faults=faults) as sandbox:
        yield sandbox


def dicts(count):
    return [{"crmRecordId": f"CRM-{n}"} for n in range(count)]


class Raising:
    """Called with the progress of an upload; raises once it is as far as `when` says."""

    def __init__(self, when, error):
        self.when = when
        self.error = error
        self.calls_afterwards = 0
        self.raised = False

    def __call__(self, progress):
        if self.raised:
            self.calls_afterwards += 1
        share = progress.done / progress.total
        due = {"first": True, "middle": 0 < share < 1, "last": share == 1}
        if due[self.when]:
            self.raised = True
            raise self.error


def context_of(error):
    """What stands at the very bottom."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def upload(sandbox, error, source=None, **options):
    """Uploads, and gives back the report that the exception has."""
    with pytest.raises(type(error)) as caught:
        sandbox.client().upload_records(
            sandbox.campaign_id, source or dicts(1000), **options
        )
    assert caught.value is error
    below = context_of(error)
    assert isinstance(below, CampaignsError)
    report = below.report
    assert isinstance(report, UploadReport)
    if not isinstance(error, Stiff):
        assert error.report is report
    assert report.counts.added == len(sandbox.stored())
    assert report.counts.unknown == 0
    assert report.counts.total == 1000
    return report


@pytest.mark.parametrize("when", ["first", "middle", "last"])
@pytest.mark.parametrize("kind", [*KINDS, Stiff])
def test_what_the_progress_callback_raises_has_the_report(slow, when, kind):
    error = kind("enough")
    raising = Raising(when, error)
    report = upload(slow, error, progress=raising)
    assert raising.calls_afterwards == 0
    assert report.complete is (when == "last")
    assert (report.counts.added == 1000) is (when == "last")
    assert type(error.__context__) is CancelledError
    assert not error.__context__.outcome_unknown


@pytest.mark.parametrize("when", [0, 500, 1000])
@pytest.mark.parametrize("kind", [*KINDS, Stiff])
def test_what_the_source_raises_has_the_report(slow, when, kind):
    error = kind("enough")

    class Source:
        def __len__(self):
            return 1000

        def __iter__(self):
            yield from dicts(when)
            raise error

    report = upload(slow, error, Source())
    # The records before it are in whole batches on the campaign, or not sent.
    assert report.counts.added + report.counts.not_sent == 1000
    assert report.not_sent_from == (when if when < 1000 else None)


def test_ctrl_c_in_the_last_call_has_the_report(slow):
    def look(progress):
        if progress.done == progress.total:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        slow.client().upload_records(slow.campaign_id, dicts(100), progress=look)
    assert caught.value.report.complete
    assert caught.value.report.counts.added == 100


class Closing:
    """As the bar on a terminal: called with the progress, and closed at the end."""

    def __init__(self, error, progress_error=None):
        self.error = error
        self.progress_error = progress_error

    def __call__(self, progress):
        if self.progress_error is not None:
            raise self.progress_error

    def close(self):
        raise self.error


@pytest.mark.parametrize("kind", [*KINDS, Stiff])
def test_what_closing_the_bar_raises_has_the_report(slow, kind):
    error = kind("no terminal")
    assert upload(slow, error, progress=Closing(error)).complete


def test_a_terminal_that_is_gone_does_not_cost_the_report(slow, monkeypatch):
    class Gone:
        def isatty(self):
            return True

        def write(self, text):
            if text == "\n":
                raise OSError("gone")

        def flush(self):
            pass

    monkeypatch.setattr("sys.stderr", Gone())
    with pytest.raises(OSError, match="gone") as caught:
        slow.client().upload_records(slow.campaign_id, dicts(10), progress=True)
    assert caught.value.report.counts.added == 10


def test_closing_the_bar_does_not_hide_what_stopped_the_upload():
    with Sandbox(state="RUNNING", faults=["gatewayHtml:403"]) as sandbox:
        error = OSError("gone")
        with pytest.raises(OSError, match="gone"):
            sandbox.client().upload_records(
                sandbox.campaign_id, dicts(200), concurrency=1, progress=Closing(error)
            )
    assert isinstance(error.__context__, ForbiddenError)
    assert error.__context__.report is error.report
    assert error.report.counts.not_sent == 200


def test_ctrl_c_counts_more_than_an_exception_before_it(slow):
    first, last = Mine("enough"), KeyboardInterrupt()
    report = upload(slow, last, progress=Closing(last, progress_error=first))
    assert not report.complete
    assert last.__context__ is first
    assert isinstance(first.__context__, CancelledError)


def test_an_exception_after_ctrl_c_does_not_hide_it(slow):
    first, last = KeyboardInterrupt(), Mine("enough")
    upload(slow, first, progress=Closing(last, progress_error=first))


def test_a_cause_of_the_callers_stays(slow):
    def look(progress):
        try:
            raise ValueError("why")
        except ValueError as why:
            raise Mine("enough") from why

    with pytest.raises(Mine) as caught:
        slow.client().upload_records(slow.campaign_id, dicts(100), progress=look)
    error = caught.value
    assert isinstance(error.__cause__, ValueError)
    assert error.__context__ is error.__cause__
    assert isinstance(context_of(error), CancelledError)
    assert error.report is context_of(error).report


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_a_log_filter_raises_has_the_report(slow, monkeypatch, caplog, kind):
    error = kind("enough")

    def refuse(record):
        if len(slow.stored()) == 1000:
            raise error
        return True

    logger = logging.getLogger("campaigns8x8")
    monkeypatch.setattr(logger, "filters", [refuse])
    caplog.set_level(logging.DEBUG, logger="campaigns8x8")
    # The last line is logged after the last record was stored.
    assert upload(slow, error).complete


@pytest.mark.parametrize("what", ["Counts", "UploadReport"])
def test_ctrl_c_while_the_report_is_made_has_the_report(slow, monkeypatch, what):
    error = KeyboardInterrupt()
    make = getattr(campaigns8x8._upload, what)
    times = iter([error])

    def interrupted(*arguments):
        for error in times:
            raise error
        return make(*arguments)

    monkeypatch.setattr(campaigns8x8._upload, what, interrupted)
    assert upload(slow, error).complete


def test_ctrl_c_while_the_exception_is_made_has_the_report(slow, monkeypatch):
    error = KeyboardInterrupt()
    make = campaigns8x8._errors._from_facts
    times = iter([error])

    def interrupted(*arguments):
        for error in times:
            raise error
        return make(*arguments)

    monkeypatch.setattr(campaigns8x8._errors, "_from_facts", interrupted)
    report = upload(slow, error, deadline=0.03)
    assert isinstance(error.__context__, DeadlineError)
    assert not report.complete


def test_an_exception_that_is_raised_again_has_the_latest_report(slow):
    error = Mine("always the same")
    for _ in range(2):
        with pytest.raises(Mine):
            slow.client().upload_records(
                slow.campaign_id, dicts(100), progress=Raising("last", error)
            )
    assert error.report.counts.already_present == 100


def test_a_campaigns_error_of_the_callers_has_the_report(slow):
    error = InvalidArgumentError("not like this")
    assert upload(slow, error, progress=Raising("last", error)).complete
