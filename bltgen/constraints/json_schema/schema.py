"""A JSON Schema as a constraint on bytes: every JSON text that validates, and no other.

`json_schema(schema)` compiles a schema lazily into a `JsonSchema`, whose states follow the contract of
`bltgen.automata.contract`. What a schema means is what the validator of its draft says (4, 6, 7, 2019-09,
2020-12, chosen by `$schema`); besides, an object never repeats a key, however the key is spelled.

The way through the package: `references` (documents and places) -> `formula` (what a value must satisfy)
-> `keywords` (keywords to formulas) -> `normal_form` (alternatives of merged conjunctions) -> `compiler`
(states and costs) -> `object_plan`, `array_plan`, `positions` (reading) -> `state` (the contract).

>>> schema = json_schema({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]})
>>> schema.accepts(b'{"age": 36}'), schema.accepts(b'{"age": "36"}'), schema.start().completion()
(True, False, b'{"age":0}')
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from functools import cache, partial
from os import PathLike
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, cast, overload

import referencing

from bltgen.arguments import as_bytes, integer, of_type, one_of, shown, suggests_keywords
from bltgen.automata import algebra
from bltgen.automata.contract import Constraint, Report, ReportEntry, State, V_co
from bltgen.automata.language import EMPTY, INFINITE, Language, intersection
from bltgen.automata.limits import bounded, bounded_by, current_limits, grant
from bltgen.automata.recipe import Made, remembers, source_key
from bltgen.automata.sampling import draw
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_number_value import number_value
from bltgen.constraints.json_schema.compiler import Compiler, Options
from bltgen.constraints.json_schema.embedding import embedded, json_text
from bltgen.constraints.json_schema.formula import Formula
from bltgen.constraints.json_schema.grounding import Grounding, text_of
from bltgen.constraints.json_schema.json_values import holds_surrogate, read
from bltgen.constraints.json_schema.large_counts import COUNTABLE, blamed
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.near_misses import check_draft, tell
from bltgen.constraints.json_schema.number_rules import DOUBLE_DIGITS, NUMBERS
from bltgen.constraints.json_schema.positions import Root, value_start
from bltgen.constraints.json_schema.references import Documents, Place, Resources
from bltgen.constraints.json_schema.report import report_of
from bltgen.constraints.json_schema.self_reference import self_applying
from bltgen.constraints.json_schema.state import JsonState
from bltgen.constraints.json_schema.wanted_integers import IntegerWatch, wanted_integers
from bltgen.constraints.json_schema.well_formed import well_formed_places
from bltgen.constraints.regex import regex
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage, LimitExceeded, Unsupported

if TYPE_CHECKING:
    from typing_extensions import Unpack

V = TypeVar("V")

__all__ = ["JsonSchema", "json_schema", "json_value"]


class JsonSchema(Made, Generic[V_co]):
    """The JSON texts that satisfy a schema. A `Constraint`; made by `json_schema`."""

    __slots__ = ("_compiler", "_description", "_documents", "_goal", "_parser", "_rows", "_start", "_widest")

    def __init__(
        self,
        documents: Documents,
        compiler: Compiler,
        goal: Formula,
        description: dict[str, Any],
        parser: Callable[[bytes], Any] | None = None,
        widest: Callable[[], Compiler] | None = None,
        rows: tuple[ReportEntry, ...] = (),
    ) -> None:
        self._documents = documents
        self._compiler = compiler
        self._goal = goal
        self._description = description
        self._parser = parser
        self._rows = rows
        self._widest: Callable[[], Compiler] | JsonSchema | None = widest
        self._start: JsonState | None = None

    def start(self) -> State:
        """The state before the first byte. Raises EmptyLanguage where no value satisfies the schema."""
        state: State = self._begin() if self._start is None else self._start
        return state

    @bounded
    def _begin(self) -> JsonState:
        compiler = self._compiler
        try:
            satisfiable = compiler.cost(self._goal) < INFINITE
        except LimitExceeded as error:
            raise blamed(self._places(), current_limits().counted_names) or error from error
        if not satisfiable:
            beyond = blamed(self._places(), COUNTABLE)
            if beyond is not None:
                raise beyond
            conflicts = compiler.conflicts(self._goal)
            reason = "no JSON value satisfies the schema"
            if compiler.options.grounding is not None:
                self._in_any_spelling().start()  # raises where the schema alone is to blame
                reason = (
                    "the text of strings_from or numbers_from tells no value that the schema admits;"
                    " with ungrounded='schema' the schema alone decides there"
                )
            elif holds_surrogate(self._documents.root.schema):
                reason += "; a lone surrogate is no character, and no text holds it (RFC 7493)"
            raise EmptyLanguage(reason, conflicts)
        compiler.foresee(self._goal)
        found = self._start = _before(compiler, self._goal)
        return found

    def _places(self) -> Iterable[Place]:
        """All places of the schema."""
        return well_formed_places(self._documents, self._compiler.keywords)

    def __del__(self) -> None:
        # States keep the compiler alive that they need; without any, cycles would await the collector.
        compiler = getattr(self, "_compiler", None)
        if compiler is not None and getattr(self, "_start", None) is not None:
            compiler.table.drop()

    @property
    def schema(self) -> Mapping[str, Any] | bool:
        """The schema as JSON values; of a Python type the one that its texts satisfy."""
        schema: Mapping[str, Any] | bool = self._documents.root.schema
        return schema

    @bounded
    def accepts(self, data: bytes) -> bool:
        """Whether `data` is a JSON text, in the chosen layout, that satisfies the schema."""
        state: State | None = self.start()
        data = as_bytes("data", data)
        grant(len(data))
        for byte in data:
            assert state is not None
            state = state.advance(byte)
            if state is None:
                return False
        return state is not None and state.accepting

    @suggests_keywords()
    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        """A random valid text of at most `max_bytes` bytes; BudgetTooSmall where none is so short."""
        return draw(self.start(), rng, max_bytes)

    def parse(self, data: bytes) -> V_co:
        """The value of a valid text in any spelling, numbers exactly: int, float, or Decimal if need be.

        See `json_number_value.number_value` for the rule. For a Python type an instance of it; pydantic's
        ValidationError where the type has checks of its own that no schema tells. Raises RecursionError
        where the text is nested about a thousand deep, LimitExceeded where an exponent is beyond reason.
        """
        data = as_bytes("data", data)
        if self._parser is not None:
            return cast("V_co", self._parser(data))
        wanted = iter(wanted_integers(data, lambda: self._in_any_spelling().start()))
        value = json.loads(
            data,
            parse_float=lambda text: number_value(text, integer=next(wanted)),
            parse_int=number_value,
        )
        return cast("V_co", value)

    def watch_integers(self) -> IntegerWatch:
        """What tells, as a text in any spelling comes, where the schema wants an integer."""
        return IntegerWatch(lambda: self._in_any_spelling().start())

    def _in_any_spelling(self) -> JsonSchema:
        """The same schema without any narrowing."""
        if callable(self._widest):
            compiler = self._widest()
            goal = compiler.formulas.schema(self._documents.root)
            self._widest = JsonSchema(self._documents, compiler, goal, self._description)
        return self._widest or self

    def report(self) -> Report:
        """How texts are spelled; then each keyword by its JSON pointer: enforced exactly or an annotation."""
        found = report_of(self._documents, self._compiler, self._description)
        return Report(found.entries + self._rows)

    def describe(self) -> dict[str, Any]:
        """The schema and the options as JSON values; `json_schema(**description)` rebuilds the constraint."""
        return {"kind": "json_schema", **self._description}

    def __and__(self, other: Any) -> Constraint:
        if isinstance(other, JsonSchema):
            raise Unsupported('an intersection of two schemas is one schema: {"allOf": [...]}', "json_schema")
        return algebra.intersection(self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Constraint:
        return algebra.union(self, other)

    def __ror__(self, other: Any) -> Constraint:
        return algebra.union(other, self)

    def __invert__(self) -> Constraint:
        raise Unsupported('the complement within JSON is a schema: {"not": ...}', "json_schema")

    def __add__(self, other: Any) -> Constraint:
        return algebra.concatenation(self, other)

    def __radd__(self, other: Any) -> Constraint:
        return algebra.concatenation(other, self)

    @suggests_keywords()
    def repeat(self, low: int, high: int | None = None) -> Constraint:
        """Between `low` and `high` texts in a row; without end where `high` is None. No array: no commas."""
        return algebra.repetition(self, low, high)

    def optional(self) -> Constraint:
        """The texts and the empty one."""
        return self.repeat(0, 1)

    def decided(self) -> dict[str, Any]:
        """What the options came to, and of a registry the documents that the schema refers to."""
        described = {name: value for name, value in self.describe().items() if name != "schema"}
        return {**described, "registry": self._documents.used()}


class SchemaOptions(TypedDict, total=False):
    """The options of `json_schema`, which documents them."""

    draft: str | None
    registry: referencing.Registry[Any] | None
    formats: str
    custom_formats: Mapping[str, Any] | None
    constraints: Mapping[str, Any] | None
    whitespace: str | int | re.Pattern[str]
    property_order: str | None
    undeclared: str | None
    numbers: str | None
    digits: int | None
    escapes: str
    ascii_only: bool
    strings_from: str | bytes | None
    numbers_from: str | bytes | None
    ungrounded: str


@overload
def json_schema(schema: type[V], **options: Unpack[SchemaOptions]) -> JsonSchema[V]: ...


@overload
def json_schema(
    schema: object,
    *,
    kind: str = ...,
    **options: Unpack[SchemaOptions],
) -> JsonSchema[Any]: ...


@suggests_keywords()
@remembers(lambda made: made.decided())
@bounded_by(source_key)
def json_schema(
    schema: Mapping[str, Any] | bool | str | bytes | Any,
    *,
    draft: str | None = None,
    registry: referencing.Registry[Any] | None = None,
    formats: str = "assert",
    custom_formats: Mapping[str, Any] | None = None,
    constraints: Mapping[str, Any] | None = None,
    whitespace: str | int | re.Pattern[str] | None = None,
    property_order: str | None = None,
    undeclared: str | None = None,
    numbers: str | None = None,
    digits: int | None = None,
    escapes: str = "any",
    ascii_only: bool = False,
    strings_from: str | bytes | None = None,
    numbers_from: str | bytes | None = None,
    ungrounded: str = "error",
    kind: str = "json_schema",
) -> JsonSchema[Any]:
    """The constraint of all JSON texts that satisfy `schema`: a mapping, a bool, JSON text, or a Python type.

    A type is a pydantic model, dataclass, TypedDict, Enum, Union or any annotation that pydantic's
    `TypeAdapter` takes (extra `pydantic`); `parse`, and so `out.value`, then gives an instance of it.

    - `draft`: "4", "6", "7", "2019-09" or "2020-12" (the default), where `$schema` does not say.
    - `registry`: further documents to refer to; nothing is fetched that it does not fetch.
    - `formats`: "assert" or "annotate"; `custom_formats`: regular expression or constraint by name.
    - `constraints`: constraints by name for strings with the keyword `x-bltgen-constraint`.
    - `whitespace`: "bounded" (the default for schemas: what pretty printers write), "spaced" (for types: what
      `json.dumps` writes), "compact", "indent=n", a regular expression (`re.compile(r"\n? *")`,
      "pattern=...") or "any"; see `layout`.
    - `property_order`: "any" (the default for schemas), or "schema" (for types): declared members come as the
      schema lists them, others after.
    - `undeclared`: "allow" (the default for schemas), or "omit" (for types): members that the schema neither
      names nor says anything of are left out, so that an object that declares nothing is `{}`.
      `additionalProperties`, `patternProperties`, `propertyNames` and `unevaluatedProperties` say something,
      `true` included. Where members of any name are needed (`minProperties`) they stay, and `report()` tells.
      A name that only some branch declares may be kept beside the others.
    - `numbers`: "interoperable" (the default for schemas): what every reader understands (RFC 7493): integers
      within 2^53 - 1, written as such, others of at most 15 significant digits that a double holds. "plain"
      (for types): no exponent, no `-0`, at most `digits` (15) significant digits, zeros at the end included.
      "any": every spelling of RFC 8259. The schema may need more: `report()` tells where; see `number_rules`.
    - `escapes`: "any", or "plain": only characters that need an escape have one. `ascii_only`: others than
      ASCII are escaped.
    - `strings_from`: strings are spans of this text (see `substring_of`) that the schema admits: `pattern`,
      `format`, `enum` and lengths choose among them. `numbers_from`: numbers have values that this text
      tells, however it spells them (see `text_numbers`). A constant, names of members, booleans and null are
      not asked of a text.
    - `ungrounded`: where the text tells no value that the schema admits, there is none ("error": an optional
      member stays away; EmptyLanguage where one is needed), or the schema alone decides ("schema").

    Raises ConstraintSyntaxError for a malformed schema, Unsupported for what cannot be enforced exactly,
    EmptyLanguage where nothing satisfies it, LimitExceeded where it costs too much. Issues a
    `ConstraintWarning` where keywords and formats are annotations because they are misspelt.
    """
    _check_types(locals())
    most_digits = DOUBLE_DIGITS if digits is None else integer("digits", digits, 1)
    parser: Callable[[bytes], Any] | None = None
    rows: tuple[ReportEntry, ...] = ()
    languages: Mapping[str, Language] = {}
    if not isinstance(schema, (Mapping, bool, str, bytes)):
        from bltgen.integrations.pydantic import python_type

        schema, languages, rows, parser = python_type(
            schema, wide=numbers == "any" or most_digits > DOUBLE_DIGITS
        )
    numbers = numbers or ("interoperable" if parser is None else "plain")
    undeclared = undeclared or ("allow" if parser is None else "omit")
    property_order = property_order or ("any" if parser is None else "schema")
    if kind != "json_schema":
        raise ValueError(f"not the description of a JSON Schema: {kind!r}")
    check_draft(draft)
    for name, value, choices in (
        ("formats", formats, ("assert", "annotate")),
        ("property_order", property_order, ("any", "schema")),
        ("undeclared", undeclared, ("allow", "omit")),
        ("numbers", numbers, NUMBERS),
        ("escapes", escapes, ("any", "plain")),
    ):
        one_of(name, value, choices)
    if digits is not None and numbers != "plain":
        raise ValueError(f"digits={shown(digits)}: it is about numbers='plain', not {numbers!r}")
    if whitespace is None:
        whitespace = "bounded" if parser is None else "spaced"
    layout = Layout.of(whitespace)
    description: dict[str, Any] = {
        "schema": schema,
        "draft": draft,
        "formats": formats,
        "whitespace": layout.option,
        "property_order": property_order,
        "undeclared": undeclared,
        "numbers": numbers,
        "digits": digits,
        "escapes": escapes,
        "ascii_only": ascii_only,
        "strings_from": text_of("strings_from", strings_from),
        "numbers_from": text_of("numbers_from", numbers_from),
        "ungrounded": ungrounded,
    }
    document: Any = schema
    if isinstance(schema, (str, bytes)):
        document = _parse(schema)
        description["schema"] = schema.decode() if isinstance(schema, bytes) else schema
    grounding = Grounding.of(description["strings_from"], description["numbers_from"], ungrounded)
    documents = Documents(document, draft=draft or "2020-12", registry=registry)
    asserted = {n: _content(f) for n, f in (custom_formats or {}).items()}
    named = {**languages, **{n: _content(c) for n, c in (constraints or {}).items()}}

    def compiled(layout: Layout, options: Options) -> Compiler:
        made = Compiler(layout, options=options, formats=formats, custom_formats=asserted, constraints=named)
        # Texts within strings have states and limits of their own: a question to a string asks many of them.
        made.keywords.json_text = partial(_json_text, cache(partial(compiled, layout, options)))
        return made

    options = Options(
        numbers, most_digits, escapes, ascii_only, property_order == "schema", undeclared == "omit", grounding
    )
    compiler = compiled(layout, options)
    places = list(well_formed_places(documents, compiler.keywords, with_plain=False))
    circular = self_applying(places, compiler.keywords)
    if circular is not None:
        raise Unsupported("a reference that reaches itself within the same value", circular.pointer)
    if parser is None:
        tell(places, compiler.keywords)
    goal = compiler.formulas.schema(documents.root)
    made: JsonSchema[Any] = JsonSchema(
        documents, compiler, goal, description, parser, lambda: compiled(Layout.of("any"), Options()), rows
    )
    made.start()
    return made


@suggests_keywords(SchemaOptions.__annotations__)
def json_value(**options: Unpack[SchemaOptions]) -> JsonSchema[Any]:
    """Any JSON text; the options are those of `json_schema`.

    >>> json_value().accepts(b'[1, {"a": null}]'), json_value().accepts(b"[1,]")
    (True, False)
    """
    return json_schema(True, **options)


def _before(compiler: Compiler, goal: Formula) -> JsonState:
    """The state before the first byte of a text whose value satisfies the goal."""
    return compiler.table.of((value_start(goal, Root(compiler), compiler.layout.around),))


def _json_text(compiled: Callable[[], Compiler], place: Place) -> Language:
    """The texts, within a string, whose value satisfies the schema at a place."""
    compiler = compiled()
    goal = compiler.formulas.schema(place)
    satisfiable = compiler.cost(goal) < INFINITE
    return json_text(_before(compiler, goal)) if satisfiable else EMPTY


_TEXT = ((str, NoneType), "a str")
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "registry": ((referencing.Registry, Resources, NoneType), "a referencing.Registry"),
    "custom_formats": ((Mapping, NoneType), "a dict of names to regular expressions or constraints"),
    "constraints": ((Mapping, NoneType), "a dict of names to constraints"),
    "whitespace": ((str, int, re.Pattern, NoneType), "a str, an indentation or a compiled pattern"),
    "property_order": _TEXT,
    "undeclared": _TEXT,
    "numbers": _TEXT,
    "ascii_only": ((bool,), "a bool"),
    "strings_from": ((str, bytes, NoneType), "a text, str or bytes,"),
    "numbers_from": ((str, bytes, NoneType), "a text, str or bytes,"),
}


def _check_types(given: Mapping[str, Any]) -> None:
    for name, (types, needed) in _TYPES.items():
        of_type(name, given[name], types, needed)
    schema = given["schema"]
    if isinstance(schema, PathLike):
        raise TypeError(f"schema={shown(schema)}: a path; give its text: path.read_text()")
    if not isinstance(schema, type) and (is_dataclass(schema) or hasattr(schema, "__pydantic_fields__")):
        raise TypeError(f"schema={shown(schema)}: an instance; give its class, {type(schema).__name__}")


def _parse(text: str | bytes) -> Any:
    try:
        return read(text)
    except json.JSONDecodeError as error:
        path = (
            isinstance(text, str)
            and "\n" not in text
            and text.endswith((".json", ".yaml", ".yml", ".schema"))
        )
        hint = "the JSON itself: this looks like a path, so write path.read_text()" if path else None
        raise ConstraintSyntaxError(
            f"the schema is no JSON text: {error.msg}", error.doc, error.pos, expected=hint
        ) from error
    except UnicodeDecodeError as error:
        raise ConstraintSyntaxError(f"the schema is no UTF-8 text: {error}") from error
    except RecursionError as error:
        raise ConstraintSyntaxError("the schema is nested too deeply") from error


def _content(constraint: Any) -> Language:
    """A custom format or constraint as a language of decoded characters."""
    if isinstance(constraint, str):
        constraint = regex(constraint)
    if isinstance(constraint, Language):
        return intersection(constraint, UTF8_TEXT)
    if isinstance(constraint, Constraint):
        return intersection(embedded(constraint), UTF8_TEXT)
    raise ValueError(f"a format or constraint is a regular expression or a constraint, not {constraint!r}")
