"""Does the constraint of a Python type take what pydantic takes, type by type?

For every type that pydantic documents: texts are drawn from its constraint and given to `validate_json`; and
forms, listed ones and mutations of these and of drawn texts, that `validate_json(strict=True)` takes and the
validation schema admits are looked for in the widest language of the type. Prints a table:

    type | exact, refused or checked by pydantic only | drawn texts that pydantic refuses | forms outside

and last the number of types that lie: exact, and pydantic refuses a drawn text. Forms outside are spellings
that the documentation leaves out (a timestamp for a date, digits with `_` within bounds, ...); `--show` lists
them.

    python -m benchmarks.python_types [--samples 200] [--mutations 200] [--seed 1] [--only NAME] [--show]
"""

from __future__ import annotations

import argparse
import json
import random
import warnings
from dataclasses import dataclass, field
from typing import Any

import bltgen
from benchmarks.documented_types import documented_types
from bltgen.errors import BltgenError

__all__ = ["Result", "forms_of", "is_unchecked", "walk"]

WIDEST: dict[str, Any] = {
    "numbers": "any",
    "whitespace": "any",
    "property_order": "any",
    "undeclared": "allow",
}
_PIECES = [
    "",
    "0",
    "1",
    "9",
    "-",
    "+",
    ".",
    ":",
    "/",
    " ",
    "a",
    "T",
    "Z",
    "e",
    "_",
    ",",
    "é",
    "[",
    "]",
    "%",
    "@",
]


@dataclass
class Result:
    """What was found of a type. `kind`: "exact", "refused" or "checked by pydantic only"."""

    kind: str
    reason: str = ""
    refused: list[tuple[bytes, str]] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    judged: int = 0

    @property
    def lies(self) -> bool:
        """Whether a text that was drawn fails, though all is said to be enforced."""
        return self.kind == "exact" and bool(self.refused)


def walk(annotation: Any, forms: list[str], samples: int, mutations: int, rng: random.Random) -> Result:
    """Draw texts of a type, and look for forms that its constraint lacks."""
    import pydantic

    try:
        constraint = bltgen.json_schema(annotation)
    except BltgenError as error:
        return Result("refused", str(error))
    result = Result("checked by pydantic only" if is_unchecked(constraint) else "exact")
    adapter = pydantic.TypeAdapter(annotation)
    drawn = []
    for _ in range(samples):
        room = rng.choice((0, 2, 5, 10, 20, 40, 60))
        text = constraint.sample(rng, constraint.start().shortest + room)
        drawn.append(text.decode())
        try:
            adapter.validate_json(text)
        except Exception as error:
            result.refused.append((text, repr(error)[:200]))
    widest = bltgen.json_schema(annotation, **WIDEST)
    for form in forms_of(adapter, [*forms, *_mutations([*forms, *drawn], mutations, rng)]):
        result.judged += 1
        if not widest.accepts(form.encode()):
            result.outside.append(form)
    return result


def is_unchecked(constraint: Any) -> bool:
    """Whether pydantic alone checks something of a type but how deep a text is nested."""
    rows = constraint.report().entries
    return any(e.enforced == "checked by pydantic only" and e.construct != "nesting" for e in rows)


def forms_of(adapter: Any, texts: list[str]) -> list[str]:
    """Those of the texts that strict mode takes and pydantic's own JSON Schema admits, if there is one."""
    import jsonschema

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            validator = jsonschema.Draft202012Validator(adapter.json_schema(mode="validation"))
    except Exception:
        validator = jsonschema.Draft202012Validator({})
    found = []
    for text in dict.fromkeys(texts):
        try:
            adapter.validate_json(text, strict=True)
            value = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
            admitted = validator.is_valid(value)
        except Exception:
            continue
        if admitted:
            found.append(text)
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is repeated")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _mutations(texts: list[str], number: int, rng: random.Random) -> list[str]:
    """Texts with a piece put in place of none to two characters."""
    found = []
    for _ in range(number):
        text = rng.choice(texts)
        at = rng.randrange(len(text) + 1)
        found.append(text[:at] + rng.choice(_PIECES) + text[at + rng.randrange(3) :])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--mutations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    counts: dict[str, int] = {}
    lying: list[str] = []
    for name, annotation, forms in documented_types():
        if given.only and given.only not in name:
            continue
        result = walk(
            annotation, forms, given.samples, given.mutations, random.Random(f"{given.seed} {name}")
        )
        counts[result.kind] = counts.get(result.kind, 0) + 1
        outside = f"{len(result.outside)} of {result.judged}" if result.judged else "-"
        print(
            f"{name:26} | {result.kind:24} | {len(result.refused):3} | {outside:10} {result.reason[:70]}",
            flush=True,
        )
        if result.lies:
            lying.append(name)
            print("    lies:", *result.refused[:3], sep="\n      ")
        if given.show and result.outside:
            print("    outside:", *map(ascii, sorted(result.outside, key=len)[:8]))
    print(", ".join(f"{kind}: {count}" for kind, count in counts.items()), f"of {sum(counts.values())}")
    print(f"{len(lying)} that lie", *lying)


if __name__ == "__main__":
    main()
