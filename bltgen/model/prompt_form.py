r"""How a prompt is formed of a text and the schema of what is to be answered.

A checkpoint may say in its config that it was trained on such prompts. Then training, and every entry to
generation, forms them by `PromptForm.formed`: lines of keys, in the order of the schema, an empty line, the
text.

>>> payer = {"type": "string", "description": "who pays"}
>>> invoice = {"properties": {"to": payer, "paid": {"type": "boolean"}}}
>>> form = PromptForm(max_bytes=60)
>>> print(form.formed(b"Bill to Ada. Open.", invoice).decode(), end="")
"to": string # who pays
"paid": boolean
<BLANKLINE>
Bill to Ada. Open.

Members stand one space deeper than the key they are under; an enumeration stands in place of its type
(`"state": "open" | "paid"`); `outline` says what else is told. The lines have a limit of bytes of their own;
the text is never cut. Where they exceed it, descriptions go first, the longest before shorter ones, then
enumerations become types, then types go, and at last keys, from the end:

>>> print(PromptForm(max_bytes=25).formed(b"Bill to Ada. Open.", invoice).decode(), end="")
"to": string
"paid"
<BLANKLINE>
Bill to Ada. Open.

The lines are for the model alone: what is valid, and what values may be grounded in, they do not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bltgen.model.schema_outline import Entry, outline

__all__ = ["DETAILS", "Detail", "PromptForm"]

Detail = Literal["keys", "types", "enumerations", "descriptions"]
DETAILS = ("keys", "types", "enumerations", "descriptions")
"""What a line says at the most; each has what those before it have."""

MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class PromptForm:
    """The form of a model's prompts, as its config says it.

    `max_bytes`: of the lines of keys, their line breaks and the empty line. `detail`: what they say.
    `place`: before the text or after it.
    """

    max_bytes: int = 512
    detail: Detail = "descriptions"
    place: Literal["before", "after"] = "before"

    def __post_init__(self) -> None:
        if type(self.max_bytes) is not int or not 1 <= self.max_bytes <= MOST_BYTES:
            raise ValueError(
                f"prompt form: max_bytes must be 1 to {MOST_BYTES}, got {str(self.max_bytes)[:60]}"
            )
        for name, allowed in (("detail", DETAILS), ("place", ("before", "after"))):
            if getattr(self, name) not in allowed:
                given = str(getattr(self, name))[:60]
                raise ValueError(f"prompt form: {name} must be one of {', '.join(allowed)}, got {given}")

    def formed(self, text: bytes, schema: Any) -> bytes:
        """The prompt: the lines of a JSON Schema (as JSON values) and the text, which ends in a line break.

        A line break is added where the text has none at its end: models are trained to answer on a new line.
        """
        text = text if text.endswith(b"\n") else text + b"\n"
        lines = self.lines(schema)
        if not lines:
            return text
        return lines + b"\n" + text if self.place == "before" else text + b"\n" + lines

    def lines(self, schema: Any) -> bytes:
        """The lines of keys within the limit, each with its line break; empty where none fits."""
        room = self.max_bytes - 1  # the empty line
        most = DETAILS.index(self.detail)
        entries = list(outline(schema, room))
        lines = [_line(entry, most) for entry in entries]
        size = sum(map(len, lines))
        for detail in range(most - 1, -1, -1):
            shorter = [_line(entry, detail) for entry in entries]
            saved = sorted(
                (len(line) - len(other), at)
                for at, (line, other) in enumerate(zip(lines, shorter, strict=True))
            )
            while size > room and saved and saved[-1][0] > 0:
                less, at = saved.pop()
                lines[at] = shorter[at]
                size -= less
        while size > room:
            size -= len(lines.pop())
        return b"".join(lines)


def _line(entry: Entry, detail: int) -> bytes:
    """What a key is told with, up to `DETAILS[detail]`; nothing of a value without a key or a type."""
    told = "" if detail < 1 else entry.types if detail < 2 else entry.choices
    if detail == 3 and entry.description:
        told += f" # {entry.description}"
    line = ": ".join(part for part in (entry.key, told) if part)
    # What JSON text may hold and UTF-8 may not (a lone surrogate) stays an escape.
    return f"{' ' * entry.depth}{line}\n".encode(errors="backslashreplace") if line else b""
