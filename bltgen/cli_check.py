"""`bltgen check`: whether a text is valid, and where it leaves the language if not."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from bltgen.cli_constraint import add_constraint, constraint_of, read_bytes
from bltgen.errors import RejectedByte

if TYPE_CHECKING:
    from bltgen.automata.byteset import ByteSet
    from bltgen.automata.contract import Constraint

__all__ = ["add", "described", "rejection"]

EXAMPLES = """examples:
  bltgen check --schema person.json person-1.json person-2.json
  echo '{"name": 7}' | bltgen check --schema person.json

JSON may be spelled in any way (whitespace, numbers, order of members) unless an option asks for less.
Exit code 0 where all texts are valid, 1 where one is not, 2 on errors.
"""
WIDEST = {
    "whitespace": "any",
    "numbers": "any",
    "escapes": "any",
    "property_order": "any",
    "undeclared": "allow",
}
"""A text that is checked may be spelled in any way, where no option says otherwise."""
SHOWN_BEFORE, SHOWN_AFTER = 60, 20
_NAMED = {9: "\\t", 10: "\\n", 13: "\\r", 32: "space"}


def add(commands: Any) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "check",
        help="whether texts are valid, and where they leave the language",
        description="Check texts against a constraint: where one leaves the language, and what was allowed.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_constraint(parser, required=True)
    parser.add_argument("files", nargs="*", metavar="FILE", help="default: the standard input")
    parser.add_argument(
        "--strip", action="store_true", help="leave out one newline at the end, which editors add"
    )
    parser.add_argument(
        "--report", action="store_true", help="how each keyword of the constraint is enforced"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check each file."""
    for name, value in WIDEST.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    constraint = constraint_of(options)
    assert constraint is not None
    if options.report:
        print(constraint.report())
    worst = 0
    for path in options.files or ["-"]:
        data = read_bytes(path)
        name = "standard input" if path == "-" else path
        if options.strip and data.endswith(b"\n"):
            data = data[:-1]
        found = rejection(constraint, data)
        if found is None:
            print(f"{name}: valid")
        else:
            worst = 1
            print(f"{name}:{shown(found, constraint)}")
        sys.stdout.flush()
    return worst


def rejection(constraint: Constraint, data: bytes) -> RejectedByte | None:
    """Where `data` leaves the language of `constraint`; None where it is a valid text."""
    state = constraint.start()
    for position, byte in enumerate(data):
        following = state.advance(byte)
        if following is None:
            return RejectedByte(data, position, bytes(state.allowed))
        state = following
    if state.accepting:
        return None
    return RejectedByte(data, len(data), bytes(state.allowed), incomplete=True)


def shown(found: RejectedByte, constraint: Constraint) -> str:
    """line:column: message, the line with a caret, and what was allowed."""
    from bltgen.automata.byteset import ByteSet

    data, position = found.data, found.position
    begin = data.rfind(b"\n", 0, position) + 1
    end = data.find(b"\n", position)
    line = data[begin : end if end >= 0 else len(data)].decode("utf-8", "replace")
    column = len(data[begin:position].decode("utf-8", "replace"))
    number = data.count(b"\n", 0, position) + 1
    if found.incomplete:
        message = "the text ends too early"
    else:
        byte = data[position : position + 1]
        shown_byte = repr(byte.decode()) if byte.isascii() else f"byte {byte.hex().upper()}"
        message = f"{shown_byte} is not allowed here"
    first = max(0, column - SHOWN_BEFORE)
    window = "".join(c if c.isprintable() else " " for c in line[first : column + SHOWN_AFTER])
    allowed = described(ByteSet.of(found.allowed)) or "nothing"
    may_end = not found.incomplete and constraint.accepts(data[:position])
    text = (
        f"{number}:{column + 1}: {message}\n  {window}\n  {' ' * (column - first)}^\n"
        f"  allowed: {allowed}{' or the end' if may_end else ''}"
    )
    if data[position:] == b"\n" and may_end:
        text += "\n  without the line break at its end the text is valid: --strip leaves it out"
    if found.incomplete:
        state = constraint.start()
        for byte_value in data:
            following = state.advance(byte_value)
            assert following is not None
            state = following
        text += f"\n  a shortest completion: {state.completion().decode('utf-8', 'backslashreplace')!r}"
    return text


def described(allowed: ByteSet) -> str:
    r"""Bytes as people read them: printable ones as characters, runs as ranges, the rest in hexadecimal.

    >>> from bltgen.automata.byteset import ByteSet
    >>> described(ByteSet.range(48, 57) | ByteSet.of(b'"\n') | ByteSet.range(128, 191))
    '\\n " 0-9 x80-xBF'
    """
    parts: list[str] = []
    members = list(allowed)
    at = 0
    while at < len(members):
        last = at
        while last + 1 < len(members) and members[last + 1] == members[last] + 1:
            # A run stays within digits, lower case, upper case, other printable, or not printable.
            if _kind(members[last + 1]) != _kind(members[at]):
                break
            last += 1
        if last - at >= 2:
            parts.append(f"{_name(members[at])}-{_name(members[last])}")
        else:
            parts += [_name(member) for member in members[at : last + 1]]
        at = last + 1
    return " ".join(parts)


def _kind(byte: int) -> int:
    """Bytes of one kind may share a range."""
    character = chr(byte)
    if byte in _NAMED:
        return -byte
    if not 33 <= byte < 127:
        return 0
    return 1 if character.isdigit() else 2 if character.islower() else 3 if character.isupper() else 4


def _name(byte: int) -> str:
    return _NAMED.get(byte) or (chr(byte) if 33 <= byte < 127 else f"x{byte:02X}")
