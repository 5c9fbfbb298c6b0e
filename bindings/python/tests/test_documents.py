"""What the documents say is what happens."""

from __future__ import annotations

import ast
import os
import pathlib
import re

import campaigns8x8
from conftest import run

FOLDER = pathlib.Path(__file__).parent.parent


def environment(sandbox):
    return {
        **os.environ,
        "CAMPAIGNS8X8_BASE_URL": sandbox.base_url,
        "CAMPAIGNS8X8_API_KEY": sandbox.api_key,
        "CAMPAIGNS8X8_TENANT": sandbox.tenant,
    }


def test_the_quickstart_runs(sandbox):
    script = FOLDER / "examples" / "four_steps.py"
    printed = run([script], environment(sandbox))
    assert sandbox.stored() == ["CRM-1", "CRM-2"]
    assert printed.splitlines()[-1] == "PAUSED"


def test_the_readme_runs():
    blocks = re.findall(
        r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) >= 2
    for block in blocks:
        # The example of the testing chapter is run by pytest, in test_testing.py.
        if not re.match(r"# (test_)?nightly\.py", block):
            assert run(["-c", block])


def test_the_readme_lists_every_setting_with_its_default():
    readme = (FOLDER / "README.md").read_text("utf-8")
    section = readme.partition("## Settings")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    # The stub, which is held against the module by its own check: Python 3.9 cannot inspect a native class.
    stub = pathlib.Path(campaigns8x8.__file__).with_name("_campaigns8x8.pyi")
    classes = {
        node.name: node
        for node in ast.parse(stub.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    new = next(
        node
        for node in classes["Client"].body
        if isinstance(node, ast.FunctionDef) and node.name == "__new__"
    )
    defaults = map(ast.unparse, filter(None, new.args.kw_defaults))
    names = [argument.arg for argument in new.args.kwonlyargs]
    assert [(name, default.strip("` ")) for name, default in rows] == list(
        zip(names, defaults)
    )


def test_the_readme_has_every_outcome():
    readme = (FOLDER / "README.md").read_text("utf-8")
    section = readme.partition("| outcome |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert rows == [outcome.value for outcome in campaigns8x8.Outcome]
