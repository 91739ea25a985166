"""The task: fluent sentences that state facts, and the JSON of the facts that are asked for."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping

from bltgen.training.data.document import Document, write
from bltgen.training.data.domains import DOMAINS
from bltgen.training.data.facts import Domain, Fact, answer_of, draw_asked
from bltgen.training.data.pools import load_pools
from bltgen.training.data.template import parse
from bltgen.training.data.values import Draw

__all__ = ["extraction_documents"]

_SPACES = re.compile(r" +(?=[ .,;:?!])")
MAX_PROMPT, MIN_PROMPT = 250, 25
MAX_ANSWER = 220


class _Telling:
    """A text as it grows, and the facts that it states."""

    def __init__(self, d: Draw, domain: Domain) -> None:
        self.d, self.domain = d, domain
        self.facts: dict[str, Fact] = {}
        self.gender = d.pick(("she", "he"))
        self.used: list[str] = []

    def fill(self, name: str, other: bool) -> str:
        spec = self.domain.fields[name]
        if not other:
            if name not in self.facts:
                self.facts[name] = spec.draw(self.d)
            return self.facts[name].text
        return spec.draw(self.d).text

    def refer(self) -> str:
        """A pronoun or a noun that takes up the subject."""
        pronoun = self.d.pick(self.domain.pronouns)
        return self.say(self.gender if pronoun in ("she", "he") else pronoun)

    def say(self, source: str) -> str:
        self.used.append(source)
        return parse(source).render(self.d.rng, self.fill)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _from_phrases(telling: _Telling, phrases: tuple[str, ...], wanted: int) -> str:
    """A subject and what is said of it, in one to three sentences."""
    d, domain = telling.d, telling.domain
    subject = telling.say(d.pick(domain.subjects))
    rest = list(phrases)
    d.rng.shuffle(rest)
    chosen: list[str] = []
    told: set[str] = set(telling.facts)
    for phrase in rest:
        slots = parse(phrase).slots
        if not slots & told:
            chosen.append(phrase)
            told |= slots
        if len(chosen) == wanted:
            break
    said = [telling.say(phrase) for phrase in chosen]
    sentences: list[str] = []
    while said:
        n = min(len(said), 1 + d.below(3))
        head, said = said[:n], said[n:]
        if n == 3:
            body = f"{head[0]}, {head[1]} and {head[2]}"
        else:
            body = d.pick((" and ", " and ", " and ", ", and ", " and also ")).join(head)
        if sentences:
            subject = telling.refer()
        if domain.openers and d.chance(0.12):
            sentences.append(f"{telling.say(d.pick(domain.openers))} {subject} {body}.")
        else:
            sentences.append(f"{_capital(subject)} {body}.")
    return " ".join(sentences)


def _go_on(telling: _Telling, sentences: tuple[str, ...], phrases: tuple[str, ...]) -> str:
    """One more sentence on the same subject, which takes it up by a pronoun or names it again."""
    d, told = telling.d, set(telling.facts)
    if d.chance(0.6):
        rest = [phrase for phrase in phrases if not parse(phrase).slots & told]
        return f" {_capital(telling.refer())} {telling.say(d.pick(rest))}." if rest else ""
    rest = [text for text in sentences if parse(text).slots & told and parse(text).slots - told]
    return f" {_capital(telling.say(d.pick(rest)))}" if rest else ""


# What may stand around a text; {} is the text.
_FRAMES = (
    *(
        "FYI: {}",
        "Note: {}",
        "Update: {}",
        "News: {}",
        "PS: {}",
        "Hello! {}",
        "Hi, {}",
        "> {}",
        "* {}",
        "1. {}",
        "({})",
    ),
    *(
        "{} Thanks!",
        "{} Please reply soon.",
        "{} Thank you.",
        "{} That is all for now.",
        "{} More tomorrow.",
        '"{}"',
    ),
    *(
        "Just a quick note: {}",
        "From our records: {}",
        "Good morning. {}",
        "As you know, {}",
        "{} Any questions?",
    ),
    *(
        "To whom it may concern: {}",
        "{} See the attached file.",
        "{} Have a nice day!",
        "I was told: {}",
        "{} OK?",
    ),
)


def _framed(d: Draw, text: str) -> str:
    """The text as people send it: greeted, on several lines, without a full stop, in small letters."""
    r = d.rng.random()
    if r < 0.15:
        return d.pick(_FRAMES).format(text)
    if r < 0.20:
        return text.replace(". ", ".\n")
    if r < 0.28:
        return text.rstrip(".")
    if r < 0.31:
        return text.lower()
    return text


def _as_written(text: str, facts: Mapping[str, Fact]) -> dict[str, Fact] | None:
    """The facts as the text spells them: one that opens a sentence has become capitalised.

    None where a fact is not in the text as it stands (one item of a list that opens a sentence).
    """
    found: dict[str, Fact] = {}
    for name, fact in facts.items():
        if fact.text not in text:
            spellings = (_capital(fact.text), fact.text.lower())
            written = next((spelling for spelling in spellings if spelling in text), None)
            if written is None or not isinstance(fact.value, str):
                return None
            fact = Fact(written, written)
        found[name] = fact
    return found


def _tell(d: Draw, domain: Domain, held_out: bool) -> tuple[str, Mapping[str, Fact], str]:
    telling = _Telling(d, domain)
    phrases = domain.held_out_phrases if held_out else domain.phrases
    sentences = domain.held_out_sentences if held_out else domain.sentences
    if d.chance(0.5):
        body = _from_phrases(telling, phrases, 1 + d.below(4))
    else:
        body = _capital(telling.say(d.pick(sentences)))
        if d.chance(0.35):
            body += _go_on(telling, sentences, phrases)
    if d.chance(0.35):
        aside = _capital(telling.say(d.pick(domain.asides)))
        body = f"{aside} {body}" if d.chance(0.4) else f"{body} {aside}"
    return _framed(d, _SPACES.sub("", body)), telling.facts, " + ".join(telling.used)


def extraction_documents(
    seed: int, split: str = "train", *, known_templates: bool = False
) -> Iterator[Document]:
    """Without end. `split="held_out"` has names and templates that training never sees.

    With `known_templates`, held-out names stand in the templates of training.
    """
    d = Draw(random.Random(f"extraction {seed} {split} {known_templates}"), load_pools(split))
    held_out = split == "held_out" and not known_templates
    while True:
        domain = DOMAINS[d.below(len(DOMAINS))]
        prompt, told, template = _tell(d, domain, held_out)
        facts = _as_written(prompt, told)
        if not facts or not MIN_PROMPT <= len(prompt.encode()) <= MAX_PROMPT:
            continue
        for _ in range(2 if d.chance(0.2) else 1):
            answer = answer_of(d, domain, facts, draw_asked(d, domain.fields, facts))
            document = write(prompt, answer, domain=domain.name, template=template)
            if len(document.answer) <= MAX_ANSWER:
                yield document
