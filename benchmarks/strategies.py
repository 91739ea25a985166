"""Do the strategies draw from what they say, and what do they cost?

    python benchmarks/strategies.py [--quick] [--model PATH] [--draws N] [--json FILE]

First table, against ground truth: a random byte latent transformer and a finite language, small enough
that the base distribution conditioned on validity is computed text by text. Each strategy draws from
it; total variation is compared with that of as many draws from the truth itself (`ideal`), chi-square
is a standard normal deviate (a strategy follows the truth if it is below 4), once for the draws as they
are and once, as the largest deviation in standard errors (below 5), for the draws weighted by
exp(log_weight). `claims` says which of the two the strategy promises; the exit code is 1 if one does
not keep its promise, or if the wrong strategy, a control that must be caught, is not.

Second table, on the model in the package: facts told in sentences, JSON out. `KL` is an estimate of
KL(strategy || base distribution conditioned on validity) in nats a text, for the strategies whose
log-weights say it: log Z - mean log-weight, with Z from the particles and the masked draws of the
same prompt (too low where these are few).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
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
            (Redecode(max_tries=2_000, candidates=2), "by patch", by_patch, draws // 4),
            (Backtrack(), "-", truth, draws // 4),
            (SMC(8, ess_threshold=0.7), "weighted", truth, draws // 8),
            (Exact(max_tries=10_000, trie=Trie()), "as they are", truth, draws),
            (Unweighted(), "caught", truth, draws),
        ]
        print(
            f"{'strategy':<10} {'claims':<12} {'draws':>6} {'TV':>7} {'weighted':>8} {'ideal':>7} {'chi':>7} "
            f"{'deviation':>9}"
        )
        for strategy, claim, target, count in plan:
            row = _measured(model, prompt, language, strategy, claim, target, count, sampling, bias)
            row["ideal"] = ideal * math.sqrt(draws / count)
            rows.append({"base": label, **row})
            kept &= row["kept"]
            print(
                f"{strategy.name:<10} {claim:<12} {count:>6} {row['tv']:>7.4f} {row['tv_weighted']:>8.4f} "
                f"{row['ideal']:>7.4f} {row['chi']:>7.2f} {row['deviation']:>9.2f}  "
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
        "kept": held[claim],
    }


def embedded(generator: Generator, prompts: int, seconds: float) -> list[dict[str, Any]]:
    """The second table: each strategy on held-out sentences, for about `seconds` at most."""
    from jsonschema import Draft202012Validator

    from bltgen.training.data import extraction_documents

    stream = extraction_documents(5, "held_out")
    documents = [next(stream) for _ in range(prompts)]
    plan: list[tuple[str, Strategy, dict[str, Any]]] = [
        ("greedy", Mask(), {"temperature": 0.0}),
        ("mask", Mask(), {}),
        ("redecode", Redecode(), {}),
        ("backtrack", Backtrack(), {}),
        ("smc", SMC(8), {}),
        ("exact", Exact(max_tries=20), {}),
        ("beam", Beam(3), {}),
        ("best-of", BestOf(4), {}),
    ]
    print(f"\n{prompts} held-out prompts; per strategy at most {seconds / len(plan):.0f} s")
    rows: list[dict[str, Any]] = []
    runs: dict[str, list[Generation]] = {}
    for name, strategy, sampling in plan:
        outcomes: list[Generation] = []
        began, right, fields, valid = time.perf_counter(), 0, 0, 0
        for index, document in enumerate(documents):
            assert document.schema is not None
            assert document.values is not None
            constraint = json_schema(document.schema, strings_from=document.prompt, whitespace="compact")
            out = generator.generate(
                document.prompt, constraint, max_bytes=300, seed=index, strategy=strategy, **sampling
            )
            value = json.loads(out.data)
            valid += Draft202012Validator(document.schema).is_valid(value)
            right += sum(value.get(key) == wanted for key, wanted in document.values.items())
            fields += len(document.values)
            outcomes.append(out)
            if time.perf_counter() - began > seconds / len(plan):
                break
        size = sum(len(out.data) for out in outcomes)
        runs[name] = outcomes
        row = {
            "strategy": name,
            "n": len(outcomes),
            "valid": valid / len(outcomes),
            "fields": right / fields,
            "log_probability": float(np.mean([out.log_probability for out in outcomes])),
            "latent_per_byte": sum(out.statistics.latent_steps for out in outcomes) / size,
            "local_per_byte": sum(out.statistics.local_steps for out in outcomes) / size,
            "fallbacks": sum(out.statistics.fallbacks for out in outcomes) / len(outcomes),
            "bytes_per_second": size / sum(out.statistics.seconds for out in outcomes),
        }
        rows.append(row)
    print(
        f"{'strategy':<10} {'n':>3} {'valid':>6} {'fields':>7} {'log p':>8} {'KL':>7} {'latent/B':>8} "
        f"{'local/B':>8} {'fallback':>8} {'bytes/s':>8}"
    )
    log_masses = _log_masses(runs)
    for row in rows:
        name = row["strategy"]
        row["kl"] = None
        if name in ("mask", "redecode"):
            pairs = zip(log_masses, runs[name], strict=False)
            row["kl"] = float(np.mean([mass - out.log_weight for mass, out in pairs]))
        print(
            f"{name:<10} {row['n']:>3} {row['valid']:>6.0%} {row['fields']:>7.1%} "
            f"{row['log_probability']:>8.2f} {'-' if row['kl'] is None else format(row['kl'], '.2f'):>7} "
            f"{row['latent_per_byte']:>8.2f} {row['local_per_byte']:>8.2f} {row['fallbacks']:>8.2f} "
            f"{row['bytes_per_second']:>8.0f}"
        )
    return rows


def _log_masses(runs: dict[str, list[Generation]]) -> list[float]:
    """Per prompt, an estimate of the log of the mass of its valid texts."""
    found = []
    for particles, masked in zip(runs["smc"], runs["best-of"], strict=False):
        weights = [particles.log_weight] * len(particles.candidates)
        weights += [one.log_weight for one in masked.candidates]
        found.append(float(np.logaddexp.reduce(weights) - math.log(len(weights))))
    return found


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="600 draws, a few prompts: under 50 s")
    parser.add_argument("--draws", type=int, help="of the first table (default 20000; quick: 600)")
    parser.add_argument("--prompts", type=int, help="of the second table (default 50; quick: 4)")
    parser.add_argument("--model", type=Path, default=EMBEDDED)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    torch.set_num_threads(min(2, torch.get_num_threads()))
    rows, kept = ground_truth(options.draws or (600 if options.quick else 20_000))
    more: list[dict[str, Any]] = []
    if options.model.exists():
        seconds = 12.0 if options.quick else 600.0
        more = embedded(
            Generator.load(options.model), options.prompts or (4 if options.quick else 50), seconds
        )
    else:
        print(f"\nno model at {options.model}: the second table is left out")
    if options.json:
        options.json.write_text(json.dumps({"ground_truth": rows, "embedded": more}, indent=1) + "\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
