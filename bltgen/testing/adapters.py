"""Other engines behind one small protocol, so that the same questions can be put to all of them.

Each is given a vocabulary of the 256 bytes and an end. They are optional dependencies (extra
`peers`), imported when first used. An engine that will not compile a source raises `Refused`.

>>> walk = BltgenEngine().regex("ab?")()
>>> bytes(walk.allowed), walk.accepting, walk.advance(ord("a")), walk.accepting
(b'a', False, True, True)
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from bltgen.automata.byteset import EMPTY, ByteSet
from bltgen.automata.contract import Constraint, State
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintError

__all__ = ["ENGINES", "BltgenEngine", "Engine", "Refused", "Walk", "accepts", "installed", "processor_walk"]

END = 256
TOKENS = (*(bytes((byte,)) for byte in range(256)), b"<|end|>")


class Refused(ValueError):
    """The engine will not compile this source, and says why."""


class Walk(Protocol):
    """One reading of a text, from its beginning."""

    @property
    def allowed(self) -> ByteSet:
        """The bytes that may come next, by the engine's mask."""
        ...

    @property
    def accepting(self) -> bool:
        """Whether the text may end here."""
        ...

    def advance(self, byte: int) -> bool:
        """Read a byte; False where the engine refuses it. Nothing may be asked after that."""
        ...


Opened = Callable[[], Walk]


class Engine(Protocol):
    """Something that compiles sources."""

    @property
    def name(self) -> str:
        """As on the command line."""
        ...

    def schema(self, schema: Any) -> Opened:
        """A JSON Schema. Raises Refused."""
        ...

    def regex(self, pattern: str) -> Opened:
        """A regular expression. Raises Refused."""
        ...


def accepts(opened: Opened, data: bytes) -> bool:
    """Whether an engine takes the whole text and may end there."""
    walk = opened()
    return all(walk.advance(byte) for byte in data) and walk.accepting


class _ConstraintWalk:
    def __init__(self, constraint: Constraint) -> None:
        self._state: State | None = constraint.start()

    @property
    def allowed(self) -> ByteSet:
        return EMPTY if self._state is None else self._state.allowed

    @property
    def accepting(self) -> bool:
        return self._state is not None and self._state.accepting

    def advance(self, byte: int) -> bool:
        self._state = None if self._state is None else self._state.advance(byte)
        return self._state is not None


class BltgenEngine:
    """This engine, by the same questions."""

    name = "bltgen"

    def schema(self, schema: Any) -> Opened:
        """In any spelling."""
        return self._opened(lambda: json_schema(schema, whitespace="any", numbers="any"))

    def regex(self, pattern: str) -> Opened:
        """In the `python` dialect."""
        return self._opened(lambda: regex(pattern))

    @staticmethod
    def _opened(compile_it: Callable[[], Constraint]) -> Opened:
        try:
            constraint = compile_it()
        except ConstraintError as error:
            raise Refused(str(error)) from error
        return lambda: _ConstraintWalk(constraint)


def _set_of(bits: Any) -> tuple[ByteSet, bool]:
    """(bytes, end) of a bitmask of 257 tokens in 32-bit words."""
    words = np.asarray(bits).reshape(-1).astype(np.int32).view(np.uint32)
    whole = int.from_bytes(words.astype("<u4").tobytes(), "little")
    return ByteSet(whole & ((1 << 256) - 1)), bool(whole >> 256 & 1)


class _ByteTokenizer:
    """The interface that llguidance asks of a tokenizer."""

    eos_token_id = END
    bos_token_id = None
    tokens = TOKENS
    special_token_ids = (END,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


class LLGuidanceEngine:
    """llguidance (Microsoft)."""

    name = "llguidance"

    def __init__(self) -> None:
        import llguidance

        self._module = llguidance
        self._tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(_ByteTokenizer()), n_vocab=257)

    def schema(self, schema: Any) -> Opened:
        """By its own reading of JSON Schema."""
        return self._opened(self._module.LLMatcher.grammar_from_json_schema(json.dumps(schema)))

    def regex(self, pattern: str) -> Opened:
        """By its own regex syntax."""
        return self._opened(self._module.LLMatcher.grammar_from_regex(pattern))

    def _opened(self, grammar: Any) -> Opened:
        first = self._module.LLMatcher(self._tokenizer, grammar)
        if first.is_error():
            raise Refused(first.get_error())
        return lambda: _LLGuidanceWalk(self._module.LLMatcher(self._tokenizer, grammar))


class _LLGuidanceWalk:
    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher

    @property
    def allowed(self) -> ByteSet:
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        bitmask = allocate_token_bitmask(1, 257)
        fill_next_token_bitmask(self._matcher, bitmask)
        return _set_of(bitmask)[0]

    @property
    def accepting(self) -> bool:
        return bool(self._matcher.is_accepting())

    def advance(self, byte: int) -> bool:
        if byte not in self.allowed:  # consuming a token that is not allowed puts it in a state of error
            return False
        return bool(self._matcher.consume_token(byte)) and not self._matcher.is_error()


class XGrammarEngine:
    """XGrammar (MLC), with `strict_mode=False`: additional properties are allowed, as the standard says."""

    name = "xgrammar"

    def __init__(self) -> None:
        import xgrammar

        self._module = xgrammar
        info = xgrammar.TokenizerInfo(list(TOKENS), stop_token_ids=[END])
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1)

    def schema(self, schema: Any) -> Opened:
        """By its own reading of JSON Schema."""
        return self._opened(lambda: self._compiler.compile_json_schema(json.dumps(schema), strict_mode=False))

    def regex(self, pattern: str) -> Opened:
        """By its own regex syntax."""
        return self._opened(lambda: self._compiler.compile_regex(pattern))

    def _opened(self, compile_it: Callable[[], Any]) -> Opened:
        try:
            compiled = compile_it()
        except Exception as error:  # it raises RuntimeError and others of its C++ side
            raise Refused(str(error)) from error
        return lambda: _XGrammarWalk(self._module, self._module.GrammarMatcher(compiled))


class _XGrammarWalk:
    def __init__(self, module: Any, matcher: Any) -> None:
        self._module, self._matcher = module, matcher

    def _mask(self) -> tuple[ByteSet, bool]:
        bitmask = self._module.allocate_token_bitmask(1, 257)
        if not self._matcher.fill_next_token_bitmask(bitmask):
            return ~EMPTY, True  # "need not be applied": everything is allowed
        return _set_of(bitmask.numpy())

    @property
    def allowed(self) -> ByteSet:
        return self._mask()[0]

    @property
    def accepting(self) -> bool:
        return self._mask()[1]

    def advance(self, byte: int) -> bool:
        return bool(self._matcher.accept_token(byte))


class OutlinesEngine:
    """outlines-core (dottxt): everything becomes one regex and one index over the vocabulary."""

    name = "outlines-core"

    def __init__(self) -> None:
        import outlines_core

        self._module = outlines_core
        known: dict[bytes, list[int]] = {token: [index] for index, token in enumerate(TOKENS[:END])}
        self._vocabulary = outlines_core.Vocabulary(END, known)

    def schema(self, schema: Any) -> Opened:
        """Through its translation to a regex."""
        from outlines_core.json_schema import build_regex_from_schema

        return self._opened(lambda: build_regex_from_schema(json.dumps(schema)))

    def regex(self, pattern: str) -> Opened:
        """By the syntax of Rust's regex-automata."""
        return self._opened(lambda: pattern)

    def _opened(self, pattern_of: Callable[[], str]) -> Opened:
        try:
            index = self._module.Index(pattern_of(), self._vocabulary)
        except Exception as error:
            raise Refused(str(error)) from error
        return lambda: _OutlinesWalk(self._module.Guide(index))


class _OutlinesWalk:
    def __init__(self, guide: Any) -> None:
        self._guide = guide

    @property
    def allowed(self) -> ByteSet:
        return ByteSet.of(token for token in self._guide.get_tokens() if token < END)

    @property
    def accepting(self) -> bool:
        return bool(self._guide.is_finished()) or END in self._guide.get_tokens()

    def advance(self, byte: int) -> bool:
        if byte not in self.allowed:
            return False
        self._guide.advance(byte, return_tokens=False)
        return True


class _ProcessorWalk:
    def __init__(self, processor: Any, prompt: list[int], ids: Mapping[int, int], end: int) -> None:
        self._processor, self._read, self._ids, self._end = processor, list(prompt), ids, end
        self._scores = self._asked()

    def _asked(self) -> Any:
        import torch

        scores = torch.zeros(1, max(*self._ids.values(), self._end) + 1)
        return self._processor(torch.tensor([self._read], dtype=torch.long), scores)[0]

    def _finite(self, token: int) -> bool:
        return bool(self._scores[token] > -1e30)

    @property
    def allowed(self) -> ByteSet:
        return ByteSet.of(byte for byte, token in self._ids.items() if self._finite(token))

    @property
    def accepting(self) -> bool:
        return self._finite(self._end)

    def advance(self, byte: int) -> bool:
        if byte not in self.allowed:
            return False
        self._read.append(self._ids[byte])
        self._scores = self._asked()
        return True


def processor_walk(
    make: Callable[[], Any],
    *,
    ids: Mapping[int, int] | None = None,
    end: int = END,
    prompt: tuple[int, ...] = (),
) -> Opened:
    """Any `transformers` LogitsProcessor with a byte vocabulary: `make()` gives a fresh one.

    ids: the token of each byte (by default the byte itself); end: the token of the end. A byte is
    allowed where its score of 0 is not lowered below -1e30.
    """
    table = ids or {byte: byte for byte in range(256)}
    return lambda: _ProcessorWalk(make(), list(prompt), table, end)


ENGINES: dict[str, tuple[str, Callable[[], Engine]]] = {
    "bltgen": ("bltgen", BltgenEngine),
    "llguidance": ("llguidance", LLGuidanceEngine),
    "xgrammar": ("xgrammar", XGrammarEngine),
    "outlines-core": ("outlines_core", OutlinesEngine),
}
"""Each engine's module and what makes it."""


def installed() -> list[str]:
    """The engines that can be imported here."""
    return [name for name, (module, _) in ENGINES.items() if importlib.util.find_spec(module) is not None]
