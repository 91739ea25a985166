"""ABNF of RFC 5234 and RFC 7405: what each construct admits, RFCs' own text, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EPSILON, byte_set, concat, literal
from bltgen.automata.productions import Repeat
from bltgen.constraints.grammar import grammar
from bltgen.constraints.grammar.abnf import GIVEN, core_names, parse
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, Unsupported

CASES = {
    "string in any case": ('a = "aBc"', [b"abc", b"ABC"], [b"ab"]),
    "string in any case, said": ('a = %i"aBc"', [b"abc", b"ABC"], [b"ab"]),
    "string as it is": ('a = %s"aBc"', [b"aBc"], [b"abc"]),
    "empty string": ('a = "" "b"', [b"b"], [b""]),
    "concatenation": ('a = b "x"\nb = "y"', [b"yx"], [b"xy"]),
    "alternatives": ('a = "x" / "y" "z"', [b"x", b"yz"], [b"xz"]),
    "incremental alternatives": ('a = "x"\na =/ "y"\nA =/ "z"', [b"x", b"y", b"z"], [b"xy"]),
    "hexadecimal": ("a = %x41", [b"A"], [b"a"]),
    "decimal": ("a = %d65", [b"A"], [b"a"]),
    "binary": ("a = %b1000001", [b"A"], [b"a"]),
    "range": ("a = %x30-39", [b"0", b"9"], [b":"]),
    "concatenated values": ("a = %d13.10", [b"\r\n"], [b"\r"]),
    "octets": ("a = %x80-FF", [b"\x80", b"\xff"], [b"\x7f", "é".encode()]),
    "group": ('a = ("x" / "y") "z"', [b"xz", b"yz"], [b"x"]),
    "option": ('a = ["x"] "y"', [b"y", b"xy"], [b"x"]),
    "any number": ('a = *"x"', [b"", b"xxx"], [b"y"]),
    "at least": ('a = 2*"x"', [b"xx", b"xxx"], [b"x"]),
    "at most": ('a = *2"x"', [b"", b"xx"], [b"xxx"]),
    "between": ('a = 1*2"x"', [b"x", b"xx"], [b"", b"xxx"]),
    "exactly": ('a = 3("x" / "y")', [b"xyx"], [b"xy"]),
    "exactly none": ('a = 0"x" "y"', [b"y"], [b"xy"]),
    "counted option": ('a = 2*3["x"]', [b"", b"xxx"], [b"xxxx"]),
    "comments and continued lines": ('a = "x" ; one\n    / "y" ; two\n', [b"x", b"y"], [b"xy"]),
    "names in any case": ("A = Bb\nbB = DIGIT", [b"7"], [b"x"]),
    "core rules": ("a = ALPHA DIGIT HEXDIG SP DQUOTE CRLF", [b'x1F "\r\n'], [b'x1G "\r\n']),
    "margins": ('    a = "x"\n        / "y"\n    b = "z"\n', [b"x", b"y"], [b"z"]),
    "windows line ends": ('a = b\r\nb = "x"\r\n', [b"x"], [b""]),
    "linear white space": ("a = LWSP", [b"", b" \t", b"\r\n "], [b"\r\n"]),
}


@pytest.mark.parametrize("name", CASES)
def test_constructs(name: str) -> None:
    """Each construct admits and refuses what its name says."""
    text, accepted, refused = CASES[name]
    constraint = grammar(text, format="abnf")
    for word in accepted:
        assert constraint.accepts(word), word
    for word in refused:
        assert not constraint.accepts(word), word


# RFC 8259, sections 2 to 7, as printed, with the page breaks of its text form.
RFC_8259 = """
      JSON-text = ws value ws

      begin-array     = ws %x5B ws  ; [ left square bracket
      begin-object    = ws %x7B ws  ; { left curly bracket
      end-array       = ws %x5D ws  ; ] right square bracket
      end-object      = ws %x7D ws  ; } right curly bracket
      name-separator  = ws %x3A ws  ; : colon
      value-separator = ws %x2C ws  ; , comma

      ws = *(
              %x20 /              ; Space
              %x09 /              ; Horizontal tab
              %x0A /              ; Line feed or New line
              %x0D )              ; Carriage return



Bray                         Standards Track                    [Page 5]
\f
RFC 8259                          JSON                     December 2017


      value = false / null / true / object / array / number / string

      false = %x66.61.6c.73.65   ; false
      null  = %x6e.75.6c.6c      ; null
      true  = %x74.72.75.65      ; true

      object = begin-object [ member *( value-separator member ) ]
               end-object
      member = string name-separator value
      array = begin-array [ value *( value-separator value ) ] end-array

      number = [ minus ] int [ frac ] [ exp ]
      decimal-point = %x2E       ; .
      digit1-9 = %x31-39         ; 1-9
      e = %x65 / %x45            ; e E
      exp = e [ minus / plus ] 1*DIGIT
      frac = decimal-point 1*DIGIT
      int = zero / ( digit1-9 *DIGIT )
      minus = %x2D               ; -
      plus = %x2B                ; +
      zero = %x30                ; 0

      string = quotation-mark *char quotation-mark
      char = unescaped /
          escape (
              %x22 /          ; "    quotation mark  U+0022
              %x5C /          ; \\    reverse solidus U+005C
              %x2F /          ; /    solidus         U+002F
              %x62 /          ; b    backspace       U+0008
              %x66 /          ; f    form feed       U+000C
              %x6E /          ; n    line feed       U+000A
              %x72 /          ; r    carriage return U+000D
              %x74 /          ; t    tab             U+0009
              %x75 4HEXDIG )  ; uXXXX                U+XXXX
      escape = %x5C              ; \\
      quotation-mark = %x22      ; "
      unescaped = %x20-21 / %x23-5B / %x5D-10FFFF
"""


def test_an_rfc_as_printed() -> None:
    """RFC 8259's grammar, with its margin, comments and page break; `char` is its own, not the core rule."""
    json = grammar(RFC_8259, format="abnf")
    for text in ('{"a": [1, -2.5e3, "é\\u00e9"], "b": null}', " [] ", '"\U0001f600"'):
        assert json.accepts(text.encode()), text
    for text in ("{", "[01]", '"\t"', "", "[1,]"):
        assert not json.accepts(text.encode()), text
    assert json.accepts(b"[" * 2000 + b"]" * 2000)


def test_numbers_as_octets_or_code_points() -> None:
    """By default octets, unless some number needs more; or as the caller says."""
    octets = grammar("a = %xE9", format="abnf")
    assert octets.accepts(b"\xe9")
    points = grammar("a = %xE9", format="abnf", numbers="code-points")
    assert points.accepts("é".encode())
    mixed = grammar("a = %xE9 / %x3B1", format="abnf")
    assert mixed.accepts("é".encode())
    assert not mixed.accepts(b"\xe9")
    with pytest.raises(ConstraintSyntaxError, match="not an octet"):
        grammar("a = %x3B1", format="abnf", numbers="octets")


def test_prose_values_are_refused() -> None:
    """Prose is for people."""
    with pytest.raises(Unsupported, match="prose"):
        grammar("a = <any text>", format="abnf")


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = (", 1, 6, "empty"),
        ('a = ("x"', 1, 5, "never closed"),
        ('a = "x")', 1, 8, "closes nothing"),
        ('a = ("x"]', 1, 9, "closes nothing"),
        ('a = "x" /', 1, 10, "empty"),
        ("a = 3", 1, 6, "without an element"),
        ('a = 3 "x"', 1, 6, "directly before"),
        ('a = 3*2"x"', 1, 5, "less than"),
        ("a = b", 1, 5, "no rule 'b'"),
        ('a = "x"\na = "y"', 2, 1, "defined twice"),
        ('a = "x"\nb =/ "y"', 2, 1, "not defined"),
        ('a = "x"\n"y"', 2, 1, "neither a rule"),
        ("hello", 1, 1, "no rule"),
        ("a = %x39-30", 1, 5, "ends before"),
        ("a = %b12", 1, 5, "base 2"),
        ("a = 'x'", 1, 5, "no quote of ABNF"),
        ("", 1, 1, "no rule"),
    ],
)
def test_syntax_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    """Line, column, a caret under the place."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        grammar(text, format="abnf")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_constraints_by_name() -> None:
    """Names are without regard to case there too."""
    combined = grammar('a = "<" Word ">"', format="abnf", constraints={"word": regex("[a-z]+")})
    assert combined.accepts(b"<abc>")


SECTION = """\
3.  Things

   A thing has a name, and perhaps a size; see Section 4.1 for "names".

      thing       = name [ ":" size ]
                    *( "," SP
                       extra )
      size        = 1*DIGIT    ; at least one

   For example, "a:1" is a thing (e.g., for tests).



Example, et al.              Standards Track                    [Page 12]
\f
RFC 9999                      Things in General              October 2031


3.1.  Names of Things

   name        = <name, see [RFC9998], Section 2>
   extra       = 1#word / nothing
   word        = 1*( ALPHA / "-" )
   nothing     = 0<word>

Appendix A.  Collected ABNF

   size        = 1*DIGIT
"""


def test_a_section_is_pasted_whole() -> None:
    """Headings, prose, page breaks, margins, a rule twice, references to another document, lists, no text."""
    things = grammar(SECTION, format="abnf", constraints={"name": regex("[a-z]+")})
    for text in ("a", "ab:10", "a:1, b-c , d", "a, "):
        assert things.accepts(text.encode()), text
    for text in ("", "a:", "A", "a, b,"):
        assert not things.accepts(text.encode()), text


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("<host, see [RFC3986], Section 3.2.2>", "host"),
        ("<host>", "host"),
        ("<HOST defined in RFC 3986>", "Host"),
        ("<Host, see elsewhere>", "uri-host"),
        ("<uri-host, see [RFC3986]>", "uri-host"),
        ("<any CHAR but  a colon>", "any char but a colon"),
    ],
)
def test_prose_values_are_given_by_name(value: str, name: str) -> None:
    """Under the name that they begin with, the name of their rule, or their own words; else refused."""
    text = f'Host = uri-host [ ":" port ]\nuri-host = {value}\nport = *DIGIT'
    given = {name: regex("[a-z.]+")}
    if name == "Host":
        # A rule of the text comes first.
        text = text.replace("Host = uri-host", "start = uri-host", 1)
    assert grammar(text, format="abnf", constraints=given).accepts(b"a.b:80")
    with pytest.raises(Unsupported, match="constraints=") as caught:
        grammar(text, format="abnf")
    assert caught.value.where == "line 2, column 12"
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_rules_of_another_text() -> None:
    """A grammar is a constraint too."""
    uri = grammar('host = 1*( ALPHA / "." )\nport = *DIGIT', format="abnf", start="host")
    reference = "Host = uri-host\nuri-host = <host, see [RFC3986]>"
    assert grammar(reference, format="abnf", constraints={"host": uri}).accepts(b"a.b")


def test_both_texts_pasted_together() -> None:
    """What one text has in prose is what the other one defines; a rule that uses itself so is refused."""
    both = "authority = uri-host\nuri-host = <host, see [URI]>\nscheme = <scheme, see [URI]>\n"
    both += '\nhost = 1*ALPHA [ scheme ]\nscheme = %s"s"'
    assert grammar(both, format="abnf").accepts(b"as")
    with pytest.raises(Unsupported, match="'uri-host'"):
        grammar("Host = uri-host\nuri-host = <host, see [URI]>", format="abnf")


@pytest.mark.parametrize(
    ("count", "accepted", "refused"),
    [
        ("#", ["", "a", "a,b", "a , b"], [",", "a,", "a b"]),
        ("1#", ["a", "a,b"], [""]),
        ("2#3", ["a,b", "a, b,c"], ["a", "a,b,c,d"]),
        ("#2", ["", "a", "a,b"], ["a,b,c"]),
    ],
)
def test_lists(count: str, accepted: list[str], refused: list[str]) -> None:
    """`n#m element`: RFC 9110, section 5.6.1.1."""
    constraint = grammar(f"x = {count}ALPHA", format="abnf")
    assert all(constraint.accepts(text.encode()) for text in accepted)
    assert not any(constraint.accepts(text.encode()) for text in refused)


def test_core_rules_can_be_extended_and_replaced() -> None:
    """By `=/`, by a definition, and by a constraint."""
    assert grammar('x = ALPHA\nALPHA =/ "_"', format="abnf").accepts(b"_")
    assert not grammar('x = ALPHA\nALPHA = "_"', format="abnf").accepts(b"a")
    assert not grammar("x = ALPHA", format="abnf", constraints={"ALPHA": regex("_")}).accepts(b"a")


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("a = nmae\nname = 1*ALPHA", [], "did you mean 'name'"),
        ('a = "x"', ["b"], "does not use"),
        ('a = "x"', ["ALPHA"], "does not use"),
        ('a = "x"', ["a"], "defined too"),
        ("my_rule = x\n", [], "not a rule"),
        ('a = "x"\n\nmy_rule = x\n', [], "neither a rule"),
        ('a = "x" /\n\n/ "y"\n', [], "neither a rule"),
        ('start: "a"', [], "format='lark'"),
        ('root ::= "a"', [], "format='gbnf'"),
    ],
)
def test_slips_are_named(text: str, given: list[str], message: str) -> None:
    """With the place, and what was probably meant."""
    with pytest.raises(ConstraintSyntaxError, match=message) as caught:
        grammar(text, format="abnf", constraints={name: regex("x") for name in given})
    assert caught.value.line is not None


def test_long_prose_is_read_in_linear_time() -> None:
    """No pattern of the front end goes back over a block of prose."""
    block = "word number 12 " * 20_000 + "!\n"
    assert grammar(f"{block}\n  a = 1*DIGIT\n", format="abnf").accepts(b"1")


# -- what is read, exactly ---------------------------------------------------------------------------------

A, B = literal(b"a"), literal(b"b")
X = byte_set(ByteSet.of(b"xX"))
Y = byte_set(ByteSet.of(b"yY"))
LWS = byte_set(ByteSet.of(b" \t")).star()

BODIES: dict[str, dict[str, Any]] = {
    'r = "x"': {"r": ((X,),)},
    'r="x"': {"r": ((X,),)},
    'R = "x" Ab': {"r": ((X, "ab"),)},
    'r = %s"a" %S"b" %i"x" %I"x"': {"r": ((A, B, X, X),)},
    'r = "x1" ""': {"r": ((concat(X, literal(b"1")), EPSILON),)},
    'r = "x" / "y" b': {"r": ((X,), (Y, "b"))},
    'r = "x"/"y"': {"r": ((X,), (Y,))},
    'r = ("x")': {"r": ((X,),)},
    'r = ("x" / "y") b': {"r": (("r~1", "b"),), "r~1": ((X,), (Y,))},
    'r = ["x"] b': {"r": (("r~1", "b"),), "r~1": Repeat(X, 0, 1)},
    'r = *["x"]': {"r": (("r~2",),), "r~1": Repeat(X, 0, 1), "r~2": Repeat("r~1", 0, None)},
    'r = 2("x" b)': {"r": (("r~2",),), "r~1": ((X, "b"),), "r~2": Repeat("r~1", 2, 2)},
    'r = 1*("x" / 3"y") b': {
        "r": (("r~3", "b"),),
        "r~1": Repeat(Y, 3, 3),
        "r~2": ((X,), ("r~1",)),
        "r~3": Repeat("r~2", 1, None),
    },
    'r = *"x" 2*"x" *3"x" 2*2"x" 0"x"': {
        "r": (("r~1", "r~2", "r~3", "r~4", "r~5"),),
        "r~1": Repeat(X, 0, None),
        "r~2": Repeat(X, 2, None),
        "r~3": Repeat(X, 0, 3),
        "r~4": Repeat(X, 2, 2),
        "r~5": Repeat(X, 0, 0),
    },
    "r = 1#b": {
        "r": (("r~3",),),
        "r~1": ((concat(LWS, literal(b","), LWS), "b"),),
        "r~2": Repeat("r~1", 0, None),
        "r~3": (("b", "r~2"),),
    },
    "r = #2b c": {
        "r": (("r~4", "c"),),
        "r~1": ((concat(LWS, literal(b","), LWS), "b"),),
        "r~2": Repeat("r~1", 0, 1),
        "r~3": (("b", "r~2"),),
        "r~4": Repeat("r~3", 0, 1),
    },
    "r = %x61 %d97 %b01100001 %X61": {"r": ((A, A, A, A),)},
    "r = %x61.62 %d97.98.97": {"r": ((literal(b"ab"), literal(b"aba")),)},
    "r = %x30-39 %x61-61 %d0-255": {
        "r": ((byte_set(ByteSet.range(0x30, 0x39)), A, byte_set(ByteSet.range(0, 255))),)
    },
    "r = 0<b> c": {"r": (("r~1", "c"),), "r~1": Repeat(EPSILON, 0, 0)},
    'r = "x" ; "y"\n  "y" ;\n;\n  / b': {"r": ((X, Y), ("b",))},
    'r = "x"\ns = "y"': {"r": ((X,),), "s": ((Y,),)},
    'r = "x"\r\n\r\ns = "y"\r\n': {"r": ((X,),), "s": ((Y,),)},
    '  r = "x"\n     / "y"\n  s = "y"': {"r": ((X,), (Y,)), "s": ((Y,),)},
    'r =\n "x"': {"r": ((X,),)},
    'r\n  = "x"': {"r": ((X,),)},
    'r ; why\n  = "x"': {"r": ((X,),)},
    'r = "x"\nr =/ "y"\nr =/ b': {
        "r": ((X,), ("r~more1",), ("r~more2",)),
        "r~more1": ((Y,),),
        "r~more2": (("b",),),
    },
    'r = "x"\ns = "y"\nr = "x" ; again': {"r": ((X,),), "s": ((Y,),)},
    'r = "x"\nr =   "x"\nr =/ "x"': {"r": ((X,),)},
    'r = <what>\nr = "x"': {"r": ((X,),)},
    'r = "x"\nr = <what>': {"r": ((X,),)},
    'r = "x"\n\nSome words here.\n\ns = "y"': {"r": ((X,),), "s": ((Y,),)},
    '1.  Title\n\n   r = "x"\n\n   s = "y"\n': {"r": ((X,),), "s": ((Y,),)},
    'Words alone\n\nr = "x"': {"r": ((X,),)},
    'r = b\n\n   two words\n': {"r": (("b", "two", "words"),)},
    'r = b\n\n   two words, and more.\n': {"r": (("b",),)},
    'r = b\n\ntwo words\n': {"r": (("b",),)},
    'r = b\n\n   / c\n': {"r": (("b",), ("c",))},
    'r = b\n\n   c 2d\n': {"r": (("b", "c", "r~1"),), "r~1": Repeat("d", 2, 2)},
    '; RFC 9\nr = "x"': {"r": ((X,),)},
    'r = "x" /\nBray   JSON   [Page 5]\n\x0c\nRFC 8259   JSON   December 2017\n "y"': {"r": ((X,), (Y,))},
}  # fmt: skip


@pytest.mark.parametrize("text", BODIES)
def test_bodies(text: str) -> None:
    rules, _ = parse(text)
    core = parse('zz = ""')[0]
    assert {name: body for name, body in rules.items() if name not in core} == BODIES[text]
    named = [name for name in rules if "~" not in name]
    assert named == [name for name in BODIES[text] if "~" not in name] + [
        n for n in core if n != "zz" and "~" not in n
    ]


def test_core_rules_come_last_and_may_be_one_s_own() -> None:
    rules, _ = parse('r = ALPHA\nalpha = "x"\ndigit =/ "y"')
    assert rules["alpha"] == ((X,),)
    assert rules["digit"] == ((byte_set(ByteSet.range(0x30, 0x39)),), ("digit~more1",))
    assert rules["bit"] == ((literal(b"0"),), (literal(b"1"),))
    assert len([name for name in rules if "~" not in name]) == 1 + 16
    assert core_names() == set(rules) - {"r", "digit~more1"}


@pytest.mark.parametrize(
    ("text", "numbers", "octets"),
    [
        ("r = %xE9", "auto", True),
        ("r = %xE9 %xFF", "auto", True),
        ("r = %xE9 %x100", "auto", False),
        ("r = %xE9 %x61-100", "auto", False),
        ("r = %xE9 %x61.100", "auto", False),
        ("r = %xE9 %d256", "auto", False),
        ("r = %xE9 %d255", "auto", True),
        ("r = %xE9 %b100000000", "auto", False),
        ('r = %xE9 "%x100"', "auto", True),
        ("r = %xE9 ; %x100", "auto", True),
        ("r = %xE9 0<%x100>", "auto", True),
        ("r = %xE9", "octets", True),
        ("r = %xE9", "code-points", False),
    ],
)
def test_numbers_are_octets_unless_one_is_none(text: str, numbers: Any, octets: bool) -> None:
    rules, _ = parse(text, numbers)
    (row,) = rules["r"]
    assert row[0] is (literal(b"\xe9") if octets else literal("é".encode()))
    assert ("octet" in rules) is octets


def test_a_way_to_read_numbers_that_is_none() -> None:
    with pytest.raises(ValueError, match="numbers is 'auto', 'octets' or 'code-points', not 'bytes'"):
        parse("r = %x41", "bytes")  # type: ignore[arg-type]


def test_where_names_stand_first() -> None:
    _, places = parse("r = ab Cd ab\ncd = ab")
    assert places == {"ab": 4, "cd": 7}
    _, places = parse("r = host\nhost = <Port, see below>", given=frozenset({"port"}))
    assert places == {"host": 4, "port": 17}
    _, places = parse("r = <any text>", given=frozenset({"any text"}))
    assert places["any text"] == 4


@pytest.mark.parametrize(
    ("value", "given", "atom"),
    [
        ("<host>", ["host"], f"host{GIVEN}"),
        ("<Host, see  elsewhere>", ["host"], f"host{GIVEN}"),
        ("<host see>", ["host"], f"host{GIVEN}"),
        ("<see host>", ["see host"], f"see host{GIVEN}"),
        ("<see host>", ["r"], f"r{GIVEN}"),
        ("<host>", ["r", "host"], f"host{GIVEN}"),
        ("<host, see x>", ["r", "host"], f"r{GIVEN}"),
        ("<other>", [], "other"),
        ("<other>", ["other"], "other"),
        ("<other, see x>", [], "other"),
        ("<other, see x>", ["other"], f"other{GIVEN}"),
        ("<other's>", [], None),
        ("<host>", [], None),
        ("<r>", [], None),
        ("<back>", [], None),
    ],
)
def test_what_a_prose_value_stands_for(value: str, given: list[str], atom: str | None) -> None:
    text = f'start = r\nr = {value}\nother = "x"\nback = "x" [R]'
    if atom is None:
        with pytest.raises(Unsupported, match=r"constraints=\{'r': ...\}") as caught:
            parse(text, given=frozenset(given))
        assert caught.value.position == 14
        assert caught.value.text == text
    else:
        rules, _ = parse(text, given=frozenset(given))
        assert rules["r"] == ((atom,),)


@pytest.mark.parametrize(
    ("text", "message", "position", "expected"),
    [
        ("", "there is no rule", 0, "name = elements"),
        ("; only\n", "there is no rule", 0, "name = elements"),
        ("hello world", "there is no rule", 0, "name = elements"),
        ("hello_world = x", "this is not a rule", 0, "name = "),
        ("/ b", "this is not a rule", 0, "name = "),
        ('r = "x"\n"y"', "this is neither a rule nor indented as the rest of one", 8, "name = "),
        ('  r = "x"\n  "y"', "this is neither a rule nor indented as the rest of one", 12, "name = "),
        ('r = "x"\nr = "y"', "the rule 'r' is defined twice", 8, "'=/' to add to it"),
        ('r = "x"\nq =/ "y"', "'=/' adds to 'q', which is not defined before", 8, None),
        ("r = (", "an alternative is empty", 5, "an element"),
        ('r = ("x"', "a bracket is never closed", 4, "')'"),
        ('r = ["x"', "a bracket is never closed", 4, "']'"),
        ('r = "x")', "')' closes nothing", 7, None),
        ('r = ("x"]', "']' closes nothing", 8, ")"),
        ('r = ["x")', "')' closes nothing", 8, "]"),
        ('r = "x" /', "an alternative is empty", 9, "an element"),
        ('r = / "x"', "an alternative is empty", 4, "an element"),
        ("r = ()", "an alternative is empty", 5, "an element"),
        ("r =", "an alternative is empty", 3, "an element"),
        ("r = 3", "a count without an element", 5, "an element"),
        ("r = 3/", "a count without an element", 5, "an element"),
        ("r = (3)", "a count without an element", 6, "an element"),
        ("r = 3 b", "a count stands directly before its element", 5, "an element"),
        ("r = 3;b\n b", "a count stands directly before its element", 5, "an element"),
        ("r = 3*2b", "the upper count is less than the lower one", 4, None),
        ("r = 3#2b", "the upper count is less than the lower one", 4, None),
        ("r = 2*3", "a count without an element", 7, "an element"),
        ("r = %x61-60", "a range ends before it begins", 4, None),
        ("r = %b12", "'12' is not a number to base 2", 4, None),
        ("r = %dA", "'A' is not a number to base 10", 4, None),
        ("r = %d1.A", "'A' is not a number to base 10", 4, None),
        ('r = "\u00e9"', "a string is printable ASCII", 4, "%x values"),
        ('r = "x', "this is never closed", 4, "'\"'"),
        ("r = <x", "this is never closed", 4, "'>'"),
        ("r = \u201cx\u201d", "'\u201c' is no quote of ABNF", 4, "'\"'"),
        ("r = 'x'", '"\'" is no quote of ABNF', 4, "'\"'"),
        ("r = ?", "'?' does not belong here", 4, "a name, a string, %x, %d, %b, '(', '['"),
        ("r = %x110000", "not a code point", 4, "0 to 10FFFF"),
    ],
)
def test_errors_have_their_fields(text: str, message: str, position: int, expected: str | None) -> None:
    with pytest.raises(ConstraintSyntaxError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.position, caught.value.expected) == (
        message,
        position,
        expected,
    )
    assert caught.value.text == text


def test_bounds_of_numbers() -> None:
    assert parse("r = %x10FFFF")[0]["r"] == ((literal("\U0010ffff".encode()),),)
    with pytest.raises(ConstraintSyntaxError, match="not an octet") as caught:
        parse("r = %x61 %x61-100", "octets")
    assert (caught.value.position, caught.value.expected) == (9, "0 to 255")


def test_what_is_added_to_may_be_misspelt() -> None:
    with pytest.raises(ConstraintSyntaxError, match="did you mean 'name'"):
        parse('name = "x"\nnmae =/ "y"')
