"""What each keyword of a subschema demands, by the JSON type of the value.

A `Keywords` reads one place at a time. `in_place(place)` is the formula of the keywords that apply to a
value of any type (`enum`, `allOf`, `$ref`, ...); `members(place)` and `items(place)` are the formulas of
those about objects and arrays; `string(place)` the language of those about strings, over decoded UTF-8
characters; `number(place)` the set of numbers. Everything about members and items is
reduced to few atoms, which are closed under negation:

    ("each", KeySet, goal)           every member whose name is in the set satisfies the goal
    ("some", KeySet, goal)           at least one such member does
    ("size", low, high)              the number of members (high None: unbounded)
    ("each item", low, high, goal)   every item at an index in low <= i < high does
    ("count", low, goal, min, max)   of the items from index `low` on, min to max satisfy the goal
    ("length", low, high)            the number of items
    ("unique", wanted)               no two items are equal; or, not wanted, two are

`unevaluatedProperties` and `unevaluatedItems` need to know what the applied keywords evaluated: each way
of satisfying the schema carries the names or items it evaluates (`_ways`), and they become "each" atoms.

Sources: JSON Schema Core and Validation 2020-12, 2019-09, drafts 7, 6, 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

from bltgen.automata.language import EMPTY, Language
from bltgen.automata.limits import current_limits
from bltgen.automata.utf8 import UTF8_CHAR
from bltgen.constraints.json_schema import json_values as values
from bltgen.constraints.json_schema.formula import Formula, Formulas, Summary, meet
from bltgen.constraints.json_schema.json_values import ARRAY, NUMBER, OBJECT, is_text
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.references import Place
from bltgen.constraints.json_schema.vocabulary import (
    ANNOTATIONS,
    CONSTRAINT_KEYWORD,
    JSON_TEXT_KEYWORD,
    REFERENCES,
    TYPES,
    WRITTEN_KEYWORD,
    count_of,
    is_in_draft,
    list_of,
    mapping_of,
    number_of,
    value_of,
)
from bltgen.constraints.number_set import NumberSet
from bltgen.constraints.regex import pattern_language
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported, did_you_mean

__all__ = ["Keywords"]

_REFERENCE_SET = frozenset(REFERENCES)
_IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
)


class Names(NamedTuple):
    """The member names that a way of satisfying a schema evaluates; everything=True: all."""

    names: frozenset[bytes] = frozenset()
    languages: frozenset[Language] = frozenset()
    everything: bool = False

    def merged(self, other: Names) -> Names:
        if self.everything or other.everything:
            return Names(everything=True)
        return Names(self.names | other.names, self.languages | other.languages)

    def rest(self, formulas: Formulas, goal: Formula) -> Formula:
        if self.everything:
            return formulas.true
        keys = KeySet(self.names, tuple(sorted(self.languages, key=lambda language: language.id)), True)
        return formulas.atom(("each", keys, goal))


class Prefix(NamedTuple):
    """The items that a way evaluates: the first `length`, all, and those that satisfy one of `goals`."""

    length: int = 0
    goals: frozenset[Formula] = frozenset()
    everything: bool = False

    def merged(self, other: Prefix) -> Prefix:
        if self.everything or other.everything:
            return Prefix(everything=True)
        return Prefix(max(self.length, other.length), self.goals | other.goals)

    def rest(self, formulas: Formulas, goal: Formula) -> Formula:
        if self.everything:
            return formulas.true
        goal = formulas.any_of([goal, *sorted(self.goals, key=lambda g: g.id)])
        return formulas.atom(("each item", self.length, None, goal)) if goal is not formulas.true else goal


Evaluated = Names | Prefix
Way = tuple[Formula, Evaluated]


@dataclass
class Keywords:
    """The reader of keywords of one compiled schema.

    `formats`: "assert" or "annotate"; `custom_formats` and `constraints`: languages over decoded
    characters by name. `mentions_all`: members that a schema mentions and does not restrict have atoms too
    (with the goal TRUE): for those who ask which members it mentions, and in what order.
    """

    formulas: Formulas
    formats: str = "assert"
    custom_formats: Mapping[str, Language] | None = None
    constraints: Mapping[str, Language] | None = None
    mentions_all: bool = False

    def __post_init__(self) -> None:
        self._in_place: dict[Place, Formula] = {}
        self._containers: dict[tuple[Place, int], Formula] = {}
        self._patterns: dict[tuple[str, str], Language] = {}
        self.floats: set[int] = set()
        """Listed integers that readers must read as floats: see `json_values.far_floats`."""
        self.string_language: Callable[[Formula], Language] | None = None
        """Set by the compiler: the decoded strings that satisfy a formula, for `propertyNames`."""
        self.json_text: Callable[[Place], Language] | None = None
        """Set by who makes states: the JSON texts that satisfy a place, for strings that hold one."""

    # -- any type ------------------------------------------------------------------------------------

    def types(self, place: Place) -> int:
        """The types that the keyword `type` admits, as bits."""
        given = self._get(place, "type")
        if given is None:
            return values.ANY_TYPE
        if isinstance(given, str):
            return TYPES[given]
        bits = 0
        for name in given:
            bits |= TYPES[name]
        return bits

    def _get(self, place: Place, keyword: str) -> Any:
        """The keyword's value where it is present and has effect here."""
        schema = place.schema
        if keyword not in schema or keyword in place.dialect.ignored:
            return None
        if "$ref" in schema and place.dialect.number < 2019:
            return None
        return schema[keyword] if is_in_draft(keyword, place.dialect.number) else None

    def is_known(self, place: Place, keyword: str) -> bool:
        """Whether the keyword is one of the place's draft."""
        return is_in_draft(keyword, place.dialect.number)

    def _goal(self, place: Place, *path: str | int) -> Formula:
        return self.formulas.schema(place.child(*path))

    def _goals(self, place: Place, keyword: str) -> list[Formula]:
        """The subschemas of a keyword that holds a list of schemas."""
        given = self._get(place, keyword)
        if given is None:
            return []
        return [self._goal(place, keyword, i) for i in range(len(list_of(place, keyword, given)))]

    def _alternatives(self, place: Place, keyword: str) -> list[Formula]:
        """As `_goals`, where many may be labelled constants."""
        if not is_in_draft("const", place.dialect.number) or "const" in place.dialect.ignored:
            return self._goals(place, keyword)
        goals = []
        for i, schema in enumerate(list_of(place, keyword, self._get(place, keyword))):
            if type(schema) is dict and "const" in schema and _LABELLED.issuperset(schema):
                self.floats |= values.far_floats(schema["const"])
                goals.append(self.formulas.values([value_of(place, "const", schema["const"])]))
            else:
                goals.append(self._goal(place, keyword, i))
        return goals

    def references(self, place: Place) -> list[Place]:
        """Where the reference keywords of a place lead."""
        found: list[Place] = []
        if _REFERENCE_SET.isdisjoint(place.schema):
            return found
        for keyword in REFERENCES:
            if keyword in place.schema and (keyword == "$ref" or self._get(place, keyword) is not None):
                found.append(place.follow(keyword))
        return found

    def applied(self, place: Place) -> Iterator[Place]:
        """The places that a place applies to the same value as its own."""
        yield from self.references(place)
        if _IN_PLACE.isdisjoint(place.schema):
            return
        paths: list[tuple[str | int, ...]] = []
        for keyword in ("allOf", "anyOf", "oneOf"):
            paths += [(keyword, i) for i in range(len(self._get(place, keyword) or ()))]
        for keyword in ("not", "if", "then", "else"):
            given = self._get(place, keyword)
            if given is not None and (keyword in ("not", "if") or self._get(place, "if") is not None):
                paths.append((keyword,))
        for keyword in ("dependentSchemas", "dependencies"):
            given = self._get(place, keyword) or {}
            paths += [(keyword, name) for name, one in given.items() if not isinstance(one, (list, str))]
        for path in paths:
            yield place.child(*path)

    def listed(self, place: Place) -> Formula:
        """What `enum` and `const` admit."""
        formulas = self.formulas
        goal = formulas.true
        enum = self._get(place, "enum")
        if enum is not None:
            goal = formulas.values([value_of(place, "enum", v) for v in list_of(place, "enum", enum)])
            self.floats |= values.far_floats(enum)
        if self._get_present(place, "const"):
            self.floats |= values.far_floats(place.schema["const"])
            goal = formulas.both(goal, formulas.values([value_of(place, "const", place.schema["const"])]))
        return goal

    def _get_present(self, place: Place, keyword: str) -> bool:
        """As `_get`, for keywords whose value may be null."""
        schema = place.schema
        return (
            keyword in schema
            and keyword not in place.dialect.ignored
            and not ("$ref" in schema and place.dialect.number < 2019)
            and place.dialect.number >= 6
        )

    def in_place(self, place: Place) -> Formula:
        """The keywords that apply to values of every type."""
        found = self._in_place.get(place)
        if found is not None:
            return found
        formulas = self.formulas
        parts = [self.listed(place)]
        parts += [formulas.schema(target) for target in self.references(place)]
        parts += self._goals(place, "allOf")
        if self._get(place, "anyOf") is not None:
            parts.append(formulas.any_of(self._alternatives(place, "anyOf")))
        if self._get(place, "oneOf") is not None:
            parts.append(formulas.one_of(self._alternatives(place, "oneOf")))
        if self._get(place, "not") is not None:
            parts.append(formulas.negation(self._goal(place, "not")))
        if self._get(place, "if") is not None:
            condition = self._goal(place, "if")
            if self._get(place, "then") is not None:
                implied = [formulas.negation(condition), self._goal(place, "then")]
                parts.append(formulas.any_of(implied))
            if self._get(place, "else") is not None:
                parts.append(formulas.any_of([condition, self._goal(place, "else")]))
        found = self._in_place[place] = formulas.all_of(parts)
        return found

    def summary(self, place: Place) -> Summary:
        """A superset of the values of a place, from `type`, `enum`, `const`, `allOf` and references."""
        found = []
        exact = True
        todo, seen = [place], set[Place]()
        while todo and len(seen) < 20:
            here = todo.pop()
            if here in seen or isinstance(here.schema, bool):
                if here.schema is False:
                    found.append(Summary(0, frozenset()))
                continue
            seen.add(here)
            types = self.types(here)
            exact = exact and _EXACT_KEYWORDS.issuperset(here.schema)
            exact = exact and not (here.dialect.number == 4 and types & NUMBER == values.INTEGER)
            found.append(Summary(types))
            listed = self.listed(here)
            if listed is not self.formulas.true:
                found.append(self.formulas.summary(listed))
            todo += self.references(here)
            listed_here = self._get(here, "allOf")
            if listed_here is not None:
                todo += [here.child("allOf", i) for i in range(len(list_of(here, "allOf", listed_here)))]
        return meet(found)._replace(exact=exact and not todo)

    # -- scalars -------------------------------------------------------------------------------------

    def number(self, place: Place) -> NumberSet | None:
        """The numbers that `type` and the numeric keywords admit; None: all."""
        numbers: NumberSet | None = None
        if self.types(place) & NUMBER == values.INTEGER:
            numbers = NumberSet.integers()
        bounds: dict[str, Decimal] = {}
        for keyword in _BOUNDS:
            given = self._get(place, keyword)
            if given is not None and not (place.dialect.number == 4 and keyword in _EXCLUSIVE.values()):
                bounds[keyword] = number_of(place, keyword, given)
        if place.dialect.number == 4:
            for keyword, exclusive in _EXCLUSIVE.items():
                if self._get(place, exclusive) is True and keyword in bounds:
                    bounds[exclusive] = bounds.pop(keyword)
        for keyword, bound in bounds.items():
            added = _BOUNDS[keyword](bound)
            numbers = added if numbers is None else numbers & added
        return numbers

    def written_as_integer(self, place: Place) -> bool:
        """Whether the numbers of a place are written without a point or exponent."""
        if place.dialect.number <= 4 and self.types(place) & NUMBER == values.INTEGER:
            return True
        return bool(self._get(place, WRITTEN_KEYWORD) == "integer")

    def string(self, place: Place) -> Language | None:
        """The decoded strings that the string keywords admit; None: all."""
        parts: list[Language] = []
        low = count_of(place, "minLength", self._get(place, "minLength")) or 0
        high = count_of(place, "maxLength", self._get(place, "maxLength"))
        if low or high is not None:
            parts.append(EMPTY if high is not None and high < low else UTF8_CHAR.repeat(low, high))
        pattern = self._get(place, "pattern")
        if pattern is not None:
            parts.append(self.pattern(place, "pattern", pattern))
        language = self.format(place)
        if language is not None:
            parts.append(language)
        name = self._get(place, CONSTRAINT_KEYWORD)
        if name is not None:
            constraint = (self.constraints or {}).get(name)
            if constraint is None:
                raise Unsupported(
                    f"no constraint named {name!r} was given; pass constraints={{{name!r}: ...}}"
                    + did_you_mean(name, self.constraints or ()),
                    f"{place.pointer}/{CONSTRAINT_KEYWORD}",
                )
            parts.append(constraint)
        if self._get(place, JSON_TEXT_KEYWORD) is not None:
            assert self.json_text is not None
            parts.append(self.json_text(place.child(JSON_TEXT_KEYWORD)))
        if not parts:
            return None
        made = parts[0]
        for part in parts[1:]:
            made &= part
        return made

    def format(self, place: Place) -> Language | None:
        """The language of the `format` keyword; None where it is an annotation here."""
        name = self._get(place, "format")
        if not isinstance(name, str):
            return None
        if self.custom_formats and name in self.custom_formats:
            return self.custom_formats[name]
        if self.formats != "assert" and not place.dialect.asserts_format:
            return None
        from bltgen.constraints.json_format import format_language

        found: Language | None = format_language(name, place.dialect.draft)
        # A format that only a later draft defines means the same where an earlier one uses it.
        return found if found is not None else format_language(name, "2020-12")

    def pattern(self, place: Place, keyword: str, pattern: Any) -> Language:
        """The strings in which an ECMA-262 pattern is found."""
        if not isinstance(pattern, str):
            raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: a pattern is a string, not {pattern!r}")
        key = (pattern, "search")
        found = self._patterns.get(key)
        if found is None:
            try:
                found = pattern_language(pattern, "ecma262", mode="search", loose=True)
            except ConstraintSyntaxError as error:
                raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: {error}") from error
            except Unsupported as error:
                raise Unsupported(error.reason, f"{place.pointer}/{keyword}") from error
            self._patterns[key] = found
        return found

    # -- containers ----------------------------------------------------------------------------------

    def container(self, place: Place, kind: int) -> Formula:
        """All keywords of a place for a value that is an object (`kind` OBJECT) or an array (ARRAY)."""
        if not self.types(place) & kind:
            return self.formulas.false
        key = (place, kind)
        found = self._containers.get(key)
        if found is None:
            keyword = _UNEVALUATED[kind]
            if self._get(place, keyword) is None:
                found = self.formulas.both(self.in_place(place), self._own(place, kind))
            else:
                found = self.formulas.any_of([way for way, _ in self._ways(place, kind, ())])
            self._containers[key] = found
        return found

    def _own(self, place: Place, kind: int) -> Formula:
        return self.members(place)[0] if kind == OBJECT else self.items(place)[0]

    def members(self, place: Place) -> tuple[Formula, Names]:
        """The keywords about an object's members, and the names they evaluate."""
        formulas, atom, get = self.formulas, self.formulas.atom, self._get
        parts: list[Formula] = []
        names: list[bytes] = []
        declared = get(place, "properties")
        if declared is not None:
            for name in mapping_of(place, "properties", declared):
                goal = self._goal(place, "properties", name)
                if not is_text(name):
                    continue
                names.append(_name(name))
                if self.mentions_all or goal is not formulas.true:
                    parts.append(atom(("each", KeySet(frozenset((names[-1],))), goal)))
        patterns: list[Language] = []
        patterned = get(place, "patternProperties")
        if patterned is not None:
            for pattern in mapping_of(place, "patternProperties", patterned):
                language = self.pattern(place, "patternProperties", pattern)
                patterns.append(language)
                goal = self._goal(place, "patternProperties", pattern)
                if self.mentions_all or goal is not formulas.true:
                    parts.append(atom(("each", KeySet(languages=(language,)), goal)))
        everything = False
        if get(place, "additionalProperties") is not None:
            everything = True
            goal = self._goal(place, "additionalProperties")
            if self.mentions_all or goal is not formulas.true:
                rest = KeySet(frozenset(names), tuple(dict.fromkeys(patterns)), True)
                parts.append(atom(("each", rest, goal)))
        required = get(place, "required")
        if required is not None and not (place.dialect.number == 4 and isinstance(required, bool)):
            parts += [self._present(name) for name in list_of(place, "required", required)]
        if get(place, "propertyNames") is not None:
            goal = self._goal(place, "propertyNames")
            if goal is not formulas.true:
                assert self.string_language is not None
                language = self.string_language(goal)
                parts.append(atom(("each", KeySet(languages=(language,), negated=True), formulas.false)))
        low = count_of(place, "minProperties", get(place, "minProperties")) or 0
        high = count_of(place, "maxProperties", get(place, "maxProperties"))
        if low or high is not None:
            parts.append(atom(("size", low, high)))
        for keyword in ("dependentRequired", "dependencies"):
            for name, needed in mapping_of(place, keyword, get(place, keyword) or {}).items():
                if isinstance(needed, str):
                    needed = [needed]
                if isinstance(needed, list):
                    parts += [self._mention(other) for other in (name, *needed)]
                    goal = formulas.all_of([self._present(other) for other in needed])
                    parts.append(formulas.any_of([self._absent(name), goal]))
                else:
                    parts.append(self._mention(name))
                    goal = self._goal(place, keyword, name)
                    parts.append(formulas.any_of([self._absent(name), goal]))
        for name in mapping_of(place, "dependentSchemas", get(place, "dependentSchemas") or {}):
            parts.append(self._mention(name))
            goal = self._goal(place, "dependentSchemas", name)
            parts.append(formulas.any_of([self._absent(name), goal]))
        evaluated = Names(frozenset(names), frozenset(patterns), everything)
        return formulas.all_of(parts), evaluated

    def _present(self, name: Any) -> Formula:
        if not isinstance(name, str):
            raise ConstraintSyntaxError(f"a property name is a string, not {name!r}")
        if not is_text(name):
            return self.formulas.false
        return self.formulas.atom(("some", KeySet(frozenset((_name(name),))), self.formulas.true))

    def _mention(self, name: str) -> Formula:
        """Nothing of a member but its name, for those who ask for the names."""
        if not (self.mentions_all and is_text(name)):
            return self.formulas.true
        return self.formulas.atom(("each", KeySet(frozenset((_name(name),))), self.formulas.true))

    def _absent(self, name: str) -> Formula:
        if not is_text(name):
            return self.formulas.true
        return self.formulas.atom(("each", KeySet(frozenset((_name(name),))), self.formulas.false))

    def items(self, place: Place) -> tuple[Formula, Prefix]:
        """The keywords about an array's items, and the items they evaluate."""
        formulas, atom, get = self.formulas, self.formulas.atom, self._get
        parts: list[Formula] = []
        number = place.dialect.number
        given = get(place, "items")
        goals: list[Formula] = []
        rest: Formula | None = None
        if number >= 2020:
            goals = self._goals(place, "prefixItems")
            if given is not None:
                rest = self._goal(place, "items")
        elif isinstance(given, (list, tuple)):
            goals = self._goals(place, "items")
            if get(place, "additionalItems") is not None:
                rest = self._goal(place, "additionalItems")
        elif given is not None:
            rest = self._goal(place, "items")
        parts += [
            atom(("each item", i, i + 1, goal)) for i, goal in enumerate(goals) if goal is not formulas.true
        ]
        if rest is not None and rest is not formulas.true:
            parts.append(atom(("each item", len(goals), None, rest)))
        low = count_of(place, "minItems", get(place, "minItems")) or 0
        high = count_of(place, "maxItems", get(place, "maxItems"))
        if low or high is not None:
            parts.append(atom(("length", low, high)))
        if get(place, "uniqueItems") is True:
            parts.append(atom(("unique", True)))
        matched: frozenset[Formula] = frozenset()
        if get(place, "contains") is not None:
            goal = self._goal(place, "contains")
            least = count_of(place, "minContains", get(place, "minContains"))
            most = count_of(place, "maxContains", get(place, "maxContains"))
            least = 1 if least is None else least
            if least or most is not None:
                parts.append(self.count(0, goal, least, most))
            if number >= 2020:
                matched = frozenset((goal,))
        return formulas.all_of(parts), Prefix(len(goals), matched, rest is not None)

    def count(self, start: int, goal: Formula, least: int, most: int | None) -> Formula:
        """That `least` to `most` of the items from `start` on satisfy the goal."""
        formulas = self.formulas
        if most is not None and least > most:
            return formulas.false
        if goal is formulas.false:
            return formulas.false if least else formulas.true
        if goal is formulas.true:
            return formulas.atom(
                ("length", start + least if least else 0, None if most is None else start + most)
            )
        if most == 0:
            return formulas.atom(("each item", start, None, formulas.negation(goal)))
        if least == 0 and most is None:
            return formulas.true
        return formulas.atom(("count", start, goal, least, most))

    # -- what is evaluated ---------------------------------------------------------------------------

    def _ways(self, place: Place, kind: int, entered: tuple[Place, ...]) -> list[Way]:
        """The ways to satisfy a place, each with what it evaluates; their disjunction is the place."""
        formulas = self.formulas
        nothing: Evaluated = Names() if kind == OBJECT else Prefix()
        if isinstance(place.schema, bool) or not place.schema:
            return [(formulas.schema(place), nothing)]
        if place in entered:
            raise Unsupported("a reference that reaches itself within the same value", place.pointer)
        if not self.types(place) & kind:
            return []
        entered = (*entered, place)
        own = self.members(place) if kind == OBJECT else self.items(place)
        ways: list[Way] = [(formulas.both(own[0], self.listed(place)), own[1])]

        def below(target: Place) -> list[Way]:
            found = self._ways(target, kind, entered)
            if all(evaluated == nothing for _, evaluated in found):
                return [(formulas.schema(target), nothing)]
            return found

        def children(keyword: str) -> list[Place]:
            if self._get(place, keyword) is None:
                return []
            return [place.child(keyword, i) for i in range(len(place.schema[keyword]))]

        for target in [*self.references(place), *children("allOf")]:
            ways = self._combined(place, ways, below(target))
        if children("anyOf"):
            branches = [below(target) for target in children("anyOf")]
            ways = self._combined(place, ways, self._any(place, branches, nothing))
        if children("oneOf"):
            targets = children("oneOf")
            goals = [formulas.schema(target) for target in targets]
            choices: list[Way] = []
            for i, target in enumerate(targets):
                others = [formulas.negation(goal) for j, goal in enumerate(goals) if j != i]
                choices += [(formulas.all_of([way, *others]), e) for way, e in below(target)]
            ways = self._combined(place, ways, choices)
        if self._get(place, "not") is not None:
            ways = self._combined(place, ways, [(formulas.negation(self._goal(place, "not")), nothing)])
        if self._get(place, "if") is not None:
            met = below(place.child("if"))
            if self._get(place, "then") is not None:
                met = self._combined(place, met, below(place.child("then")))
            unmet: list[Way] = [(formulas.negation(self._goal(place, "if")), nothing)]
            if self._get(place, "else") is not None:
                unmet = self._combined(place, unmet, below(place.child("else")))
            ways = self._combined(place, ways, met + unmet)
        if kind == OBJECT:
            for keyword in ("dependentSchemas", "dependencies"):
                for name, given in (self._get(place, keyword) or {}).items():
                    if not isinstance(given, (list, str)):
                        choices = [(self._absent(name), nothing)]
                        choices += [
                            (formulas.both(self._present(name), way), evaluated)
                            for way, evaluated in below(place.child(keyword, name))
                        ]
                        ways = self._combined(place, ways, choices)
        if self._get(place, _UNEVALUATED[kind]) is not None:
            goal = self._goal(place, _UNEVALUATED[kind])
            everything: Evaluated = Names(everything=True) if kind == OBJECT else Prefix(everything=True)
            if goal is not formulas.true or (self.mentions_all and kind == OBJECT):
                ways = [(formulas.both(way, e.rest(formulas, goal)), everything) for way, e in ways]
            else:
                ways = [(way, everything) for way, _ in ways]
        return self._merged(ways)

    def _any(self, place: Place, branches: list[list[Way]], nothing: Evaluated) -> list[Way]:
        """The ways of a non-empty set of branches, for every such set that may evaluate more."""
        silent = [branch for branch in branches if all(e == nothing for _, e in branch)]
        telling = [branch for branch in branches if any(e != nothing for _, e in branch)]
        ways: list[Way] = []
        if silent:
            ways.append((self.formulas.any_of([way for branch in silent for way, _ in branch]), nothing))
        # With a silent branch alone nothing is evaluated; any set of telling branches may hold besides.
        sets: list[Way] = [(self.formulas.true, nothing)]
        for branch in telling:
            sets = sets + self._combined(place, sets, branch)
            self._check(place, len(sets))
        return self._merged(ways + sets[1:])

    def _combined(self, place: Place, ways: list[Way], others: list[Way]) -> list[Way]:
        self._check(place, len(ways) * len(others))
        both = self.formulas.both
        combined: list[Way] = []
        for (way, evaluated), (other, more) in product(ways, others):
            goal = both(way, other)
            if goal is not self.formulas.false:
                combined.append((goal, evaluated.merged(more)))  # type: ignore[arg-type]
        return self._merged(combined)

    def _merged(self, ways: Iterable[Way]) -> list[Way]:
        by_evaluated: dict[Evaluated, list[Formula]] = {}
        for way, evaluated in ways:
            by_evaluated.setdefault(evaluated, []).append(way)
        return [(self.formulas.any_of(goals), evaluated) for evaluated, goals in by_evaluated.items()]

    @staticmethod
    def _check(place: Place, ways: int) -> None:
        if ways > (limit := current_limits().branch_ways):
            raise LimitExceeded(
                f"{place.pointer}: the combinations of branches beside unevaluated*",
                limit,
                "split the schema",
            )

    # -- negation ------------------------------------------------------------------------------------

    def negate_atom(self, value: tuple[Any, ...]) -> Formula:
        """The complement of an atom among the values of its type."""
        formulas, atom = self.formulas, self.formulas.atom
        kind = value[0]
        if kind in ("each", "some"):
            _, keys, goal = value
            return atom(("some" if kind == "each" else "each", keys, formulas.negation(goal)))
        if kind in ("size", "length"):
            _, low, high = value
            below = [atom((kind, 0, low - 1))] if low else []
            above = [atom((kind, high + 1, None))] if high is not None else []
            return formulas.any_of(below + above)
        if kind == "each item":
            _, low, high, goal = value
            if high is None:
                return self.count(low, formulas.negation(goal), 1, None)
            return formulas.any_of(
                [
                    formulas.all_of(
                        [
                            atom(("length", i + 1, None)),
                            atom(("each item", i, i + 1, formulas.negation(goal))),
                        ]
                    )
                    for i in range(low, high)
                ]
            )
        if kind == "count":
            _, start, goal, least, most = value
            fewer = self.count(start, goal, 0, least - 1) if least else formulas.false
            more = self.count(start, goal, most + 1, None) if most is not None else formulas.false
            return formulas.any_of([fewer, more])
        assert kind == "unique"
        return atom(("unique", not value[1]))

    def value_atoms(self, value: values.Value, kind: int) -> Formula:
        """The container `value` of the given kind as a formula of atoms, exactly."""
        formulas, atom = self.formulas, self.formulas.atom
        if kind == OBJECT:
            parts = []
            names = []
            for key, member in sorted(value[1], key=lambda entry: str(entry[0])):
                if not is_text(key):
                    return formulas.false
                name = _name(key)
                names.append(name)
                parts.append(atom(("some", KeySet(frozenset((name,))), formulas.values([member]))))
            parts.append(atom(("each", KeySet(frozenset(names), negated=True), formulas.false)))
            return formulas.all_of(parts)
        assert kind == ARRAY
        items = value[1]
        parts = [atom(("each item", i, i + 1, formulas.values([item]))) for i, item in enumerate(items)]
        return formulas.all_of([*parts, atom(("length", len(items), len(items)))])


_UNEVALUATED = {OBJECT: "unevaluatedProperties", ARRAY: "unevaluatedItems"}

_BOUNDS: dict[str, Callable[[Decimal], NumberSet]] = {
    "minimum": lambda bound: NumberSet.interval(bound, None),
    "maximum": lambda bound: NumberSet.interval(None, bound),
    "exclusiveMinimum": lambda bound: NumberSet.interval(bound, None, low_open=True),
    "exclusiveMaximum": lambda bound: NumberSet.interval(None, bound, high_open=True),
    "multipleOf": NumberSet.multiples,
}
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}

_LABELLED = frozenset(("const", "title", "description", "deprecated", "$comment", "default", "examples"))
"""What a labelled constant says: nothing that leads anywhere or names it."""

_EXACT_KEYWORDS = ANNOTATIONS | {"type", "enum", "const"}


def _name(name: str) -> bytes:
    return name.encode()
