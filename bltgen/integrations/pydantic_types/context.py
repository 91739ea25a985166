"""What is known around a part of a core schema, and what is collected while one is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bltgen.automata.contract import ReportEntry
from bltgen.automata.language import Language
from bltgen.errors import Unsupported

__all__ = ["CONSTRAINT", "JSON_TEXT", "WRITTEN", "Collected", "Context", "JsonDict", "NoJson", "string"]

JsonDict = dict[str, Any]

CONSTRAINT, JSON_TEXT, WRITTEN = "x-bltgen-constraint", "x-bltgen-json", "x-bltgen-written"


class NoJson(Unsupported):
    """A type of which no JSON value is an instance: a union goes without it."""


@dataclass(frozen=True)
class Context:
    """Where a part of a core schema stands.

    `pointer` into the JSON Schema; `config` of the model around; `key`: whether it is the key of a dict;
    `hashable`: whether its values go into a set; `texts`: in how many strings that hold JSON it stands.
    """

    pointer: str = "#"
    config: Mapping[str, Any] = field(default_factory=dict)
    key: bool = False
    hashable: bool = False
    texts: int = 0

    def below(self, *names: str | int) -> Context:
        """The context of a part at these names below."""
        path = "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)
        return replace(self, pointer=self.pointer + path)

    def setting(self, core: Mapping[str, Any], name: str, configured: str) -> Any:
        """What the schema says, else the configuration."""
        found = core.get(name)
        return self.config.get(configured) if found is None else found


@dataclass
class Collected:
    """The languages of strings by name, and rows of the report.

    `wide`: numbers may have any number of digits, not only what a float keeps.
    """

    wide: bool = False
    constraints: dict[str, Language] = field(default_factory=dict)
    rows: list[ReportEntry] = field(default_factory=list)

    def unchecked(self, at: Context, construct: str, note: str = "") -> None:
        """Add a row: something that pydantic alone checks."""
        self.rows.append(ReportEntry(at.pointer, construct, "checked by pydantic only", note))

    def narrowed(self, at: Context, construct: str, note: str) -> None:
        """Add a row: what is written in fewer ways than pydantic takes."""
        self.rows.append(ReportEntry(at.pointer, construct, "exact", note))

    def string(self, name: str, language: Language) -> JsonDict:
        """The schema of the strings in a language; equal names are told apart."""
        language = language.bare
        number = 1
        unique = name
        while self.constraints.setdefault(unique, language) is not language:
            number += 1
            unique = f"{name} ({number})"
        return {"type": "string", CONSTRAINT: unique}


def string(low: int | None = None, high: int | None = None) -> JsonDict:
    """The schema of strings of so many characters."""
    found: JsonDict = {"type": "string"}
    if low:
        found["minLength"] = low
    if high is not None:
        found["maxLength"] = high
    return found
