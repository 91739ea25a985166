r"""Random Lark grammars: is each taken, refused and read as Lark's Earley parser reads it?

    python -m bltgen.testing.lark_differential --grammars 3000 --texts 30 --seed 0

The judge is `lark.Lark(text, parser="earley", lexer="dynamic_complete")`. Grammars have terminals that
overlap and prefer, look around, are used in each other and ignored; rules with groups, counts, recursion and
templates, also as arguments; some are broken. Texts are random, drawn from the grammar, and changed a little.

A disagreement is a grammar that one takes and the other refuses, a text that one accepts and the other does
not, or an error without line and column. Known differences are counted by their name; see `known_difference`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bltgen.automata.contract import Constraint
from bltgen.constraints.grammar import grammar
from bltgen.errors import BudgetTooSmall, ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported

__all__ = ["Disagreement", "main", "random_grammar", "run"]

_STRINGS = ('"a"', '"b"', '"ab"', '"ba"', '"aab"', '"A"i', '"b"i', '"#"', '" a"', '";"', '"a".."c"')
_PATTERNS = (
    "/a+/", "/[ab]+/", "/[ab]/", "/a|ab/", "/ab|a/", "/a*?b/", "/a+?/", "/.*?;/", "/#?b/", "/(?:ab)+|b/",
    "/b{1,2}/", "/[^a]/", "/a(?:b|bc)?/", "/\\w+/", "/a.b/s", "/A+/i", "/a # x\n b/x", "/[a-c]{2}/",
    "/(?:a|ab)(?:c|bcd)?/", "/[ab]+c?/",
)  # fmt: skip
_LOOKING: tuple[str, ...] = (
    "/a(?!b)/", "/a(?=b)/", "/(?<=a)b/", "/(?<!a)b/", "/\\ba+/", "/[ab]+\\b/", "/^a/m", "/a$/m", "/a\\Z/",
    "/[ab]+(?!c)/", "/((?!ab).)+/", "/(?>a|ab)c?/", "/a++b?/", "/\\Bb/",
)  # fmt: skip
if sys.version_info < (3, 11):
    # Before, `re` had no atomic groups and possessive quantifiers.
    _LOOKING = tuple(pattern for pattern in _LOOKING if "(?>" not in pattern and "++" not in pattern)
_IGNORED = (
    '" "', "/ +/", "/\\s+/", "/#[^\\n]*/", "/#.*?;/", "/#.*;/", "/;b?/", "/;(bc)?/", "WS", '"\\n"',
    "/^#.*$/m", "/ (?=a)/", '"#" /[^;]*/ ";"', "/;+/", '" " | "\\n"',
)  # fmt: skip
_COUNTS = ("", "", "", "", "?", "*", "+", "~2", "~1..2", "~0..2")
_LETTERS = "aaabbbcAB #;\n"


def random_grammar(rng: random.Random) -> str:
    """The text of a grammar, now and then a broken one."""
    lines = []
    looks = rng.random() < 0.25
    leaves = [*_STRINGS, *_PATTERNS, *(_LOOKING * 2 if looks else ())]
    terminals = [f"T{number}" for number in range(rng.randrange(4))]
    templates = rng.sample(["pair{x}", "row{x, y}", "both{f, x}"], rng.choice((0, 0, 1, 2, 3)))
    rules = ["o", "p", "q"][: rng.randint(1, 3)]

    def one_of(choices: Sequence[str]) -> str:
        return choices[rng.randrange(len(choices))]

    def in_terminal(own: int, depth: int = 2) -> str:
        kind = rng.random()
        if depth == 0 or kind < 0.5:
            return one_of(leaves if not own or rng.random() < 0.6 else terminals[:own])
        if kind < 0.7:
            return f"{in_terminal(own, depth - 1)} {in_terminal(own, depth - 1)}"
        if kind < 0.85:
            return f"({in_terminal(own, depth - 1)} | {in_terminal(own, depth - 1)})"
        return f"({in_terminal(own, depth - 1)}){rng.choice(_COUNTS)}"

    def argument(names: list[str]) -> str:
        return one_of([*names, *terminals, *_STRINGS[:4]])

    def item(names: list[str], depth: int = 2) -> str:
        kind = rng.random()
        if templates and kind < 0.2:
            name = rng.choice(templates).partition("{")[0]
            if name == "pair":
                return f"pair{{{argument(names)}}}"
            if name == "row":
                return f"row{{{argument(names)}, {argument(names)}}}"
            if "pair{x}" in templates:
                return f"both{{pair, {argument(names)}}}"
        if kind < 0.4 and names:
            return rng.choice(names) + " " + rng.choice(_COUNTS)
        if depth and kind < 0.55:
            opening, closing = rng.choice(("()", "()", "[]"))
            return (
                f"{opening}{body(names, depth - 1)}{closing}{rng.choice(_COUNTS) if closing == ')' else ''}"
            )
        if terminals and kind < 0.75:
            return rng.choice(terminals) + rng.choice(_COUNTS)
        return one_of(leaves) + rng.choice(_COUNTS).replace("~", " ~")

    def body(names: list[str], depth: int = 2) -> str:
        return " | ".join(
            " ".join(item(names, depth) for _ in range(rng.choice((1, 1, 2, 2, 3))))
            for _ in range(rng.choice((1, 1, 2)))
        )

    # Lark's parser fails where the start rule uses itself.
    lines.append(f"start: {rng.choice(rules)}")
    for name in rules:
        ground = f" | {rng.choice(leaves)}" if rng.random() < 0.7 else ""
        lines.append(f"{name}: {body(rules)}{ground}")
    for number, name in enumerate(terminals):
        alternatives = " | ".join(in_terminal(number) for _ in range(rng.choice((1, 1, 2))))
        lines.append(f"{name}{rng.choice(('', '', '.2'))}: {alternatives}")
    for template in templates:
        name = template.partition("{")[0]
        meant = {
            "pair": f"x {rng.choice(_STRINGS)} x | x",
            "row": "x (y x)*",
            "both": 'f{x} | "(" f{"b"} ")"',
        }[name]
        lines.append(f"{template}: {meant}")
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        lines.append(f"%ignore {rng.choice(_IGNORED + tuple(terminals))}")
    if any(line.endswith("WS") for line in lines):
        lines.append("%import common.WS")
    rng.shuffle(lines)
    text = "\n".join(lines)
    return _broken(text, rng) if rng.random() < 0.15 else text


def _broken(text: str, rng: random.Random) -> str:
    """The text with one thing put in, left out or twice."""
    at = rng.randrange(len(text))
    kind = rng.randrange(3)
    if kind == 0:
        bits = (
            "(",
            ")",
            "|",
            "\n",
            "?",
            "*",
            "~",
            "->",
            " -> z",
            '""',
            "..",
            "{",
            ":",
            "!",
            "%ignore ",
            "_",
            "#",
            "i",
        )
        return text[:at] + rng.choice(bits) + text[at:]
    end = at + rng.choice((1, 1, 2, 4))
    return text[:at] + text[end:] if kind == 1 else text[:end] + text[at:]


def _texts(constraint: Constraint, count: int, rng: random.Random) -> list[str]:
    drawn: list[str] = []
    for _ in range(count // 3):
        try:
            data = constraint.sample(rng, constraint.start().shortest + rng.choice((0, 2, 5)))
        except BudgetTooSmall:
            continue
        text = data.decode()
        drawn.append(text)
        at = rng.randrange(len(text) + 1)
        drawn.append(text[:at] + rng.choice((*_LETTERS, "", "")) + text[at + rng.randrange(2) :])
    while len(drawn) < count:
        drawn.append("".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 6))))
    # Lark's loop does not run on an empty text, whose verdict says nothing about terminals.
    return [text for text in dict.fromkeys(drawn) if text]


@dataclass(frozen=True)
class Disagreement:
    """What was found, and the grammar."""

    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.what}\n    grammar({self.text!r})"


def known_difference(refusal: str) -> str | None:
    """The name of a known difference where Lark refuses, by its message.

    Terminals that may be empty are taken on purpose. A rule in which two optionals can give the same tree is
    refused by Lark for the tree's sake.
    """
    if "zero-width" in refusal:
        return "terminals that may be empty"
    if "Rules defined twice" in refusal:
        return "optionals that collide in a tree"
    if "Terminals cannot be empty" in refusal and "__IGNORE" in refusal:
        return "an ignored terminal that is empty"
    return None


def run(
    count: int, texts: int, seed: str, *, first: int = 0, say: Callable[[str], None] = lambda line: None
) -> tuple[Counter[str], list[Disagreement]]:
    """Compare `count` random grammars on `texts` texts each; what was counted, and the disagreements."""
    tally: Counter[str] = Counter()
    found: list[Disagreement] = []
    for number in range(first, first + count):
        rng = random.Random(f"{seed}-{number}")
        for one in _compare(random_grammar(rng), texts, rng, tally):
            found.append(one)
            say(f"[{number}] {one}")
    return tally, found


def _compare(text: str, count: int, rng: random.Random, tally: Counter[str]) -> Iterator[Disagreement]:
    import lark

    tally["grammars"] += 1
    theirs: Any = None
    refusal = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = lark.Lark(text, parser="earley", lexer="dynamic_complete")
        except Exception as error:  # Lark's own errors are of many kinds, assertions among them.
            refusal = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    try:
        ours: Constraint | None = grammar(text)
    except LimitExceeded as error:
        tally[f"beyond limits: {error.what}"] += 1
        return
    except EmptyLanguage:
        ours = None
    except (ConstraintSyntaxError, Unsupported) as error:
        if str(error).splitlines()[-1].strip() != "^":
            yield Disagreement(f"an error without a place: {error}", text)
        if theirs is None:
            tally["refused by both"] += 1
        elif isinstance(error, Unsupported):
            tally[f"unsupported: {error.reason[:60]}"] += 1
        elif "an empty string" in str(error):
            tally["known: an empty string in a template that is not used"] += 1
        elif "(in a regular expression)" in str(error):
            tally["known: a malformed pattern that is not used"] += 1
        else:
            yield Disagreement(f"refused by us: {error}", text)
        return
    if theirs is None:
        if (known := known_difference(refusal)) is not None:
            tally[f"known: {known}"] += 1
        else:
            yield Disagreement(f"refused by lark: {refusal}", text)
        return
    tally["taken by both"] += 1
    words = [] if ours is None else _texts(ours, count, rng)
    if ours is None:
        words = ["".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 6))) for _ in range(count)]
    for word in words:
        try:
            theirs.parse(word)
            there = True
        except lark.exceptions.LarkError:
            there = False
        except (RecursionError, RuntimeError, AssertionError) as error:
            tally[f"known: Lark fails with {type(error).__name__}"] += 1
            continue
        try:
            here = ours is not None and ours.accepts(word.encode())
        except LimitExceeded as error:
            tally[f"beyond limits: {error.what}"] += 1
            continue
        tally["texts"] += 1
        tally["texts accepted"] += there
        if here != there:
            yield Disagreement(f"{word!r}: ours {here}, lark {there}", text)
            return


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--grammars", type=int, default=1000)
    parser.add_argument("--texts", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="0")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    tally, found = run(options.grammars, options.texts, options.seed, first=options.first, say=print)
    for name, number in sorted(tally.items()):
        print(f"{number:8d} {name}")
    print(f"{len(found)} disagreements, {time.monotonic() - begun:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
