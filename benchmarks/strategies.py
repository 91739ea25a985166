"""Do the strategies draw from what they say, and what do they cost?

    python benchmarks/strategies.py [--quick] [--model PATH] [--draws N] [--json FILE]

First table, against ground truth: a random byte latent transformer and a finite language, small enough
that the base distribution conditioned on validity is computed text by text. Each strategy draws from
it; total variation is compared with that of as many draws from the truth itself (`ideal`), chi-square
is a standard normal deviate (a strategy follows the truth if it is below 4), once for the draws as they
are and once, as the largest deviation in standard errors (below 5), for the draws weighted by
exp(log_weight). `claims` says which of the two the strategy promises; the exit code is 1 if one does
not keep its promise, or if the wrong strategy, a control that must be caught, is not.

Second table, on the model in the package: facts told in sentences, JSON out, every strategy on the
same prompts, with default settings but for smc (8 particles), beam (3) and exact (100 tries).

- `log p`: mean log-probability of the texts under the model.
- `KL`: an estimate of KL(strategy || base distribution conditioned on validity) in nats a text, from the
  log-weights and an estimate of the valid mass Z: many particles, and at least the mass of all texts that
  any strategy found; still too low where these are few. `<`: an upper bound on it. Backtrack has none.
- `latent/B`, `local/B`: steps an output byte, with all that was thrown away.
- `fallback`: how often a text was left to the mask (redecode and backtrack: how many of its patches).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bltgen.automata.language import Language, literal, union
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.exact import Exact, Trie
from bltgen.decoding.generation import Generation
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.smc import SMC
from bltgen.decoding.strategy import Decoded, Mask, Strategy
from bltgen.errors import BltgenError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import BLTConfig
from bltgen.testing.distributions import (
    base_table,
    chi_square,
    conditioned,
    conditioned_by_patch,
    finite_texts,
    frequencies,
    largest_deviation,
    total_variation,
)
from bltgen.testing.models import FunctionModel

EMBEDDED = Path(__file__).parent.parent / "bltgen" / "model" / "embedded"
LETTERS = b"abcdz"


def _any(letters: bytes) -> Language:
    return union(*(literal(bytes([byte])) for byte in letters))


def finite_language() -> Language:
    """A few hundred texts whose prefixes differ in how much of their mass stays valid."""
    return (
        (literal(b"a") + _any(b"abc").repeat(0, 4))
        | (literal(b"b") + _any(b"ab").repeat(4, 5))
        | (literal(b"ca") + _any(b"bcd").repeat(1, 3) + literal(b"d"))
        | literal(b"d")
    )


def tabulated(model: ByteLatentTransformer, prompt: bytes, texts: list[bytes]) -> FunctionModel:
    """The model's logits and boundaries on all prefixes of the texts, looked up instead of computed."""
    logits: dict[bytes, Any] = {}
    boundary: dict[bytes, bool] = {}
    session = model.session([prompt] * len(texts))
    session.extend(texts, keep_logits=True)
    ends, boundaries = session.logits.double().numpy(), session.at_boundary
    for row, (text, chunk) in enumerate(zip(texts, session.chunk_logits, strict=True)):
        starts = {start - len(prompt) for start in session.patch_starts[row]}
        for at, after in enumerate(chunk.double().numpy()):
            logits[text[:at]], boundary[text[:at]] = after, at in starts
        logits[text], boundary[text] = ends[row], bool(boundaries[row])
    return FunctionModel(lambda _, output: logits[output], boundary=lambda output: boundary[output])


@dataclass(frozen=True)
class Unweighted:
    """A control that must be caught: masks, and claims to need no correction."""

    name: str = "wrong"
    draws_from: str = "a false claim"

    def decode(self, search: Any, rows: Any) -> Any:
        """As the mask, without its weight."""
        decoded = yield from Mask().decode(search, rows)
        return Decoded(replace(decoded.hypothesis, log_weight=0.0))


def ground_truth(draws: int) -> tuple[list[dict[str, Any]], bool]:
    """The first table, and whether every promise was kept."""
    torch.manual_seed(7)
    prompt, language = b"prompt", finite_language()
    texts = finite_texts(language)
    # Random weights are nearly uniform over 257 symbols: the bias moves the mass to a few letters.
    bias: dict[int | bytes, float] = dict.fromkeys(LETTERS, 5.0) | {256: 4.5}
    model = tabulated(
        ByteLatentTransformer(BLTConfig.tiny(mode="static", patch_size=3)).eval(), prompt, texts
    )
    rows: list[dict[str, Any]] = []
    kept = True
    for label, sampling in (
        ("temperature 1", {}),
        ("temperature 1.5, top-p .97", {"temperature": 1.5, "top_p": 0.97}),
    ):
        parameters = SamplingParameters(bias=bias, **sampling)  # type: ignore[arg-type]
        truth = conditioned(model, prompt, language, parameters)
        by_patch = conditioned_by_patch(model, prompt, language, parameters)
        table = base_table(model, prompt, texts, parameters)
        mass = sum(_mass(table, text) for text in texts)
        print(f"\n{label}: {len(texts)} texts, {mass:.4f} of the mass valid, {draws} draws")
        generator = random.Random(1)
        ideal = total_variation(
            frequencies(
                (text, 0.0) for text in generator.choices(list(truth), list(truth.values()), k=draws)
            ),
            truth,
        )
        plan: list[tuple[Strategy, str, dict[bytes, float], int]] = [
            (Mask(), "weighted", truth, draws),
            (Redecode(max_tries=2_000, candidates=8), "by patch", by_patch, draws // 4),
            (Backtrack(), "-", truth, draws // 4),
            (SMC(4, ess_threshold=0.7), "weighted", truth, draws),
            (Exact(max_tries=10_000, trie=Trie()), "as they are", truth, draws),
            (Unweighted(), "caught", truth, draws),
        ]
        print(
            f"{'strategy':<10} {'claims':<12} {'draws':>6} {'TV':>7} {'weighted':>8} {'ideal':>7} {'chi':>7} "
            f"{'deviation':>9} {'seconds':>8}"
        )
        for strategy, claim, target, count in plan:
            began = time.perf_counter()
            row = _measured(model, prompt, language, strategy, claim, target, count, sampling, bias)
            row |= {"ideal": ideal * math.sqrt(draws / count), "seconds": time.perf_counter() - began}
            rows.append({"base": label, **row})
            kept &= row["kept"]
            print(
                f"{strategy.name:<10} {claim:<12} {count:>6} {row['tv']:>7.4f} {row['tv_weighted']:>8.4f} "
                f"{row['ideal']:>7.4f} {row['chi']:>7.2f} {row['deviation']:>9.2f} {row['seconds']:>8.1f}  "
                f"{'ok' if row['kept'] else 'BROKEN'}"
            )
    return rows, kept


def _mass(table: Any, text: bytes) -> float:
    mass = float(table[text][256])
    for at, byte in enumerate(text):
        mass *= float(table[text[:at]][byte])
    return mass


def _measured(
    model: FunctionModel,
    prompt: bytes,
    language: Language,
    strategy: Strategy,
    claim: str,
    target: dict[bytes, float],
    count: int,
    sampling: dict[str, Any],
    bias: Any,
) -> dict[str, Any]:
    batch_size = 1 if isinstance(strategy, Exact) else 256
    outcomes = Generator(model).generate_many(
        [prompt] * count, language, seed=1, batch_size=batch_size, strategy=strategy, bias=bias, **sampling
    )
    draws = []
    for outcome in outcomes:
        if isinstance(outcome, BltgenError):
            raise outcome
        draws.append((outcome.data, outcome.log_weight))
    unweighted = [(text, 0.0) for text, _ in draws]
    # Where every weight is zero (-inf) nothing can be reweighted.
    finite = [(text, weight) for text, weight in draws if weight > -math.inf] or unweighted
    chi, deviation = chi_square([text for text, _ in draws], target), largest_deviation(finite, target)
    held = {
        "as they are": chi < 4,
        "by patch": chi < 4,
        "weighted": deviation < 5,
        "caught": chi > 8 and deviation > 8,
        "-": True,
    }
    return {
        "strategy": strategy.name,
        "claim": claim,
        "draws": count,
        "tv": total_variation(frequencies(unweighted), target),
        "tv_weighted": total_variation(frequencies(finite), target),
        "chi": chi,
        "deviation": deviation,
        "kept": bool(held[claim]),
    }


@dataclass(frozen=True)
class Contender:
    """A row of the second table. divergence: (generation, log Z) -> its share of an estimate of the KL.

    bound: the estimate is an upper bound.
    """

    name: str
    strategy: Strategy
    divergence: Callable[[Generation, float], float] | None
    bound: bool = False
    temperature: float = 1.0


def _of_a_draw(out: Generation, log_mass: float) -> float:
    """E[log q - log p] + log Z, where log_weight is log p - log q."""
    return log_mass - out.log_weight


def _of_the_best(out: Generation, log_mass: float) -> float:
    """The best of n draws is at most n times as probable as a draw."""
    return math.log(len(out.candidates)) + log_mass - out.log_weight


def _of_a_point(out: Generation, log_mass: float) -> float:
    """A search says one text with certainty."""
    return log_mass - out.log_probability


def _of_exact(out: Generation, log_mass: float) -> float:
    """Nothing where it was exact; else that of the mask, whose weight is relative to the bound on Z."""
    if not out.statistics.fallbacks:
        return 0.0
    bound = out.statistics.valid_mass_bound or 1.0
    return log_mass - (out.log_weight + math.log(bound))


CONTENDERS = (
    Contender("greedy", Mask(), _of_a_point, temperature=0.0),
    Contender("mask", Mask(), _of_a_draw),
    Contender("redecode", Redecode(), _of_a_draw),
    Contender("backtrack", Backtrack(), None),
    Contender("smc", SMC(8), _of_a_draw, bound=True),
    Contender("exact", Exact(max_tries=100), _of_exact, bound=True),
    Contender("beam", Beam(3), _of_a_point),
    Contender("best-of", BestOf(4), _of_the_best, bound=True),
)


def embedded(generator: Generator, prompts: int, seconds: float, particles: int) -> list[dict[str, Any]]:
    """The second table: every strategy on the same held-out sentences, as many as `seconds` allow."""
    from jsonschema import Draft202012Validator

    from bltgen.training.data import extraction_documents

    stream = extraction_documents(5, "held_out")
    runs: dict[str, list[Generation]] = {one.name: [] for one in CONTENDERS}
    right = dict.fromkeys(runs, 0)
    valid = dict.fromkeys(runs, 0)
    log_masses: list[float] = []
    fields, began = 0, time.perf_counter()
    for index in range(prompts):
        if index and (time.perf_counter() - began) * (index + 1) / index > seconds:
            break
        document = next(stream)
        assert document.schema is not None
        assert document.values is not None
        constraint = json_schema(document.schema, strings_from=document.prompt)
        how: dict[str, Any] = {"max_bytes": 300, "seed": index}
        weights: list[float] = []
        known: dict[bytes, float] = {}
        for one in CONTENDERS:
            out = generator.generate(
                document.prompt, constraint, strategy=one.strategy, temperature=one.temperature, **how
            )
            value = json.loads(out.data)
            valid[one.name] += Draft202012Validator(document.schema).is_valid(value)
            right[one.name] += sum(value.get(key) == wanted for key, wanted in document.values.items())
            runs[one.name].append(out)
            known |= {text.data: text.log_probability for text in (out, *out.candidates)}
            if one.name == "best-of":
                weights += [candidate.log_weight for candidate in out.candidates]
        reference = generator.generate(document.prompt, constraint, strategy=SMC(particles), **how)
        weights += [reference.log_weight] * particles
        known |= {text.data: text.log_probability for text in reference.candidates}
        estimate = float(np.logaddexp.reduce(weights)) - math.log(len(weights))
        log_masses.append(max(estimate, float(np.logaddexp.reduce(list(known.values())))))
        fields += len(document.values)
    print(
        f"\n{len(log_masses)} held-out prompts, {fields} fields (a standard error of up to "
        f"{50 / math.sqrt(fields):.1f} points); mean log Z {np.mean(log_masses):.1f}"
    )
    print(
        f"{'strategy':<10} {'valid':>6} {'fields':>7} {'log p':>8} {'KL':>8} {'latent/B':>8} "
        f"{'local/B':>8} {'fallback':>8} {'bytes/s':>8}"
    )
    rows: list[dict[str, Any]] = []
    for one in CONTENDERS:
        outcomes = runs[one.name]
        count, size = len(outcomes), sum(len(out.data) for out in outcomes)
        divergence = None
        if one.divergence is not None:
            pairs = zip(outcomes, log_masses, strict=True)
            divergence = float(np.mean([one.divergence(out, mass) for out, mass in pairs]))
        row = {
            "strategy": one.name,
            "n": count,
            "valid": valid[one.name] / count,
            "fields": right[one.name] / fields,
            "log_probability": float(np.mean([out.log_probability for out in outcomes])),
            "kl": divergence,
            "kl_is_bound": one.bound,
            "latent_per_byte": sum(out.statistics.latent_steps for out in outcomes) / size,
            "local_per_byte": sum(out.statistics.local_steps for out in outcomes) / size,
            "fallbacks": sum(out.statistics.fallbacks for out in outcomes) / count,
            "bytes_per_second": size / sum(out.statistics.seconds for out in outcomes),
        }
        rows.append(row)
        shown = "-" if divergence is None else f"{'<' if one.bound else ''}{divergence:.2f}"
        print(
            f"{one.name:<10} {row['valid']:>6.0%} {row['fields']:>7.1%} {row['log_probability']:>8.2f} "
            f"{shown:>8} {row['latent_per_byte']:>8.2f} {row['local_per_byte']:>8.2f} "
            f"{row['fallbacks']:>8.2f} {row['bytes_per_second']:>8.0f}"
        )
    return rows


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="600 draws, a few prompts: under 50 s")
    parser.add_argument("--draws", type=int, help="of the first table (default 20000; quick: 600)")
    parser.add_argument("--prompts", type=int, help="of the second table (default 50; quick: 4; 0: none)")
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    torch.set_num_threads(min(2, torch.get_num_threads()))
    rows, kept = ground_truth(options.draws or (600 if options.quick else 20_000))
    more: list[dict[str, Any]] = []
    prompts = (4 if options.quick else 50) if options.prompts is None else options.prompts
    if prompts and options.model.exists():
        seconds, particles = (18.0, 16) if options.quick else (math.inf, 64)
        more = embedded(Generator.load(options.model), prompts, seconds, particles)
    elif prompts:
        print(f"\nno model at {options.model}: the second table is left out")
    if options.json:
        options.json.write_text(json.dumps({"ground_truth": rows, "embedded": more}, indent=1) + "\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
