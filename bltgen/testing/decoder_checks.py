r"""Does a decoder keep its promises: valid, within budget, reproducible, honest about its scores?

`check_decoder` knows nothing of bltgen's own loop: `generate(prompt, max_bytes, seed)` returns the
bytes, or an object with `data` (and, if it has them, `log_probability` and `log_weight`).
`check_strategy` runs it for a strategy of bltgen over models that are random, constant, in love
with whitespace or unwilling to stop, and over languages with traps.

>>> from bltgen.automata.language import literal
>>> word = literal(b"ab").repeat(0, 4)
>>> check_decoder(lambda prompt, max_bytes, seed: b"ab" * min(4, max_bytes // 2), word)
>>> check_decoder(lambda prompt, max_bytes, seed: b"abababab", word)  # doctest: +ELLIPSIS
Traceback (most recent call last):
bltgen.testing.violation.Violation: the output is within its budget: 8 bytes of 0...
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import Language, literal, union
from bltgen.errors import BudgetTooSmall
from bltgen.testing.automaton_checks import explained
from bltgen.testing.distributions import chi_square, conditioned, frequencies, largest_deviation
from bltgen.testing.violation import Violation

if TYPE_CHECKING:
    from bltgen.decoding.strategy import Strategy
    from bltgen.model.contract import ByteModel

__all__ = ["check_decoder", "check_strategy", "score_by_model"]

Generate = Callable[..., Any]
Score = Callable[[bytes, bytes], float]


def _data(output: Any) -> bytes:
    return output if isinstance(output, bytes) else bytes(output.data)


def check_decoder(
    generate: Generate,
    constraint: Constraint,
    *,
    prompts: Sequence[bytes] = (b"", b"prompt \xff"),
    budgets: Iterable[int] | None = None,
    seeds: Iterable[int] = range(3),
    stream: Callable[..., Iterable[Any]] | None = None,
    batch: Callable[..., Sequence[Any]] | None = None,
    score: Score | None = None,
    truth: Mapping[bytes, float] | None = None,
    draws: int = 400,
    weighted: bool = False,
) -> None:
    """Raise Violation where `generate(prompt, max_bytes, seed)` breaks a promise.

    budgets: by default the shortest valid text's length and 1, 2, 5 and 40 bytes more; below it
    BudgetTooSmall (or another ValueError) is due. stream: same arguments, an iterable of chunks
    (bytes, or objects with `data`) that make the same text. batch: `batch(prompts, max_bytes, seed)`,
    a text a prompt, the i-th as `generate` alone gives it with seed + i. score: `score(prompt, data)`
    is what `log_probability` should be. truth: the probability of every valid text at the widest
    budget; `draws` texts are drawn and must follow it, each weighted by exp(log_weight) if `weighted`.
    """
    shortest = constraint.start().shortest
    listed = sorted(budgets) if budgets is not None else [shortest + more for more in (0, 1, 2, 5, 40)]
    listed_seeds = list(seeds)
    for prompt in prompts:
        for budget in listed:
            for seed in listed_seeds:
                _check_one(generate, constraint, prompt, budget, seed, stream, score)
        if shortest:
            _check_refusal(generate, prompt, shortest)
    if batch is not None:
        _check_batch(generate, batch, [*prompts, *prompts[::-1]], listed[-1], listed_seeds[0])
    if truth is not None:
        _check_distribution(generate, truth, prompts[0], listed[-1], draws, weighted)


def _check_one(
    generate: Generate,
    constraint: Constraint,
    prompt: bytes,
    budget: int,
    seed: int,
    stream: Callable[..., Iterable[Any]] | None,
    score: Score | None,
) -> None:
    run: dict[str, Any] = {"prompt": prompt, "max_bytes": budget, "seed": seed}
    output = generate(prompt, budget, seed)
    data = _data(output)
    if len(data) > budget:
        raise Violation("the output is within its budget", f"{len(data)} bytes of {budget}", data=data, **run)
    _check_valid(constraint, data, run)
    again = _data(generate(prompt, budget, seed))
    if again != data:
        found = f"{data!r} and then {again!r}"
        raise Violation("a seed fixes the output", found, data=data, position=_differ_at(data, again), **run)
    if stream is not None:
        chunks = [_data(chunk) for chunk in stream(prompt, budget, seed)]
        joined = b"".join(chunks)
        if joined != data:
            found = f"{chunks!r} streamed, {data!r} at once"
            claim = "the stream makes up the whole"
            raise Violation(claim, found, data=data, position=_differ_at(data, joined), **run)
    claimed = getattr(output, "log_probability", None)
    if score is not None and claimed is not None:
        true = score(prompt, data)
        if not math.isclose(claimed, true, rel_tol=1e-6, abs_tol=1e-4):
            found = f"{claimed:.6g} claimed, the bytes add up to {true:.6g}"
            raise Violation("log_probability is that of the bytes and the end", found, data=data, **run)


def _differ_at(one: bytes, other: bytes) -> int:
    """The first offset at which they differ; the length of the shorter one, where it is a prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, pair in pairs if pair[0] != pair[1]), min(len(one), len(other)))


def _check_valid(constraint: Constraint, data: bytes, run: dict[str, Any]) -> None:
    state: State | None = constraint.start()
    for at, byte in enumerate(data):
        assert state is not None
        following = state.advance(byte)
        if following is None:
            why = explained(state, data[:at])
            found = f"{bytes((byte,))!r} leaves the language"
            raise Violation(
                "the output is valid",
                found,
                data=data,
                position=at,
                allowed=state.allowed,
                details=why,
                **run,
            )
        state = following
    assert state is not None
    if not state.accepting:
        why = explained(state, data)
        found = "it ends too early"
        raise Violation("the output is valid", found, data=data, allowed=state.allowed, details=why, **run)


def _check_refusal(generate: Generate, prompt: bytes, shortest: int) -> None:
    try:
        data = _data(generate(prompt, shortest - 1, 0))
    except (BudgetTooSmall, ValueError):
        return
    found = f"max_bytes={shortest - 1} gave a text, where the shortest has {shortest}"
    raise Violation("a budget below the shortest text is an error", found, data=data)


def _check_batch(
    generate: Generate,
    batch: Callable[..., Sequence[Any]],
    prompts: list[bytes],
    budget: int,
    seed: int,
) -> None:
    together = [_data(one) for one in batch(prompts, budget, seed)]
    for index, prompt in enumerate(prompts):
        alone = _data(generate(prompt, budget, seed + index))
        if together[index] != alone:
            found = f"{together[index]!r} in row {index} of {len(prompts)}, {alone!r} alone"
            position = _differ_at(alone, together[index])
            raise Violation(
                "a text does not depend on its company",
                found,
                data=alone,
                position=position,
                prompt=prompt,
                max_bytes=budget,
                seed=seed,
            )


def _check_distribution(
    generate: Generate,
    truth: Mapping[bytes, float],
    prompt: bytes,
    budget: int,
    draws: int,
    weighted: bool,
) -> None:
    outputs = [generate(prompt, budget, seed) for seed in range(1000, 1000 + draws)]
    pairs = [(_data(one), float(getattr(one, "log_weight", 0.0)) if weighted else 0.0) for one in outputs]
    texts = [text for text, _ in pairs]
    deviation = largest_deviation(pairs, truth) if weighted else chi_square(texts, truth)
    seen = frequencies(pairs)
    # Five standard errors for the largest of many; Pearson's statistic is one number.
    if deviation > (5.0 if weighted else 4.0):
        worst = max({*truth, *seen}, key=lambda text: abs(seen.get(text, 0.0) - truth.get(text, 0.0)))
        found = f"{draws} draws deviate by {deviation:.1f} standard errors"
        raise Violation(
            "draws follow the distribution",
            found,
            data=worst,
            share=round(seen.get(worst, 0.0), 4),
            probability=round(truth.get(worst, 0.0), 4),
        )


def score_by_model(model: ByteModel) -> Score:
    """The log-probability of a text and its end by the model's own logits, byte after byte."""

    def score(prompt: bytes, data: bytes) -> float:
        total = 0.0
        session = model.session([prompt])
        for at in range(len(data) + 1):
            logits = session.logits[0].double()
            column = data[at] if at < len(data) else 256
            total += float(logits[column] - logits.logsumexp(0))
            if at < len(data):
                session.extend([data[at : at + 1]])
        return total

    return score


def languages_with_traps() -> dict[str, Language]:
    """Small languages on which careless strategies fail."""
    one, two, digit = literal(b"1"), literal(b"2"), union(*(literal(b"%d" % n) for n in range(10)))
    return {
        "one text": literal(b"exactly this"),
        "a long way round": literal(b"a") | literal(b"b" * 12) | literal(b"bab"),
        "balanced by length": (one + two.repeat(0, 3) + literal(b"3")).repeat(1, 3),
        "digits": digit.repeat(1, 4) + (literal(b".") + digit.repeat(2, 2)).optional(),
        "may be empty": (literal(b'"') + digit.star() + literal(b'"')).optional(),
    }


def check_strategy(
    strategy: Strategy,
    *,
    models: Mapping[str, ByteModel] | None = None,
    constraints: Mapping[str, Constraint] | None = None,
    distribution: str | None = "weighted",
    draws: int = 600,
) -> None:
    """Run `check_decoder` for a strategy of bltgen on every model and constraint.

    models: by default random, constant, fond of whitespace, unwilling to stop, and infinite logits.
    distribution: "weighted" where draws weighted by exp(log_weight) follow the base distribution
    conditioned on validity, "exact" where they do so unweighted, None for a search.
    """
    from bltgen.decoding.generator import Generator
    from bltgen.testing.models import constant, hates_stopping, infinite, likes, whimsical

    found: Mapping[str, ByteModel] = models or {
        "random": whimsical(3),
        "constant": constant(),
        "likes whitespace": likes(b" \n"),
        "hates stopping": hates_stopping(),
        "infinite": infinite(b"1b", b"2"),
    }
    for name, model in found.items():
        for language, constraint in (constraints or languages_with_traps()).items():
            if name != "random" and constraints is None and language == "digits":
                continue
            try:
                _check_on(Generator(model), strategy, constraint, None)
            except Violation as violation:
                violation.args = (f"{violation}\n  model: {name}; language: {language}",)
                raise
    if distribution is not None:
        small = {b"a": 0, b"ab": 0, b"bb": 0, b"ba": 0, b"cca": 0}
        words = union(*map(literal, small))
        model = _favouring(b"abc")
        truth = conditioned(model, b"", words)
        _check_on(Generator(model), strategy, words, truth, draws, distribution == "weighted")


def _favouring(letters: bytes) -> ByteModel:
    """A random model that mostly says these letters, so that free drafts are often valid."""
    import numpy as np

    from bltgen.testing.models import FunctionModel, whimsical

    inner = whimsical(11, scale=1.0, order=3)

    def logits(prompt: bytes, output: bytes) -> Any:
        scores = inner.logits(prompt, output) - 12.0
        scores = np.array(scores)
        scores[[*letters, 256]] += 12.0
        return scores

    return FunctionModel(logits, patch=2)


def _check_on(
    generator: Any,
    strategy: Strategy,
    constraint: Constraint,
    truth: Mapping[bytes, float] | None,
    draws: int = 0,
    weighted: bool = False,
) -> None:
    def generate(prompt: bytes, max_bytes: int, seed: int) -> Any:
        return generator.generate(prompt, constraint, max_bytes=max_bytes, seed=seed, strategy=strategy)

    def stream(prompt: bytes, max_bytes: int, seed: int) -> Any:
        return generator.stream(prompt, constraint, max_bytes=max_bytes, seed=seed, strategy=strategy)

    def batch(prompts: Sequence[bytes], max_bytes: int, seed: int) -> Any:
        return generator.generate_many(
            prompts, constraint, max_bytes=max_bytes, seed=seed, strategy=strategy, batch_size=3
        )

    score = score_by_model(generator.model)
    infinite = not math.isfinite(float(generator.model.session([b""]).logits.abs().max()))
    check_decoder(
        generate,
        constraint,
        budgets=None if truth is None else [40],
        seeds=range(2 if truth is None else 1),
        stream=stream,
        batch=batch,
        score=None if infinite else score,
        truth=truth,
        draws=draws,
        weighted=weighted,
    )
