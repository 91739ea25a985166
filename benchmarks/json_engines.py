"""The engines that the JSON Schema benchmarks compare, behind one small face, and a process to run them in.

Every engine sees a vocabulary of the 256 bytes and an end token, computes a mask after each byte, and is
walked byte by byte. Peers are optional: `engines()` names those that are installed.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol

END = 256


class Walk(Protocol):
    """One text being read under one schema."""

    def step(self, byte: int) -> bool:
        """Read a byte and compute the next mask; False where the byte is refused."""

    def ends(self) -> bool:
        """Whether the text may end here."""


Compiled = Callable[[], Walk]
"""Begins a walk: resets to the start and computes the first mask."""


class _Ours:
    def __init__(self, constraint: Any) -> None:
        self.state = constraint.start()
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


def bltgen(schema: Any, **options: Any) -> Compiled:
    """Compile with bltgen."""
    from bltgen.constraints.json_schema import json_schema

    constraint = json_schema(schema, **{"whitespace": "any", "numbers": "any", **options})
    return lambda: _Ours(constraint)


class _Bytes:
    """A tokenizer whose tokens are the bytes and an end token, for llguidance."""

    eos_token_id = END
    bos_token_id = None
    tokens = (*(bytes([b]) for b in range(256)), b"<|end|>")
    special_token_ids = (END,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


class _LLGuidance:
    def __init__(self, matcher: Any, fill: Callable[[Any, Any], None], bitmask: Any) -> None:
        self.matcher, self.fill, self.bitmask = matcher, fill, bitmask
        matcher.reset()
        fill(matcher, bitmask)

    def step(self, byte: int) -> bool:
        # The mask of the step before says whether the byte is allowed.
        if not self.bitmask[0, byte >> 5] >> (byte & 31) & 1:
            return False
        if not self.matcher.consume_token(byte):
            return False
        self.fill(self.matcher, self.bitmask)
        return True

    def ends(self) -> bool:
        return bool(self.matcher.is_accepting())


def llguidance(schema: Any, **options: Any) -> Compiled:
    """Compile with llguidance. Raises ValueError where it refuses the schema."""
    import llguidance as engine
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    tokenizer = _TOKENIZERS.get("llguidance")
    if tokenizer is None:
        wrapper = engine.TokenizerWrapper(_Bytes())
        tokenizer = _TOKENIZERS["llguidance"] = engine.LLTokenizer(wrapper, n_vocab=257)
    matcher = engine.LLMatcher(tokenizer, engine.LLMatcher.grammar_from_json_schema(json.dumps(schema)))
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    bitmask = allocate_token_bitmask(1, 257)
    return lambda: _LLGuidance(matcher, fill_next_token_bitmask, bitmask)


class _XGrammar:
    def __init__(self, matcher: Any, bitmask: Any) -> None:
        self.matcher, self.bitmask = matcher, bitmask
        matcher.fill_next_token_bitmask(bitmask)

    def step(self, byte: int) -> bool:
        if not self.matcher.accept_token(byte):
            return False
        if not self.matcher.is_terminated():
            self.matcher.fill_next_token_bitmask(self.bitmask)
        return True

    def ends(self) -> bool:
        return bool(self.matcher.is_terminated() or self.matcher.accept_token(END))


def xgrammar(schema: Any, **options: Any) -> Compiled:
    """Compile with xgrammar, additional properties allowed as in JSON Schema."""
    import xgrammar as engine

    compiler = _TOKENIZERS.get("xgrammar")
    if compiler is None:
        info = engine.TokenizerInfo(list(_Bytes.tokens), stop_token_ids=[END])
        compiler = _TOKENIZERS["xgrammar"] = engine.GrammarCompiler(info, max_threads=1, cache_enabled=False)
    compiled = compiler.compile_json_schema(json.dumps(schema), strict_mode=False)
    bitmask = engine.allocate_token_bitmask(1, 257)
    return lambda: _XGrammar(engine.GrammarMatcher(compiled), bitmask)


_TOKENIZERS: dict[str, Any] = {}
_ENGINES: dict[str, Callable[..., Compiled]] = {
    "bltgen": bltgen,
    "llguidance": llguidance,
    "xgrammar": xgrammar,
}


def engines() -> list[str]:
    """The engines that are installed, bltgen first."""
    return [name for name in _ENGINES if importlib.util.find_spec(name) is not None]


@dataclass
class Job:
    """A schema, options for bltgen, and instances with the verdict that is right.

    An option that is a function is called for its value, in the engine's process.
    """

    schema: Any
    instances: list[tuple[bytes, bool]]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What an engine made of a job: verdicts in order, or why it refused; seconds."""

    verdicts: list[bool] = field(default_factory=list)
    refusal: str = ""
    compile_seconds: float = 0.0
    first_steps: list[float] = field(default_factory=list)
    later_steps: list[float] = field(default_factory=list)


def run_job(engine: str, job: Job, timed: bool) -> Outcome:
    """Compile and walk in this process. Steps of the first instance are apart from those of the others."""
    outcome = Outcome()
    clock = time.perf_counter
    options = {name: value() if callable(value) else value for name, value in job.options.items()}
    begin = clock()
    try:
        compiled = _ENGINES[engine](job.schema, **options)
        walk: Walk | None = compiled()
    except Exception as error:
        outcome.compile_seconds = clock() - begin
        outcome.refusal = f"{type(error).__name__}: {error}"
        return outcome
    outcome.compile_seconds = clock() - begin
    for data, _ in job.instances:
        try:
            walk = walk or compiled()
            verdict = True
            steps = outcome.later_steps if outcome.verdicts else outcome.first_steps
            if timed:
                for byte in data:
                    begin = clock()
                    verdict = walk.step(byte)
                    steps.append(clock() - begin)
                    if not verdict:
                        break
            else:
                verdict = all(walk.step(byte) for byte in data)
            outcome.verdicts.append(verdict and walk.ends())
        except Exception as error:
            outcome.refusal = f"{type(error).__name__}: {error}"
            return outcome
        walk = None
    return outcome


def _serve(engine: str, timed: bool, connection: Connection) -> None:
    while True:
        job = connection.recv()
        connection.send(run_job(engine, job, timed))


class Engine:
    """An engine in a process of its own, which is killed and replaced where a job crashes or hangs."""

    def __init__(self, name: str, *, timed: bool, seconds: float) -> None:
        self.name, self.timed, self.seconds = name, timed, seconds
        self._process: Any = None
        self._connection: Any = None

    def run(self, job: Job) -> Outcome:
        """The outcome of a job; a refusal where the process died or took too long."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(self.name, self.timed, theirs), daemon=True)
            self._process.start()
            theirs.close()
            # What is imported once is no part of any schema's time.
            self._ask(Job({"type": "integer"}, [(b"1", True)]))
        return self._ask(job)

    def _ask(self, job: Job) -> Outcome:
        self._connection.send(job)
        try:
            if self._connection.poll(self.seconds):
                outcome: Outcome = self._connection.recv()
                return outcome
            refusal = f"no answer within {self.seconds:g} s"
        except EOFError:
            refusal = "the process died"
        self.close()
        return Outcome(refusal=refusal, compile_seconds=self.seconds)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def quantile(values: list[float], share: float) -> float:
    """The least value that at least this share of all values does not exceed; NaN where there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
