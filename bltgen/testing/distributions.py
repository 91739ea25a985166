"""Ground truth by enumeration: what a strategy should draw from, and whether its draws do.

For a finite language and a model, the probability of every valid text is a product that can be
computed one by one; conditioned on validity it is the distribution that the exact strategies
promise. Never for production: the cost is every text of the language.

>>> from bltgen.automata.language import literal, union
>>> from bltgen.testing.models import table
>>> model = table({b"": {b"a": 0.2, b"b": 0.3, b"c": 0.5}})
>>> truth = conditioned(model, b"", union(literal(b"a"), literal(b"b")))
>>> {text: round(probability, 3) for text, probability in truth.items()}
{b'a': 0.4, b'b': 0.6}
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from bltgen.decoding.conditioning import open_session
from bltgen.decoding.sampling import END, SamplingParameters, base_distribution
from bltgen.decoding.search import Search
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bltgen.automata.contract import Constraint, State
    from bltgen.model.contract import ByteModel

__all__ = [
    "base_table",
    "chi_square",
    "conditioned",
    "conditioned_by_patch",
    "finite_texts",
    "frequencies",
    "largest_deviation",
    "locally_renormalised",
    "total_variation",
]

Table = Mapping[bytes, "NDArray[np.float64]"]
"""Each prefix of a valid text: the base probabilities [257] of what follows."""


def finite_texts(constraint: Constraint, limit: int = 10_000) -> list[bytes]:
    """All valid texts, in byte order. Raises LimitExceeded where there are more than `limit` prefixes."""
    found: list[bytes] = []
    waiting: list[tuple[bytes, State]] = [(b"", constraint.start())]
    seen = 0
    while waiting:
        prefix, state = waiting.pop()
        seen += 1
        if seen > limit:
            raise LimitExceeded("the number of prefixes of valid texts", limit)
        if state.accepting:
            found.append(prefix)
        for byte in state.allowed:
            following = state.advance(byte)
            assert following is not None
            waiting.append((prefix + bytes((byte,)), following))
    return sorted(found)


def base_table(
    model: ByteModel,
    prompt: bytes,
    texts: Iterable[bytes],
    parameters: SamplingParameters | None = None,
    constraint: Constraint | None = None,
) -> dict[bytes, NDArray[np.float64]]:
    """The base probabilities after every prefix of the texts.

    constraint: whose masks a model that takes them is told (with the default budget).
    """
    found: dict[bytes, NDArray[np.float64]] = {}
    opened = open_session(model, [prompt], [Search(constraint, None)])
    for text in texts:
        if text in found and all(text[:at] in found for at in range(len(text))):
            continue
        session = opened.select([0])
        rows = []
        if text:
            session.extend([text], keep_logits=True)
            rows = list(session.chunk_logits[0].detach().cpu().double().numpy())
        rows.append(session.logits[0].detach().cpu().double().numpy())
        for at, logits in enumerate(rows):
            base = base_distribution(logits[None], parameters or SamplingParameters(), [text[:at]])
            found[text[:at]] = np.exp(base.truncated[0])
    return found


def text_mass(table: Table, text: bytes) -> float:
    """The base probability of the text and its end."""
    mass = float(table[text][END])
    for at, byte in enumerate(text):
        mass *= float(table[text[:at]][byte])
    return mass


def conditioned(
    model: ByteModel, prompt: bytes, constraint: Constraint, parameters: SamplingParameters | None = None
) -> dict[bytes, float]:
    """The base distribution conditioned on validity: the probability of every valid text."""
    texts = finite_texts(constraint)
    table = base_table(model, prompt, texts, parameters, constraint)
    return _normalised({text: text_mass(table, text) for text in texts})


def locally_renormalised(
    model: ByteModel, prompt: bytes, constraint: Constraint, parameters: SamplingParameters | None = None
) -> dict[bytes, float]:
    """What masking draws from: at each byte, the base probabilities over what is allowed there."""
    texts = finite_texts(constraint)
    table = base_table(model, prompt, texts, parameters, constraint)
    found = {}
    for text in texts:
        state, probability = constraint.start(), 1.0
        for at in range(len(text) + 1):
            allowed = [*state.allowed, *([END] if state.accepting else [])]
            column = text[at] if at < len(text) else END
            probability *= table[text[:at]][column] / table[text[:at]][allowed].sum()
            if at < len(text):
                following = state.advance(column)
                assert following is not None
                state = following
        found[text] = float(probability)
    return found


def conditioned_by_patch(
    model: ByteModel, prompt: bytes, constraint: Constraint, parameters: SamplingParameters | None = None
) -> dict[bytes, float]:
    """What re-decoding draws from: patch by patch, conditioned on the patch staying in the language.

    Where no valid patch has any mass it would have to fall back; such texts have probability 0 here.
    """
    texts = finite_texts(constraint)
    table = base_table(model, prompt, texts, parameters, constraint)
    boundary = {prefix: _starts_patch(model, prompt, prefix) for prefix in table}
    found = {}
    for text in texts:
        probability, start = 1.0, 0
        for at in range(1, len(text) + 1):
            if boundary[text[:at]]:
                probability *= _patch_share(table, boundary, texts, text, start, at)
                start = at
        found[text] = probability * _patch_share(table, boundary, texts, text, start, len(text) + 1)
    return found


def _patch_share(
    table: Table, boundary: Mapping[bytes, bool], texts: list[bytes], text: bytes, start: int, end: int
) -> float:
    """The share of text[start:end] among the patches possible after text[:start].

    end = len(text) + 1 stands for the end of the text, too.
    """
    prefix = text[:start]
    patches: dict[tuple[bytes, bool], float] = {}
    for other in texts:
        if not other.startswith(prefix):
            continue
        mass, at = 1.0, start
        while at < len(other):
            mass *= float(table[other[:at]][other[at]])
            at += 1
            if boundary[other[:at]]:
                break
        else:
            mass *= float(table[other][END])
            patches[other[start:], True] = mass
            continue
        patches[other[start:at], False] = mass
    own = (text[start:end], end > len(text))
    total = sum(patches.values())
    return patches[own] / total if total > 0 else 0.0


def _starts_patch(model: ByteModel, prompt: bytes, prefix: bytes) -> bool:
    session = model.session([prompt])
    session.extend([prefix])
    return bool(session.at_boundary[0])


def _normalised(masses: Mapping[bytes, float]) -> dict[bytes, float]:
    total = sum(masses.values())
    if not total > 0:
        raise ValueError("no valid text has any mass in the base distribution")
    return {text: mass / total for text, mass in masses.items()}


def frequencies(draws: Iterable[tuple[bytes, float]]) -> dict[bytes, float]:
    """The weighted share of each text among (text, log-weight) draws."""
    listed = list(draws)
    top = max(weight for _, weight in listed)
    shares: dict[bytes, float] = {}
    for text, weight in listed:
        shares[text] = shares.get(text, 0.0) + math.exp(weight - top)
    return _normalised(shares)


def total_variation(one: Mapping[bytes, float], other: Mapping[bytes, float]) -> float:
    """Half the summed differences of two distributions: 0 equal, 1 disjoint."""
    return sum(abs(one.get(text, 0.0) - other.get(text, 0.0)) for text in {*one, *other}) / 2


def chi_square(texts: Iterable[bytes], truth: Mapping[bytes, float], least: float = 5.0) -> float:
    """A standard normal deviate: how far unweighted draws are from `truth` (above 4: they do not follow it).

    Pearson's statistic over texts expected at least `least` times (the rest in one cell), by the
    transformation of Wilson and Hilferty (1931). Infinite where a text of probability 0 was drawn.
    """
    counts: dict[bytes, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    total = sum(counts.values())
    if any(truth.get(text, 0.0) <= 0 for text in counts):
        return math.inf
    cells: list[tuple[float, float]] = []
    rare = [0.0, 0.0]
    for text, probability in truth.items():
        expected, seen = probability * total, counts.get(text, 0)
        if expected >= least:
            cells.append((expected, seen))
        else:
            rare[0] += expected
            rare[1] += seen
    if rare[0] >= least:
        cells.append((rare[0], rare[1]))
    degrees = len(cells) - 1
    if degrees < 1:
        return 0.0
    statistic = sum((seen - expected) ** 2 / expected for expected, seen in cells)
    spread = 2 / (9 * degrees)
    return float(((statistic / degrees) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


def largest_deviation(
    draws: Iterable[tuple[bytes, float]], truth: Mapping[bytes, float], least: float = 20.0
) -> float:
    """The largest deviation of a weighted share from its truth, in standard errors.

    Above 5 the draws do not follow it. Over texts expected at least `least` times among the effective
    draws, (sum of weights)**2 / (sum of squares), and the rest together: of rarer texts the few draws
    that carry most of their weight may be missing, and with them the error's true size. The error of
    a self-normalised estimate is by the delta method. Infinite where a text of probability 0 has weight.
    """
    listed = list(draws)
    top = max(weight for _, weight in listed)
    sums: dict[bytes, float] = {}
    squares: dict[bytes, float] = {}
    for text, log_weight in listed:
        weight = math.exp(log_weight - top)
        sums[text] = sums.get(text, 0.0) + weight
        squares[text] = squares.get(text, 0.0) + weight**2
    if any(weight > 0 and truth.get(text, 0.0) <= 0 for text, weight in sums.items()):
        return math.inf
    total, square = sum(sums.values()), sum(squares.values())
    cells: list[tuple[float, float, float]] = []  # (truth, sum of weights, of their squares)
    rest = [0.0, 0.0, 0.0]
    for text in {*truth, *sums}:
        cell = (truth.get(text, 0.0), sums.get(text, 0.0), squares.get(text, 0.0))
        if cell[0] * total**2 / square >= least:
            cells.append(cell)
        else:
            rest = [one + other for one, other in zip(rest, cell, strict=True)]
    if rest[0] * total**2 / square >= least:
        cells.append((rest[0], rest[1], rest[2]))
    worst = 0.0
    for probability, weight, squared in cells:
        variance = squared * (1 - probability) ** 2 + (square - squared) * probability**2
        if variance > 0:
            worst = max(worst, abs(weight - total * probability) / math.sqrt(variance))
    return worst
