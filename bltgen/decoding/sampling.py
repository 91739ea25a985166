"""Sampling parameters and what they do: pure functions on logits [rows, 257], in float64.

Column b < 256 is byte b, column 256 the end of the text. The order is fixed:

1. penalties for what was said already (repetition, presence, frequency), then the logit bias;
2. temperature;
3. truncation: top-k, then top-p, then min-p, then typical, each on what the one before it left;
4. the constraint's mask.

Steps 1 to 3 do not know the constraint: they make the *base distribution*, which the strategies
condition on validity. The mask comes last, so that it never changes what the base distribution
is. Where truncation left nothing that the constraint allows, the mask is applied to the result
of step 2 instead (a valid text has then mass zero in the base distribution: log-weight -inf).

Temperature 0 is greedy: the most probable allowed byte, the lowest on ties. Truncation cannot
change that choice and is skipped; log-masses are then those of temperature 1.

Every draw inverts the cumulative distribution at one uniform number of the row's own generator:
a row's bytes do not depend on how many rows are decoded beside it. Cost: about 30 us a row.

>>> logits = np.full((1, 257), -np.inf); logits[0, [65, 66, 67]] = np.log([0.5, 0.3, 0.2])
>>> base = base_distribution(logits, SamplingParameters(top_k=2))
>>> np.exp(base.truncated[0, 65:68]).round(3).tolist()
[0.625, 0.375, 0.0]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from bltgen.arguments import shown, suggests_keywords

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Logits = NDArray[np.float64]

__all__ = [
    "BaseDistribution",
    "SamplingParameters",
    "add_bias",
    "apply_penalties",
    "apply_temperature",
    "base_distribution",
    "draw",
    "keep_min_p",
    "keep_top_k",
    "keep_top_p",
    "keep_typical",
    "log_softmax",
    "masked",
    "ngram_counts",
]

END = 256
VOCABULARY = 257

_LARGEST = sys.float_info.max

WIDEST = 1e250
"""Logits are kept within this of 0 and of each other, so that no parameter makes one infinite."""


@suggests_keywords()
@dataclass(frozen=True)
class SamplingParameters:
    """How the base distribution is made from the model's logits. Raises ValueError naming the parameter.

    temperature: >= 0; 0 is greedy. top_k: keep the k most probable (0: all). top_p: keep the fewest
    whose mass reaches p (Holtzman et al. 2020). min_p: keep those at least min_p times as probable
    as the most probable (Nguyen et al. 2024). typical: keep those of least deviation from the
    entropy whose mass reaches it (Meister et al. 2023). repetition_penalty: divides positive and
    multiplies negative logits of what occurred (Keskar et al. 2019). presence_penalty and
    frequency_penalty: subtracted once, and once an occurrence. penalty_ngram: a byte has occurred
    where it ends an n-gram of the output that is about to occur again (1: any occurrence; 8 and
    more leave spelling alone). The end of the text is never penalised. bias: added to the logits
    by byte (an int, or a bytes of length 1), 256 for the end; -inf bans a byte from the base
    distribution, but a byte that a constraint leaves no choice about is said all the same.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical: float = 1.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    penalty_ngram: int = 1
    bias: Mapping[int | bytes, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "bias" and _float(value) is None:
                raise ValueError(f"{item.name}={shown(value)}: a number is needed")
        for name in ("top_k", "penalty_ngram"):
            if not isinstance(getattr(self, name), int):
                raise ValueError(f"{name}={getattr(self, name)!r}: an integer is needed")
        _check(
            0 <= self.temperature <= _LARGEST,
            "temperature",
            self.temperature,
            "finite and >= 0 (0 is greedy)",
        )
        _check(self.top_k >= 0, "top_k", self.top_k, ">= 0 (0 keeps all)")
        _check(0 < self.top_p <= 1, "top_p", self.top_p, "in (0, 1]")
        _check(0 <= self.min_p <= 1, "min_p", self.min_p, "in [0, 1]")
        _check(0 < self.typical <= 1, "typical", self.typical, "in (0, 1]")
        _check(
            0 < self.repetition_penalty <= _LARGEST,
            "repetition_penalty",
            self.repetition_penalty,
            "> 0 (1 is none)",
        )
        _check(abs(self.presence_penalty) <= _LARGEST, "presence_penalty", self.presence_penalty, "finite")
        _check(abs(self.frequency_penalty) <= _LARGEST, "frequency_penalty", self.frequency_penalty, "finite")
        _check(self.penalty_ngram >= 1, "penalty_ngram", self.penalty_ngram, ">= 1")
        bias: dict[int | bytes, float] = {}
        if not isinstance(self.bias, Mapping):
            raise ValueError(f"bias={shown(self.bias)}: a dict is needed, of bytes to what their logit gains")
        for key, value in self.bias.items():
            column = key[0] if isinstance(key, bytes) and len(key) == 1 else key
            if isinstance(column, bool) or not isinstance(column, int) or not 0 <= column <= END:
                raise ValueError(
                    f"bias has the key {key!r}: a byte is needed (0..255, b'x', or 256 for the end)"
                )
            number = _float(value)
            if number is None or number == math.inf:
                raise ValueError(f"bias[{key!r}]={shown(value)}: a number below +inf is needed")
            bias[column] = number
        object.__setattr__(self, "bias", bias)

    def __repr__(self) -> str:
        set_ones = [(item.name, getattr(self, item.name), item) for item in fields(self)]
        given = [f"{n}={shown(v)}" for n, v, f in set_ones if v != (f.default if n != "bias" else {})]
        return f"SamplingParameters({', '.join(given)})"

    @property
    def greedy(self) -> bool:
        """The most probable byte is taken instead of a draw."""
        return self.temperature == 0

    @property
    def penalising(self) -> bool:
        """The base distribution depends on the output so far beyond what the model sees."""
        return self.repetition_penalty != 1 or self.presence_penalty != 0 or self.frequency_penalty != 0

    @property
    def truncating(self) -> bool:
        """Some bytes may be dropped from the base distribution."""
        return not self.greedy and (self.top_k > 0 or self.top_p < 1 or self.min_p > 0 or self.typical < 1)


def _float(value: object) -> float | None:
    """A number as a float, infinite where none is so large; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return None if math.isnan(value) else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _check(holds: bool, name: str, value: float, needed: str) -> None:
    if not holds:
        raise ValueError(f"{name}={value!r}: must be {needed}")


def log_softmax(logits: Logits) -> Logits:
    """Normalised log-probabilities of each row.

    +inf takes all the mass (shared evenly where there are several); a row of -inf alone stays so.
    """
    top = logits.max(axis=-1, keepdims=True)
    infinite = np.isinf(top)
    if infinite.any():
        logits = np.where(top == np.inf, np.where(logits == np.inf, 0.0, -np.inf), logits)
        top = np.where(infinite, 0.0, top)
    result: Logits = logits - top
    total = np.exp(result).sum(axis=-1, keepdims=True)
    # Only a row of -inf alone has no mass; its log-probabilities are what they are.
    result -= np.log(np.where(total == 0, 1.0, total))
    return result


def ngram_counts(output: bytes, n: int) -> NDArray[np.float64]:
    """[257] how often each byte followed the last n-1 bytes of `output` before, within `output`.

    >>> ngram_counts(b"abcab", 3)[ord("c")], ngram_counts(b"abcab", 1)[ord("a")]
    (np.float64(1.0), np.float64(2.0))
    """
    counts = np.zeros(VOCABULARY)
    if n == 1:
        counts[:END] = np.bincount(np.frombuffer(output, np.uint8), minlength=END)
        return counts
    context = output[len(output) - (n - 1) :]
    found = output.find(context)
    while 0 <= found < len(output) - (n - 1):
        counts[output[found + n - 1]] += 1
        found = output.find(context, found + 1)
    return counts


def apply_penalties(
    logits: Logits, counts: NDArray[np.float64], repetition: float, presence: float, frequency: float
) -> Logits:
    """Lower what occurred `counts` [rows, 257] times."""
    seen = counts > 0
    with np.errstate(over="ignore"):
        repeated = np.where(logits > 0, logits / repetition, logits * repetition)
        result = np.where(seen, repeated, logits) - np.clip(
            float(presence) * seen + float(frequency) * counts, -WIDEST, WIDEST
        )
    return _bounded(result, logits)


def _bounded(made: Logits, logits: Logits) -> Logits:
    """What was made of logits, finite where they are."""
    result: Logits = np.where(np.isfinite(logits), np.clip(made, -WIDEST, WIDEST), logits)
    return result


def add_bias(logits: Logits, bias: Mapping[int, float]) -> Logits:
    """Add to the given columns; -inf wins over any logit."""
    result: Logits = logits.copy()
    for column, value in bias.items():
        bounded = min(max(value, -WIDEST), WIDEST)
        result[:, column] = -np.inf if value == -np.inf else result[:, column] + bounded
    return result


def apply_temperature(logits: Logits, temperature: float) -> Logits:
    """Divide by a temperature > 0, from the row's maximum down.

    So little a temperature that a quotient would overflow is taken for the least at which none does: all
    mass is where it is in the limit, and what is left under a mask keeps its order.
    """
    if temperature == 1:
        return logits
    top = logits.max(axis=-1, keepdims=True)
    below = logits - np.where(np.isfinite(top), top, 0.0)
    widest = np.where(np.isfinite(below), -below, 0.0).max(axis=-1, keepdims=True)
    result: Logits = below / np.maximum(temperature, widest / WIDEST)
    return result


def keep_top_k(log_probabilities: Logits, k: int) -> Logits:
    """The k most probable of each row (more on ties), renormalised; 0 keeps all."""
    if k == 0 or k >= log_probabilities.shape[-1]:
        return log_probabilities
    least = np.partition(log_probabilities, -k, axis=-1)[:, -k, None]
    return log_softmax(np.where(log_probabilities >= least, log_probabilities, -np.inf))


def keep_top_p(log_probabilities: Logits, p: float) -> Logits:
    """The fewest most probable of each row whose mass reaches p, renormalised."""
    if p >= 1:
        return log_probabilities
    return _keep_first(log_probabilities, np.argsort(-log_probabilities, axis=-1, kind="stable"), p)


def keep_min_p(log_probabilities: Logits, p: float) -> Logits:
    """Those at least p times as probable as the most probable of their row, renormalised."""
    if p <= 0:
        return log_probabilities
    least = log_probabilities.max(axis=-1, keepdims=True) + math.log(p)
    return log_softmax(np.where(log_probabilities >= least, log_probabilities, -np.inf))


def keep_typical(log_probabilities: Logits, mass: float) -> Logits:
    """Those whose surprise is nearest to the row's entropy, until their mass is reached, renormalised."""
    if mass >= 1:
        return log_probabilities
    probabilities = np.exp(log_probabilities)
    surprise = -np.where(probabilities > 0, log_probabilities, 0.0)
    entropy = (probabilities * surprise).sum(axis=-1, keepdims=True)
    deviation = np.abs(surprise - entropy)
    return _keep_first(log_probabilities, np.argsort(deviation, axis=-1, kind="stable"), mass)


def _keep_first(log_probabilities: Logits, order: NDArray[np.intp], mass: float) -> Logits:
    """Keep columns in `order` until their mass is reached."""
    ordered = np.exp(np.take_along_axis(log_probabilities, order, axis=-1))
    before = np.cumsum(ordered, axis=-1) - ordered
    kept = np.zeros(log_probabilities.shape, dtype=bool)
    np.put_along_axis(kept, order, before < mass, axis=-1)
    return log_softmax(np.where(kept, log_probabilities, -np.inf))


@dataclass(frozen=True)
class BaseDistribution:
    """Log-probabilities [rows, 257] before the constraint.

    model: of the logits as they are. tempered: after steps 1 and 2. truncated: after steps 1 to 3.
    """

    model: Logits
    tempered: Logits
    truncated: Logits

    def repeated(self, count: int) -> BaseDistribution:
        """The one row `count` times."""
        rows = (self.model, self.tempered, self.truncated)
        return BaseDistribution(*(np.repeat(one, count, axis=0) for one in rows))


def base_distribution(
    logits: Logits, parameters: SamplingParameters, outputs: Iterable[bytes] = ()
) -> BaseDistribution:
    """Steps 1 to 3. `outputs`: what each row has said so far (not the prompt); needed by penalties only."""
    model, shaped = log_softmax(logits), logits
    if parameters.penalising:
        counts = np.stack([ngram_counts(output, parameters.penalty_ngram) for output in outputs])
        counts[:, END] = 0
        shaped = apply_penalties(
            shaped,
            counts,
            parameters.repetition_penalty,
            parameters.presence_penalty,
            parameters.frequency_penalty,
        )
    if parameters.bias:
        shaped = add_bias(shaped, parameters.bias)  # type: ignore[arg-type]  # keys are ints once validated
    if not parameters.greedy:
        shaped = apply_temperature(shaped, parameters.temperature)
    tempered = model if shaped is logits else log_softmax(shaped)
    if not parameters.truncating:
        return BaseDistribution(model, tempered, tempered)
    kept = keep_top_k(tempered, parameters.top_k)
    kept = keep_top_p(kept, parameters.top_p)
    kept = keep_min_p(kept, parameters.min_p)
    return BaseDistribution(model, tempered, keep_typical(kept, parameters.typical))


def masked(base: BaseDistribution, allowed: NDArray[np.bool_]) -> tuple[Logits, NDArray[np.float64]]:
    """Step 4: (log-probabilities [rows, 257] over the allowed columns, log allowed mass [rows]).

    Each row of `allowed` has a column that is True. Where none of them has mass in the truncated
    distribution the tempered one decides, and where it gives none either, they are equally
    likely; the log-mass is -inf in both cases.
    """
    kept = np.where(allowed, base.truncated, -np.inf)
    mass = np.exp(kept).sum(axis=-1)
    nothing = mass == 0
    if not nothing.any():
        log_mass = np.where(allowed.all(axis=-1), 0.0, np.minimum(np.log(mass), 0.0))
        return kept - log_mass[:, None], log_mass
    for row in np.flatnonzero(nothing):
        kept[row] = np.where(allowed[row], base.tempered[row], -np.inf)
        if np.isneginf(kept[row].max()):
            kept[row] = np.where(allowed[row], 0.0, -np.inf)
    log_mass = np.where(nothing, -np.inf, np.minimum(np.log(np.where(nothing, 1.0, mass)), 0.0))
    return log_softmax(kept), log_mass


def draw(
    log_probabilities: Logits, generators: Sequence[np.random.Generator], *, greedy: bool = False
) -> NDArray[np.intp]:
    """[rows] one column a row: the most probable if greedy, else drawn with the row's own generator."""
    if greedy:
        most: NDArray[np.intp] = np.argmax(log_probabilities, axis=-1)
        return most
    cumulative = np.cumsum(np.exp(log_probabilities), axis=-1)
    uniform = np.array([[generator.random()] for generator in generators]) * cumulative[:, -1:]
    # The first column whose cumulative mass exceeds the number: never one of mass zero.
    result: NDArray[np.intp] = np.argmax(cumulative > uniform, axis=-1)
    return result
