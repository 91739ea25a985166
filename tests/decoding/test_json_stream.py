"""Values of a JSON text at the byte that completes each, and the byte at which a text is refused."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.json_stream import JsonValues, stream_values
from bltgen.errors import LimitExceeded, RejectedByte


def when(text: bytes) -> list[tuple[int, str, object]]:
    """(bytes read, pointer, value) of each value; the end counts as one byte more."""
    values, found = JsonValues(), []
    for at, byte in enumerate(text, start=1):
        found += [(at, *pair) for pair in values.feed(bytes((byte,)))]
    return found + [(len(text) + 1, *pair) for pair in values.end()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"1", [(2, "", 1)]),
        (b"1 ", [(2, "", 1)]),
        (b" true\n", [(6, "", True)]),
        (b"null\t", [(5, "", None)]),
        (b"false\r", [(6, "", False)]),
        (b'"a"', [(3, "", "a")]),
        (b"[]", [(2, "", [])]),
        (b"{}", [(2, "", {})]),
        (b"[ ]", [(3, "", [])]),
        (b"[1,2]", [(3, "/0", 1), (5, "/1", 2), (5, "", [1, 2])]),
        (b"[1 , 2 ]", [(3, "/0", 1), (7, "/1", 2), (8, "", [1, 2])]),
        (b'{"a":1}', [(7, "/a", 1), (7, "", {"a": 1})]),
        (
            b'{"a" : -0.5, "b":[{}]}',
            [(12, "/a", -0.5), (20, "/b/0", {}), (21, "/b", [{}]), (22, "", {"a": -0.5, "b": [{}]})],
        ),
        (b'{"~/":0}', [(8, "/~0~1", 0), (8, "", {"~/": 0})]),
        (b'["\\"","\\\\"]', [(5, "/0", '"'), (10, "/1", "\\"), (11, "", ['"', "\\"])]),
        (b'"\xc3\xa9\\u00e9"', [(10, "", "\u00e9\u00e9")]),
        (b"[[[1]]]", [(5, "/0/0/0", 1), (5, "/0/0", [1]), (6, "/0", [[1]]), (7, "", [[[1]]])]),
        (b'{"":{"":2}}', [(10, "//", 2), (10, "/", {"": 2}), (11, "", {"": {"": 2}})]),
    ],
)
def test_values_come_at_the_byte_that_completes_them(text, found):
    """A string at its quote, a number at the byte after it, a container at its bracket after its members."""
    assert when(text) == found


ALPHABET = [b"{", b"}", b"[", b"]", b",", b":", b'"a"', b"1", b" ", b"t"]


def test_what_python_reads_is_read_and_what_it_refuses_is_refused():
    """All texts of up to 5 of these tokens: at the end, or before, as `json` does."""
    for length in range(6):
        for tokens in itertools.product(ALPHABET[:8] if length > 4 else ALPHABET, repeat=length):
            text = b"".join(tokens)
            try:
                expected = json.loads(text)
            except ValueError:
                with pytest.raises(RejectedByte):
                    list(stream_values([text]))
                continue
            assert list(stream_values([text]))[-1] == ("", expected), text


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (b"]", 0),
        (b"}", 0),
        (b",", 0),
        (b":", 0),
        (b"x", 0),
        (b"1 2", 2),
        (b"[1 2", 3),
        (b"[,", 1),
        (b"[1,]", 3),
        (b"[1}", 2),
        (b'{"a":1]', 6),
        (b'{"a"}', 4),
        (b'{"a",', 4),
        (b'{"a":}', 5),
        (b'{"a":1,}', 7),
        (b"{1", 1),
        (b"{,", 1),
        (b'{"a" 1', 5),
        (b"[] ,", 3),
        (b'{"a":1 "b"', 7),
    ],
)
def test_a_byte_that_no_json_text_has_there_is_named(text, position):
    """With its offset in the whole text, in pieces or not."""
    for pieces in ([text], [bytes((byte,)) for byte in text]):
        with pytest.raises(RejectedByte) as caught:
            list(stream_values(pieces))
        assert (caught.value.position, caught.value.data) == (position, text[position : position + 1])
        assert not caught.value.incomplete


@pytest.mark.parametrize("text", [b"tru ", b"01 ", b"- ", b"1. ", b'"\\x" ', b'"\xff" ', b'"\n" ', b"nulll "])
def test_a_scalar_that_is_none_is_refused_whole(text):
    """At the byte after it, with its text."""
    with pytest.raises(RejectedByte) as caught:
        list(stream_values([text]))
    assert caught.value.data == text.strip() or caught.value.data == text[:-1]
    assert not caught.value.incomplete


@pytest.mark.parametrize(
    "text", [b"", b" ", b"[", b"[1", b"[1,", b'{"a"', b'{"a":', b'"', b'"a', b'"\\"', b'{"a":1']
)
def test_a_text_that_is_not_whole_is_incomplete(text):
    """At its end."""
    with pytest.raises(RejectedByte) as caught:
        list(stream_values([text]))
    assert (caught.value.incomplete, caught.value.position) == (True, len(text))


def test_values_before_an_error_are_kept_by_who_takes_them():
    """Pieces before the wrong one were given."""
    stream, taken = stream_values([b"[1,", b"x"]), []
    with pytest.raises(RejectedByte):
        taken.extend(stream)
    assert taken == [("/0", 1)]


def test_members_are_those_of_the_container():
    """The object given at last has what was given before, the same objects."""
    found = dict(stream_values([b'{"a":[{"b":1}],"c":{}}']))
    assert found[""]["a"] is found["/a"]
    assert found["/a"][0] is found["/a/0"]
    assert found[""]["c"] is found["/c"]


def test_a_schema_says_where_integers_are_wanted():
    """1e2 and 1.0 are integers there, and floats elsewhere."""
    schema = json_schema({"properties": {"n": {"type": "integer"}}})
    for text, value in ((b"1e2", 100), (b"5.0", 5), (b"7", 7)):
        found = dict(stream_values([b'{"n":%s,"m":%s,"k":1.5}' % (text, text)], schema))
        assert (found["/n"], type(found["/n"])) == (value, int)
        assert type(found["/m"]) is (int if text == b"7" else float)
        assert found["/k"] == 1.5
    assert type(dict(stream_values([b"1e2 "]))[""]) is float
    assert type(dict(stream_values([b"1e2"], json_schema({"type": "integer"})))[""]) is int


def test_numbers_beyond_the_limits_are_an_error_of_their_own():
    """Not a rejected byte."""
    with pytest.raises(LimitExceeded):
        list(stream_values([b"1e999999999"], json_schema({"type": "integer"})))


def test_pieces_are_bytes_in_an_iterable():
    """Not a text; a piece may be a bytearray, and is named where it is a str."""
    for wrong in ("[1]", b"[1]", bytearray(b"[1]"), 5, None):
        with pytest.raises(TypeError, match=r"^pieces=.*: the pieces of a text are needed"):
            stream_values(wrong)
    assert list(stream_values(iter([bytearray(b"1"), memoryview(b"2")]))) == [("", 12)]
    with pytest.raises(TypeError, match=re.escape("a piece='[1]': bytes are needed")):
        list(stream_values(["[1]"]))


def test_a_parser_keeps_nothing_of_what_it_gave():
    """The open containers and the scalar under way are all of its memory."""
    values = JsonValues()
    list(values.feed(b"[" * 3 + b'"abc'))
    assert (len(values._open), bytes(values._scalar)) == (3, b'"abc')
    list(values.feed(b'"]]]'))
    assert (values._open, bytes(values._scalar)) == ([], b"")
