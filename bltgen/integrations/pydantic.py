"""Python types as constraints: what pydantic's `TypeAdapter` takes goes in, instances come out.

`bltgen.json_schema(T)` calls this for whatever is no schema. The schema is pydantic's own, for
validation, so its constraints (bounds, patterns, discriminated unions, recursion, dates) are
enforced while the text is generated; a validator written in Python runs only on the whole value.

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

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bltgen.errors import ConstraintSyntaxError, Unsupported

__all__ = ["schema_and_parser"]


def schema_and_parser(annotation: Any) -> tuple[dict[str, Any], Callable[[bytes], Any]]:
    """The JSON Schema of a type, and what makes an instance of a valid text.

    Raises ConstraintSyntaxError for what is no type, Unsupported for a type that has no JSON Schema,
    and ImportError, with what to install, where pydantic is missing.
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
    try:
        adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
        adapter.rebuild()
    except (pydantic.PydanticUserError, pydantic.PydanticUndefinedAnnotation) as error:
        raise ConstraintSyntaxError(f"pydantic makes no validator of {annotation!r}: {error}") from error
    try:
        schema = adapter.json_schema(mode="validation", schema_generator=_exact_generator())
    except (pydantic.errors.PydanticInvalidForJsonSchema, pydantic.PydanticUserError) as error:
        raise Unsupported(f"{annotation!r} has no JSON Schema: {error}") from error
    return schema, adapter.validate_json


_DURATION = (
    r"^-?P(?=\d|T\d)(\d{1,6}Y)?(\d{1,7}M)?(\d{1,7}W)?(\d{1,8}D)?"
    r"(T(?=\d)(\d{1,6}H)?(\d{1,7}M)?(\d{1,9}(\.\d{1,6})?S)?)?$"
)
"""ISO 8601 durations whose parts add up to no more than `timedelta.max`."""


def _exact_generator() -> type[Any]:
    """pydantic's generator of schemas, made exact where its schemas take more than the validator does."""
    from pydantic.json_schema import GenerateJsonSchema

    class ExactSchemas(GenerateJsonSchema):
        def decimal_schema(self, schema: Any) -> dict[str, Any]:
            found: dict[str, Any] = {"type": "number"}
            bounds = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
            for name, keyword in bounds.items():
                if schema.get(name) is not None:
                    found[keyword] = schema[name]
            if schema.get("multiple_of") is not None:
                found["multipleOf"] = schema["multiple_of"]
            places, digits = schema.get("decimal_places"), schema.get("max_digits")
            if digits is not None:
                # With places, digits - places are left before the point; else the two share the digits.
                ways = range(digits + 1) if places is None else [min(places, digits)]
                return {"allOf": [found, {"anyOf": [_digits(digits, after) for after in ways]}]}
            if places is not None:
                found = {"allOf": [found, {"multipleOf": Decimal(1).scaleb(-places)}]}
            return found

        def uuid_schema(self, schema: Any) -> dict[str, Any]:
            version = schema.get("version")
            if version is None:
                return {"type": "string", "format": "uuid"}
            variant = f"{version}[0-9a-fA-F]{{3}}-[89abAB][0-9a-fA-F]{{3}}"
            return {
                "type": "string",
                "pattern": f"^[0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-{variant}-[0-9a-fA-F]{{12}}$",
            }

        def timedelta_schema(self, schema: Any) -> dict[str, Any]:
            return {"type": "string", "pattern": _DURATION}

    return ExactSchemas


def _digits(digits: int, after: int) -> dict[str, Any]:
    """Numbers of at most `digits` digits, `after` of them after the point."""
    bound = Decimal(10) ** (digits - after)
    return {
        "multipleOf": Decimal(1).scaleb(-after),
        "exclusiveMinimum": -bound,
        "exclusiveMaximum": bound,
    }
