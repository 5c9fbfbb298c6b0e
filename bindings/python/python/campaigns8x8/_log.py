"""Where log lines go. Imported only once a program uses ``logging``, because importing that costs more than a call."""

import logging

_LOGGER = logging.getLogger("campaigns8x8")
# Without a handler of its own, logging would print warnings of a program that never asked for any.
_LOGGER.addHandler(logging.NullHandler())


def hand_over(lines: "list[tuple[int, str]]") -> None:
    """Logs lines, each with its level."""
    for level, line in lines:
        _LOGGER.log(level, "%s", line)
