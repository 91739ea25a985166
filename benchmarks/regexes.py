"""How do engines compare on regular expressions: verdicts, time to the first mask, time for each byte?

    python benchmarks/regexes.py [--quick] [--engines bltgen,llguidance] [--patterns] [--seconds N]

Each engine gets the same patterns and texts, and a vocabulary of the 256 bytes and an end token. Its
verdict on a text is whether it can be walked to the end byte by byte and may end there; `re.fullmatch` says
what is right. A pattern counts as wrong where any verdict is, as refused where the engine raises, crashes
or needs more than `--seconds` (its own process is then killed). Times are of patterns that all engines
shown answer rightly, so that they compare the same work; "all right" adds the engine's own patterns. A
cold step is one of the first walk over a text, a warm one of a later walk over the same text; a step
includes computing the next mask into an array.

Peers are optional: llguidance, xgrammar and outlines-core are compared where they are installed.
(The file is not named regex.py: it would hide the package `regex` from its neighbours.)
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import random
import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol

from bltgen.constraints.regex import regex

END = 256
TOKENS = [*(bytes([b]) for b in range(256)), b"<|end|>"]

# Pattern -> texts. What each text is worth is for `re.fullmatch` to say.
EVERYDAY: dict[str, list[str]] = {
    r"[0-9]{3}-[0-9]{4}": ["555-0199", "555-019", "5555-0199", "555 0199"],
    r"(\([0-9]{3}\) |[0-9]{3}-)[0-9]{3}-[0-9]{4}": ["(212) 555-0100", "212-555-0100", "212 555-0100"],
    r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}": ["ada@example.org", "a.b+c@d.co.uk", "a@b", "@b.c"],
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])": ["2024-05-31", "2024-13-01", "2024-1-01"],
    r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?": ["23:59:59.999", "24:00", "07:30"],
    r"((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])": [
        "192.168.0.255",
        "256.1.1.1",
        "1.2.3",
    ],
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": [
        "123e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-42661417400",
    ],
    r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})": ["#a1b2c3", "#abc", "#abcd"],
    r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?": ["-12.5e10", "0", "01", "1.", "3e"],
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?": ["1.20.3-rc.1", "1.2", "01.2.3"],
    r"https?://[a-z0-9.-]+(:[0-9]+)?(/[^ ?#]*)?(\?[^ #]*)?(#[^ ]*)?": [
        "https://example.com:8080/a/b?c=d#e",
        "ftp://x",
        "http://a b",
    ],
    r'"([^"\\]|\\.)*"': ['"a \\"quoted\\" word"', '"open', '"a"b"'],
    r"[A-Z][a-z]+( [A-Z][a-z]+){1,3}": ["Ada Lovelace", "Ada", "Ada  Lovelace", "Ada King Noel Byron"],
    r"(true|false|null|yes|no)": ["true", "nul", "null", "trues"],
    r"([a-z]+=[^&=]*)(&[a-z]+=[^&=]*)*": ["a=1&b=two%20words&c=", "a=1&", "a==1"],
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (the )?[1-3]?[0-9](st|nd|rd|th)": [
        "Wednesday, the 22nd",
        "Sunday, 1st",
        "Someday, 1st",
    ],
    r"[^a-z]+": ["ABC 123", "ABc", "ÉÀ"],
    r"[à-ÿ ]+": ["é è à", "e", "ÿ"],
    r".{3,5}": ["abc", "héé", "日本語テキ", "ab", "abcdef"],
    r"<([a-z]+)( [a-z]+=\"[^\"<>]*\")*/>": ["<br/>", '<img src="a.png" alt="x y"/>', "<br>"],
}
HARD: dict[str, list[str]] = {
    r"\w+( \w+)*": ["naïve 世界 test_1", "a  b", "१२ ok"],
    r"(a|b)*a(a|b){12}": ["abba" * 10, "b" * 30, "a" * 13],
    r"(a|b)*a(a|b){40}": ["abba" * 20, "b" * 60, "a" * 41],
    r".{1,10000}": ["x" * 200, ""],
    r"((a{1,50}){1,50}){1,50}": ["a" * 300, "b", "a" * 20],
    r"(x+x+)+y": ["x" * 200 + "y", "x" * 200, "x" * 12 + "y", "xy", "x" * 14],
    r"(.*a.*){12}": ["ab" * 30, "b" * 30, "a" * 12],
    r"[a-z]{1,300}-[a-z]{1,300}": ["abc-def", "a" * 250 + "-" + "b" * 250, "-a"],
    r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{8,20}": ["Passw0rd", "password", "Pa5"],
    r"(?!.*(password|1234))[a-z0-9]{6,16}": ["secret99", "xpassword", "a1234b"],
    r"(?:\b[a-z]+\b[ ,]?)+": ["one two,three", "one, two", "a1"],
}


def _words() -> dict[str, list[str]]:
    """One alternation of a thousand words."""
    rng = random.Random(0)
    words = sorted({"".join(rng.choices("etaoinshrdlu", k=rng.randint(3, 11))) for _ in range(1000)})
    return {"|".join(words): [words[0], words[-1], words[500] + "z"]}


class Walk(Protocol):
    """One text being read under one pattern, the mask known."""

    def step(self, byte: int) -> bool:
        """Read a byte and compute the next mask; False where the byte is refused."""

    def ends(self) -> bool:
        """Whether the text may end here."""


Compiled = Callable[[], Walk]


class _Ours:
    def __init__(self, language: Any) -> None:
        self.state = language.start()
        self.state.allowed.mask()

    def step(self, byte: int) -> bool:
        state = self.state.advance(byte)
        if state is None:
            return False
        state.allowed.mask()
        self.state = state
        return True

    def ends(self) -> bool:
        return bool(self.state.accepting)


def bltgen(pattern: str) -> Compiled:
    language = regex(pattern)
    return lambda: _Ours(language)


class _Bytes:
    """A tokenizer whose tokens are the bytes and an end token, for llguidance."""

    eos_token_id = END
    bos_token_id = None
    tokens = TOKENS
    special_token_ids = (END,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


class _LLGuidance:
    def __init__(self, matcher: Any, fill: Callable[[Any, Any], None], mask: Any) -> None:
        self.matcher, self.fill, self.mask = matcher, fill, mask
        matcher.reset()
        fill(matcher, mask)

    def step(self, byte: int) -> bool:
        if not self.mask[0, byte >> 5] >> (byte & 31) & 1 or not self.matcher.consume_token(byte):
            return False
        self.fill(self.matcher, self.mask)
        return True

    def ends(self) -> bool:
        return bool(self.matcher.is_accepting())


def llguidance(pattern: str) -> Compiled:
    import llguidance as engine
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    if "llguidance" not in _TOKENIZERS:
        _TOKENIZERS["llguidance"] = engine.LLTokenizer(engine.TokenizerWrapper(_Bytes()), n_vocab=257)
    matcher = engine.LLMatcher(_TOKENIZERS["llguidance"], engine.LLMatcher.grammar_from_regex(pattern))
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    mask = allocate_token_bitmask(1, 257)
    return lambda: _LLGuidance(matcher, fill_next_token_bitmask, mask)


class _XGrammar:
    def __init__(self, matcher: Any, mask: Any) -> None:
        self.matcher, self.mask = matcher, mask
        matcher.fill_next_token_bitmask(mask)

    def step(self, byte: int) -> bool:
        if not self.matcher.accept_token(byte):
            return False
        if not self.matcher.is_terminated():
            self.matcher.fill_next_token_bitmask(self.mask)
        return True

    def ends(self) -> bool:
        return bool(self.matcher.is_terminated() or self.matcher.accept_token(END))


def xgrammar(pattern: str) -> Compiled:
    import xgrammar as engine

    if "xgrammar" not in _TOKENIZERS:
        info = engine.TokenizerInfo(TOKENS, stop_token_ids=[END])
        _TOKENIZERS["xgrammar"] = engine.GrammarCompiler(info, max_threads=1, cache_enabled=False)
    compiled = _TOKENIZERS["xgrammar"].compile_regex(pattern)
    mask = engine.allocate_token_bitmask(1, 257)
    return lambda: _XGrammar(engine.GrammarMatcher(compiled), mask)


class _Outlines:
    def __init__(self, guide: Any, mask: Any) -> None:
        self.guide, self.mask = guide, mask
        guide.reset()
        guide.write_mask_into(mask.ctypes.data, mask.size, mask.itemsize)

    def step(self, byte: int) -> bool:
        if not self.mask[byte >> 5] >> (byte & 31) & 1:
            return False
        self.guide.advance(byte, False)
        self.guide.write_mask_into(self.mask.ctypes.data, self.mask.size, self.mask.itemsize)
        return True

    def ends(self) -> bool:
        return bool(self.mask[END >> 5] >> (END & 31) & 1)


def outlines_core(pattern: str) -> Compiled:
    import numpy
    import outlines_core as engine

    if "outlines_core" not in _TOKENIZERS:
        _TOKENIZERS["outlines_core"] = engine.Vocabulary(
            END, {token: [i] for i, token in enumerate(TOKENS[:END])}
        )
    guide = engine.Guide(engine.Index(pattern, _TOKENIZERS["outlines_core"]))
    mask = numpy.zeros(9, dtype=numpy.int32)
    return lambda: _Outlines(guide, mask)


_TOKENIZERS: dict[str, Any] = {}
_ENGINES: dict[str, Callable[[str], Compiled]] = {
    "bltgen": bltgen,
    "llguidance": llguidance,
    "xgrammar": xgrammar,
    "outlines_core": outlines_core,
}


@dataclass
class Outcome:
    """What an engine made of a pattern: verdicts in order, or why there are none; seconds."""

    verdicts: list[bool] = field(default_factory=list)
    refusal: str = ""
    first_mask: float = 0.0
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


def run_pattern(compiler: Callable[[str], Compiled], pattern: str, texts: list[bytes]) -> Outcome:
    """Compile, and walk every text three times: once cold, twice warm."""
    outcome = Outcome()
    clock = time.perf_counter
    try:
        begin = clock()
        compiled = compiler(pattern)
        compiled()
        outcome.first_mask = clock() - begin
        for text in texts:
            for steps in (outcome.cold, outcome.warm, outcome.warm):
                walk = compiled()
                verdict = True
                for byte in text:
                    begin = clock()
                    verdict = walk.step(byte)
                    steps.append(clock() - begin)
                    if not verdict:
                        break
            outcome.verdicts.append(verdict and walk.ends())
    except Exception as error:
        outcome.refusal = f"{type(error).__name__}: {error}".splitlines()[0]
    return outcome


def _serve(compiler: Callable[[str], Compiled], connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    while True:
        pattern, texts = connection.recv()
        connection.send(run_pattern(compiler, pattern, texts))


class Engine:
    """An engine in a process of its own, killed and replaced where a pattern crashes or hangs it."""

    def __init__(
        self, compiler: Callable[[str], Compiled], seconds: float, warm_up: tuple[str, list[bytes]]
    ) -> None:
        self.compiler, self.seconds, self.warm_up = compiler, seconds, warm_up
        self._process: Any = None
        self._connection: Any = None

    def run(self, pattern: str, texts: list[bytes]) -> Outcome:
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(self.compiler, theirs), daemon=True)
            self._process.start()
            theirs.close()
            # Imports, tokenizers and Unicode tables are no part of any pattern's time.
            self._ask(*self.warm_up)
        return self._ask(pattern, texts)

    def _ask(self, pattern: str, texts: list[bytes]) -> Outcome:
        self._connection.send((pattern, texts))
        refusal = f"no answer within {self.seconds:g} s"
        try:
            if self._connection.poll(self.seconds):
                outcome: Outcome = self._connection.recv()
                return outcome
        except EOFError:
            refusal = "the process died"
        self.close()
        return Outcome(refusal=refusal)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def quantile(values: list[float], share: float) -> float:
    """The least value that at least this share of all values does not exceed."""
    ordered = sorted(values) or [float("nan")]
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def row(name: str, outcomes: list[Outcome]) -> str:
    cells = [f"{name:28}"]
    for kind in ("first_mask", "cold", "warm"):
        values: list[float] = []
        for outcome in outcomes:
            value = getattr(outcome, kind)
            values += [value] if kind == "first_mask" else value
        cells.append(" ".join(f"{1e6 * quantile(values, share):8.1f}" for share in (0.5, 0.9, 0.99)))
    return " | ".join(cells)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a third of the patterns")
    parser.add_argument("--engines", default=",".join(_ENGINES), help="names, separated by commas")
    parser.add_argument("--patterns", action="store_true", help="a line for each pattern and engine")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="for one pattern, then it counts as refused"
    )
    parser.add_argument("--json", metavar="FILE", help="write verdict counts and quantiles there")
    options = parser.parse_args()

    names = [n for n in options.engines.split(",") if n == "bltgen" or importlib.util.find_spec(n)]
    patterns = {**EVERYDAY, **HARD, **_words()}
    if options.quick:
        patterns = dict(list(patterns.items())[::3])
    results: dict[str, dict[str, Outcome]] = {name: {} for name in names}
    verdict_of: dict[str, dict[str, str]] = {name: {} for name in names}
    for name in names:
        engine = Engine(_ENGINES[name], options.seconds, (r"\w\d\s", [b"a1 "]))
        for pattern, texts in patterns.items():
            oracle = re.compile(pattern)
            expected = [oracle.fullmatch(text) is not None if len(text) < 100 else None for text in texts]
            if name == names[0]:
                _check_long_texts(pattern, texts)
            outcome = engine.run(pattern, [text.encode() for text in texts])
            right = all(e is None or e == v for e, v in zip(expected, outcome.verdicts, strict=False))
            verdict = "refused" if outcome.refusal else "right" if right else "wrong"
            results[name][pattern], verdict_of[name][pattern] = outcome, verdict
            if options.patterns:
                milliseconds = 1e3 * outcome.first_mask
                print(f"{name:14} {verdict:8} {milliseconds:9.2f} ms  {pattern[:60]}  {outcome.refusal[:60]}")
        engine.close()

    print(
        f"{len(patterns)} patterns, {sum(map(len, patterns.values()))} texts; python {sys.version.split()[0]}"
    )
    print("\nengine          right  refused  wrong")
    for name in names:
        counts = [list(verdict_of[name].values()).count(v) for v in ("right", "refused", "wrong")]
        print(f"{name:14} {counts[0]:6} {counts[1]:8} {counts[2]:6}")
    for pattern, verdict in verdict_of.get("bltgen", {}).items():
        if verdict != "right":
            print(f"bltgen {verdict}: {pattern[:60]}  {results['bltgen'][pattern].refusal}")
    print(
        "\nmicroseconds: p50 p90 p99    | compile and first mask     | cold step                  | warm step"
    )
    shared = [p for p in patterns if all(verdict_of[n][p] == "right" for n in names)]
    report: dict[str, Any] = {}
    for name in names:
        print(row(f"{name}, {len(shared)} shared", [results[name][p] for p in shared]))
    for name in names:
        right_here = [p for p in patterns if verdict_of[name][p] == "right"]
        print(row(f"{name}, all {len(right_here)} right", [results[name][p] for p in right_here]))
        report[name] = {
            verdict: list(verdict_of[name].values()).count(verdict)
            for verdict in ("right", "refused", "wrong")
        }
    for name in names[1:]:
        both = [p for p in shared if results[name][p].warm]
        for kind in ("cold", "warm"):
            ours = [s for p in both for s in getattr(results[names[0]][p], kind)]
            theirs = [s for p in both for s in getattr(results[name][p], kind)]
            ratios = {share: quantile(theirs, share) / quantile(ours, share) for share in (0.5, 0.9, 0.99)}
            report[name][kind] = ratios
            shown = ", ".join(f"p{100 * share:g} {ratio:.2f}" for share, ratio in ratios.items())
            print(f"{name} / {names[0]}, {kind} step: {shown}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    return 0


def _check_long_texts(pattern: str, texts: list[str]) -> None:
    """A backtracking engine may not finish on a long text: such texts have no oracle, and say so here."""
    if all(len(text) >= 100 for text in texts):
        raise ValueError(f"no text of {pattern!r} is short enough for the oracle")


if __name__ == "__main__":
    sys.exit(main())
