"""What is installed: a wheel with everything that a user looks for, types and documentation included."""

from __future__ import annotations

import doctest
import importlib.metadata
import inspect
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import campaigns8x8
import campaigns8x8._upload
import pytest
from conftest import run

PUBLIC = [name for name in campaigns8x8.__all__ if name != "__version__"]


def test_the_wheel_says_what_it_is():
    package = importlib.metadata.distribution("campaigns8x8")
    metadata = package.metadata
    assert metadata["Requires-Python"] == ">=3.9"
    assert package.requires is None, "no runtime dependency"
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert set(metadata.get_all("License-File")) == {"LICENSE-APACHE", "LICENSE-MIT"}
    assert metadata["Description-Content-Type"].startswith("text/markdown")
    assert metadata["Version"] == campaigns8x8.__version__
    assert "Tag: cp39-abi3-manylinux_2_17_" in package.read_text("WHEEL")


def test_the_tests_run_what_was_installed_and_not_the_source_tree():
    installed = Path(campaigns8x8.__file__)
    assert "site-packages" in installed.parts
    origin = importlib.metadata.distribution("campaigns8x8").read_text(
        "direct_url.json"
    )
    assert json.loads(origin)["url"].endswith(".whl")
    assert (installed.parent / "py.typed").exists()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_described_with_an_example(name):
    thing = getattr(campaigns8x8, name)
    text = inspect.getdoc(thing)
    assert text, name
    assert "Example" in text, name
    for member, value in vars(thing).items():
        if member.startswith("_") or not callable(value):
            continue
        assert inspect.getdoc(value), f"{name}.{member}"


def test_the_examples_do_what_they_say():
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    )
    names = {name: getattr(campaigns8x8, name) for name in PUBLIC}
    for name in PUBLIC:
        # The native classes' own module is not where they are said to be, so nothing is left out for its module's sake.
        for test in finder.find(
            names[name], name, module=False, globs=dict(names), extraglobs={}
        ):
            runner.run(test)
    failed, tried = runner.summarize(verbose=False)
    assert failed == 0
    assert tried > 60


def test_help_reads_well():
    text = run(["-c", "import campaigns8x8; help(campaigns8x8.Client)"])
    assert "add_records(self, /, campaign_id, records)" in text
    assert "Raises:" in text
    assert "Rust" not in text
    # A signature cannot be broken into lines; everything else can.
    prose = [line for line in text.splitlines() if not re.match(r" \|  \w+\(", line)]
    longest = max(prose, key=len)
    assert len(longest) < 140, longest


def test_importing_is_cheap_and_leaves_no_trace():
    code = """
        import os, sys
        before = set(os.listdir("/proc/self/fd"))
        import campaigns8x8
        print(len(os.listdir("/proc/self/task")))
        print(sorted(set(os.listdir("/proc/self/fd")) - before))
        heavy = {"asyncio", "logging", "datetime", "json", "typing", "socket", "pytest"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert run(["-S", "-c", textwrap.dedent(PATHS + code)]) == "1\n[]\n[]\n"


# -S keeps what other packages add to every start away; the packages themselves are wanted.
PATHS = f"""
        import sys
        sys.path.extend({[path for path in sys.path if "site-packages" in path]!r})
"""


def test_importing_costs_less_than_a_fifth_of_requests():
    def cost(module: str) -> float:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", f"import {module}"],
            check=True,
            capture_output=True,
            text=True,
        )
        (line,) = (
            line for line in done.stderr.splitlines() if line.endswith(f"| {module}")
        )
        return int(line.split("|")[1]) / 1000

    ours = min(cost("campaigns8x8") for _ in range(5))
    theirs = min(cost("requests") for _ in range(5))
    print(f"import campaigns8x8 {ours:.1f} ms, requests {theirs:.1f} ms")
    assert ours < 20
    assert ours < theirs / 5
