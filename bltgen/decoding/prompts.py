r"""What a model reads before it answers: the text that was given, in the form that its checkpoint asks for.

A form (`bltgen.model.prompt_form`) puts the keys of a schema beside the text. It applies where the constraint
is one JSON Schema or a Python type. Under any other (a regex, a grammar, a schema as a part of something),
for a model without a form, and where the caller wants it raw, the prompt is the text as it is.

>>> from bltgen.constraints.json_schema import json_schema
>>> from bltgen.model.prompt_form import PromptForm
>>> constraint = json_schema({"type": "object", "properties": {"age": {"type": "integer"}}})
>>> Prompt.of("Ada, 36", constraint, PromptForm()).data
b'"age": integer\n\nAda, 36\n'
>>> Prompt.of("Ada, 36", constraint, PromptForm(), raw=True).data
b'Ada, 36'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bltgen.arguments import shown
from bltgen.errors import InvalidPrompt

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint
    from bltgen.model.prompt_form import PromptForm

__all__ = ["Prompt", "as_prompt"]


@dataclass(frozen=True)
class Prompt:
    """The bytes that the model reads. `form_bytes`: how many of them its form added to the text."""

    data: bytes
    form_bytes: int = 0

    @classmethod
    def of(
        cls,
        text: str | bytes,
        constraint: Constraint | None = None,
        form: PromptForm | None = None,
        *,
        raw: bool = False,
    ) -> Prompt:
        """The prompt that a text becomes. Raises TypeError, or InvalidPrompt where a str has no UTF-8."""
        data = as_prompt(text)
        schema = getattr(constraint, "schema", None)
        if form is None or raw or not isinstance(schema, (Mapping, bool)):
            return cls(data)
        formed = form.formed(data, schema)
        return cls(formed, len(formed) - len(data))


def as_prompt(prompt: str | bytes) -> bytes:
    """The bytes of a text. Raises TypeError, or InvalidPrompt where a str has no UTF-8."""
    if isinstance(prompt, (bytes, bytearray, memoryview)):
        return bytes(prompt)
    if not isinstance(prompt, str):
        raise TypeError(f"prompt={shown(prompt)}: str or bytes is needed")
    try:
        return prompt.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidPrompt(error.start) from None
