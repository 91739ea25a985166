r"""Random regular expressions: is each taken, refused and matched as another engine does it?

    python -m bltgen.testing.regex_differential --judge node --patterns 20000 --seed 0

| judge | dialect | what it is asked |
|---|---|---|
| `node` | `ecma262` | `new RegExp(pattern, "u")` with flags among i, m, s; needs `node` |
| `re` | `python` | `re.compile`, the same flags and a, x |
| `regex` | `python` | matches only: its syntax is another |

With `--record FILE` a judge's verdicts are written down, so that tests need it no more
(tests/data/ecma262_node.jsonl.xz: `--judge node --patterns 1500 --record FILE`).

A disagreement is a pattern that one takes and the other refuses, a text that one matches and the other
does not, or an error without a position. `Unsupported` is none where the judge takes the pattern and it
holds what `constraints.regex` says it refuses. Known differences are counted by their name; see
`known_difference`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import lzma
import random
import re
import shutil
import subprocess
import sys
import time
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol

import regex as regex_module

from bltgen.automata.language import Language
from bltgen.constraints.regex import pattern_language
from bltgen.constraints.regex_properties import BINARY, GENERAL_CATEGORY, SCRIPT
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported
from bltgen.testing.random_regexes import LETTERS, Dialect, random_pattern, random_text

__all__ = [
    "JUDGES",
    "Case",
    "NodeJudge",
    "Verdict",
    "cases",
    "compare",
    "main",
    "property_cases",
    "recorded",
    "recording",
]

Mode = Literal["fullmatch", "search"]


@dataclass(frozen=True)
class Case:
    """A pattern with flags (letters) and a mode, and texts to match."""

    pattern: str
    flags: str
    mode: Mode
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What an engine says of a case: why it refuses the pattern (None where not), which texts match
    (None: not found out)."""

    refusal: str | None
    matches: tuple[bool | None, ...] = ()


class Judge(Protocol):
    """Another engine."""

    dialect: Dialect

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        """Of each case."""


# Lookarounds at both ends, since `^` and `$` change with the flag m. Sticky, since V8 also begins a match
# between the two surrogates of a character. A pattern that backtracks for too long matches null.
NODE_PROGRAM = r"""
const vm = require("vm");
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
globalThis.judged = ([pattern, flags, mode, texts]) => {
  try { new RegExp(pattern, "u" + flags); } catch (error) { return [error.message, []]; }
  const whole = `(?<![^])(?:${pattern})(?![^])`;
  const compiled = new RegExp(mode == "search" ? pattern : whole, "uy" + flags);
  const at = (text, index) => { compiled.lastIndex = index; return compiled.test(text); };
  return [null, texts.map((text) => {
    if (mode == "fullmatch") return at(text, 0);
    let index = 0;
    for (const char of text) { if (at(text, index)) return true; index += char.length; }
    return at(text, index);
  })];
};
const script = new vm.Script("judged(current)");
const output = input.map((one) => {
  globalThis.current = one;
  try { return script.runInThisContext({ timeout: 300 }); } catch { return [null, one[3].map(() => null)]; }
});
process.stdout.write(JSON.stringify(output));
"""


class NodeJudge:
    """ECMAScript's Unicode mode by Node, one process for all cases."""

    dialect: Dialect = "ecma262"

    def __init__(self) -> None:
        found = shutil.which("node")
        if found is None:
            raise OSError("the program node is not installed")
        self.program = found

    def version(self) -> str:
        """Of Node and of its Unicode."""
        code = "process.stdout.write(`${process.version}, Unicode ${process.versions.unicode}`)"
        return subprocess.run([self.program, "-e", code], capture_output=True, text=True, check=True).stdout

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        """Of each case."""
        asked = json.dumps([[case.pattern, case.flags, case.mode, case.texts] for case in cases])
        done = subprocess.run([self.program, "-e", NODE_PROGRAM], input=asked, capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"node failed: {done.stderr[-500:]}")
        return [Verdict(refusal, tuple(matches)) for refusal, matches in json.loads(done.stdout)]


class _PythonJudge:
    dialect: Dialect = "python"

    def __init__(self, module: Any) -> None:
        self.module = module

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        """Of each case."""
        return [self._verdict(case) for case in cases]

    def _verdict(self, case: Case) -> Verdict:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compiled = self.module.compile(case.pattern, flag_bits(case.flags))
        except (re.error, regex_module.error, ValueError, OverflowError, RecursionError) as error:
            return Verdict(str(error) or "refused")
        matcher = getattr(compiled, case.mode)
        return Verdict(None, tuple(matcher(text) is not None for text in case.texts))


JUDGES: dict[str, Callable[[], Judge]] = {
    "node": NodeJudge,
    "re": lambda: _PythonJudge(re),
    "regex": lambda: _PythonJudge(regex_module),
}


def flag_bits(letters: str) -> int:
    """`re`'s flags of their letters."""
    return sum(int(getattr(re, letter.upper())) for letter in letters)


@dataclass(frozen=True)
class Disagreement:
    """A case and what is wrong about it."""

    claim: str
    case: Case

    def __str__(self) -> str:
        flags = f"flags {self.case.flags!r}, {self.case.mode}"
        return f"{self.claim}\n    pattern {self.case.pattern!r} ({self.case.pattern!a}), {flags}"


def cases(dialect: Dialect, count: int, seed: str, texts: int = 12) -> Iterator[Case]:
    """Random cases, numbered, so that each can be had again."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        pattern = random_pattern(rng, dialect)
        flags = "".join(letter for letter in "ims" if rng.random() < 0.3)
        if dialect == "python":
            flags += rng.choice(("", "", "", "", "a", "x"))
        mode: Mode = rng.choice(("fullmatch", "search"))
        yield Case(pattern, flags, mode, tuple(_texts(rng, pattern, dialect, flags, mode, texts)))


def property_cases(seed: str) -> Iterator[Case]:
    """Every property of ECMA-262 by each of its names, and names that are nearly one."""
    rng = random.Random(seed)
    names = [*BINARY, *GENERAL_CATEGORY]
    names += [f"{prefix}={name}" for prefix in ("gc", "General_Category") for name in GENERAL_CATEGORY]
    for prefix in ("sc", "Script", "scx", "Script_Extensions"):
        names += [f"{prefix}={name}" for name in SCRIPT]
    for name in names:
        kind = rng.choice("pP")
        yield _property_case(rng, f"\\{kind}{{{name}}}")
        changes: tuple[Callable[[str], str], ...] = (
            str.lower,
            str.upper,
            lambda name: name.replace("_", ""),
            lambda name: name.replace("_", " ") + rng.choice(("", " ")),
            lambda name: rng.choice(("Is", "In", "^", "_")) + name,
            lambda name: name.replace("=", ":"),
            lambda name: name.partition("=")[rng.choice((0, 2))],
            lambda name: name + rng.choice(("=Yes", "=Y", "=", "=True")),
            lambda name: (
                f"{rng.choice(('Block', 'blk', 'sc', 'gc', 'Age', 'Name'))}={name.rpartition('=')[2]}"
            ),
        )
        yield _property_case(rng, f"\\{kind}{{{rng.choice(changes)(name)}}}")


def _property_case(rng: random.Random, pattern: str) -> Case:
    flags = rng.choice(("", "", "i"))
    return Case(pattern, flags, "fullmatch", tuple(_texts(rng, pattern, "ecma262", flags, "fullmatch", 6)))


def _texts(
    rng: random.Random, pattern: str, dialect: Dialect, flags: str, mode: Mode, count: int
) -> Iterator[str]:
    """A third samples of the language, so that not all texts are refused; of those some are changed."""
    drawn: list[str] = []
    try:
        language = pattern_language(pattern, dialect, flag_bits(flags), mode)
        shortest = 1000 if language.is_empty() else language.start().shortest
        for _ in range(count // 3 if shortest < 1000 else 0):
            drawn.append(language.sample(rng, shortest + rng.choice((0, 1, 4))).decode())
    except (ConstraintSyntaxError, Unsupported, LimitExceeded):
        pass
    # Other engines' Unicode may be older or newer than a sample needs.
    drawn = [text for text in drawn if all(map(_is_settled, text))]
    for text in drawn:
        at = rng.randrange(len(text) + 1)
        change = rng.choice(("", random_text(rng, pattern)[:1], text[at : at + 1].swapcase()))
        yield text if rng.random() < 0.6 else text[:at] + change + text[at + rng.randrange(2) :]
    for _ in range(count - len(drawn)):
        yield random_text(rng, pattern)


@cache
def _is_settled(char: str) -> bool:
    """Whether a character is assigned since Unicode 10 or so: with the same properties everywhere."""
    return ord(char) < 0x10000 and unicodedata.ucd_3_2_0.category(char) != "Cn"


def ours(case: Case, dialect: Dialect) -> tuple[Verdict, str]:
    """Our verdict, and what kind of refusal it is: "", "syntax", "unsupported", "limit"."""
    try:
        language: Language = pattern_language(case.pattern, dialect, flag_bits(case.flags), case.mode)
    except ConstraintSyntaxError as error:
        placed = error.position is not None and "^" in str(error).splitlines()[-1]
        return Verdict(str(error)), "syntax" if placed else "an error without a place"
    except Unsupported as error:
        placed = error.position is not None or "offset" in error.where
        return Verdict(str(error)), "unsupported" if placed else "an error without a place"
    except LimitExceeded as error:
        return Verdict(str(error)), "limit"
    try:
        return Verdict(None, tuple(language.accepts(text.encode()) for text in case.texts)), ""
    except LimitExceeded as error:
        return Verdict(str(error)), "limit"


_MODIFIERS = re.compile(r"\(\?[ims]*-?[ims]*:")
_VARYING = "look-behind requires fixed-width pattern"


def known_difference(case: Case, judge: str, theirs: Verdict) -> str | None:
    """The name of a known difference in what is taken, which the pattern or the judge's words show."""
    refusal = theirs.refusal or ""
    if judge == "node":
        if "Invalid group" in refusal and _MODIFIERS.search(case.pattern):
            return "modifiers, ES2025"
        if "Duplicate capture group name" in refusal:
            return "one name in two alternatives, ES2025"
    elif judge == "re":
        if _VARYING in refusal:
            return "lookbehinds of varying length, as in `regex`"
        if re.search(r"\\[pP]", case.pattern) and "bad escape \\p" in refusal.lower():
            return "properties, as in `regex`"
        if "same lookbehind" in refusal or ("to an open group" in refusal and "(?(" in case.pattern):
            return "references within their lookbehind, conditions within their group, as in `regex`"
        if "bad escape \\z" in refusal:
            return "\\z, Python 3.14"
    return None


def compare(
    judge_name: str, drawn: Sequence[Case], verdicts: Sequence[Verdict], tally: Counter[str]
) -> Iterator[Disagreement]:
    """Where we disagree with a judge's verdicts of the cases; counts in `tally`."""
    dialect: Dialect = "ecma262" if judge_name == "node" else "python"
    for case, theirs in zip(drawn, verdicts, strict=True):
        mine, kind = ours(case, dialect)
        tally["patterns"] += 1
        if kind == "an error without a place":
            yield Disagreement(f"{kind}: {mine.refusal}", case)
        elif kind == "limit":
            tally["beyond limits"] += 1
        elif judge_name == "regex" and (theirs.refusal is not None or kind):
            tally["not compared: syntax"] += 1
        elif (mine.refusal is None) != (theirs.refusal is None):
            known = known_difference(case, judge_name, theirs)
            if known is not None and mine.refusal is None:
                tally[f"known: {known}"] += 1
            elif kind == "unsupported":
                tally["unsupported"] += 1
            else:
                said = mine.refusal or theirs.refusal
                who = "refused by us" if mine.refusal else f"refused by {judge_name}"
                yield Disagreement(f"{who}: {said}", case)
        elif mine.refusal is not None:
            if kind == "unsupported" and known_difference(case, judge_name, theirs) is None:
                yield Disagreement(f"called unsupported, but malformed: {theirs.refusal}", case)
            tally["patterns refused by both"] += 1
        else:
            tally["patterns taken by both"] += 1
            for text, here, there in zip(case.texts, mine.matches, theirs.matches, strict=True):
                if there is None:
                    tally["not found out in time"] += 1
                    continue
                tally["matches"] += 1
                tally["matches true"] += there
                if here != there:
                    if (known := known_match(case, judge_name, text, here)) is not None:
                        tally[f"known: {known}"] += 1
                        continue
                    yield Disagreement(f"{text!r} ({text!a}): ours {here}, {judge_name} {there}", case)
                    break


def known_match(case: Case, judge: str, text: str, here: bool | None) -> str | None:
    r"""The name of a known difference in what is matched.

    The module `regex` has its own rules for i, dotless i and their capitals under IGNORECASE, for white
    space, for words (joiners are in them) and for ASCII, and a Unicode version of its own.
    """
    newer = any(char not in LETTERS and not char.isascii() for char in text)
    if judge == "node" and newer and re.search(r"\\[pP]", case.pattern):
        return "properties in another version of Unicode"
    if judge == "regex":
        if "a" in case.flags or "(?a" in case.pattern:
            return "ASCII in `regex`"
        if ("i" in case.flags or "(?i" in case.pattern) and re.search("[iIıİ]", text):
            return "Turkish i in `regex`"
        in_set = re.search(r"\\[pP]", case.pattern) and re.search(r"[\[|]", case.pattern)
        if in_set and "i" in case.flags + case.pattern:
            return "properties in sets under IGNORECASE in `regex`"
        if any(map(_differs, text)):
            return "white space, words and Unicode's version in `regex`"
        if "x" in case.flags + case.pattern and re.search("[\\x85\\xa0\\u1680\\u2000-\\u3000]", case.pattern):
            return "verbose white space in `regex`"
        by_re = _PythonJudge(re).verdicts([Case(case.pattern, case.flags, case.mode, (text,))])[0]
        if by_re.matches == (here,):
            return "an error of `regex`, since `re` says the same as we"
    if judge == "re" and "i" in case.flags + case.pattern and re.search("[\U00010000-\U0010ffff]", text):
        return "characters beyond U+FFFF in classes under IGNORECASE, an error of `re`"
    if judge == "re" and case.mode == "search" and "(?a:" in case.pattern and not text.isascii():
        return "a search that begins with ASCII's class in a Unicode pattern, an error of `re`"
    if judge in ("re", "regex") and not text and "\\B" in case.pattern and sys.version_info < (3, 14):
        return "\\B in an empty text, Python 3.14"
    return None


@cache
def _differs(char: str) -> bool:
    """Whether a class holds a character for one module of Python and not for the other."""
    kinds = (r"\w", r"\s", r"\d")
    return any(bool(re.match(kind, char)) != bool(regex_module.match(kind, char)) for kind in kinds)


def run(
    judge_name: str,
    patterns: int,
    seed: str,
    *,
    properties: bool = True,
    say: Callable[[str], None] = print,
) -> tuple[Counter[str], list[Disagreement]]:
    """Compare `patterns` random cases with a judge, in batches; with Node also every property."""
    judge = JUDGES[judge_name]()
    tally: Counter[str] = Counter()
    found: list[Disagreement] = []
    begun = time.monotonic()
    drawn = cases(judge.dialect, patterns, seed)
    every = (
        itertools.chain(property_cases(seed), drawn) if properties and judge.dialect == "ecma262" else drawn
    )
    while batch := list(itertools.islice(every, 1000)):
        for one in compare(judge_name, batch, judge.verdicts(batch), tally):
            found.append(one)
            say(str(one))
        spent = time.monotonic() - begun
        say(f"... {tally['patterns']} patterns, {spent:.0f} s, {len(found)} disagreements")
    return tally, found


def recorded(lines: Iterable[str]) -> tuple[list[Case], list[Verdict]]:
    """What `recording` wrote."""
    drawn, verdicts = [], []
    for pattern, flags, mode, texts, refusal, matches in map(json.loads, lines):
        drawn.append(Case(pattern, flags, mode, tuple(texts)))
        verdicts.append(Verdict(refusal, tuple({"1": True, "0": False}.get(one) for one in matches)))
    return drawn, verdicts


def recording(judge: Judge, patterns: int, seed: str) -> Iterator[str]:
    """The judge's verdicts, a case a line, for where it is not installed; of properties every third case."""
    drawn = [*property_cases(seed)][::3] if judge.dialect == "ecma262" else []
    drawn += cases(judge.dialect, patterns, seed)
    for case, verdict in zip(drawn, judge.verdicts(drawn), strict=True):
        refusal = None if verdict.refusal is None else verdict.refusal.rpartition(": ")[2]
        matches = "".join("?" if one is None else str(int(one)) for one in verdict.matches)
        yield json.dumps([case.pattern, case.flags, case.mode, case.texts, refusal, matches])


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 where something disagrees."""
    parser = argparse.ArgumentParser(
        prog="python -m bltgen.testing.regex_differential",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--judge", choices=[*JUDGES], default="re")
    parser.add_argument("--patterns", type=int, default=2000)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--record", metavar="FILE", help="write the judge's verdicts (xz); compare nothing")
    given = parser.parse_args(arguments)
    if given.record:
        with lzma.open(given.record, "wt", encoding="ascii", preset=9) as file:
            file.writelines(
                f"{line}\n" for line in recording(JUDGES[given.judge](), given.patterns, given.seed)
            )
        return 0
    tally, found = run(given.judge, given.patterns, given.seed, say=lambda line: print(line, flush=True))
    print("; ".join(f"{what} {count}" for what, count in sorted(tally.items())))
    print(f"seed {given.seed}: {tally['patterns']} patterns, {len(found)} disagreements")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
