"""A Lark grammar and those it imports, as one set of definitions.

An imported grammar is read once for each grammar that imports it. Its definitions get the path as a prefix
(`common__DIGIT`), but for those imported, which get the names under which they are imported, in their own
grammar too: `%override` and `%extend` of an imported rule change all its uses. Terminals are bound earlier,
as in Lark: a terminal that uses another one keeps it when that one is overridden elsewhere.

Where grammars come from: see `Grammars`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bltgen.automata.contract import ReportEntry
from bltgen.automata.limits import current_limits
from bltgen.constraints.grammar.lark_syntax import Definition, Import, Item, Name, Source, Use
from bltgen.constraints.grammar.lark_syntax import parse as parse_source
from bltgen.constraints.grammar.library import grammar_names, library_text
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported, did_you_mean

__all__ = ["Defined", "Grammars", "Modules"]

_READY = ("%",)
"""The place of the ready grammars, which import from each other only."""

_OF_LARK = ("lark", "python")
"""Grammars that are read from the installed package `lark`."""


@dataclass(frozen=True)
class Defined:
    """A definition, the grammar it stands in, and the prefix of the names it uses."""

    definition: Definition
    source: Source
    prefix: str


class Grammars:
    """Where imports are looked for.

    `%import common.X` is `common.lark` in `folder`, else the ready grammar of that name, else, for "lark" and
    "python", that of the installed package `lark`. `%import .file.X` is `file.lark` beside the importing
    file, else as before. Without `folder` no file of the caller's is read. Names of files are Lark names, so
    none leads out of the folder; a link that does is refused. A mapping from paths ("dir/file.lark") to texts
    stands for a folder too. `texts`: what was read, as such a mapping.
    """

    def __init__(self, folder: str | os.PathLike[str] | Mapping[str, str] | None = None) -> None:
        self.folder: Path | None = None
        self.texts: dict[str, str] = {}
        self._given: Mapping[str, str] = {}
        if isinstance(folder, Mapping):
            self._given = folder
        elif folder is not None:
            self.folder = Path(folder)
            if not self.folder.is_dir():
                raise ValueError(f"folder={str(folder)!r} is not a directory")
        self._has_files = folder is not None

    def find(self, item: Import, place: tuple[str, ...], source: Source) -> tuple[str, tuple[str, ...]]:
        """The text to import from, and the folder in which it stands. `place`: that of the importing file."""
        tries = [(*place, *item.path), item.path] if item.relative else [item.path]
        for path in tries if place != _READY else []:
            text = self._own(path, item, source)
            if text is not None:
                return text, path[:-1]
        if len(item.path) == 1:
            found = library_text(item.path[0])
            if found is not None and found[1] == "lark":
                return found[0], _READY
            if item.path[0] in _OF_LARK:
                return self._of_lark(item, source), _READY
        known = [*grammar_names(), *_OF_LARK]
        advice = did_you_mean(item.path[0], known)
        if not self._has_files and (item.relative or len(item.path) > 1 or not advice):
            advice += "; files are imported from folder= only"
        raise ConstraintSyntaxError(
            f"there is no grammar {item.library!r} to import from{advice}", source.text, item.position
        )

    def _own(self, path: tuple[str, ...], item: Import, source: Source) -> str | None:
        name = "/".join(path) + ".lark"
        if name in self._given:
            self.texts[name] = self._given[name]
        if name in self.texts:
            return self.texts[name]
        if self.folder is None:
            return None
        file = self.folder.joinpath(*path[:-1], f"{path[-1]}.lark")
        if not file.is_file():
            return None
        root = self.folder.resolve()
        if not file.resolve().is_relative_to(root):
            raise ConstraintSyntaxError(f"{name} leads out of the folder", source.text, item.position)
        limit = current_limits().pattern_length
        with file.open("rb") as opened:
            data = opened.read(4 * limit + 1)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise ConstraintSyntaxError(f"{name} is not UTF-8", source.text, item.position) from None
        if len(text) > limit:
            raise LimitExceeded(f"the length of {name}", limit)
        self.texts[name] = text
        return text

    def _of_lark(self, item: Import, source: Source) -> str:
        spec = find_spec("lark")
        for folder in (spec.submodule_search_locations or []) if spec is not None else []:
            file = Path(folder, "grammars", f"{item.path[0]}.lark")
            if file.is_file():
                return file.read_text("utf-8")
        raise ConstraintSyntaxError(
            f"the grammar {item.path[0]!r} comes with the package lark, which is not installed",
            source.text,
            item.position,
            expected="pip install lark, or that file in folder=",
        )


class Modules:
    """All definitions that a grammar reaches, by unique names."""

    def __init__(self, grammars: Grammars) -> None:
        self._grammars = grammars
        self._count = 0
        self._renamed: dict[str, str] = {}
        self._earlier: dict[str, str] = {}
        self.definitions: dict[str, Defined] = {}
        self.declared: set[str] = set()

    def load(self, text: str) -> tuple[Source, list[ReportEntry]]:
        """Read a grammar and what it imports; the source and the report of its constructs."""
        source = parse_source(text)
        self._read(source, "", ())
        report = [ReportEntry("", "lark grammar")]
        for definition in source.definitions:
            kind = "terminal" if definition.is_terminal else "template" if definition.parameters else "rule"
            report.append(ReportEntry(definition.name, kind))
            if definition.priority:
                report.append(ReportEntry(definition.name, "priority", "annotation", "all readings count"))
            if definition.has_alias or definition.modifiers:
                report.append(
                    ReportEntry(definition.name, "tree shaping", "annotation", "there are no trees")
                )
        for item in source.imports:
            report.append(ReportEntry(item.alias, "import", "exact", f"{item.library}.{item.name}"))
        for ignored in source.ignored:
            line = source.text.count("\n", 0, ignored.position) + 1
            column = ignored.position - source.text.rfind("\n", 0, ignored.position)
            place = f"line {line}, column {column}"
            report.append(ReportEntry(place, "ignore", "exact", "between any two terminals"))
            self.definitions[ignored.name] = Defined(ignored, source, "")
        return source, report

    def resolved(self, name: str, *, in_terminal: bool = False) -> str:
        """The name under which `definitions` has what this full name means."""
        own = name
        while name in self._renamed:
            name = self._renamed[name]
        return self._earlier.get(name, name) if in_terminal and name != own else name

    def _read(self, source: Source, prefix: str, place: tuple[str, ...]) -> None:
        self._count += 1
        if self._count > (limit := current_limits().imported_grammars):
            raise LimitExceeded("imported grammars", limit, "does a grammar import itself?")
        modules: dict[tuple[str, ...], list[Import]] = {}
        for item in source.imports:
            items = modules.setdefault(item.path, [])
            items.append(item)
            if item.relative != items[0].relative:
                raise ConstraintSyntaxError(
                    f"imports from {items[0].library!r} and from {item.library!r}",
                    source.text,
                    item.position,
                    expected="one of the two",
                )
        for items in modules.values():
            self._bring(source, items, prefix, place)
        for name in source.declared:
            full = prefix + name.name
            if full in self.definitions or full in self.declared:
                raise ConstraintSyntaxError(f"{name.name!r} is defined twice", source.text, name.position)
            self.declared.add(full)
        for definition in source.definitions:
            self._define(definition, source, prefix)

    def _bring(self, into: Source, items: list[Import], prefix: str, place: tuple[str, ...]) -> None:
        """Read one grammar and give what is imported of it its new names."""
        text, folder = self._grammars.find(items[0], place, into)
        inner = f"{prefix}{'__'.join(items[0].path)}__"
        source = parse_source(text)
        self._read(source, inner, folder)
        for item in items:
            known = self.definitions.get(self.resolved(inner + item.name))
            if known is None and inner + item.name in self.declared:
                raise Unsupported(
                    f"{item.library}.{item.name} is declared there and has no text",
                    text=into.text,
                    position=item.position,
                )
            if known is None:
                names = [definition.name for definition in source.definitions]
                raise ConstraintSyntaxError(
                    f"the grammar {item.library!r} has no {item.name!r}{did_you_mean(item.name, names)}",
                    into.text,
                    item.position,
                )
            if known.definition.is_terminal != item.alias.lstrip("_")[:1].isupper():
                raise ConstraintSyntaxError(
                    "a terminal's name is in upper case, a rule's in lower case", into.text, item.position
                )
            old, new = self.resolved(inner + item.name), prefix + item.alias
            if old == new:
                continue
            if new in self.definitions:
                raise ConstraintSyntaxError(f"{item.alias!r} is imported twice", into.text, item.position)
            self._renamed[old] = new
            self.definitions[new] = self.definitions.pop(old)

    def _define(self, definition: Definition, source: Source, prefix: str) -> None:
        name = prefix + definition.name
        known = self.definitions.get(name)
        if name in self.declared and definition.kind == "override":
            self.declared.discard(name)
            self.definitions[name] = Defined(definition, source, prefix)
            return
        if definition.kind == "define" and (known is not None or name in self.declared):
            raise ConstraintSyntaxError(
                f"{definition.name!r} is defined twice",
                source.text,
                definition.position,
                expected="%override or %extend",
            )
        if definition.kind != "define" and known is None:
            names = [other.name for other in source.definitions if other.kind == "define"]
            names += [item.alias for item in source.imports]
            raise ConstraintSyntaxError(
                f"%{definition.kind} of {definition.name!r}, which is not defined"
                f"{did_you_mean(definition.name, names)}",
                source.text,
                definition.position,
            )
        made = Defined(definition, source, prefix)
        if known is not None and definition.kind == "override" and known.definition.is_terminal:
            older = f"{name}~overridden{len(self.definitions)}"
            self.definitions[older] = known
            if known.prefix != prefix:
                self._earlier[name] = older
        if definition.kind == "extend":
            assert known is not None
            if known.definition.parameters != definition.parameters:
                raise ConstraintSyntaxError(
                    f"%extend of {definition.name!r} with other parameters", source.text, definition.position
                )
            older = f"{definition.name}~extended{len(self.definitions)}"
            before = Definition(older, known.definition.position, parameters=definition.parameters)
            before.bodies = {
                (older if key == known.definition.name else key): body
                for key, body in known.definition.bodies.items()
            }
            self.definitions[prefix + older] = Defined(before, known.source, known.prefix)
            old: Item = Name(older, definition.position)
            if definition.parameters:
                arguments = tuple(Name(parameter, definition.position) for parameter in definition.parameters)
                old = Use(older, arguments, definition.position)
            definition.bodies[definition.name] = (*definition.bodies[definition.name], (old,))
        self.definitions[name] = made
