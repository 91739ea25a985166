"""Schemas whose keywords have the values that their draft asks for, found out before the first byte.

`well_formed_places` walks every subschema that can be reached from the root, references followed, in the
order of the source, and raises ConstraintSyntaxError or Unsupported, with the JSON pointer, for the first
keyword whose value is malformed. Keywords that have no effect (of another draft, of a vocabulary that the
dialect leaves out, beside `$ref` before 2019-09, unknown ones) may hold anything.

Sources: the meta-schemas of 2020-12, 2019-09 and drafts 7, 6, 4, except that lists may be empty.

>>> from bltgen.constraints.json_schema.formula import Formulas
>>> documents = Documents({"items": {"minLength": -1}})
>>> list(well_formed_places(documents, Keywords(Formulas())))
Traceback (most recent call last):
bltgen.errors.ConstraintSyntaxError: #/items/minLength: expected a count, not -1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.references import Documents, Place
from bltgen.constraints.json_schema.vocabulary import (
    ANNOTATIONS,
    CONSTRAINT_KEYWORD,
    JSON_TEXT_KEYWORD,
    KEYWORDS,
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
from bltgen.errors import ConstraintSyntaxError, did_you_mean

__all__ = ["well_formed_places"]

Path = tuple["str | int", ...]
Form = Callable[[Keywords, Place, str, Any], Iterable[Path]]
"""Raises where the value of a keyword is malformed; gives the paths to the subschemas that it holds."""

_SILENT = ANNOTATIONS - {"$id", "id", "$schema"}


def well_formed_places(
    documents: Documents, keywords: Keywords, *, with_plain: bool = True
) -> Iterator[Place]:
    """Every subschema that can be reached from the root, in the order of the source, checked.

    with_plain=False: not those that hold at most a type beside annotations, which are most and are sound.
    """
    seen: set[Place] = set()
    todo = [documents.root]
    while todo:
        place = todo.pop()
        if place in seen or isinstance(place.schema, bool):
            continue
        seen.add(place)
        yield place
        schema, number, ignored = place.schema, place.dialect.number, place.dialect.ignored
        following = keywords.references(place)
        if number >= 2019 or "$ref" not in schema:
            forms = _FORMS[number]
            for keyword, given in schema.items():
                form = forms.get(keyword)
                if form is None or keyword in ignored:
                    continue
                for path in form(keywords, place, keyword, given):
                    below = given if len(path) == 1 else given[path[1]]
                    if with_plain or not _is_plain(below):
                        following.append(place.child(*path))
        following.reverse()
        todo += following


def _is_plain(schema: Any) -> bool:
    """Whether a subschema is sound at a glance: a bool, or a type and annotations."""
    if type(schema) is not dict:
        return isinstance(schema, bool)
    for keyword, given in schema.items():
        if keyword == "type":
            if type(given) is not str or given not in TYPES:
                return False
        elif keyword not in _SILENT:
            return False
    return True


# -- forms -------------------------------------------------------------------------------------------


def _malformed(place: Place, keyword: str, expected: str, given: Any) -> ConstraintSyntaxError:
    return ConstraintSyntaxError(f"{place.pointer}/{keyword}: expected {expected}, not {given!r}")


def _type(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if type(given) is not str or given not in TYPES:
        for name in [given] if isinstance(given, str) else list_of(place, keyword, given):
            if not isinstance(name, str) or name not in TYPES:
                listed = f"there are {', '.join(TYPES)}{_type_meant(name)}"
                raise ConstraintSyntaxError(f"{place.pointer}/type: {name!r} is no type; {listed}")
    return ()


def _type_meant(name: Any) -> str:
    meant = {"int": "integer", "str": "string", "bool": "boolean", "float": "number", "dict": "object"}
    meant |= {"list": "array", "none": "null", "nil": "null", "undefined": "null"}
    known = meant.get(name.lower()) if isinstance(name, str) else None
    return f"; did you mean {known!r}?" if known else did_you_mean(name, TYPES)


def _enum(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    for value in list_of(place, keyword, given):
        _const(keywords, place, keyword, value)
    return ()


def _const(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if type(given) not in (str, int, bool, type(None)):
        value_of(place, keyword, given)
    return ()


def _count(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    count_of(place, keyword, given)
    return ()


def _number(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    number_of(place, keyword, given)
    return ()


def _exclusive(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if isinstance(given, bool):
        raise ConstraintSyntaxError(
            f"{place.pointer}/{keyword}: expected a number, not {given!r}; a boolean is what draft 4 takes: "
            'say so by "$schema" or draft="4"'
        )
    return _number(keywords, place, keyword, given)


def _divisor(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if number_of(place, keyword, given) <= 0:
        raise ConstraintSyntaxError(f"{place.pointer}/{keyword}: must be greater than 0")
    return ()


def _bool(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if not isinstance(given, bool):
        raise _malformed(place, keyword, "a boolean", given)
    return ()


def _string(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if not isinstance(given, str):
        raise _malformed(place, keyword, "a string", given)
    return ()


def _names(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    for name in list_of(place, keyword, given):
        if not isinstance(name, str):
            raise ConstraintSyntaxError(
                f"{place.pointer}/{keyword}: a property name is a string, not {name!r}"
            )
    return ()


def _names_or_bool(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    """Draft 4's `required`; a boolean is draft 3's form, which draft 4's readers pass over."""
    return () if isinstance(given, bool) else _names(keywords, place, keyword, given)


def _pattern(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    keywords.pattern(place, keyword, given)
    return ()


def _named_constraint(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    _string(keywords, place, keyword, given)
    keywords.string(place)
    return ()


def _one(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    return ((keyword,),)


def _branch(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    """`then` and `else`, which have no effect without `if`."""
    return ((keyword,),) if "if" in place.schema else ()


def _list(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    return [(keyword, i) for i in range(len(list_of(place, keyword, given)))]


def _one_or_list(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    return (_list if isinstance(given, (list, tuple)) else _one)(keywords, place, keyword, given)


def _items(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if isinstance(given, (list, tuple)):
        raise ConstraintSyntaxError(
            f"{place.pointer}/{keyword}: expected a schema, not an array; from draft 2020-12 on schemas by "
            'index are "prefixItems": name an earlier draft by "$schema" or draft= to keep the array'
        )
    return _one(keywords, place, keyword, given)


def _by_name(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    paths = [(keyword, name) for name in mapping_of(place, keyword, given)]
    for _, name in paths:
        if not isinstance(name, str):
            raise ConstraintSyntaxError(
                f"{place.pointer}/{keyword}: a property name is a string, not {name!r}"
            )
    return paths


def _by_pattern(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    for pattern in mapping_of(place, keyword, given):
        keywords.pattern(place, keyword, pattern)
    return _by_name(keywords, place, keyword, given)


def _needed(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    for name, needed in mapping_of(place, keyword, given).items():
        if not isinstance(needed, (list, tuple)):
            raise _malformed(place, f"{keyword}/{name}", "an array of property names", needed)
    return _dependencies(keywords, place, keyword, given)


def _dependencies(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    found = []
    for path in _by_name(keywords, place, keyword, given):
        needed = given[path[1]]
        if isinstance(needed, (list, tuple)):
            _names(keywords, place, f"{keyword}/{path[1]}", needed)
        elif not isinstance(needed, str):
            found.append(path)
    return found


def _written(keywords: Keywords, place: Place, keyword: str, given: Any) -> Iterable[Path]:
    if not isinstance(given, str) or given != "integer":
        raise _malformed(place, keyword, '"integer"', given)
    return ()


_EVERY_DRAFT: dict[str, Form] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "allOf": _list,
    "anyOf": _list,
    "oneOf": _list,
    "not": _one,
    "if": _one,
    "then": _branch,
    "else": _branch,
    "multipleOf": _divisor,
    "maximum": _number,
    "minimum": _number,
    "exclusiveMaximum": _exclusive,
    "exclusiveMinimum": _exclusive,
    "maxLength": _count,
    "minLength": _count,
    "pattern": _pattern,
    "format": _string,
    "items": _one_or_list,
    "additionalItems": _one,
    "prefixItems": _list,
    "unevaluatedItems": _one,
    "contains": _one,
    "minContains": _count,
    "maxContains": _count,
    "minItems": _count,
    "maxItems": _count,
    "uniqueItems": _bool,
    "properties": _by_name,
    "patternProperties": _by_pattern,
    "additionalProperties": _one,
    "unevaluatedProperties": _one,
    "propertyNames": _one,
    "required": _names,
    "minProperties": _count,
    "maxProperties": _count,
    "dependencies": _dependencies,
    "dependentRequired": _needed,
    "dependentSchemas": _by_name,
    CONSTRAINT_KEYWORD: _named_constraint,
    JSON_TEXT_KEYWORD: _one,
    WRITTEN_KEYWORD: _written,
}


def _forms(number: int) -> dict[str, Form]:
    """The forms of the keywords that a draft knows."""
    forms = {keyword: form for keyword, form in _EVERY_DRAFT.items() if is_in_draft(keyword, number)}
    if number == 4:
        forms |= {"exclusiveMaximum": _bool, "exclusiveMinimum": _bool, "required": _names_or_bool}
    if number >= 2020:
        forms["items"] = _items
    return forms


_FORMS = {number: _forms(number) for number in (4, 6, 7, 2019, 2020)}
assert _EVERY_DRAFT.keys() | set(REFERENCES) == KEYWORDS, "every keyword has a form"
