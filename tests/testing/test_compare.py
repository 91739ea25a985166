"""Real disagreements of other engines, each confirmed by `jsonschema` or `re`; none of this engine."""

from __future__ import annotations

import pytest

from bltgen.testing import adapters, compare
from bltgen.testing.reference import RegexReference, SchemaReference

# engine, source (a schema's name in compare.SCHEMAS, or "regex ..."), text, whether it is valid
DISAGREEMENTS = [
    ("xgrammar", "contains", b"[]", False),
    ("xgrammar", "uniqueItems", b"[1,1]", False),
    ("xgrammar", "dependentRequired", b'{"a":1}', False),
    ("xgrammar", "allOf", b"0", False),
    ("xgrammar", "not", b"1", False),
    ("xgrammar", "unevaluatedProperties", b'{"b":1}', False),
    ("xgrammar", "oneOf that overlaps", b"1.0", True),
    ("outlines-core", "minimum", b"0", False),
    ("outlines-core", "exclusive bounds", b"0", False),
    ("outlines-core", "multipleOf", b"1", False),
    ("outlines-core", "contains", b"[]", False),
    ("outlines-core", "uniqueItems", b"[1,1]", False),
    ("outlines-core", "propertyNames", b'{"c":1}', False),
    ("outlines-core", "maxProperties", b'{"a":1,"b":1}', False),
    ("outlines-core", "minProperties", b"{}", False),
    ("outlines-core", "prefixItems", b"[]", True),
    ("outlines-core", "regex a|bc|", b"bc", True),
    ("llguidance", "anyOf", b"1e1", True),
    ("llguidance", "two properties", b'{"b":1,"a":1}', True),
    ("llguidance", "enum", b"1.0", True),
    ("llguidance", "pattern and length", rb'"\u0061a"', True),
]


def opened(engine: str, source: str):
    made = adapters.ENGINES[engine][1]()
    if source.startswith("regex "):
        return made.regex(source.removeprefix("regex "))
    return made.schema(compare.SCHEMAS[source])


def truth(source: str):
    if source.startswith("regex "):
        return RegexReference(source.removeprefix("regex "))
    return SchemaReference(compare.SCHEMAS[source])


@pytest.mark.parametrize(("engine", "source", "text", "valid"), DISAGREEMENTS)
def test_a_disagreement_is_real(engine, source, text, valid):
    """The judge says so; the other engine says the opposite; this one agrees with the judge."""
    assert truth(source).accepts(text) is valid
    assert adapters.accepts(opened("bltgen", source), text) is valid
    if engine not in adapters.installed():
        pytest.skip(f"{engine} is not installed")
    if adapters.accepts(opened(engine, source), text) is valid:
        pytest.skip(f"this version of {engine} is right about it")


def test_this_engine_is_right_about_every_source():
    """The whole table, for bltgen alone."""
    engine = adapters.BltgenEngine()
    findings = [compare.compare(engine, source) for source in compare.sources(texts=16)]
    assert [(one.source.name, one.accepts_invalid, one.refuses_valid) for one in findings if one.wrong] == []
    assert not any(one.refused for one in findings)


def test_the_table_shows_what_is_wrong(capsys):
    """An engine that takes everything is shown with the shortest text that it should refuse."""

    class Everything:
        allowed, accepting = None, True

        def advance(self, byte):
            return True

    class Engine:
        name = "yes-man"

        def schema(self, schema):
            return Everything

        regex = schema

    source = next(iter(compare.sources(texts=16)))
    finding = compare.compare(Engine(), source)
    assert finding.wrong
    assert finding.accepts_invalid == b""
    assert "yes-man       integer" in compare.table([finding])
    assert "0 right, 1 wrong, 0 refused" in compare.table([finding])


def test_the_shortest_text_is_shown():
    """An engine that knows no escapes is shown one, and nothing else that could be left out."""

    class Walk(adapters.BltgenEngine):
        name = "no escapes"

        def schema(self, schema):
            opened = super().schema(schema)

            def without_escapes():
                walk = opened()
                advance = walk.advance
                walk.advance = lambda byte: byte != ord("\\") and advance(byte)
                return walk

            return without_escapes

    source = next(one for one in compare.sources(texts=40) if one.name == "string")
    finding = compare.compare(Walk(), source)
    assert finding.accepts_invalid is None
    assert len(finding.refuses_valid) in (4, 8)  # a quote, a backslash and what is escaped, a quote


def test_the_command_line_names_what_it_does_not_know(capsys):
    """An unknown engine is an error with the names that there are."""
    with pytest.raises(SystemExit):
        compare.main(["--engines", "nothing"])
    assert "bltgen, llguidance" in capsys.readouterr().err


def test_a_logits_processor_is_walked_by_its_scores():
    """Whatever it lowers is masked; the end is a token like any other."""
    torch = pytest.importorskip("torch")

    class OnlyDigitsThenEnd:
        def __call__(self, input_ids, scores):
            keep = [257] if input_ids.shape[1] >= 2 else list(range(49, 59))
            masked = torch.full_like(scores, float("-inf"))
            masked[:, keep] = scores[:, keep]
            return masked

    ids = {byte: byte + 1 for byte in range(256)}
    walk = adapters.processor_walk(OnlyDigitsThenEnd, ids=ids, end=257)
    assert bytes(walk().allowed) == b"0123456789"
    assert adapters.accepts(walk, b"42")
    assert not adapters.accepts(walk, b"4")
    assert not adapters.accepts(walk, b"4x")
