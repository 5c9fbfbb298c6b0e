"""maturin, asked only when what it needs is there. A missing tool is named with the line that installs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import Any

import maturin

RUST = (1, 95)


def _check() -> None:
    wanted = ".".join(map(str, RUST))
    advice = (
        f"campaigns8x8 is being built from source, which needs Rust {wanted} or later and a C compiler.\n"
        "  Rust:        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh\n"
        "  C compiler:  apt-get install -y gcc libc6-dev    (Debian, Ubuntu)\n"
        "Or install the wheel instead: it needs neither."
    )
    rustc = os.environ.get("RUSTC") or shutil.which("rustc")
    if rustc is None or shutil.which("cargo") is None:
        sys.exit(f"Rust is missing. {advice}")
    told = subprocess.run(
        [rustc, "--version"], check=False, capture_output=True, text=True
    ).stdout
    version = re.match(r"rustc (\d+)\.(\d+)", told)
    if version is None or tuple(map(int, version.groups())) < RUST:
        sys.exit(f"Rust is too old: {told.strip() or rustc}. {advice}")
    if not any(map(shutil.which, (os.environ.get("CC", "cc"), "cc", "gcc", "clang"))):
        sys.exit(f"A C compiler is missing. {advice}")


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Nothing more; in particular no Rust that is fetched without being asked for."""
    _check()
    return []


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    """As for a wheel."""
    _check()
    return []


get_requires_for_build_editable = get_requires_for_build_wheel
build_wheel = maturin.build_wheel
build_sdist = maturin.build_sdist
build_editable = maturin.build_editable
prepare_metadata_for_build_wheel = maturin.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = maturin.prepare_metadata_for_build_editable
