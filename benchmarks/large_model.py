"""Does a model of the shape of the released 1B load and generate within this machine's memory?

    python benchmarks/large_model.py [--layout C|B] [--latent-dtype DTYPE ...] [--bytes N] [--rows N]
                                     [--threads N] [--folder DIR] [--keep]

Writes 4.7B random bfloat16 weights (9 GB; 3.07B of them hash embeddings) in the layout asked for, then,
in a process of its own for each dtype of the latent transformer, loads and generates. Reported: seconds
to load, seconds a byte, what a batch of `--rows` texts gains over one, and the peak of the memory that is
the process's own ("anonymous"), beside that which the mapped file may take back. Where there is a GPU it
runs there too, in layout C beside transformers.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import _split, detect_layout, load_model, save_model
from bltgen.model.checkpoint_layouts import reference
from bltgen.model.config import (
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    TransformerConfig,
)
from bltgen.model.contract import Session
from bltgen.model.safetensors_file import write_tensors

CONFIG = BLTConfig(
    encoder=TransformerConfig(1024, 1, 16, window=512, ffn_dim=2816),
    latent=TransformerConfig(2048, 25, 16, ffn_dim=5632),
    decoder=TransformerConfig(1024, 9, 16, window=512, ffn_dim=2816),
    entropy=TransformerConfig(768, 14, 12, rope_theta=10_000.0, window=512, ffn_dim=2048),
    cross_attention=CrossAttentionConfig(heads=16, queries_per_patch=2),
    hash_embedding=HashEmbeddingConfig((3, 4, 5, 6, 7, 8), 1, 500_002),
)


DTYPES = ["bfloat16", "int8"]


def random_weights() -> ByteLatentTransformer:
    """Noise of about the right size: one block again and again, since drawing 5B numbers takes minutes."""
    with torch.device("meta"):
        model = ByteLatentTransformer(CONFIG)
    noise = torch.randn(2**20).bfloat16()
    state = {}
    for name, value in model.state_dict().items():
        if "norm" in name:
            state[name] = torch.ones(value.shape, dtype=torch.bfloat16)
            continue
        flat = torch.empty(value.numel(), dtype=torch.bfloat16)
        scale = 0.02 if "embedding" in name else 1 / math.sqrt(value.shape[-1])
        for start in range(0, flat.numel(), noise.numel()):
            piece = flat[start : start + noise.numel()]
            torch.mul(noise[: piece.numel()], scale, out=piece)
        state[name] = flat.view(value.shape)
    model.load_state_dict(state, assign=True)
    return model


def write(folder: Path, layout: str) -> None:
    model = random_weights()
    if layout == "C":
        save_model(model, folder, layout="C", shard_bytes=2 * 10**9)
        return
    c, cross = CONFIG, CONFIG.cross_attention
    args = {
        "vocab_size": c.vocabulary,
        "local_attention_window_len": c.encoder.window,
        "rope_theta": c.encoder.rope_theta,
        "cross_attn_encoder": True,
        "cross_attn_decoder": True,
        "cross_attn_init_by_pooling": True,
        "cross_attn_k": cross.queries_per_patch,
        "cross_attn_nheads": cross.heads,
        "cross_attn_all_layers_decoder": True,
        "downsampling_by_pooling": "max",
        "encoder_hash_byte_group_size": list(c.hash_embedding.group_sizes),
        "encoder_hash_byte_group_nb_functions": 1,
        "encoder_hash_byte_group_vocab": c.hash_embedding.buckets,
        "patching_threshold": c.patcher.threshold,
    }
    for suffix, part in (("_local_encoder", c.encoder), ("_global", c.latent), ("_local_decoder", c.decoder)):
        args |= {f"dim{suffix}": part.dim, f"n_layers{suffix}": part.layers, f"n_heads{suffix}": part.heads}
    entropy = {"dim": c.entropy.dim, "n_layers": c.entropy.layers, "n_heads": c.entropy.heads}
    state = model.state_dict()
    for place, own, names in (
        (folder, args, reference.main_names(c)),
        (folder / "entropy_model", entropy, reference.entropy_names(c)),
    ):
        write_tensors(place / "model.safetensors", _split(state, names, c))
        (place / "config.json").write_text(json.dumps({"args": own}))


def memory() -> dict[str, float]:
    """GB of this process: its own memory, and pages of mapped files."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    names = {"own": "RssAnon", "mapped": "RssFile", "peak": "VmHWM"}
    return {name: int(fields[field].split()[0]) / 2**20 for name, field in names.items()}


def seconds_a_step(session: Session, count: int) -> float:
    """Of `count` steps, each row by its likeliest byte."""
    start = time.perf_counter()
    for _ in range(count):
        session.extend([bytes((byte,)) for byte in session.logits[:, :256].argmax(-1).tolist()])
    return (time.perf_counter() - start) / count


def generate(folder: Path, count: int, rows: int, threads: int, latent: str, device: str) -> None:
    torch.set_num_threads(threads)
    start = time.perf_counter()
    model = load_model(folder, device=device, latent_dtype=getattr(torch, latent))
    loaded = time.perf_counter() - start
    after_load = memory()
    prompt = b"A byte latent transformer of one billion parameters reads this text and goes on: "
    start = time.perf_counter()
    session = model.session([prompt])
    read = time.perf_counter() - start
    each = seconds_a_step(session, count)
    patches = len(session.patch_starts[0]) / session.lengths[0]
    own, mapped = after_load["own"], after_load["mapped"]
    print(f"latent transformer in {latent}, on {device}, {threads} thread(s)")
    print(f"loaded in {loaded:.1f} s; own memory {own:.2f} GB, mapped {mapped:.2f} GB")
    print(f"prompt of {len(prompt)} bytes in {read:.1f} s")
    print(f"{each:.2f} s a byte ({1 / patches:.1f} bytes a patch)")
    if rows > 1:
        batch = seconds_a_step(model.session([prompt[row:] for row in range(rows)]), count)
        print(f"{rows} rows: {batch:.2f} s a step, {rows * each / batch:.1f} times the bytes a second of one")
    now = memory()
    if device != "cpu":
        print(f"{torch.cuda.max_memory_allocated() / 2**30:.2f} GB of the device's memory")
        beside_transformers(folder, prompt, count, device)
    print(f"at the end own {now['own']:.2f} GB, mapped {now['mapped']:.2f} GB; peak {now['peak']:.2f} GB")


def beside_transformers(folder: Path, prompt: bytes, count: int, device: str) -> None:
    """Seconds a byte of transformers' forward pass (`use_cache=False`) over the same text."""
    if detect_layout(folder) != "C" or importlib.util.find_spec("transformers") is None:
        print("transformers: left out (it is not installed, or reads no layout but C)")
        return
    import transformers

    peer = transformers.BltForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to(device).eval()
    ids = torch.tensor([ids_of_bytes(prompt)], device=device)
    start = time.perf_counter()
    with torch.inference_mode():
        for _ in range(count):
            following = peer(input_ids=ids, use_cache=False).logits[:, -1:].argmax(-1)
            ids = torch.cat([ids, following], dim=1)
            following.tolist()
    print(f"transformers: {(time.perf_counter() - start) / count:.3f} s a byte")


def main() -> None:
    """Write, then load and generate in another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layout", choices=["B", "C"], default="C")
    parser.add_argument("--latent-dtype", nargs="+", choices=DTYPES, default=DTYPES, metavar="DTYPE")
    parser.add_argument("--bytes", type=int, default=16)
    parser.add_argument("--rows", type=int, default=16, help="texts in the batch (1: none is timed)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", help="cpu, cuda, ... (default: the CPU, and the GPU where there is one)")
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="leave the weights there")
    parser.add_argument("--only-generate", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_generate:
        generate(
            options.folder,
            options.bytes,
            options.rows,
            options.threads,
            options.latent_dtype[0],
            options.device or "cpu",
        )
        return
    folder = options.folder or Path(tempfile.mkdtemp())
    try:
        start = time.perf_counter()
        write(folder, options.layout)
        size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
        print(
            f"layout {options.layout}: {size / 2**30:.1f} GB written in {time.perf_counter() - start:.0f} s"
        )
        sys.stdout.flush()
        arguments = [
            "--bytes",
            str(options.bytes),
            "--rows",
            str(options.rows),
            "--threads",
            str(options.threads),
            "--folder",
            str(folder),
        ]
        devices = [options.device] if options.device else ["cpu"]
        if not options.device and torch.cuda.is_available():
            devices.append("cuda")
        for device, dtype in itertools.product(devices, options.latent_dtype):
            where = ["--device", device, "--latent-dtype", dtype]
            subprocess.run([sys.executable, __file__, "--only-generate", *arguments, *where], check=True)
        if devices == ["cpu"]:
            print("the run on a GPU is left out: torch finds none")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
