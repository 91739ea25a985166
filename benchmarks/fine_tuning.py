"""Does a fine-tune on 200 examples of a new task beat the embedded model there?

    python benchmarks/fine_tuning.py [--examples N] [--test N] [--seed N] [--folder FOLDER] [--json FILE]
        [TRAIN OPTION ...]

The task is one that the embedded model has not seen: shorthand of prescriptions, `amox 500 tds 7/7`, in which
the times a day are an abbreviation and the days a fraction, to be answered as JSON. A script writes the
examples; drugs, doses and spellings of the test do not occur in training, but for the abbreviations, which
are what is to be learnt. `bltgen train --init embedded` is run on the examples with its defaults (further
options are passed on to it), and both models answer the test under one schema, greedily. Field accuracy is
the share of the members of the answers that are right, to the letter; "whole" that of answers that are right
in all.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import bltgen
from bltgen.cli import main as bltgen_command

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "drug": {"type": "string"},
        "milligrams": {"type": "integer", "minimum": 0, "maximum": 9999},
        "times_a_day": {"enum": [1, 2, 3, 4]},
        "days": {"type": "integer", "minimum": 0, "maximum": 99},
        "with_food": {"type": "boolean"},
    },
    "required": ["drug", "milligrams", "times_a_day", "days", "with_food"],
    "additionalProperties": False,
}
OFTEN = {"od": 1, "om": 1, "bd": 2, "bid": 2, "tds": 3, "tid": 3, "qds": 4, "qid": 4}
FOOD = {"pc": True, "cc": True, "ac": False, "": False}
SYLLABLES = (
    "am",
    "ox",
    "zi",
    "per",
    "lo",
    "din",
    "cef",
    "tra",
    "mi",
    "val",
    "sar",
    "tan",
    "bu",
    "fen",
    "clo",
)


def drug(rng: random.Random) -> str:
    """A name that sounds like one."""
    return "".join(rng.sample(SYLLABLES, rng.randrange(2, 5)))


def example(rng: random.Random, names: list[str], doses: list[int]) -> dict[str, Any]:
    """A line of the data: prompt, answer, schema."""
    name, dose = rng.choice(names), rng.choice(doses)
    often, days, food = rng.choice(list(OFTEN)), rng.randrange(1, 30), rng.choice(list(FOOD))
    parts = [name, rng.choice([f"{dose}", f"{dose}mg", f"{dose} mg"]), often, food, f"{days}/7"]
    answer = {
        "drug": name,
        "milligrams": dose,
        "times_a_day": OFTEN[often],
        "days": days,
        "with_food": FOOD[food],
    }
    return {"prompt": " ".join(part for part in parts if part), "answer": answer, "schema": SCHEMA}


def examples(count: int, seed: int, side: str) -> list[dict[str, Any]]:
    """Those of one side: names and doses of the other do not occur."""
    rng = random.Random(seed)
    names = sorted({drug(rng) for _ in range(400)})
    doses = [5 * step for step in range(1, 200)]
    rng.shuffle(names)
    rng.shuffle(doses)
    half = {"train": slice(0, None, 2), "test": slice(1, None, 2)}[side]
    own = random.Random(f"{seed}/{side}")
    return [example(own, names[half], doses[half]) for _ in range(count)]


def judged(model: bltgen.Generator, asked: list[dict[str, Any]]) -> dict[str, float]:
    """Shares that are right: of each member, of all members, of whole answers."""
    right: dict[str, int] = dict.fromkeys(SCHEMA["properties"], 0)
    whole = 0
    begun = time.monotonic()
    for one in asked:
        text = one["prompt"] + "\n"
        constraint = bltgen.json_schema(
            SCHEMA, whitespace="spaced", property_order="schema", strings_from=text
        )
        said = model.generate(text, constraint, temperature=0).value
        hits = {name for name, value in one["answer"].items() if said.get(name) == value}
        whole += len(hits) == len(right)
        for name in hits:
            right[name] += 1
    shares = {name: count / len(asked) for name, count in right.items()}
    shares["fields"] = sum(right.values()) / len(right) / len(asked)
    return {**shares, "whole": whole / len(asked), "seconds": time.monotonic() - begun}


def main() -> None:
    """Write the examples, train, judge both models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--test", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps the data and the run (default: a temporary one)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options, further = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(one) for one in examples(options.examples, options.seed, "train")]
        (folder / "asked.jsonl").write_text("\n".join(lines))
        asked = examples(options.test, options.seed, "test")
        begun = time.monotonic()
        command = ["train", str(folder / "asked.jsonl"), "--init", "embedded", "--run", str(folder / "run")]
        if bltgen_command([*command, *further]):
            raise SystemExit("training failed")
        seconds = time.monotonic() - begun
        found = {
            "embedded": judged(bltgen.load(), asked),
            "fine-tuned": judged(bltgen.load(folder / "run" / "model"), asked),
        }
    for name, shares in found.items():
        print(
            f"{name:>12}: "
            + ", ".join(f"{key} {100 * share:.0f} %" for key, share in list(shares.items())[:-1])
        )
    print(f"trained in {seconds:.0f} s on {options.examples} examples, judged on {options.test}")
    if options.json:
        options.json.write_text(json.dumps({**found, "train_seconds": seconds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
