"""ABNF of RFC 5234 and RFC 7405: what each construct admits, RFCs' own text, and what is refused."""

from __future__ import annotations

import pytest

from bltgen.constraints.grammar import grammar
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
