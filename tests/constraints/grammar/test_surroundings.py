"""Marked texts: right where each terminal between its marks may stand, read byte by byte."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from bltgen.automata.language import literal
from bltgen.constraints.grammar.lark_syntax import Pattern
from bltgen.constraints.grammar.surroundings import Surroundings
from bltgen.constraints.grammar.terminal_patterns import Terminal, complement, piece_of, terminal_of
from bltgen.errors import LimitExceeded, Unsupported
from tests.constraints.grammar.test_looking_terminals import there

OPEN, CLOSE = (0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC), 0xFF


def terminal(source: str) -> Terminal:
    return terminal_of(piece_of(Pattern(source, "", 0)))


def surroundings(*sources: str) -> Surroundings:
    made = Surroundings()
    for source in sources:
        made.mark(terminal(source), ignored=False)
    return made


def read(state: Any, data: bytes) -> Any:
    for byte in data:
        state = state and state.advance(byte)
    return state


def accepts(state: Any, data: bytes) -> bool:
    reached = read(state, data)
    return reached is not None and reached.accepting


def test_marks_are_given_in_order() -> None:
    made = Surroundings()
    for number in range(10):
        mark = made.mark(terminal("a+(?!b)"), ignored=bool(number % 2))
        assert (mark.opening, mark.closing) == (literal(bytes([OPEN[number]])), literal(bytes([CLOSE])))
        assert not mark.may_be_empty
        assert [mark.inside.accepts(text) for text in (b"", b"a", b"aa", b"ab")] == [False, True, True, False]
    with pytest.raises(Unsupported, match="more than 10 terminals that look around"):
        made.mark(terminal("a"), ignored=False)
    assert set(Surroundings.marks) == {*OPEN, CLOSE}


def test_a_terminal_that_may_be_empty() -> None:
    mark = Surroundings().mark(terminal("a*(?!b)|c?"), ignored=False)
    assert mark.may_be_empty
    assert not mark.inside.nullable
    with pytest.raises(Unsupported, match="decides whether it may be empty"):
        Surroundings().mark(terminal("(?=a)"), ignored=False)
    with pytest.raises(Unsupported, match="'&', '~' or a constraint in ignored text"):
        Surroundings().mark(terminal_of(complement(piece_of(Pattern("a", "", 0)))), ignored=True)


def test_one_that_does_not_look_may_be_marked_too() -> None:
    mark = Surroundings().mark(terminal("ab?"), ignored=True)
    assert [mark.inside.accepts(text) for text in (b"a", b"ab", b"b")] == [True, True, False]


@pytest.mark.parametrize("source", ["a+(?!a)", "(?<=a)b+", "a(?=b)|ab", "(?m)^a"])
def test_one_mark_in_a_text(source: str) -> None:
    start = surroundings(source).start()
    for size in range(5):
        for letters in product("ab\n", repeat=size):
            text = "".join(letters)
            assert accepts(start, text.encode()), "without marks any text is right"
            for begin in range(size):
                for end in range(begin + 1, size + 1):
                    data = bytearray(text.encode())
                    data[end:end] = [CLOSE]
                    data[begin:begin] = [OPEN[0]]
                    assert accepts(start, bytes(data)) == there(source, text, begin, end, False), bytes(data)


def test_marks_of_several_terminals() -> None:
    """Each sees the text before and after it without any marks."""
    start = surroundings("a(?!b)", "(?<=a)b").start()
    for data, right in {
        b"\xc0a\xff\xc1b\xff": False,
        b"\xc0a\xffc\xc1b\xff": False,
        b"a\xc1b\xff\xc0a\xff": True,
        b"\xc0a\xff\xc0a\xff": True,
        b"\xc0a\xff\xc0a\xffb": False,
        b"\xc0a\xffc": True,
        b"\xc1b\xff": False,
        b"\xc0a\xff\xc0b\xff": False,
        b"\xc0a": False,
        b"ab": True,
        b"\xc5a\xff": False,
    }.items():
        assert accepts(start, data) is right, data


def test_more_than_a_byte_a_character() -> None:
    start = surroundings("[éê]+(?!😀)").start()
    for text, right in {"é": True, "ê": True, "éê": True, "è": False, "e": False}.items():
        assert accepts(start, b"\xc0" + text.encode() + b"\xff") is right, text
    assert accepts(start, b"\xc0" + "é".encode() + b"\xff" + "😁".encode())
    assert not accepts(start, b"\xc0" + "é".encode() + b"\xff" + "😀".encode())
    inside = read(start, b"\xc0\xc3")
    assert not inside.accepting
    assert set(inside.allowed) == {0xA9, 0xAA}
    assert inside.advance(0xA9) is inside.advance(0xA9)
    assert inside.advance(0xA8) is inside.advance(0xA8) is None
    assert read(start, b"\xf0\x9f") is read(start, b"\xf0\x9f")
    assert read(start, b"\xf0\x9f\x98\x80") is read(start, b"x") is start


def test_allowed_is_what_goes_on() -> None:
    start = surroundings("[éê]b(?!a)", "c$").start()
    seen, todo = {id(start)}, [start]
    while todo:
        state = todo.pop()
        following = {byte: after for byte in range(256) if (after := state.advance(byte)) is not None}
        assert set(state.allowed) == set(following)
        for after in following.values():
            if id(after) not in seen:
                seen.add(id(after))
                todo.append(after)
    assert len(seen) < 200


def test_states_are_made_once() -> None:
    start = surroundings("a(?!b)").start()
    assert start.advance(ord("x")) is start
    assert start.advance(0xC0) is start.advance(0xC0)
    assert start.advance(0xC1) is None
    assert start.advance(0xFF) is start
    assert read(start, b"\xc0a\xff") is read(start, b"x\xc0a\xff")


def test_the_automaton_has_a_limit(set_limits: Any) -> None:
    set_limits(joined_states=2)
    with pytest.raises(LimitExceeded) as caught:
        surroundings("a(?!b)").start()
    assert caught.value.limit == 2
    set_limits(joined_states=30)
    assert surroundings("a(?!b)").start().accepting
