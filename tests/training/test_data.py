"""The documents of the embedded model keep the rules that training and grounding rely on."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

pytest.importorskip("faker")
pytest.importorskip("mimesis")

from bltgen.training.data import (
    PROSE,
    SYNTAX,
    VALUE,
    Document,
    copy_documents,
    extraction_documents,
    json_documents,
    lookup_documents,
    prose_documents,
)
from bltgen.training.data.domains import DOMAINS
from bltgen.training.data.facts import key_of
from bltgen.training.data.pools import load_pools, split_of
from bltgen.training.data.template import parse

Source = Callable[[int], Iterator[Document]]


def held_out(seed: int) -> Iterator[Document]:
    return extraction_documents(seed, "held_out")


def unseen_names(seed: int) -> Iterator[Document]:
    return extraction_documents(seed, "held_out", known_templates=True)


TASKS: list[Source] = [copy_documents, lookup_documents, extraction_documents, held_out, unseen_names]
PLAIN: list[Source] = [prose_documents, json_documents]


def sample(source: Source, n: int, seed: int = 11) -> list[Document]:
    return list(itertools.islice(source(seed), n))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def stands_alone(text: str, prompt: str) -> bool:
    """Whether `text` is in the prompt, and no letter or digit touches it there."""
    for match in re.finditer(re.escape(text), prompt):
        before, after = prompt[: match.start()][-1:], prompt[match.end() :][:1]
        if not before.isalnum() and not after.isalnum():
            return True
    return False


@pytest.mark.parametrize("source", TASKS)
def test_answers_are_json_of_their_schema(source: Source) -> None:
    for document in sample(source, 400):
        value = json.loads(document.answer)
        assert document.schema is not None
        jsonschema.Draft202012Validator(document.schema).validate(value)
        assert value == document.values
        assert list(value) == list(document.values or {})


@pytest.mark.parametrize("source", TASKS)
def test_values_stand_in_the_prompt_between_word_boundaries(source: Source) -> None:
    for document in sample(source, 400):
        prompt = document.prompt.decode()
        for value in leaves(json.loads(document.answer, parse_int=str, parse_float=str)):
            if not isinstance(value, bool):
                spelled = value.removeprefix("-")
                assert spelled[0].isalnum(), value
                assert spelled[-1].isalnum(), value
                assert stands_alone(spelled, prompt), (value, prompt)


@pytest.mark.parametrize("source", TASKS + PLAIN)
def test_every_byte_has_a_kind(source: Source) -> None:
    for document in sample(source, 200):
        assert document.prompt.endswith(b"\n")
        assert len(document.kinds) == len(document.prompt) + len(document.answer)
        assert set(document.kinds) <= {PROSE, SYNTAX, VALUE}
        if document.answer:
            assert set(document.kinds[: len(document.prompt)]) == {PROSE}
        else:
            assert document.schema is None
            assert document.values is None


@pytest.mark.parametrize("source", TASKS)
def test_value_bytes_are_the_values_with_what_ends_them(source: Source) -> None:
    """Runs of value bytes, read in order, are the leaves of the answer and one byte after each."""
    for document in sample(source, 200):
        kinds = document.kinds[len(document.prompt) :]
        marked = bytes(b if kind == VALUE else 0 for b, kind in zip(document.answer, kinds, strict=True))
        runs = [run for run in (part.strip() for part in marked.split(b"\0")) if run]
        expected = []
        for value in leaves(json.loads(document.answer, parse_int=float, parse_float=float)):
            spelled = json.dumps(value, ensure_ascii=False).encode()
            expected.append(spelled[1:] if spelled.startswith(b'"') else None)
        strings = [run for run in runs if run.endswith(b'"') and not re.fullmatch(rb'-?[0-9.]+"?', run)]
        wanted = [text for text in expected if text and not re.fullmatch(rb'-?[0-9.]+"', text)]
        assert strings == wanted


@pytest.mark.parametrize("source", TASKS + PLAIN)
def test_a_seed_is_one_stream(source: Source) -> None:
    assert sample(source, 60, seed=5) == sample(source, 60, seed=5)
    assert sample(source, 60, seed=5) != sample(source, 60, seed=6)


def test_lengths_suit_a_small_model() -> None:
    for document in sample(extraction_documents, 400) + sample(held_out, 400):
        assert len(document.prompt) <= 251
        assert len(document.answer) <= 220


def test_no_word_of_the_pools_is_in_both_splits() -> None:
    train, unseen = load_pools("train"), load_pools("held_out")
    for field in ("first_names", "last_names", "words"):
        seen = {word.lower() for name in getattr(train, field) for word in name.split()}
        assert not seen & {word.lower() for name in getattr(unseen, field) for word in name.split()}
    for field in ("cities", "companies", "streets", "jobs", "dishes"):
        assert not set(getattr(train, field)) & set(getattr(unseen, field))


def test_a_held_out_name_never_occurs_as_a_name_in_training() -> None:
    """The people of held-out prompts are made of words that the hash keeps from training."""
    people = next(domain for domain in DOMAINS if domain.name == "people")
    found = 0
    for document in sample(held_out, 1500):
        if document.domain == "people" and document.values:
            for key, value in document.values.items():
                if key.lower().replace("_", " ") in people.fields["name"].keys and isinstance(value, str):
                    names = [w for w in re.split(r"[ -]", value) if w[:1].isupper() and len(w) > 2]
                    found += len(names)
                    whole_is_unseen = all(split_of(w) == "held_out" for w in names)
                    assert whole_is_unseen, value
    assert found > 20


def test_templates_of_the_splits_are_disjoint() -> None:
    for domain in DOMAINS:
        known = {parse(text).source for text in (*domain.phrases, *domain.sentences)}
        assert not known & set(domain.held_out_phrases + domain.held_out_sentences), domain.name


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_a_domain_tells_all_of_its_fields(domain: Any) -> None:
    told = set().union(*(parse(text).slots for text in (*domain.phrases, *domain.sentences)))
    unseen = set().union(
        *(parse(text).slots for text in (*domain.held_out_phrases, *domain.held_out_sentences))
    )
    assert told == set(domain.fields)
    assert unseen == set(domain.fields)
    assert len(domain.sentences) + len(domain.phrases) >= 40
    assert domain.subjects
    assert domain.pronouns


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_the_first_key_of_a_field_means_no_other_field(domain: Any) -> None:
    """So that a key that could be ambiguous in a text has a way out."""
    for name, field in domain.fields.items():
        assert field.keys[0] not in domain.groups
        for other, rival in domain.fields.items():
            assert other == name or field.keys[0] not in rival.keys, (name, other)


def test_answers_vary() -> None:
    documents = sample(extraction_documents, 1500)
    assert len({document.domain for document in documents}) == len(DOMAINS)
    assert len({document.template for document in documents}) > 1000
    nested = sum(any(isinstance(v, (dict, list)) for v in (d.values or {}).values()) for d in documents)
    assert 0.08 < nested / len(documents) < 0.3
    assert sum(d.prompt == e.prompt for d, e in itertools.pairwise(documents)) > 50


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="split is 'test'"):
        next(extraction_documents(1, "test"))


def test_templates_report_brackets_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="not closed"):
        parse("a [b|c")
    with pytest.raises(ValueError, match="outside of brackets at 2"):
        parse("a ] b")


def test_keys_are_spelled_in_one_case() -> None:
    assert [key_of("order id", case) for case in range(3)] == ["order_id", "orderId", "Order Id"]
