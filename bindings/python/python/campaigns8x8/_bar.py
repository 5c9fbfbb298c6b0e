"""What is called with the progress of an upload: the caller's function, or a bar on a terminal."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._upload import Progress


class Bar:
    """A bar on a terminal, drawn over and over on one line."""

    WIDTH = 30

    def __init__(self, file: Any) -> None:
        self.file = file
        self.drawn = 0

    def __call__(self, now: Progress) -> None:
        line = self.line(now)
        # Spaces draw over what was longer before.
        self.file.write("\r" + line.ljust(self.drawn))
        self.file.flush()
        self.drawn = len(line)

    def line(self, now: Progress) -> str:
        counts = f"{now.added} added"
        if now.already_present:
            counts += f", {now.already_present} already there"
        if now.rejected:
            counts += f", {now.rejected} rejected"
        rate = f"{now.records_per_second:.0f}/s"
        if not now.total:
            return f"{now.done} records [{rate}] {counts}"
        share = now.done / now.total
        filled = round(share * self.WIDTH)
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        eta = "" if now.eta is None else f", {_clock(now.eta)} left"
        return f"{share:4.0%} |{bar}| {now.done}/{now.total} [{rate}{eta}] {counts}"

    def close(self) -> None:
        if self.drawn:
            self.file.write("\n")
            self.file.flush()


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


def watcher_of(progress: Any) -> Callable[[Progress], Any] | None:
    """What to call with the progress, for the argument of that name."""
    if progress is None or progress is False:
        return None
    if progress is True:
        file = sys.stderr
        return Bar(file) if file is not None and file.isatty() else None
    if callable(progress):
        function: Callable[[Progress], Any] = progress
        return function
    raise TypeError(
        f"progress is {type(progress).__name__}; accepted are a callable, True, False and None"
    )
