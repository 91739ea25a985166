"""JSON Schema, exactly; see `schema`."""

from bltgen.constraints.json_schema.schema import JsonSchema, json_schema, json_value

__all__ = ["JsonSchema", "json_schema", "json_value"]
