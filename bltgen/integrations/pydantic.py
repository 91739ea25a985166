"""Python types as constraints: what pydantic's `TypeAdapter` takes goes in, instances come out.

`bltgen.json_schema(T)` calls this for whatever is no schema. The texts of a type are those that
`TypeAdapter(T).validate_json(text, strict=True)` takes, read off pydantic's core schema (not its JSON Schema,
which leaves out much): bounds of dates, keys that are numbers, hosts of URLs, JSON within strings. So each
text parses. What only pydantic can know gets a row "checked by pydantic only" in `report()`: validators that
somebody wrote, whether a file exists, whether a date is still in the future.

Left out, though strict mode takes it: timestamps in strings instead of dates, `NaN` and `Infinity`, an object
that repeats a key, digits other than ASCII's; the files of `pydantic_types` say what else, kind by kind.
Refused with `Unsupported`: `Callable`, `type[...]`, classes that pydantic only tests with isinstance,
patterns of bytes, limits that Python cannot apply to the values (the length of a date): no JSON value is one
of these, and a union goes without. Then a tuple with items after a part of any length, Rust's flag u in a
pattern, and backreferences. pydantic reads some 200 arrays and objects within each other; a type that may be
nested deeper has a row that says so.

>>> from dataclasses import dataclass
>>> import bltgen
>>> @dataclass
... class Person:
...     name: str
...     age: int
>>> bltgen.json_schema(Person).parse(b'{"name": "Ada", "age": 36}')
Person(name='Ada', age=36)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bltgen.automata.contract import ReportEntry
from bltgen.automata.language import Language
from bltgen.errors import ConstraintSyntaxError

__all__ = ["PythonType", "python_type"]


class PythonType(NamedTuple):
    """A type as a JSON Schema, with the languages that it names; `parse` gives the instance of a text."""

    schema: dict[str, Any]
    constraints: Mapping[str, Language]
    rows: tuple[ReportEntry, ...]
    parse: Callable[[bytes], Any]


def python_type(annotation: Any, *, wide: bool = False) -> PythonType:
    """The JSON Schema of a type, and what makes an instance of a valid text.

    wide: numbers may have more digits than a float keeps.

    Raises ConstraintSyntaxError for what is no type, Unsupported, with the place in the schema, for a type
    that has no JSON text or none that is exact, and ImportError, with what to install, where pydantic is
    missing.
    """
    if isinstance(annotation, (list, tuple, set, int, float, complex)):
        raise ConstraintSyntaxError(
            f"a schema is an object, a boolean, JSON text or a type, not {type(annotation).__name__}"
        )
    try:
        import pydantic
    except ImportError:
        raise ImportError(
            "a Python type as a schema needs pydantic: pip install 'bltgen[pydantic]'"
        ) from None
    from bltgen.integrations.pydantic_types.context import Collected
    from bltgen.integrations.pydantic_types.walk import translate

    try:
        adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
        if hasattr(adapter, "rebuild"):  # since 2.10; before, nothing is deferred
            adapter.rebuild()
    except Exception as error:  # what is no type makes pydantic and typing raise anything
        raise ConstraintSyntaxError(f"pydantic makes no validator of {annotation!r}: {error}") from error
    collected = Collected(wide)
    schema = translate(adapter.core_schema, collected)
    return PythonType(schema, collected.constraints, tuple(collected.rows), adapter.validate_json)
