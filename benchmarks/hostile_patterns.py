"""Regular expressions, grammars and compositions made to exhaust an engine: by name, how each is made.

>>> len(hostile_regexes()) + len(hostile_grammars()) + len(hostile_compositions()) > 60
True
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import bltgen

__all__ = ["hostile_compositions", "hostile_grammars", "hostile_regexes"]

Make = Callable[[], Any]

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _regex(pattern: str, dialect: Any = "python", flags: int = 0, mode: Any = "fullmatch") -> Make:
    return lambda: bltgen.regex(pattern, dialect, flags, mode)


def hostile_regexes() -> dict[str, Make]:
    """The regular expressions."""
    pairs = list(zip(LETTERS[:12], LETTERS[:12].upper(), strict=True))
    words = "|".join(f"word{i}x" for i in range(20_000))
    return {
        "password: 12 lookaheads of two letters": _regex(
            "".join(f"(?=.*{a}.*{b})" for a, b in pairs) + ".{8,64}"
        ),
        "password: 26 lookaheads": _regex("".join(f"(?=.*{c})" for c in LETTERS) + ".{26,64}"),
        "password: 9 classes, 3 of each": _regex(
            "".join(f"(?=(?:.*[{c}-{chr(ord(c) + 2)}]){{3}})" for c in LETTERS[:27:3]) + ".{9,72}"
        ),
        "16 negative lookaheads": _regex(
            "".join(f"(?!.*{c}.{{7}}{c})" for c in LETTERS[:16]) + "[a-z]{30,60}"
        ),
        "lookaheads in a loop": _regex("(?:(?=.*a.{9}b)(?=.*c.{9}d)[a-d]){20,40}"),
        "lookbehinds in a loop": _regex("(?:[ab](?<=a.{12})|[cd](?<!c.{11}))*"),
        "lookaheads in lookaheads": _regex("(?=" * 200 + "a" + ".*)" * 200 + "[a-z]*"),
        "lookaround of everything": _regex("(?:(?<=a)b(?=c)|(?<!b)c(?!a)|a){10,1000}"),
        "boundaries, 80 loops": _regex(r"(?:\b\w*\B.?)*" * 80),
        "boundaries, 1,000": _regex(r"(?:\b\w?|\B)" * 1_000),
        "boundaries in counters": _regex(r"(?:\b\w{1,30}\b\s?){5,50}"),
        "lines, 500": _regex(r"(?:^a?$\n?)*" * 500, flags=re.M),
        "letters, 100,000": _regex(r"\p{L}" * 100_000, "ecma262"),
        "letters of any case, 20,000": _regex(r"(?i)[k-sß]" * 1 + r"[k-sß]" * 20_000),
        "a letter 40 before the end": _regex("(a|b)*a(a|b){40}"),
        "a letter 20 before the end, and another 17 before": _regex("(?=(a|b)*a(a|b){20}$)(a|b)*b(a|b){17}"),
        "20 letters in any text": _regex("(.*a){20}"),
        "counters in counters": _regex("((a{1,50}){1,50}){1,50}"),
        "counters in counters, two letters": _regex("((a{2,51}b?){3,50}c?){5,50}"),
        "counters that overlap": _regex("(a{1,100}b?){100,200}"),
        "counters and a lookahead": _regex("(?=.{700,900}$)(a{1,100}b){1,50}"),
        "30 optional counters": _regex("".join(f"([ab]{{{i},{2 * i}}})?" for i in range(2, 32))),
        "500 optional letters": _regex("a?" * 500 + "a" * 500),
        "3,000 optional letters": _regex("(?:" + "|".join("a?" * 30 for _ in range(100)) + "){1,3}"),
        "x+x+y": _regex("((x+x+)+y)+"),
        "stars in stars": _regex("(" * 30 + "a" + "*)" * 29 + "*b)"),
        "5,000 groups": _regex("(" * 5_000 + "a" + ")?" * 5_000),
        "20,000 words": _regex(words),
        "20,000 words, twice, apart": _regex(f"(?:{words}).{{0,20}}(?:{words})"),
        "a million of anything": _regex("(?s:.{1,1000000})"),
        "a million of a word": _regex("(?:ab|cd){999999}"),
        "a billion": _regex("a{1000000000}"),
        "non-ASCII, 2,000": _regex(r"[^\x00-\x7f]{1000,2000}x[^\x00-\x7f]{1000}"),
        "atomic groups": _regex("(?>a*b|a*c){1,20}(?>a|ab)(?:c|bcd)"),
        "atomic groups in a loop": _regex("(?:(?>[ab]{1,6}|c)(?>b|bc)?)*"),
        "search, 12 words in any order": _regex("".join(f"(?=.*w{c}w)" for c in LETTERS[:12]), mode="search"),
    }


def _grammar(text: str, format: Any = "lark", **options: Any) -> Make:
    return lambda: bltgen.grammar(text, format, **options)


def hostile_grammars() -> dict[str, Make]:
    """The grammars."""
    lines = "\n"
    rng = random.Random(1)
    return {
        "s: s s | a": _grammar('start: start start | "a"'),
        "s: s s s | s s | a, with the empty text": _grammar('start: start start start | start start | "a" |'),
        "ten ambiguous rules": _grammar(
            "start: r0\n"
            + lines.join(f'r{i}: r{(i + 1) % 10} r{(i + 3) % 10} | "a" | "ab" |' for i in range(10))
        ),
        "palindromes": _grammar('start: "a" start "a" | "b" start "b" | "c" start "c" | "a" | "b" | "c" |'),
        "30 optional parts": _grammar("start: " + " ".join(f'("{c}" | "{c}{c}")?' for c in LETTERS)),
        "500 optional rules": _grammar(
            "start: "
            + " ".join(f"r{i}?" for i in range(500))
            + lines
            + lines.join(f'r{i}: "a"' for i in range(500))
        ),
        "a text of 2**30": _grammar(
            "start: r0\n" + lines.join(f"r{i}: r{i + 1} r{i + 1}" for i in range(30)) + '\nr30: "a"'
        ),
        "a text of 2**20": _grammar(
            "start: r0\n"
            + lines.join(f"r{i}: r{i + 1} r{i + 1}" for i in range(20))
            + '\nr20: "a" start "b" | "c"'
        ),
        "hidden left recursion": _grammar('start: x start "b" | "a"\nx: y?\ny: x | "c"?'),
        "left and right recursion": _grammar('start: start "a" | "a" start | "b" start "b" | "c"'),
        "1,000 rules in a ring": _grammar(
            "start: r0\n" + lines.join(f'r{i}: "a" r{(i + 1) % 1000} "b" | "c"' for i in range(1000))
        ),
        "3,000 rules at random": _grammar(
            "start: r0\n"
            + lines.join(
                f'r{i}: r{rng.randrange(3000)} "a" r{rng.randrange(3000)} | "b" r{rng.randrange(3000)} | "c"'
                for i in range(3000)
            )
        ),
        "10,000 of a rule": _grammar('start: r~1..10000\nr: "a" r "b" | "c"'),
        "counters of rules in counters": _grammar('start: (((r~1..9)~1..9)~1..9)~1..9\nr: "a" r "b" | "c"?'),
        "five of ten in any order": _grammar(
            "start: "
            + " ".join(f"x{i}" for i in range(5))
            + lines
            + lines.join(
                f"x{i}: " + " | ".join(f'"{c}"' for c in LETTERS[:10]) + f" | x{(i + 1) % 5} x{i}"
                for i in range(5)
            )
        ),
        "terminals that overlap": _grammar(
            "start: (A | B | C)+ start?\nA: /[a-z]{1,40}/\nB: /[a-z]*[0-9]{0,20}/\nC: /(?:[a-z]{3}){1,30}/"
        ),
        "a terminal of 20,000 words": _grammar(
            "start: W+\nW: /" + "|".join(f"w{i}x" for i in range(20_000)) + "/"
        ),
        "a terminal with lookaheads": _grammar(
            "start: W start?\nW: /"
            + "".join(f"(?=.*{c}.*{c.upper()})" for c in LETTERS[:12])
            + "[a-zA-Z]{24,40}/"
        ),
        "ignored between many": _grammar(
            'start: ("a" | "b" start "c")+\n%ignore /[ \\t\\n]+/\n%ignore /#[^\\n]*/\n'
            "%ignore /\\/\\*(.|\\n)*?\\*\\//"
        ),
        "20 ignored terminals": _grammar(
            'start: ("a" start "b")?\n'
            + lines.join(f"%ignore /{c}+{d}?/" for c, d in pairwise(LETTERS[2:23]))
        ),
        "terminals that look around": _grammar(
            "start: (A B)+\nA: /(?<![a-z]{5})x(?=.{0,9}y)/\nB: /(?<!x.{4})y(?!.{3}z)|z/"
        ),
        "templates in templates": _grammar(
            'start: a{a{a{a{b}}}}\na{x}: x x | "(" x ")"\nb: "c" | a{c}\nc: "d"'
        ),
        "2,000 nested brackets": _grammar("start: " + "(" * 2_000 + '"a"' + ")?" * 2_000),
        "gbnf: 1,000 of 1,000": _grammar('root ::= ([a-z]{1,1000} ","){1,1000}', "gbnf"),
        "gbnf: ambiguous lists": _grammar(
            'root ::= (item* item* item*)*\nitem ::= [a-z]+ | "(" root ")"', "gbnf"
        ),
        "gbnf: every rule optional": _grammar(
            "root ::= "
            + " ".join(f"r{i}?" for i in range(200))
            + lines
            + lines.join(f'r{i} ::= "a" root? "b"' for i in range(200)),
            "gbnf",
        ),
        "abnf: 5,000 of a group": _grammar('root = 1*5000( ALPHA / DIGIT / "(" root ")" ) %x2E', "abnf"),
        "abnf: any case of a long text": _grammar(f'root = 1*( "{"abcdefgh" * 100}" / root "." )', "abnf"),
    }


def _contains(letter: str, times: int = 1) -> Any:
    return bltgen.regex(rf"(?s)(?:.*{letter}){{{times}}}.*")


def hostile_compositions() -> dict[str, Make]:
    """The combinations of constraints."""
    person = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "age"],
    }
    json_schema, regex, grammar = bltgen.json_schema, bltgen.regex, bltgen.grammar
    brackets = '"(" start ")" | "a" start? | "b"'

    def folded(make: Callable[[str], Any], letters: str) -> Any:
        made = make(letters[0])
        for letter in letters[1:]:
            made = made & make(letter)
        return made

    return {
        "a schema & a length": lambda: json_schema(person) & regex(r"(?s).{30,60}"),
        "a schema & a long length": lambda: json_schema(person) & regex(r"(?s).{300,600}"),
        "any JSON & a length": lambda: bltgen.json_value() & regex(r"(?s).{20,40}"),
        "any JSON & letters": lambda: bltgen.json_value() & regex(r"(?s)(?=.*q.*x)(?=.*z).{0,40}"),
        "any JSON & what is no JSON": lambda: bltgen.json_value() & regex(r"[^0-9\"\[\]{}tfn]+"),
        "an array & an odd length": lambda: (
            json_schema({"type": "array", "items": {"type": "array"}}) & regex(r"(?s)(?:.{7})*")
        ),
        "deep arrays & few closing": lambda: (
            json_schema(
                {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}}}}
            )
            & regex(r"\[{12}[\[\],]{0,40}")
        ),
        "unique items & a length": lambda: (
            json_schema({"type": "array", "uniqueItems": True, "items": {"type": "integer"}})
            & regex(r".{50,60}")
        ),
        "a schema & 12 letters": lambda: json_schema(person) & folded(_contains, LETTERS[:12]),
        "16 letters, in any order": lambda: folded(_contains, LETTERS[:16]),
        "10 letters, 3 of each, in any order": lambda: folded(lambda c: _contains(c, 3), LETTERS[:10]),
        "not 16 letters at a distance": lambda: (
            folded(lambda c: ~regex(rf"(?s).*{c}.{{9}}{c}.*"), LETTERS[:16]) & regex("[a-p]{40,80}")
        ),
        "without words, with others": lambda: (
            regex("[a-c]{30,90}") & ~regex(r".*(abc|bca|cab|aab|bbc).*") & regex("(.*[ab].{5}[bc].*){3}")
        ),
        "complements in complements": lambda: ~(~(regex("(a|b)*a(a|b){15}")) & ~(regex("(a|b)*b(a|b){14}"))),
        "equal counters": lambda: regex("(a{1,9}b){1,9}") & regex("(a{2,7}b){3,11}") & regex("[ab]{60,61}"),
        "lengths without a common one": lambda: (
            regex("(?:a{7})+") & regex("(?:a{11})+") & regex("(?:a{13})+") & regex("(?:a{17})+")
        ),
        "a million & a million less one": lambda: regex("(?:ab){1000000}") & ~regex("(?:ab){999999}ab"),
        "brackets & a length": lambda: grammar(f"start: {brackets}") & regex("(?s).{40,60}"),
        "brackets & letters": lambda: grammar(f"start: {brackets}") & regex("(.*b){3}.*"),
        "an ambiguous grammar & a length": lambda: (
            grammar('start: start start | "a" | "b" start "c"') & regex("(?s).{30,31}")
        ),
        "a grammar & 8 letters": lambda: (
            grammar("start: start start | " + " | ".join(f'"{c}"' for c in LETTERS))
            & folded(_contains, LETTERS[:8])
        ),
        "JSON texts in a row": lambda: json_schema(person).repeat(50, 1_000),
        "JSON or its like": lambda: (
            (json_schema(person) & regex("(?s).{20,80}")) | bltgen.json_value() | regex("(?s)[^x]*")
        ),
        "JSON in a loop of a grammar": lambda: grammar(
            "start: (x | y)+ start?", constraints={"x": bltgen.json_value(), "y": regex("[0-9]+")}
        ),
        "30 schemas in one grammar": lambda: grammar(
            "start: (" + " | ".join(f"x{i}" for i in range(30)) + ")+",
            constraints={f"x{i}": json_schema({"type": "object", "minProperties": i % 5}) for i in range(30)},
        ),
        "3,000 long words": lambda: bltgen.choice(
            ["".join(random.Random(i).choices("ab", k=1 + i)) for i in range(3_000)]
        ),
        "3,000 long words in a row": lambda: bltgen.choice(
            ["".join(random.Random(i % 50).choices("ab", k=1 + i % 700)) + str(i) for i in range(3_000)]
        ).repeat(3, 9),
        "spans of a long text": lambda: (
            bltgen.substring_of(" ".join(f"w{i % 977}" for i in range(40_000))) & regex("(?s).*w9.*w8.*w7.*")
        ),
        "spans of two texts": lambda: (
            bltgen.substring_of("ab " * 3_000) & bltgen.substring_of("ba b a " * 3_000)
        ),
    }
