"""Options of the command line: their types, and errors that list what is allowed and the near miss."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Any

from bltgen.errors import did_you_mean

__all__ = ["Parser", "count", "number"]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors suggest what was probably meant."""

    def check_flags(self, arguments: Sequence[str]) -> None:
        """Exit with the near miss of the first `--flag` that there is not, before anything else is amiss."""
        flags = list(self._option_string_actions)
        for argument in arguments:
            name = argument.partition("=")[0]
            if argument == "--":
                return
            if argument.startswith("--") and " " not in name and not any(f.startswith(name) for f in flags):
                self.error(f"there is no option {name}{did_you_mean(name, flags)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(action.choices)
            raise argparse.ArgumentError(
                action, f"{value!r}: one of {', '.join(choices)} is needed{did_you_mean(value, choices)}"
            )


def count(least: int) -> Callable[[str], int]:
    """The type of an option that is an integer of at least `least`."""

    def read(text: str) -> int:
        try:
            found = int(text)
        except ValueError:
            found = least - 1
        if found < least:
            raise argparse.ArgumentTypeError(f"{text!r}: an integer >= {least} is needed")
        return found

    return read


def number(text: str) -> float:
    """The type of an option that is a number."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"{text!r}: a number is needed")
    return found
