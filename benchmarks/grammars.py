r"""How do engines compare on grammars: verdicts, time to the first mask, time for each byte?

    python benchmarks/grammars.py [--quick] [--engines bltgen,llguidance] [--grammars] [--seconds N]

Each engine gets the same languages and texts, and a vocabulary of the 256 bytes and an end token. Every
grammar is written twice, by hand, as its users would: in Lark's EBNF for bltgen and llguidance, in GBNF for
xgrammar. What each text is worth is written beside it, and checked with Lark's Earley parser where Lark is
installed and the text is short. The rest is as in regexes.py: a grammar counts as wrong where any verdict
is, as refused where the engine raises, crashes or needs more than `--seconds`; times are of grammars that
all engines shown answer rightly; a step includes computing the next mask into an array.

Peers are optional: llguidance and xgrammar are compared where they are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import regexes
from regexes import END, TOKENS, Compiled, Engine, Outcome, quantile, row

from bltgen.constraints.grammar import grammar


class Case(NamedTuple):
    """A language in two notations, and texts with their verdicts."""

    lark: str
    gbnf: str
    texts: list[tuple[str, bool]]


def _json_document(seed: int, items: int) -> str:
    rng = random.Random(seed)
    words = ["name", "value", "é", 'a "quoted" word', "tags", "x"]
    return json.dumps(
        [
            {
                rng.choice(words): rng.choice(
                    [rng.randrange(10**6), rng.random(), None, True, rng.choice(words)]
                ),
                "list": [[rng.randrange(100)] * 3, {"deep": [{}]}],
            }
            for _ in range(items)
        ],
        ensure_ascii=False,
    )


JSON = Case(
    r"""
start: _WS value _WS
value: object | array | STRING | NUMBER | "true" | "false" | "null"
object: "{" _WS (member (_WS "," _WS member)* _WS)? "}"
member: STRING _WS ":" _WS value
array: "[" _WS (value (_WS "," _WS value)* _WS)? "]"
STRING: /"([^"\\\x00-\x1f]|\\(["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/
NUMBER: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/
_WS: /[ \t\n\r]*/
""",
    r"""
root ::= ws value ws
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ws (member (ws "," ws member)* ws)? "}"
member ::= string ws ":" ws value
array ::= "[" ws (value (ws "," ws value)* ws)? "]"
string ::= "\"" ([^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" hex hex hex hex))* "\""
hex ::= [0-9a-fA-F]
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [+-]? [0-9]+)?
ws ::= [ \t\n\r]*
""",
    [
        ('{"a": [1, -2.5e3, true, {"b": null}]}', True),
        ("[1,]", False),
        ('{"a" 1}', False),
        ("01", False),
        ('"\\u00g0"', False),
        (_json_document(1, 30), True),
        (_json_document(2, 30) + "]", False),
        ("[" * 200 + "]" * 200, True),
    ],
)

ARITHMETIC = Case(
    r"""
start: sum
sum: product | sum ("+" | "-") product
product: power | product ("*" | "/") power
power: "-" power | atom | atom "^" power
atom: NUMBER | "(" sum ")"
NUMBER: /(0|[1-9][0-9]*)(\.[0-9]+)?/
""",
    r"""
root ::= product (("+" | "-") product)*
product ::= power (("*" | "/") power)*
power ::= "-" power | atom ("^" power)?
atom ::= number | "(" root ")"
number ::= ("0" | [1-9] [0-9]*) ("." [0-9]+)?
""",
    [
        ("1+2*(3.5--4)^2", True),
        ("1+", False),
        ("((1)", False),
        ("01", False),
        ("+".join(f"({i}*{i})" for i in range(1, 150)), True),
        ("(" * 200 + "1" + ")" * 200, True),
    ],
)

SQL = Case(
    r"""
start: "SELECT " columns " FROM " NAME (" WHERE " condition)? order? (" LIMIT " INTEGER)?
order: " ORDER BY " NAME (" ASC" | " DESC")?
columns: "*" | NAME (", " NAME)*
condition: test (" AND " test | " OR " test)*
test: value " " OPERATOR " " value | "(" condition ")" | "NOT " test
value: NAME | INTEGER | STRING | "(" start ")"
OPERATOR: "=" | "<>" | "<=" | ">=" | "<" | ">"
NAME: /[a-z_][a-z0-9_]*/
INTEGER: /[0-9]+/
STRING: /'([^'\n]|'')*'/
""",
    r"""
root ::= "SELECT " columns " FROM " name (" WHERE " condition)? order? (" LIMIT " integer)?
order ::= " ORDER BY " name (" ASC" | " DESC")?
columns ::= "*" | name (", " name)*
condition ::= test (" AND " test | " OR " test)*
test ::= value " " operator " " value | "(" condition ")" | "NOT " test
value ::= name | integer | string | "(" root ")"
operator ::= "=" | "<>" | "<=" | ">=" | "<" | ">"
name ::= [a-z_] [a-z0-9_]*
integer ::= [0-9]+
string ::= "'" ([^'\n] | "''")* "'"
""",
    [
        ("SELECT a, b FROM t WHERE a = 1 AND (b <> 'it''s' OR NOT c < 2) ORDER BY b DESC LIMIT 10", True),
        ("SELECT * FROM t WHERE x = (SELECT max_x FROM u WHERE y >= 3)", True),
        ("SELECT FROM t", False),
        ("SELECT a FROM t WHERE", False),
        ("SELECT a FROM t LIMIT x", False),
        ("SELECT " + ", ".join(f"column_{i}" for i in range(100)) + " FROM t", True),
    ],
)

TAGS = Case(
    r"""
start: element
element: "<a>" content "</a>" | "<b>" content "</b>" | "<item/>"
content: (TEXT | element)*
TEXT: /[^<>&]+/
""",
    r"""
root ::= element
element ::= "<a>" content "</a>" | "<b>" content "</b>" | "<item/>"
content ::= ([^<>&] | element)*
""",
    [
        ("<a>some <b>bold</b> text<item/></a>", True),
        ("<a></b>", False),
        ("<a><b></a></b>", False),
        ("<a>" + "<b>word</b> " * 100 + "</a>", True),
    ],
)

CHESS = Case(
    r"""
start: "1. " MOVE " " MOVE "\n" (/[1-9][0-9]?/ ". " MOVE " " MOVE "\n")+
MOVE: (/([a-h]x)?[a-h][1-8](=[NBKQR])?/ | /[NBKQR][a-h]?[1-8]?x?[a-h][1-8]/ | "O-O" | "O-O-O") /[+#]?/
""",
    r"""
root ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
move ::= (pawn | piece | "O-O" "-O"?) [+#]?
piece ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
""",
    [
        ("1. e4 e5\n2. Nf3 Nc6\n3. O-O Qxd1+\n", True),
        ("1. e4 e9\n2. a1 a1\n", False),
        ("1. e4 e5\n", False),
        ("1. e4 e5\n" + "".join(f"{i}. Nbd2 exd5+\n" for i in range(2, 60)), True),
    ],
)

LEFT = Case(
    'start: item | start "," item\nitem: "(" item ")" | "x"',
    'root ::= item ("," item)*\nitem ::= "(" item ")" | "x"',
    [("x,(x)", True), ("x,", False), (",".join(["(x)"] * 500), True)],
)
RIGHT = Case(
    'start: item | item "," start\nitem: "(" item ")" | "x"',
    'root ::= item | item "," root\nitem ::= "(" item ")" | "x"',
    [("x,(x)", True), ("x,", False), (",".join(["(x)"] * 500), True)],
)
AMBIGUOUS = Case(
    'start: "(" start ")" | start start | "x"',
    'root ::= ("(" root ")" | "x")+',
    [("xx(x)", True), ("x(", False), ("x(x)" * 40, True)],
)

EVERYDAY = {
    "json": JSON,
    "arithmetic": ARITHMETIC,
    "sql": SQL,
    "tags": TAGS,
    "chess": CHESS,
    "left recursion": LEFT,
    "right recursion": RIGHT,
    "ambiguity": AMBIGUOUS,
}
TRAPS = {
    "a rule without end": Case(
        'start: "a" x | "b"\nx: "c" x',
        'root ::= "a" x | "b"\nx ::= "c" x',
        [("b", True), ("a", False), ("ac", False)],
    ),
    "a longest match": Case(
        'start: /a+/ "ab"',
        'root ::= [a]+ "ab"',
        [("aab", True), ("aaaab", True), ("ab", False), ("aaa", False)],
    ),
    "a word that ends in a keyword": Case(
        'start: x "end"\nx: /[a-z]+/',
        'root ::= [a-z]+ "end"',
        [("weekend", True), ("endend", True), ("end", False), ("weeken", False)],
    ),
    "a keyword or a name": Case(
        'start: ("if " NAME | NAME " = " NAME) ";"\nNAME: /[a-z]+/',
        'root ::= ("if " name | name " = " name) ";"\nname ::= [a-z]+',
        [("if x;", True), ("if = x;", True), ("ifx = y;", True), ("if if;", True), ("if;", False)],
    ),
    "hidden left recursion": Case(
        'start: ("x")? start "a" | "b"',
        'root ::= ("x")? root "a" | "b"',
        [("b", True), ("xba", True), ("xxba", False), ("xxbaa", True), ("xb", False)],
    ),
    "a cycle": Case("start: x\nx: start | /a/", "root ::= x\nx ::= root | [a]", [("a", True), ("aa", False)]),
}


def bltgen(text: str) -> Compiled:
    constraint = grammar(json.loads(text)["lark"])
    return lambda: regexes._Ours(constraint)


def llguidance(text: str) -> Compiled:
    import llguidance as engine
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    if not _TOKENIZERS:
        _TOKENIZERS.append(engine.LLTokenizer(engine.TokenizerWrapper(regexes._Bytes()), n_vocab=257))
    matcher = engine.LLMatcher(_TOKENIZERS[0], engine.LLMatcher.grammar_from_lark(json.loads(text)["lark"]))
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    mask = allocate_token_bitmask(1, 257)
    return lambda: regexes._LLGuidance(matcher, fill_next_token_bitmask, mask)


def xgrammar(text: str) -> Compiled:
    import xgrammar as engine

    if not _TOKENIZERS:
        info = engine.TokenizerInfo(TOKENS, stop_token_ids=[END])
        _TOKENIZERS.append(engine.GrammarCompiler(info, max_threads=1, cache_enabled=False))
    compiled = _TOKENIZERS[0].compile_grammar(json.loads(text)["gbnf"])
    mask = engine.allocate_token_bitmask(1, 257)
    return lambda: regexes._XGrammar(engine.GrammarMatcher(compiled), mask)


_TOKENIZERS: list[Any] = []
_ENGINES: dict[str, Callable[[str], Compiled]] = {
    "bltgen": bltgen,
    "llguidance": llguidance,
    "xgrammar": xgrammar,
}


def check_with_lark(cases: dict[str, Case]) -> int:
    """Check the written verdicts of short texts with Lark; gives how many were checked."""
    if not importlib.util.find_spec("lark"):
        return 0
    import lark

    checked = 0
    for name, case in cases.items():
        try:
            parser = lark.Lark(case.lark, parser="earley", lexer="dynamic_complete")
        except lark.exceptions.GrammarError:
            continue  # it takes no terminals that may be empty
        for text, expected in case.texts:
            if len(text) > 40:
                continue
            try:
                parser.parse(text)
                verdict = True
            except lark.exceptions.LarkError:
                verdict = False
            if verdict != expected:
                raise ValueError(f"{name}: Lark says {verdict} of {text!r}")
            checked += 1
    return checked


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer grammars and only short texts")
    parser.add_argument("--engines", default=",".join(_ENGINES), help="names, separated by commas")
    parser.add_argument("--grammars", action="store_true", help="a line for each grammar and engine")
    parser.add_argument("--seconds", type=float, default=20.0, help="for a grammar, then it is refused")
    parser.add_argument("--json", metavar="FILE", help="write verdict counts and quantiles there")
    options = parser.parse_args()

    names = [n for n in options.engines.split(",") if n == "bltgen" or importlib.util.find_spec(n)]
    cases = {**EVERYDAY, **TRAPS}
    if options.quick:
        cases = {
            name: case._replace(texts=[(text, verdict) for text, verdict in case.texts if len(text) < 400])
            for name, case in list(cases.items())[::2]
        }
    checked = check_with_lark(cases)
    results: dict[str, dict[str, Outcome]] = {name: {} for name in names}
    verdict_of: dict[str, dict[str, str]] = {name: {} for name in names}
    for name in names:
        warm_up = json.dumps({"lark": 'start: /[a-z]+/ "x"?', "gbnf": 'root ::= [a-z]+ "x"?'}), [b"abx"]
        engine = Engine(_ENGINES[name], options.seconds, warm_up)
        for title, case in cases.items():
            outcome = engine.run(
                json.dumps({"lark": case.lark, "gbnf": case.gbnf}), [text.encode() for text, _ in case.texts]
            )
            right = outcome.verdicts == [verdict for _, verdict in case.texts]
            verdict = "refused" if outcome.refusal else "right" if right else "wrong"
            results[name][title], verdict_of[name][title] = outcome, verdict
            if options.grammars:
                milliseconds = 1e3 * outcome.first_mask
                print(f"{name:12} {verdict:8} {milliseconds:9.2f} ms  {title:30}  {outcome.refusal[:60]}")
        engine.close()

    texts = sum(len(case.texts) for case in cases.values())
    version = sys.version.split()[0]
    print(f"{len(cases)} grammars, {texts} texts, {checked} of them checked with Lark; python {version}")
    print("\nengine          right  refused  wrong")
    report: dict[str, Any] = {}
    for name in names:
        counts = {v: list(verdict_of[name].values()).count(v) for v in ("right", "refused", "wrong")}
        report[name] = dict(counts)
        print(f"{name:14} {counts['right']:6} {counts['refused']:8} {counts['wrong']:6}")
    print(
        "\nmicroseconds: p50 p90 p99    | compile and first mask     | cold step                  | warm step"
    )
    shared = [title for title in cases if all(verdict_of[n][title] == "right" for n in names)]
    for name in names:
        print(row(f"{name}, {len(shared)} shared", [results[name][title] for title in shared]))
    for name in names[1:]:
        for kind in ("cold", "warm"):
            ours = [s for title in shared for s in getattr(results[names[0]][title], kind)]
            theirs = [s for title in shared for s in getattr(results[name][title], kind)]
            ratios = {share: quantile(theirs, share) / quantile(ours, share) for share in (0.5, 0.9, 0.99)}
            report[name][kind] = ratios
            shown = ", ".join(f"p{100 * share:g} {ratio:.2f}" for share, ratio in ratios.items())
            print(f"{name} / {names[0]}, {kind} step: {shown}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
