"""What does a byte cost, by length of text and size of batch, and what does a constraint add or save?

    python benchmarks/generation.py [--quick] [--threads N] [--model FOLDER] [--out FILE.json]

The same random weights (8M parameters, patches of about 4 bytes) run in bltgen, incrementally, and in
transformers' `BltForCausalLM`, which recomputes the text at every byte (`use_cache=False`; its
`generate()` raises on this model and its cache gives wrong bytes, so its forward pass is timed). With
transformers, masks are applied as its users do: a LogitsProcessor that allows a set of bytes, and
llguidance or xgrammar over a vocabulary of bytes for the schema of the last tables.

Beside bltgen stands what its matrix products alone take (NumPy, one thread): the floor under any
implementation in float32. Attention, which reads every row's own caches, comes on top of it.

All numbers of a table come from one process, engines in turn. They are CPU time, the best of several
repeats: on one thread of an idle machine that is the time that passes, and other work on the machine
does not count. `--model` adds a trained model, bltgen only.
Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

import bltgen
from bltgen.model.blas_threads import single_blas_thread
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model, save_model
from bltgen.model.config import (
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)

TOKENS = [*(bytes([b]) for b in range(256)), b"<|end|>"]

# Text with structure: this file, again and again.
WORDS = (Path(__file__).read_text() * 8).encode()

CHOICES = {
    "current_account_status": ["awaiting_confirmation", "active_and_verified", "suspended"],
    "preferred_contact_channel": ["electronic_mail", "telephone", "postal_service"],
    "newsletter_subscription": [True, False],
    "customer_loyalty_level": ["bronze", "silver", "gold", "platinum"],
    "language_of_correspondence": ["English", "French", "German", "Polish", "Spanish"],
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"enum": values} for name, values in CHOICES.items()},
    "required": list(CHOICES),
    "additionalProperties": False,
}


def random_model() -> ByteLatentTransformer:
    """8M parameters that transformers can express too, its threshold set for patches of 4 bytes."""
    config = BLTConfig(
        encoder=TransformerConfig(192, 1, 4, window=512, ffn_dim=512),
        latent=TransformerConfig(256, 6, 4, ffn_dim=704),
        decoder=TransformerConfig(192, 4, 4, window=512, ffn_dim=512),
        entropy=TransformerConfig(96, 2, 2, rope_theta=10_000.0, window=512, ffn_dim=256),
        cross_attention=CrossAttentionConfig(heads=4, queries_per_patch=2),
        hash_embedding=HashEmbeddingConfig((3, 4, 5, 6, 7, 8), 1, 1000),
    )
    torch.manual_seed(0)
    model = ByteLatentTransformer(config).eval()
    with torch.no_grad():
        entropies = model.entropies(torch.tensor([ids_of_bytes(WORDS[:2000])]))[0].sort().values
    at = len(entropies) * 3 // 4
    gap = at + int(
        (entropies[at + 1 : at + 21] - entropies[at : at + 20]).argmax()
    )  # no boundary by rounding
    patcher = PatcherConfig(threshold=float(entropies[gap] + entropies[gap + 1]) / 2)
    model.config = dataclasses.replace(config, patcher=patcher)
    return model


def best_of(repeats: int, run: Callable[[], float]) -> float:
    return min(run() for _ in range(repeats))


def own_step(model: ByteLatentTransformer, length: int, batch: int, steps: int, repeats: int) -> float:
    """Seconds for one byte of every row, at about this length."""
    session = model.session([WORDS[row : row + length] for row in range(batch)])
    data = WORDS[length:]

    def run() -> float:
        start = time.process_time()
        for step in range(steps):
            session.extend([data[step + row : step + row + 1] for row in range(batch)])
            session.logits.argmax(dim=1).tolist()
        return (time.process_time() - start) / steps

    run()
    return best_of(repeats, run)


def products_step(model: ByteLatentTransformer, batch: int, repeats: int) -> float:
    """Seconds for the matrix products of one byte of every row, a patch closing every 4 bytes, alone."""
    weights: dict[str, list[Any]] = {"byte": [], "patch": []}
    for name, parameter in model.named_parameters():
        if parameter.ndim != 2 or "embedding" in name:
            continue
        of_patch = name.startswith("latent") or "patch_" in name or name.endswith("key_value.weight")
        weights["patch" if of_patch else "byte"].append(parameter.detach().numpy().T)
    closing = max(1, batch // 4)  # rows that close a patch in a step; one row does in every fourth
    each = 4 if batch == 1 else 1
    rows = {
        name: [torch.randn(n, len(w)).numpy() for w in weights[name]]
        for name, n in (("byte", batch), ("patch", closing))
    }

    def run() -> float:
        start = time.process_time()
        for step in range(8):
            for x, weight in zip(rows["byte"], weights["byte"], strict=True):
                x.dot(weight)
            if step % each == 0:
                for x, weight in zip(rows["patch"], weights["patch"], strict=True):
                    x.dot(weight)
        return (time.process_time() - start) / 8

    with single_blas_thread():
        return best_of(repeats, run)


def transformers_step(model: Any, length: int, batch: int, repeats: int) -> float:
    """Seconds for one forward pass over a batch of texts of this length."""
    ids = torch.tensor([ids_of_bytes(WORDS[row : row + length]) for row in range(batch)])

    def run() -> float:
        start = time.process_time()
        with torch.inference_mode():
            logits = model(input_ids=ids, use_cache=False).logits[:, -1]
            logits.argmax(dim=1).tolist()
        return time.process_time() - start

    run()
    return best_of(repeats, run)


def in_transformers(model: ByteLatentTransformer) -> Any | None:
    """The same weights as `BltForCausalLM`, or None."""
    if importlib.util.find_spec("transformers") is None:
        return None
    import transformers

    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, Path(folder), layout="C")
        peer = transformers.BltForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    text = WORDS[:300]
    with torch.inference_mode():
        expected = peer(input_ids=torch.tensor([ids_of_bytes(text)]), use_cache=False).logits[0, -1, 4:]
    torch.testing.assert_close(model.session([text]).logits[0, :256], expected, atol=1e-3, rtol=1e-3)
    return peer


class _Bytes:
    """A tokenizer whose tokens are the bytes and an end token, for llguidance."""

    eos_token_id = 256
    bos_token_id = None
    tokens = TOKENS
    special_token_ids = (256,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


def mask_costs(text: bytes) -> dict[str, float]:
    """Seconds a byte that each peer adds to a forward pass: computing and applying its mask along a text."""
    costs: dict[str, float] = {}
    logits = torch.randn(1, 260)
    allowed = torch.zeros(260, dtype=torch.bool)
    allowed[100:130] = True

    def processor() -> float:
        start = time.process_time()
        for _ in text:
            logits.masked_fill(~allowed, float("-inf"))
        return (time.process_time() - start) / len(text)

    costs["byte mask"] = best_of(3, processor)
    if importlib.util.find_spec("llguidance") is not None:
        import llguidance
        import llguidance.numpy

        wrapper = llguidance.TokenizerWrapper(_Bytes())
        tokenizer = llguidance.LLTokenizer(wrapper, n_vocab=257)
        grammar = llguidance.LLMatcher.grammar_from_json_schema(
            SCHEMA, overrides={"whitespace_flexible": False}
        )
        bitmask = llguidance.numpy.allocate_token_bitmask(1, 257)

        def guidance() -> float:
            matcher = llguidance.LLMatcher(tokenizer, grammar)
            start = time.process_time()
            for byte in text:
                llguidance.numpy.fill_next_token_bitmask(matcher, bitmask, 0)
                logits.masked_fill(~allowed, float("-inf"))
                if not matcher.consume_token(byte):
                    raise ValueError("llguidance refuses the text")
            return (time.process_time() - start) / len(text)

        costs["llguidance"] = best_of(3, guidance)
    if importlib.util.find_spec("xgrammar") is not None:
        import xgrammar

        info = xgrammar.TokenizerInfo(TOKENS, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[256])
        compiled = xgrammar.GrammarCompiler(info).compile_json_schema(
            json.dumps(SCHEMA), any_whitespace=False, separators=(",", ":")
        )
        bits = xgrammar.allocate_token_bitmask(1, 257)

        def grammar_mask() -> float:
            matcher = xgrammar.GrammarMatcher(compiled)
            start = time.process_time()
            for byte in text:
                matcher.fill_next_token_bitmask(bits)
                logits.masked_fill(~allowed, float("-inf"))
                if not matcher.accept_token(byte):
                    raise ValueError("xgrammar refuses the text")
            return (time.process_time() - start) / len(text)

        costs["xgrammar"] = best_of(3, grammar_mask)
    return costs


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print one table in Markdown."""
    print(f"\n{title}\n")
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    sys.stdout.flush()


def by_length(models: dict[str, Any], peer: Any | None, quick: bool) -> dict[str, Any]:
    """ms a byte at each length."""
    lengths = [64, 512, 2048] if quick else [64, 128, 256, 512, 1024, 2048]
    steps, repeats = (16, 3) if quick else (48, 6)
    found: dict[str, Any] = {}
    for name, model in models.items():
        found[name] = [own_step(model, n, 1, steps, repeats) * 1e3 for n in lengths]
    if peer is not None:
        counts = {n: (2 if quick else 5) if n <= 512 else 2 for n in lengths}
        found["transformers"] = [transformers_step(peer, n, 1, counts[n]) * 1e3 for n in lengths]
        for name, cost in mask_costs(instance()).items():
            found[f"transformers + {name}"] = [ms + cost * 1e3 for ms in found["transformers"]]
    rows = [[name, *(f"{ms:.2f}" for ms in times)] for name, times in found.items()]
    if peer is not None:
        own = found["bltgen, 8M"]
        ratios = [a / b for a, b in zip(found["transformers"], own, strict=True)]
        rows.append(["bltgen is faster by", *(f"{ratio:.1f}x" for ratio in ratios)])
        found["ratio"] = ratios
    table("ms per byte, batch 1, by bytes so far", ["", *map(str, lengths)], rows)
    return {"lengths": lengths, "ms": found}


def by_batch(models: dict[str, Any], peer: Any | None, quick: bool) -> dict[str, Any]:
    """Bytes a second at each batch size, 256 bytes so far."""
    batches = [1, 4, 16]
    steps, repeats = (8, 3) if quick else (24, 6)
    found: dict[str, Any] = {}
    for name, model in models.items():
        found[name] = [batch / own_step(model, 256, batch, steps, repeats) for batch in batches]
        found[f"{name}: products alone"] = [batch / products_step(model, batch, repeats) for batch in batches]
    if peer is not None:
        repeats = 1 if quick else 3
        found["transformers"] = [b / transformers_step(peer, 256, b, repeats) for b in batches]
    rows = [
        [name, *(f"{r:.0f}" for r in rates), f"{rates[-1] / rates[0]:.1f}x"] for name, rates in found.items()
    ]
    table("bytes per second, 256 bytes so far, by batch", ["", *map(str, batches), "16 / 1"], rows)
    return {"batches": batches, "bytes_per_second": found}


def memory(model: ByteLatentTransformer, quick: bool) -> dict[str, Any]:
    """KB of caches for one sequence."""
    lengths = [1, 16] if quick else [1, 16, 64]
    rows, found = [], []
    text = WORDS
    while len(text) < lengths[-1] * 1024:
        text += text
    for kilobytes in lengths:
        session = model.session([text[: kilobytes * 1024]])
        windows, latents = session.nbytes - session.latent_nbytes, session.latent_nbytes
        patches = len(session.patch_starts[0])
        rows.append(
            [
                f"{kilobytes} KB",
                f"{windows / 1024:.0f}",
                f"{latents / 1024:.0f}",
                f"{latents / 1024 / patches:.1f}",
            ]
        )
        found.append({"kilobytes": kilobytes, "windows": windows, "latents": latents, "patches": patches})
    heads = ["text", "windows, KB", "latents, KB", "KB a patch"]
    table("memory of one sequence", heads, rows)
    return {"memory": found}


def instance() -> bytes:
    """A valid text of the schema, without whitespace."""
    value = {name: values[0] for name, values in CHOICES.items()}
    return json.dumps(value, separators=(",", ":")).encode()


def constrained(models: dict[str, Any], quick: bool) -> dict[str, Any]:
    """Bytes a second of JSON with known keys against free text, and the share of time in the constraint."""
    constraint = bltgen.json_schema(SCHEMA, whitespace="compact", property_order="schema", escapes="plain")
    repeats = 3 if quick else 8
    rows, found = [], {}
    for name, model in models.items():
        generator = bltgen.Generator(model)
        prompt = WORDS[:200]

        def rate(constraint: Any, generator: Any = generator, prompt: bytes = prompt) -> tuple[float, Any]:
            best, fastest = 0.0, None
            for seed in range(repeats):
                start = time.process_time()
                out = generator.generate(prompt, constraint, max_bytes=220, seed=seed)
                speed = len(out.data) / (time.process_time() - start)
                if speed > best:
                    best, fastest = speed, out
            return best, fastest

        rate(constraint)  # the constraint is warm, as it is in service
        (speed, known), (base, _) = rate(constraint), rate(None)
        statistics = known.statistics
        found[name] = {
            "json": speed,
            "free": base,
            "forced": statistics.forced_bytes / statistics.bytes,
            "constraint_share": statistics.constraint_share,
        }
        rows.append(
            [
                name,
                f"{base:.0f}",
                f"{speed:.0f}",
                f"{speed / base:.2f}x",
                f"{found[name]['forced']:.0%}",
                f"{statistics.constraint_share:.1%}",
            ]
        )
    heads = ["", "free text, B/s", "JSON, B/s", "JSON / free", "forced bytes", "time in the constraint"]
    table(
        "JSON with known keys against free text (the time to read a prompt of 200 bytes included)",
        heads,
        rows,
    )
    return found


def speculation(models: dict[str, Any], quick: bool) -> dict[str, Any]:
    """The same texts with and without drafts of the entropy model."""
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
        "required": ["name", "age", "city"],
        "additionalProperties": False,
    }
    text = "Ada Lovelace, 36, lives in London.\n"
    tasks: dict[str, Any] = {"free text": None, "JSON": bltgen.json_schema(schema)}
    tasks["JSON, grounded"] = bltgen.json_schema(schema, strings_from=text)
    repeats = 2 if quick else 6
    rows, found = [], {}
    for name, model in models.items():
        generator = bltgen.Generator(model)
        for task, constraint in tasks.items():

            def cost(strategy: str, generator: Any = generator, constraint: Any = constraint) -> Any:
                def run() -> tuple[float, Any]:
                    start = time.process_time()
                    out = generator.generate(
                        text, constraint, max_bytes=80, strategy=strategy, temperature=0, seed=0
                    )
                    return (time.process_time() - start) / max(1, len(out.data)), out.statistics

                return min((run() for _ in range(repeats)), key=lambda pair: pair[0])

            (plain, before), (drafted, statistics) = cost("mask"), cost("speculative")
            share = statistics.accepted_bytes / max(1, statistics.drafted_bytes)
            found[f"{name}, {task}"] = {"mask": plain, "speculative": drafted, "accepted": share}
            calls = f"{before.model_calls} / {statistics.model_calls}"
            rows.append(
                [f"{name}, {task}", f"{plain * 1e3:.2f}", f"{drafted * 1e3:.2f}", f"{share:.0%}", calls]
            )
    heads = ["", "mask, ms a byte", "speculative, ms a byte", "drafts accepted", "passes"]
    table("speculation, temperature 0", heads, rows)
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a reduced run, under 50 s on two cores")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (default 1)")
    parser.add_argument("--model", type=Path, help="folder of a trained model to measure too")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore")
    random.seed(0)
    model = random_model()
    count = sum(parameter.numel() for parameter in model.parameters())
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, Path(folder))
        model = load_model(Path(folder))  # as a user has it
    peer = in_transformers(model)
    models: dict[str, Any] = {"bltgen, 8M": model}
    trained = options.model or Path(bltgen.__file__).parent / "model" / "embedded"
    trained_models = {}
    if trained.exists():
        trained_models = {f"bltgen, {trained.name}": load_model(trained)}
        models |= trained_models
    print(f"{count / 1e6:.1f}M random parameters, torch {torch.__version__}, {options.threads} thread(s)")
    found = {
        "by_length": by_length(models, peer, options.quick),
        "by_batch": by_batch(models, peer, options.quick),
        "memory": memory(model, options.quick),
        "constrained": constrained(models, options.quick),
        "speculation": speculation(trained_models, options.quick),
    }
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
