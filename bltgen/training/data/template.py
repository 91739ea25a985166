"""Templates of sentences: text with slots `{field}` and alternatives `[one|another|]`.

`{~field}` is another value of the field's kind that the document does not ask for: a distractor.
`{a field}` writes the article that the value needs, `{은/는}` the Korean particle that fits what stands
before it. A backslash takes the meaning from a bracket, brace or bar; outside of brackets a bar has none.

>>> import random
>>> parse("[Hello|Hi], {name}.").render(random.Random(1), lambda slot, other: slot.upper())
'Hello, NAME.'
>>> sorted(parse("{a} [and {b}|]{~a}").slots)
['a', 'b']
>>> particle = parse("{name}{은/는}")
>>> [particle.render(random.Random(1), lambda slot, other: name) for name in ("김민수", "박서준")]
['김민수는', '박서준은']
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

__all__ = ["Slot", "Template", "parse"]

_TOKEN = re.compile(
    r"\{(?P<article>a )?(?P<other>~?)(?P<field>\w+)\}|\{(?P<closed>\w+)/(?P<open>\w+)\}"
    r"|\\(?P<plain>[{}\[\]|\\])|[\[\]|]|[^{}\[\]|\\]+|[{}\\]"
)


@dataclass(frozen=True)
class Slot:
    field: str
    other: bool
    article: bool = False


@dataclass(frozen=True)
class Particle:
    """A Korean particle: one spelling after a final consonant, one after a vowel."""

    closed: str
    open: str

    def after(self, text: str) -> str:
        """The spelling that fits what stands before. "으로" drops its vowel after a final ㄹ too."""
        last = ord(text[-1]) - 0xAC00 if text else -1
        final = last % 28 if 0 <= last < 11172 else _FINAL.get(text[-1:], 0)
        is_open = final == 0 or (final == _RIEUL and self.closed == "으로")
        return self.open if is_open else self.closed


_RIEUL = 8
_FINAL = {**dict.fromkeys("0136", 1), **dict.fromkeys("178LlRr", _RIEUL), **dict.fromkeys("MmNn", 4)}
"""How digits and letters end when read out in Korean: 영, 삼, 육 on a consonant, 일, 칠, 팔 on ㄹ."""


@dataclass(frozen=True)
class Template:
    """A sequence of texts, slots and alternatives."""

    source: str
    parts: tuple[str | Slot | Particle | tuple[Template, ...], ...]

    @cached_property
    def slots(self) -> frozenset[str]:
        """The fields that some rendering states."""
        return frozenset(slot.field for slot in self._slots() if not slot.other)

    @cached_property
    def fields(self) -> frozenset[str]:
        """All fields named, distractors too."""
        return frozenset(slot.field for slot in self._slots())

    def _slots(self) -> Iterator[Slot]:
        for part in self.parts:
            if isinstance(part, Slot):
                yield part
            elif isinstance(part, tuple):
                for option in part:
                    yield from option._slots()

    def render(self, rng: random.Random, fill: Callable[[str, bool], str]) -> str:
        """One rendering; `fill(field, other)` gives the text of a slot."""
        out: list[str] = []
        self._render(rng.random, fill, out)
        return "".join(out)

    def _render(self, uniform: Callable[[], float], fill: Callable[[str, bool], str], out: list[str]) -> None:
        for part in self.parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Slot):
                text = fill(part.field, part.other)
                if part.article:
                    out.append("an " if text[:1] in "aeioAEIO" else "a ")
                out.append(text)
            elif isinstance(part, Particle):
                out.append(part.after(next((text for text in reversed(out) if text), "")))
            else:
                part[int(uniform() * len(part))]._render(uniform, fill, out)


@cache
def parse(source: str) -> Template:
    """Raises ValueError where brackets do not match."""
    stack: list[tuple[list[Template], list[str | Slot | Particle | tuple[Template, ...]]]] = [([], [])]
    for match in _TOKEN.finditer(source):
        token = match.group()
        if match["field"]:
            stack[-1][1].append(Slot(match["field"], bool(match["other"]), bool(match["article"])))
        elif match["closed"]:
            stack[-1][1].append(Particle(match["closed"], match["open"]))
        elif match["plain"]:
            stack[-1][1].append(match["plain"])
        elif token in ("{", "}", "\\"):
            raise ValueError(f"{token!r} is no slot at {match.start()} in {source!r}")
        elif token == "[":
            stack.append(([], []))
        elif token in ("|", "]") and (len(stack) > 1 or token == "]"):
            if len(stack) == 1:
                raise ValueError(f"{token!r} outside of brackets at {match.start()} in {source!r}")
            options, parts = stack[-1]
            options.append(Template("", tuple(parts)))
            if token == "|":
                stack[-1] = (options, [])
            else:
                stack.pop()
                stack[-1][1].append(tuple(options))
        else:
            stack[-1][1].append(token)
    if len(stack) != 1:
        raise ValueError(f"a bracket is not closed in {source!r}")
    return Template(source, tuple(stack[0][1]))
