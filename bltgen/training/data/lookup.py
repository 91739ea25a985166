"""Second curriculum: find a value by its key, in notes, forms, headers and tables."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import Document, Json, write
from bltgen.training.data.domains import DOMAINS
from bltgen.training.data.facts import Domain, Fact, Field, answer_of, key_of
from bltgen.training.data.pools import load_pools
from bltgen.training.data.values import Draw

__all__ = ["lookup_documents"]

# How one pair is written, and what stands between pairs.
# fmt: off
_PAIRS = (
    ("{k}: {v}", "; "), ("{k}: {v}", ", "), ("{k}: {v}", "\n"), ("{k}: {v}", "\n"), ("{k}: {v}", " / "),
    ("{k}: {v}", " | "), ("{k} = {v}", "; "), ("{k}={v}", " "), ("{k} = {v}", "\n"), ("{k} is {v}", ". "),
    ("The {k} is {v}", ". "), ("{k} - {v}", "\n"), ("- {k}: {v}", "\n"), ("* {k}: {v}", "\n"),
    ("{k} | {v}", "\n"), ("{k} {v}", ", "), ("{k} {v}", "\n"), ("{k}\t{v}", "\n"), ("[{k}] {v}", " "),
    ("{v} ({k})", ", "), ("{k} -> {v}", "; "), ("{v} is the {k}", "; "), ("the {k} was {v}", " and "),
    ("<{k}>{v}</{k}>", ""), ("{k} => {v}", ", "), ('{k}: "{v}"', ", "), ("{k} '{v}'", ", "),
    ("Her {k} is {v}", ". "), ("{v} as {k}", ", "), ("{k} {v}", "; "), ("{k}, {v}", "\n"),
    ("{k} ({v})", ", "), ("our {k} is {v}", " and "), ("{k}\n{v}", "\n"),
)
# fmt: on


def _generic(d: Draw) -> Domain:
    """A domain of invented keys, so that a key is looked up by its spelling alone."""
    samplers = (
        v.person,
        v.city,
        v.invented,
        t.company,
        v.code,
        v.date,
        v.word,
        t.product,
        v.integer(1, 5000),
    )
    fields: dict[str, Field] = {}
    for _ in range(2 + d.below(4)):
        key = v.word(d) if d.chance(0.7) else f"{v.word(d)} {v.word(d)}"
        value = samplers[d.below(len(samplers))](d)
        fields[key] = Field(lambda _, value=value: Fact(value, value), (key,), "string")  # type: ignore[misc]
    return Domain("generic", fields, {})


def lookup_documents(seed: int) -> Iterator[Document]:
    """Without end: pairs of key and value in many forms; the answer asks for some, under synonyms."""
    d = Draw(random.Random(f"lookup {seed}"), load_pools("train"))
    while True:
        generic = d.chance(0.3)
        domain = _generic(d) if generic else DOMAINS[d.below(len(DOMAINS))]
        names = [n for n in domain.fields if domain.fields[n].type in ("string", "number")]
        d.rng.shuffle(names)
        names = names[: 1 + d.below(6)]
        facts = {name: domain.fields[name].draw(d) for name in names}
        pair, between = _PAIRS[d.below(len(_PAIRS))]
        if any(between.strip() and between.strip() in fact.text for fact in facts.values()):
            between = "\n"
        case = d.below(3) if "<" not in pair else 0
        labels = {}
        for name in names:
            spec = domain.fields[name]
            words = spec.keys[0] if d.chance(0.5) else d.pick(spec.keys)
            label = key_of(words, case) if d.chance(0.3) or "<" in pair else words
            labels[name] = label[:1].upper() + label[1:] if d.chance(0.4) and "<" not in pair else label
        prompt = between.join(pair.format(k=labels[n], v=facts[n].text) for n in names)
        if between in (". ", " and "):
            prompt = prompt[:1].upper() + prompt[1:] + "."
        asked = list(names)
        if d.chance(0.5):
            d.rng.shuffle(asked)
        if d.chance(0.5):
            asked = asked[: 1 + d.below(len(asked))]
        answer: dict[str, Json] = answer_of(d, domain, facts, asked)
        if not 10 <= len(prompt.encode()) <= 250:
            continue
        yield write(prompt, answer, domain="lookup", template=pair + between)
