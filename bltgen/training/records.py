r"""Documents of JSON Lines: each line an object that says what is asked and what is answered.

| member | what it is |
|---|---|
| `prompt` | a text; a line break is added at its end, as it is in generation |
| `answer` | a JSON value, which is spelled as generation spells it, or a text as it is |
| `schema` | optional: the JSON Schema of the answer, told to a model whose prompts have a form |
| `text` | instead of the others: a document without a question |

Other members are passed over. With a schema, a text that is a JSON object or array is the answer it says.

>>> found = read_record(b'{"prompt": "Ada is 36.", "answer": {"age": 36}}', None)
>>> found.prompt, found.answer, "".join(map(str, found.kinds))
(b'Ada is 36.\n', b'{"age": 36}', '0000000000011111111222')
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from bltgen.arguments import shown
from bltgen.errors import did_you_mean
from bltgen.model.prompt_form import PromptForm
from bltgen.training.batches import PROSE, VALUE, TrainingDocument
from bltgen.training.data.document import Document, Number, formed, spelled
from bltgen.training.files import RawDocument, files_fingerprint
from bltgen.training.lines import HEAD, Line, LineSource

__all__ = ["RecordSource", "read_record"]

LARGEST = 1 << 24
"""The most bytes of a line."""

MEMBERS = ("prompt", "answer", "schema", "text")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is none")


def _number(text: str) -> Number:
    """A number spelled as plainly as generation does: without an exponent."""
    try:
        spelled_out = format(Decimal(text), "f") if "e" in text.lower() and len(text) < 40 else text
    except InvalidOperation:
        spelled_out = text
    return Number("0" if spelled_out == "-0" else spelled_out)


_DECODER = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_no_constant)


def read_record(line: bytes, form: PromptForm | None) -> TrainingDocument:
    """The document that a line of JSON is. Raises ValueError that says what is wrong with it."""
    try:
        given = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at column {error.colno})") from None
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from None
    if isinstance(given, dict) and type(given.get("text")) is str and not given.keys() & {"prompt", "answer"}:
        return RawDocument(_encoded("text", given["text"]))
    if not isinstance(given, dict) or type(given.get("prompt")) is not str or "answer" not in given:
        raise ValueError(_lacking(given))
    return _asked(given, form)


def _asked(given: dict[str, Any], form: PromptForm | None) -> Document:
    schema = given.get("schema")
    if schema is not None and not isinstance(schema, (dict, bool)):
        raise ValueError(f'"schema" must be a JSON Schema (an object, true or false), not {shown(schema)}')
    prompt = _encoded("prompt", given["prompt"])
    prompt = prompt if prompt.endswith(b"\n") else prompt + b"\n"
    answer = given["answer"]
    if schema is not None and type(answer) is str:
        answer = _said(answer)
    if type(answer) is str:
        text = _encoded("answer", answer)
        kinds = bytes([VALUE]) * len(text)
    else:
        try:
            text, kinds = spelled(answer)
        except (ValueError, RecursionError) as error:
            raise ValueError(f'"answer": {str(error) or "nested too deeply"}') from None
    if not text:
        raise ValueError('"answer" is empty')
    told = schema if isinstance(schema, dict) else None
    plain = Document(prompt, text, bytes([PROSE]) * len(prompt) + kinds, told, None, "records", "records")
    return formed(plain, form)


def _said(answer: str) -> Any:
    """The object or array that a text is in JSON; else the text."""
    try:
        value = _DECODER.decode(answer)
    except (ValueError, RecursionError):
        return answer
    return value if isinstance(value, (dict, list)) else answer


def _encoded(name: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f'"{name}" has a lone surrogate at character {error.start}') from None


def _lacking(given: Any) -> str:
    wanted = 'an object with "prompt" (a text) and "answer", or with "text", is needed'
    if not isinstance(given, dict):
        return f"{wanted}, not {shown(given)}"
    for name in ("prompt", "text"):
        if name in given and type(given[name]) is not str:
            return f'"{name}" must be a text, not {shown(given[name])}'
    near = next(
        (hint for name in given if name not in MEMBERS for hint in [did_you_mean(name, MEMBERS)] if hint), ""
    )
    return f"{wanted}; it has {', '.join(map(shown, list(given)[:5])) or 'no members'}{near}"


class RecordSource(LineSource):
    """Documents of JSON Lines, each equally likely; those that are plain texts may be longer than the window.

    Every line is read when the source is made. Raises ValueError with the file and line that are wrong, and
    where prompt and answer together are longer than the window: neither may be cut.
    """

    def __init__(
        self, files: Sequence[tuple[Path, str]], window: int, form: PromptForm | None = None
    ) -> None:
        self.form = form
        self._last: tuple[tuple[Path, int], TrainingDocument] | None = None
        super().__init__(files, window)

    def _record(self, line: Line) -> TrainingDocument:
        """Read once, though it is asked for its size, its places and its bytes."""
        if self._last is None or self._last[0] != (line.file, line.start):
            place = f"{line.file}, line {line.number}"
            if line.size > LARGEST:
                raise ValueError(f"{place}: longer than {LARGEST} bytes")
            raw = line.read().removeprefix(b"\xef\xbb\xbf" if line.start == 0 else b"")
            try:
                document = read_record(raw, self.form)
            except ValueError as error:
                raise ValueError(f"{place}: {error}") from None
            size = len(document.prompt) + len(document.answer)
            if size > self.window and document.answer:
                raise ValueError(
                    f"{place}: prompt and answer have {size} bytes, the window has {self.window}; "
                    f"--window {size} holds them"
                )
            self._last = (line.file, line.start), document
        return self._last[1]

    def size(self, line: Line) -> int:
        """Bytes of the document that a line is; 0 for a blank one."""
        if line.size <= HEAD and not line.head.strip():
            return 0
        document = self._record(line)
        return len(document.prompt) + len(document.answer)

    def document(self, line: Line, start: int, end: int) -> TrainingDocument:
        """The document, or a window of a long text."""
        document = self._record(line)
        if (start, end) == (0, self.size(line)):
            return document
        return RawDocument(document.prompt[start:end], ends=end == self.size(line), begins=start == 0)

    @property
    def fingerprint(self) -> str:
        """Names what is drawn."""
        form = "" if self.form is None else f", formed as {self.form}"
        return f"records of {files_fingerprint(self.files, self.window)}{form}{self.held}"
