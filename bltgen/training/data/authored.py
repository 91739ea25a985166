"""The task in many languages and kinds of text: documents from the texts of `collection`.

A document is a whole text, or some sentences of one subject that do not say the same thing, perhaps with
an aside, a greeting of nothing asked, or noise: words around the values replaced by invented ones, so that
a model learns to read values by more than the words it has seen beside them. Half of the documents join
several of them, about one case, or about two cases of different subjects: letters from life are longer than
the texts of the files, and hold more values of one type.

Templates are in one split alone, by a hash of their text, and so are names and invented words.
"""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bltgen.training.data.collection import Collection, Question, collections
from bltgen.training.data.document import Document, Json, Number, write
from bltgen.training.data.facts import Fact, draw_asked, draw_case, key_of
from bltgen.training.data.pools import load_pools
from bltgen.training.data.template import parse
from bltgen.training.data.values import Draw

__all__ = ["AuthoredTexts", "authored_documents", "template_split"]

MAX_PROMPT, MIN_PROMPT, MAX_ANSWER = 900, 20, 600
NOISE = 0.15
"""The share of documents with words replaced."""
JOINED = 0.5
"""The share of documents of several texts."""

_WORD = re.compile(r"[^\W\d_]{3,}")


def template_split(text: str) -> str:
    """The split that a template belongs to: about a tenth are "dev", a tenth are "test".

    >>> sorted({template_split(str(n)) for n in range(50)})
    ['dev', 'test', 'train']
    """
    place = zlib.crc32(text.encode()) % 20
    return "dev" if place < 2 else "test" if place < 4 else "train"


class _Telling:
    """A text as it grows, and the facts that it states."""

    def __init__(self, d: Draw, collection: Collection) -> None:
        self.d, self.collection = d, collection
        self.facts: dict[str, Fact] = {}
        self.spans: list[str] = []
        """What was said for slots: the texts that noise leaves alone."""
        self.sources: list[str] = []
        """The templates."""

    def fill(self, name: str, other: bool) -> str:
        question = self.collection.questions[name]
        fact = question.draw(self.d)
        if not other:
            fact = self.facts.setdefault(name, fact)
        self.spans.append(fact.text)
        return fact.text

    def keys(self, name: str) -> set[str]:
        question = self.collection.questions[name]
        return {*question.keys, *question.own_keys}

    def say(self, source: str) -> str:
        self.sources.append(source)
        return parse(source).render(self.d.rng, self.fill)


@lru_cache(maxsize=4096)
def _of_split(texts: tuple[str, ...], split: str) -> tuple[str, ...]:
    """Asked for each document of a collection: hashed once."""
    return tuple(text for text in texts if template_split(text) == split)


def _told(telling: _Telling, split: str) -> str | None:
    """A text of the collection in the templates of the split: one of its texts, or some of its sentences.

    None where there is none that says anything new.
    """
    d, collection = telling.d, telling.collection
    texts, sentences = _of_split(collection.texts, split), _of_split(collection.sentences, split)
    texts = tuple(text for text in texts if text not in telling.sources)
    if texts and (not sentences or d.chance(len(texts) / (len(texts) + len(sentences) / 4))):
        return telling.say(d.pick(texts))
    rest = list(sentences)
    d.rng.shuffle(rest)
    wanted, chosen, told = 1 + d.below(4), list[str](), set(telling.facts)
    for sentence in rest:
        slots = parse(sentence).slots
        if not slots & told:
            chosen.append(sentence)
            told |= slots
        if len(chosen) == wanted:
            break
    if not chosen:
        return None
    said = [telling.say(sentence) for sentence in chosen]
    asides = _of_split(collection.asides, split)
    if asides and d.chance(0.35):
        said.insert(d.below(len(said) + 1), telling.say(d.pick(asides)))
    between = "" if collection.language in ("ja", "zh") else " "
    return d.pick((between, between, "\n")).join(said)


def _joined(
    d: Draw, first: Collection, found: Sequence[Collection], split: str
) -> tuple[str, list[_Telling]]:
    """Several texts: of one case, or of two that have nothing to do with each other."""
    tellings = [_Telling(d, first)]
    if d.chance(0.35):
        same = [one for one in found if one.language == first.language and one is not first]
        if same:
            tellings.append(_Telling(d, same[d.below(len(same))]))
    said = [_told(tellings[d.below(len(tellings))], split) for _ in range(1 + d.below(4))]
    said += [_told(telling, split) for telling in tellings if not telling.sources]
    between = d.pick(("\n", "\n\n", "\n\n", "\n--\n", " "))
    return between.join(text for text in said if text is not None), tellings


def _noisy(d: Draw, text: str, spans: Sequence[str]) -> str:
    """Between 15 and 80 % of the words outside of `spans` replaced by invented ones."""
    share = 0.15 + 0.65 * d.rng.random()
    kept = re.compile("|".join(re.escape(span) for span in sorted(set(spans), key=len, reverse=True)) or "$^")

    def replaced(part: str) -> str:
        return _WORD.sub(
            lambda word: d.word().lower() if word[0].isascii() and d.chance(share) else word[0], part
        )

    out, place = [], 0
    for match in kept.finditer(text):
        out += [replaced(text[place : match.start()]), match[0]]
        place = match.end()
    return "".join([*out, replaced(text[place:])])


def _key(d: Draw, question: Question, own: bool) -> str:
    keys = question.own_keys if own and question.own_keys else question.keys
    return keys[0] if d.chance(0.4) else d.pick(keys)


def _answer(
    d: Draw, collection: Collection, facts: Mapping[str, Fact], text: str, case: int, own: bool
) -> tuple[dict[str, Json], dict[str, tuple[str, ...]]]:
    """The values asked for under keys of one spelling, perhaps nested, and the enumerations by key."""
    asked = draw_asked(d, collection.questions, facts)
    answer: dict[str, Json] = {}
    enumerations: dict[str, tuple[str, ...]] = {}
    nested: dict[str, str] = {}
    for group, members in collection.groups.items():
        inside = [name for name in asked if name in members]
        if len(inside) >= 2 and d.chance(0.3):
            nested.update(dict.fromkeys(inside, key_of(group, case)))
    for name in asked:
        question, value = collection.questions[name], facts[name].value
        if isinstance(value, Number) and value[0] != "-" and facts[name].text == value and d.chance(0.05):
            # As a string it must be a span of the text: not the number of "10.2kg".
            value = str(value) if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) else value
        elif question.members and isinstance(value, list):
            value = _renamed(d, question, value, case, own)
        where = answer
        if name in nested:
            inner = answer.setdefault(nested[name], {})
            assert isinstance(inner, dict)
            where = inner
        key = key_of(_key(d, question, own), case)
        if key in where or (where is answer and key in nested.values()):
            continue
        where[key] = value
        if question.enumeration:
            enumerations[key] = question.enumeration
    return answer, enumerations


def _renamed(d: Draw, question: Question, items: Sequence[Json], case: int, own: bool) -> Json:
    """Rows whose members have the names that this answer gives them."""
    names = {member: key_of(_key(d, part, own), case) for member, part in question.members.items()}
    if len(set(names.values())) < len(names):
        names = {member: key_of(part.keys[0], case) for member, part in question.members.items()}
    order = list(names) if d.chance(0.6) else list(reversed(names))
    return [{names[member]: item[member] for member in order} for item in items if isinstance(item, Mapping)]


def authored_documents(
    seed: int, split: str = "train", *, noise: float = NOISE, of: Sequence[Collection] | None = None
) -> Iterator[Document]:
    """Without end, from the templates of `split` ("train", "dev" or "test").

    Dev and test name what training never names. of: these collections alone, not all of the package.
    Raises ValueError for another split.
    """
    if split not in ("train", "dev", "test"):
        raise ValueError(f"split is {split!r}; it must be 'train', 'dev' or 'test'")
    d = Draw(
        random.Random(f"authored {seed} {split}"), load_pools("train" if split == "train" else "held_out")
    )
    found = collections() if of is None else of
    if not any(_of_split(one.texts + one.sentences, split) for one in found):
        raise ValueError(f"there are no templates of the split {split!r}")
    while True:
        collection = found[d.below(len(found))]
        if d.chance(JOINED):
            text, tellings = _joined(d, collection, found, split)
        else:
            tellings = [_Telling(d, collection)]
            text = _told(tellings[0], split) or ""
        if not MIN_PROMPT <= len(text.encode()) <= MAX_PROMPT:
            continue
        if split == "train" and d.chance(noise):
            text = _noisy(d, text, [span for telling in tellings for span in telling.spans])
        for _ in range(2 if d.chance(0.2) else 1):
            document = _document(d, text, tellings)
            if document is not None and len(document.answer) <= MAX_ANSWER:
                yield document


def _document(d: Draw, text: str, tellings: Sequence[_Telling]) -> Document | None:
    """The questions of all cases, but for those that two of them could answer."""
    case, own = draw_case(d), d.chance(0.4)
    answer: dict[str, Json] = {}
    enumerations: dict[str, tuple[str, ...]] = {}
    for telling in tellings:
        elsewhere = set[str]().union(
            *(other.keys(name) for other in tellings if other is not telling for name in other.facts)
        )
        facts = {
            name: fact
            for name, fact in telling.facts.items()
            if fact.text in text and not elsewhere & telling.keys(name)
        }
        more, enumerated = _answer(d, telling.collection, facts, text, case, own)
        answer |= {key: value for key, value in more.items() if key not in answer}
        enumerations |= enumerated
    if not answer:
        return None
    return write(
        text,
        answer,
        domain=" + ".join(f"{one.collection.language}/{one.collection.name}" for one in tellings),
        template=" + ".join(source for telling in tellings for source in telling.sources),
        enumerations=enumerations,
    )


class AuthoredTexts:
    """The documents of training as a source for a run, which is then bound to the texts as they stand.

    >>> next(AuthoredTexts()(1)) == next(authored_documents(1))
    True
    """

    def __call__(self, seed: int) -> Iterator[Document]:
        """Without end."""
        return authored_documents(seed)

    @property
    def fingerprint(self) -> str:
        """Names the texts."""
        digest = hashlib.sha256()
        for one in collections():
            told = (one.language, one.name, sorted(one.questions), one.texts, one.sentences, one.asides)
            digest.update(repr(told).encode())
        return f"authored texts, sha256 {digest.hexdigest()[:16]}"
