r"""Grammars in Lark's EBNF.

    start: "{" pair ("," pair)* "}"
    pair: KEY ":" (NUMBER | start)
    KEY: /[a-z]+/i
    %import common.NUMBER
    %ignore " "

Read: rules and terminals; strings, with `i`; regular expressions (Python's) with the flags imsxu; ranges
`"a".."z"`; `( ) [ ] | * + ? ~n ~n..m`; templates; `%import`, from `common` and from the ready grammars;
`%ignore`, `%override`, `%extend`. What shapes trees only (aliases, `?` `!` `_`) and priorities are accepted
and restrict nothing: there are no trees, and all readings count.

**Terminals have no lexer.** A terminal is a set of texts, and wherever a rule has it any of its texts may
stand: `x "end"` with `x: /[a-z]+/` accepts `weekend`. This is Lark's Earley parser with
`lexer="dynamic_complete"`. No longest match is preferred, so lazy quantifiers mean the same as greedy ones,
and keywords are not reserved: where `NAME: /[a-z]+/` stands, `select` may.

**Ignored terminals** may stand before the first terminal, between any two, and after the last, any number
of times; never inside of a terminal.

**Sets of texts.** In terminals, and only there, `A & B` is what both match and `~A` what A does not, so
that keywords can be reserved: `NAME: /[a-z]+/ & ~KEYWORD`. `&` binds more loosely than a sequence and
tighter than `|`; `~` takes one item with its repeats. The complement is among UTF-8 texts, or among all
byte strings where A holds bytes. Lark itself has neither; llguidance writes them so too.

**Bytes.** A string or regular expression with the flag `b` holds bytes, not characters:
`"\x89PNG"b`, `/[\x00-\x7f]{4}/b`, `"\x00"b.."\xff"b`. Without it, `"\xff"` is U+00FF, two bytes of UTF-8.

Refused, with its place: `%declare` (its terminals have no text), recursion among terminals, a lookaround
or anchor that can see past the edges of its terminal, what `regex` refuses.

>>> rules, _ = parse('start: "a" start?  "b"', None, {})
>>> sorted(rules)
['start', 'start~1', '~start']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from bltgen.automata.contract import Constraint, ReportEntry
from bltgen.automata.language import EPSILON, Language, concat, union
from bltgen.automata.productions import Atom, Body, Repeat, components
from bltgen.constraints.grammar.lark_syntax import (
    CharacterRange,
    Definition,
    Import,
    Item,
    Name,
    Operator,
    Pattern,
    Source,
    Text,
    Use,
)
from bltgen.constraints.grammar.lark_syntax import parse as parse_source
from bltgen.constraints.grammar.terminal_patterns import (
    Piece,
    both,
    complement,
    either,
    is_contextual,
    joined,
    language_of,
    piece_of,
    repeated,
)
from bltgen.errors import ConstraintError, ConstraintSyntaxError, LimitExceeded, Unsupported

__all__ = ["parse"]

MOST_INSTANCES = 10_000
"""A grammar's templates may be used with so many different arguments in all."""

Library: TypeAlias = "Callable[[str], str | None]"
T = TypeVar("T")


def parse(
    text: str, library: Library | None, constraints: Mapping[str, Constraint], start: str = "start"
) -> tuple[dict[str, Body], list[ReportEntry]]:
    """The rules of a grammar, with "~start" to start from, and the report of its constructs.

    `library(name)` is the text of the ready grammar of that name, for `%import`; `constraints` are names
    that the text may use without defining them.
    """
    definitions, ignored, report = _Modules(library).load(text)
    compiler = _Compiler(text, definitions, constraints)
    rules = compiler.compile(start, ignored)
    return rules, report


# -- modules -------------------------------------------------------------------------------------------


class _Modules:
    """Reads a grammar and those it imports; puts all definitions under unique names."""

    def __init__(self, library: Library | None) -> None:
        self.library = library
        self.definitions: dict[str, tuple[Definition, Source, str]] = {}
        self.loaded: dict[str, Source] = {}

    def load(
        self, text: str
    ) -> tuple[dict[str, tuple[Definition, Source, str]], list[Definition], list[ReportEntry]]:
        source = parse_source(text)
        self.refuse_declared(source)
        for item in source.imports:
            self.bring(source, item)
        self.define(source, "")
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
            report.append(
                ReportEntry(_place(source, ignored.position), "ignore", "exact", "between any two terminals")
            )
            self.definitions[ignored.name] = (ignored, source, "")
        return self.definitions, source.ignored, report

    def refuse_declared(self, source: Source) -> None:
        if source.declared:
            name = source.declared[0]
            raise Unsupported(
                f"%declare {name.name}: it has no text; define it, or give it as a constraint",
                _place(source, name.position),
            )

    def bring(self, into: Source, item: Import, prefix: str = "") -> None:
        """Define the imported name: itself under the library's prefix, and the alias as a name for it."""
        inner = f"{item.library}__"
        if item.library not in self.loaded:
            text = self.library(item.library) if self.library else None
            if text is None:
                raise ConstraintSyntaxError(
                    f"there is no grammar {item.library!r} to import from", into.text, item.position
                )
            source = self.loaded[item.library] = parse_source(text)
            self.refuse_declared(source)
            for further in source.imports:
                self.bring(source, further, inner)
            self.define(source, inner)
        if inner + item.name not in self.definitions:
            raise ConstraintSyntaxError(
                f"the grammar {item.library!r} has no {item.name!r}", into.text, item.position
            )
        target, _, _ = self.definitions[inner + item.name]
        alias = Definition(item.alias, item.position, parameters=target.parameters)
        if alias.is_terminal != target.is_terminal:
            raise ConstraintSyntaxError(
                "a terminal's name is in upper case, a rule's in lower case", into.text, item.position
            )
        reference: Item = Name(item.name, item.position)
        if target.parameters:
            arguments: tuple[Item, ...] = tuple(Name(p, item.position) for p in target.parameters)
            reference = Use(item.name, arguments, item.position)
        alias.bodies = {item.alias: ((reference,),)}
        self.definitions[prefix + item.alias] = (alias, self.loaded[item.library], inner)

    def define(self, source: Source, prefix: str) -> None:
        for definition in source.definitions:
            name = prefix + definition.name
            known = self.definitions.get(name)
            if definition.kind == "define" and known is not None:
                raise ConstraintSyntaxError(
                    f"{definition.name!r} is defined twice",
                    source.text,
                    definition.position,
                    expected="%override or %extend",
                )
            if definition.kind != "define" and known is None:
                raise ConstraintSyntaxError(
                    f"%{definition.kind} of {definition.name!r}, which is not defined",
                    source.text,
                    definition.position,
                )
            if definition.kind == "extend":
                assert known is not None
                if known[0].parameters or definition.parameters:
                    raise Unsupported("%extend of a template", _place(source, definition.position))
                older = f"{definition.name}~extended{len(self.definitions)}"
                before = Definition(older, known[0].position, bodies=_renamed(known[0], older))
                self.definitions[prefix + older] = (before, known[1], known[2])
                body = (*definition.bodies[definition.name], (Name(older, definition.position),))
                definition.bodies[definition.name] = body
            self.definitions[name] = (definition, source, prefix)


def _renamed(definition: Definition, name: str) -> dict[str, Any]:
    return {(name if key == definition.name else key): body for key, body in definition.bodies.items()}


def _place(source: Source, position: int) -> str:
    line = source.text.count("\n", 0, position) + 1
    return f"line {line}, column {position - source.text.rfind(chr(10), 0, position)}"


# -- compiling -----------------------------------------------------------------------------------------


class _Compiler:
    def __init__(
        self,
        text: str,
        definitions: dict[str, tuple[Definition, Source, str]],
        constraints: Mapping[str, Constraint],
    ) -> None:
        self.text = text
        self.definitions = definitions
        self.constraints = constraints
        self.terminals: dict[str, Language] = {}
        self.pieces: dict[tuple[str, bool], Piece] = {}
        self.ignored: Language = EPSILON
        self.rules: dict[str, Body] = {}
        self.instances: dict[tuple[Any, ...], str] = {}
        self.todo: list[tuple[str, str, dict[str, Atom]]] = []
        self.spaced: dict[int, Atom] = {}

    def compile(self, start: str, ignored: list[Definition]) -> dict[str, Body]:
        for name in self.constraints:
            if name in self.definitions:
                definition, source, _ = self.definitions[name]
                raise ConstraintSyntaxError(
                    f"{name!r} is given as a constraint and defined too", source.text, definition.position
                )
        self.order_terminals()
        if ignored:
            self.ignored = union(*(self.terminal(definition.name) for definition in ignored)).star()
        if start not in self.definitions or self.definitions[start][0].parameters:
            raise ConstraintSyntaxError(
                f"there is no rule {start!r} to start from",
                self.text,
                0,
                expected="a rule of that name, or start=",
            )
        if self.definitions[start][0].is_terminal:
            self.rules["~start"] = ((self.ignored, self.with_ignored(self.terminal(start))),)
        else:
            self.todo.append((start, start, {}))
            self.rules["~start"] = ((self.ignored, start),)
        for name, (definition, _, _) in self.definitions.items():
            if not definition.is_terminal and not definition.parameters and not name.startswith("%"):
                self.todo.append((name, name, {}))
        while self.todo:
            self.rule(*self.todo.pop())
        return self.rules

    # terminals

    def order_terminals(self) -> None:
        """Compute the terminals' pieces, those used by others first."""
        uses: dict[str, Body] = {}
        for name, (definition, source, prefix) in self.definitions.items():
            if not (definition.is_terminal or name.startswith("%")):
                continue
            names: list[Any] = []
            for body in definition.bodies.values():
                for item in _items(body):
                    if isinstance(item, str) or not isinstance(item, Name):
                        continue
                    full = prefix + item.name
                    if full in self.definitions and self.definitions[full][0].is_terminal:
                        names.append(full)
                    elif full in self.definitions:
                        raise ConstraintSyntaxError(
                            f"a terminal cannot use the rule {item.name!r}",
                            source.text,
                            item.position,
                            expected="terminals",
                        )
            uses[name] = (tuple(names),)
        self.order = []
        for component in components(uses):
            name = component[0]
            body = uses[name]
            assert isinstance(body, tuple)
            if len(component) > 1 or name in body[0]:
                definition, source, _ = self.definitions[name]
                raise ConstraintSyntaxError(
                    f"the terminal {definition.name!r} uses itself; only rules may be recursive",
                    source.text,
                    definition.position,
                )
            self.order.append(name)
        contextual: dict[str, bool] = {}
        for name in self.order:
            definition, source, prefix = self.definitions[name]
            found = False
            for body in definition.bodies.values():
                for item in _items(body):
                    if isinstance(item, Pattern):
                        found |= self.is_contextual(item, source)
                    elif isinstance(item, Name):
                        found |= contextual.get(prefix + item.name, False)
            contextual[name] = found
        wanted: dict[str, set[bool]] = {name: {found} for name, found in contextual.items()}
        for name in reversed(self.order):
            definition, _, prefix = self.definitions[name]
            for body in definition.bodies.values():
                for item in _items(body):
                    if isinstance(item, Name) and prefix + item.name in wanted:
                        wanted[prefix + item.name] |= wanted[name]
        for name in self.order:
            for as_pattern in sorted(wanted[name]):
                self.pieces[name, as_pattern] = self.piece(name, as_pattern)
        self.contextual = contextual

    def is_contextual(self, item: Pattern, source: Source) -> bool:
        return _at(source, item.position, lambda: is_contextual(item))

    def piece(self, name: str, as_pattern: bool) -> Piece:
        """The terminal as one piece. Its helpers come after what they use."""
        definition, source, prefix = self.definitions[name]
        values: dict[str, Piece] = {}
        top = next(key for key in definition.bodies if "~" not in key or key == definition.name)
        for helper in _helpers_first(definition.bodies, top):
            body = definition.bodies[helper]

            def value(item: Any) -> Piece:
                if isinstance(item, str):
                    return values[item]
                return self.item_piece(item, source, prefix, as_pattern)

            if isinstance(body, Repeat):
                values[helper] = repeated(value(body.atom), body.low, body.high)
            else:
                values[helper] = either([self.row_piece(row, value, source, as_pattern) for row in body])
        return values[top]

    def row_piece(
        self, row: tuple[Any, ...], value: Callable[[Any], Piece], source: Source, as_pattern: bool
    ) -> Piece:
        """A sequence, in which `&` separates operands and `~` complements what follows it."""
        operators = [item for item in row if isinstance(item, Operator)]
        if not operators:
            return joined([value(item) for item in row])
        if as_pattern:
            raise Unsupported(
                f"{operators[0].sign!r} beside a lookaround, an anchor or an atomic group, in one terminal",
                _place(source, operators[0].position),
            )
        operands: list[list[Piece]] = [[]]
        negate = False
        for item in row:
            if not isinstance(item, Operator):
                operands[-1].append(complement(value(item)) if negate else value(item))
                negate = False
            elif item.sign == "&":
                operands.append([])
            else:
                negate = not negate
        return both([joined(operand) for operand in operands])

    def item_piece(self, item: Item, source: Source, prefix: str, as_pattern: bool) -> Piece:
        assert not isinstance(item, Operator), "taken out by row_piece"
        if isinstance(item, Use):
            raise ConstraintSyntaxError("a terminal cannot use a template", source.text, item.position)
        if isinstance(item, Name):
            if (prefix + item.name, as_pattern) in self.pieces:
                return self.pieces[prefix + item.name, as_pattern]
            given = self.constraints.get(item.name)
            if given is None:
                raise self.unknown(item, source)
            regular = _regular(given)
            if regular is None:
                raise Unsupported(
                    f"the constraint {item.name!r} is not regular; use it in a rule, not in a terminal",
                    _place(source, item.position),
                )
            return Piece(regular, None)
        return _at(source, item.position, lambda: piece_of(item, as_pattern))

    def terminal(self, name: str) -> Language:
        if name not in self.terminals:
            definition, source, _ = self.definitions[name]
            piece = self.pieces[name, self.contextual[name]]
            self.terminals[name] = _at(source, definition.position, lambda: language_of(piece))
        return self.terminals[name]

    # rules

    def rule(self, name: str, key: str, environment: dict[str, Atom]) -> None:
        """Write the bodies of a rule, or of a template with its arguments, under `name`."""
        definition, source, prefix = self.definitions[key]
        if name in self.rules:
            return
        for helper, body in definition.bodies.items():

            def renamed(item: Any) -> Atom:
                if isinstance(item, str):
                    return name + item[len(definition.name) :]
                return self.atom(item, source, prefix, environment)

            made = name if helper == definition.name else name + helper[len(definition.name) :]
            if isinstance(body, Repeat):
                self.rules[made] = Repeat(renamed(body.atom), body.low, body.high)
            else:
                self.rules[made] = tuple(tuple(renamed(item) for item in row) for row in body)

    def atom(self, item: Item, source: Source, prefix: str, environment: dict[str, Atom]) -> Atom:
        if isinstance(item, Text | Pattern | CharacterRange):
            as_pattern = isinstance(item, Pattern) and self.is_contextual(item, source)
            return self.with_ignored(
                _at(source, item.position, lambda: language_of(piece_of(item, as_pattern)))
            )
        if isinstance(item, Operator):
            raise ConstraintSyntaxError(
                f"{item.sign!r} is for terminals, not for rules", source.text, item.position
            )
        if isinstance(item, Use):
            return self.instance(item, source, prefix, environment)
        if item.name in environment:
            return environment[item.name]
        name = prefix + item.name
        if name in self.definitions:
            definition = self.definitions[name][0]
            if definition.is_terminal:
                return self.with_ignored(self.terminal(name))
            if definition.parameters:
                raise ConstraintSyntaxError(
                    f"the template {item.name!r} needs arguments",
                    source.text,
                    item.position,
                    expected=f"{item.name}{{{', '.join(definition.parameters)}}}",
                )
            return name
        if item.name in self.constraints:
            return self.with_ignored(self.constraints[item.name])
        raise self.unknown(item, source)

    def instance(self, item: Use, source: Source, prefix: str, environment: dict[str, Atom]) -> str:
        key = prefix + item.name
        if key not in self.definitions or not self.definitions[key][0].parameters:
            raise ConstraintSyntaxError(f"there is no template {item.name!r}", source.text, item.position)
        parameters = self.definitions[key][0].parameters
        if len(parameters) != len(item.arguments):
            raise ConstraintSyntaxError(
                f"the template {item.name!r} has {len(parameters)} parameters, not {len(item.arguments)}",
                source.text,
                item.position,
            )
        arguments = [self.atom(argument, source, prefix, environment) for argument in item.arguments]
        identity = (key, *(a if isinstance(a, str) else id(a) for a in arguments))
        if identity not in self.instances:
            if len(self.instances) >= MOST_INSTANCES:
                raise LimitExceeded(
                    "instances of templates",
                    MOST_INSTANCES,
                    "does a template use itself with growing arguments?",
                )
            name = f"{key}~{len(self.instances)}"
            self.instances[identity] = name
            self.todo.append((name, key, dict(zip(parameters, arguments, strict=True))))
        return self.instances[identity]

    def with_ignored(self, terminal: Constraint) -> Atom:
        """A terminal as rules see it: ignored text may follow."""
        if self.ignored is EPSILON:
            return terminal
        regular = _regular(terminal)
        if regular is not None:
            return concat(regular, self.ignored)
        found = self.spaced.get(id(terminal))
        if found is None:
            found = self.spaced[id(terminal)] = f"~spaced{len(self.spaced)}"
            self.rules[found] = ((terminal, self.ignored),)
        return found

    def unknown(self, item: Name, source: Source) -> ConstraintSyntaxError:
        kind = "terminal" if item.name.lstrip("_")[:1].isupper() else "rule"
        return ConstraintSyntaxError(
            f"there is no {kind} {item.name!r}", source.text, item.position, expected="a defined name"
        )


def _regular(constraint: Constraint) -> Language | None:
    if isinstance(constraint, Language):
        return constraint
    language = getattr(constraint, "language", None)
    return language if isinstance(language, Language) else None


def _items(body: Any) -> list[Any]:
    return [body.atom] if isinstance(body, Repeat) else [item for row in body for item in row]


def _helpers_first(bodies: dict[str, Any], top: str) -> list[str]:
    """The names of the bodies, each after those it uses. A builder numbers helpers as they are closed."""
    return [*(name for name in bodies if name != top), top]


def _at(source: Source, position: int, make: Callable[[], T]) -> T:
    """What `make` gives; an error about a part of the text also says where in the grammar that is."""
    try:
        return make()
    except ConstraintSyntaxError as error:
        raise ConstraintSyntaxError(
            f"{error.message} (in a regular expression)", source.text, position, expected=error.expected
        ) from error
    except Unsupported as error:
        raise Unsupported(error.reason, _place(source, position)) from error
    except LimitExceeded:
        raise
    except ConstraintError as error:
        raise ConstraintSyntaxError(str(error), source.text, position) from error
