r"""Grammars in Lark's EBNF.

    start: "{" pair ("," pair)* "}"
    pair: KEY ":" (NUMBER | start)
    KEY: /[a-z]+/i
    %import common.NUMBER
    %ignore " "

Read: all that Lark 1.3 reads (`lark_syntax`), with templates (also as arguments of templates), `%import` of
`common`, `unicode`, `lark`, `python`, the ready grammars and files of `folder=` (`lark_modules`), `%ignore`,
`%override`, `%extend`. What shapes trees only (aliases, `?` `!` `_`) and priorities are accepted and restrict
nothing: there are no trees, and all readings count.

**The language is that of Lark's Earley parser with `lexer="dynamic_complete"`.** There is no lexer: wherever
a rule has a terminal, any text may stand that the terminal's pattern would match to its end, so keywords are
not reserved and `x "end"` with `x: /[a-z]+/` accepts `weekend`. The other ways to run Lark accept less: its
`dynamic` lexer takes the longest match only, and its LALR parser the tokens of a lexer.

**Ignored terminals** may stand before the first terminal, between any two, and after the last, never inside
of one; as in Lark, each takes the longest text it can (`ignored`).

**What looks around.** A lookaround, anchor or `\b` at the edge of a terminal sees the text beside it; see
`surroundings`, also for the one difference between the text in which Lark looks ahead and a piece of it.

**Terminals that may be empty** are errors in Lark's parsers; here the empty text is one of their texts.

**Sets of texts.** In terminals, and only there, `A & B` is what both match and `~A` what A does not, so
that keywords can be reserved: `NAME: /[a-z]+/ & ~KEYWORD`. `&` binds more loosely than a sequence and
tighter than `|`; `~` takes one item with its repeats. The complement is among UTF-8 texts, or among all
byte strings where A holds bytes. Lark itself has neither; llguidance writes them so too.

**Bytes.** A string or regular expression with the flag `b` holds bytes, not characters:
`"\x89PNG"b`, `/[\x00-\x7f]{4}/b`, `"\x00"b.."\xff"b`. Without it, `"\xff"` is U+00FF, two bytes of UTF-8.

Refused, with line and column:

- a `%declare`d name that is used: it has no text. So is indentation by Lark's `Indenter` (`_INDENT`,
  `_DEDENT`): that many lines are indented by the same, unbounded width is no context-free language;
- recursion among terminals;
- what looks around beside bytes, `&`, `~`, a given constraint, or where it decides if a terminal is empty;
- the ranges `"^".."x"` and `"x".."]"`, which Lark reads as other classes;
- what `regex` refuses, such as backreferences.

>>> rules, report, within = parse('start: "a" start?  "b"', Grammars(), {})
>>> sorted(rules), within is None
(['start', 'start~1', '~start'], True)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, ReportEntry
from bltgen.automata.language import EPSILON, Language, union
from bltgen.automata.limits import current_limits
from bltgen.automata.productions import Body, Repeat, components
from bltgen.constraints.grammar.ignored import Gaps, nonempty
from bltgen.constraints.grammar.lark_modules import Defined, Grammars, Modules
from bltgen.constraints.grammar.lark_syntax import (
    CharacterRange,
    Item,
    Name,
    Operator,
    Pattern,
    Source,
    Text,
    Use,
)
from bltgen.constraints.grammar.looking_terminals import relaxed
from bltgen.constraints.grammar.surroundings import Surroundings
from bltgen.constraints.grammar.terminal_patterns import (
    Piece,
    Terminal,
    both,
    check_syntax,
    complement,
    either,
    joined,
    piece_of,
    repeated,
    terminal_of,
)
from bltgen.errors import ConstraintError, ConstraintSyntaxError, LimitExceeded, Unsupported, did_you_mean

__all__ = ["Grammars", "parse"]

T = TypeVar("T")


@dataclass(frozen=True)
class _Template:
    """A template as the argument of another one: the name of its definition."""

    key: str


_Token: TypeAlias = "Terminal | Constraint"
_Argument: TypeAlias = "str | Terminal | Constraint | _Template"


def parse(
    text: str, grammars: Grammars, constraints: Mapping[str, Constraint], start: str = "start"
) -> tuple[dict[str, Body], list[ReportEntry], Surroundings | None]:
    """The rules of a grammar, with "~start" to start from, and the report of its constructs.

    `constraints` are names that the text may use without defining them. The third value: where terminals look
    around, what the rules' texts must be intersected with.
    """
    modules = Modules(grammars)
    source, report = modules.load(text)
    compiler = _Compiler(source, modules, constraints)
    rules, within = compiler.compile(start)
    return rules, report + compiler.notes, within


def located(source: Source, position: int, make: Callable[[], T]) -> T:
    """What `make` gives; an error about a part of the text also says where in the grammar that is."""
    try:
        return make()
    except ConstraintSyntaxError as error:
        if error.text == source.text:
            raise
        raise ConstraintSyntaxError(
            f"{error.message} (in a regular expression)", source.text, position, expected=error.expected
        ) from error
    except Unsupported as error:
        if error.text == source.text:
            raise
        raise Unsupported(error.reason, text=source.text, position=position) from error
    except LimitExceeded:
        raise
    except ConstraintError as error:
        raise ConstraintSyntaxError(str(error), source.text, position) from error


class _Compiler:
    def __init__(self, source: Source, modules: Modules, constraints: Mapping[str, Constraint]) -> None:
        self.source = source
        self.modules = modules
        self.definitions = modules.definitions
        self.constraints = constraints
        self.used: set[str] = set()
        self.terminals: dict[str, Terminal] = {}
        self.pieces: dict[str, Piece] = {}
        self.anonymous: dict[tuple[object, ...], Terminal] = {}
        self.places: dict[int, tuple[Source, int]] = {}
        self.rules: dict[str, Any] = {}
        self.made: dict[str, Any] = {}
        self.instances: dict[tuple[Any, ...], str] = {}
        self.todo: list[tuple[str, str, dict[str, _Argument]]] = []
        self.notes: list[ReportEntry] = []

    def compile(self, start: str) -> tuple[dict[str, Body], Surroundings | None]:
        for name in self.constraints:
            if name in self.definitions:
                defined = self.definitions[name]
                raise ConstraintSyntaxError(
                    f"{name!r} is given as a constraint and defined too",
                    defined.source.text,
                    defined.definition.position,
                )
        self.validate()
        if start not in self.definitions or self.definitions[start].definition.parameters:
            names = [
                name
                for name, known in self.definitions.items()
                if "~" not in name and "__" not in name and not known.definition.parameters
            ]
            raise ConstraintSyntaxError(
                f"there is no rule {start!r} to start from{did_you_mean(start, names)}",
                self.source.text,
                0,
                expected="a rule of that name, or start=",
            )
        if self.definitions[start].definition.is_terminal:
            self.rules["~start"] = ((self.terminal(start),),)
        else:
            self.rules["~start"] = ((start,),)
            self.todo.append((start, start, {}))
        while self.todo:
            self.rule(*self.todo.pop())
        for definition in self.source.definitions:
            name = definition.name
            is_rule = not definition.is_terminal and not definition.parameters
            if is_rule and name not in self.rules and definition.kind != "extend":
                self.notes.append(ReportEntry(name, "rule", "exact", f"is not used from {start!r}"))
        return self.with_ignored()

    # -- what must be so whether it is used or not ------------------------------------------------------

    def validate(self) -> None:
        """Undefined names, wrong arguments and recursion among terminals, in the grammar's own text."""
        for key, defined in list(self.definitions.items()):
            if defined.prefix:
                continue
            definition, source = defined.definition, defined.source
            for parameter in definition.parameters:
                if parameter in self.definitions:
                    raise ConstraintSyntaxError(
                        f"the parameter {parameter!r} is the name of a rule too",
                        source.text,
                        definition.position,
                    )
            for body in definition.bodies.values():
                for item in _items(body):
                    if not isinstance(item, str):
                        self.check(item, key, defined)
        for given in self.constraints:
            if given not in self.used:
                raise ConstraintSyntaxError(
                    f"constraints= has {given!r}, which the grammar does not use"
                    f"{did_you_mean(given, _unknown_names(self.source, self.definitions))}",
                    self.source.text,
                    0,
                )
        self.order_terminals()
        for key, defined in list(self.definitions.items()):
            if defined.definition.is_terminal and not defined.prefix:
                # Lark takes a malformed pattern that is not used, most often; here it is a slip to be told.
                with suppress(Unsupported, LimitExceeded):
                    self.put_together(key)

    def check(self, item: Item, key: str, defined: Defined) -> None:
        definition, source = defined.definition, defined.source
        in_terminal = definition.is_terminal or key.startswith("%")
        todo: list[Item] = [item]
        while todo:
            at = todo.pop()
            if isinstance(at, Use):
                if in_terminal:
                    raise ConstraintSyntaxError("a terminal cannot use a template", source.text, at.position)
                if at.name not in definition.parameters:
                    self.template(at, source, defined.prefix)
                todo += at.arguments
            elif isinstance(at, Pattern):
                with suppress(Unsupported, LimitExceeded):
                    located(source, at.position, partial(check_syntax, at))
            elif isinstance(at, Name) and at.name not in definition.parameters:
                name = self.modules.resolved(defined.prefix + at.name)
                known = self.definitions.get(name)
                if in_terminal and known is not None and not known.definition.is_terminal:
                    raise ConstraintSyntaxError(
                        f"a terminal cannot use the rule {at.name!r}",
                        source.text,
                        at.position,
                        expected="terminals",
                    )
                if known is None and at.name in self.constraints:
                    self.used.add(at.name)
                elif known is None and name not in self.modules.declared:
                    raise self.unknown(at, source)

    def order_terminals(self) -> None:
        """Compute the terminals' pieces when asked; here only refuse recursion."""
        uses: dict[str, Body] = {}
        for key, defined in self.definitions.items():
            if defined.definition.is_terminal or key.startswith("%"):
                names = [
                    name
                    for body in defined.definition.bodies.values()
                    for item in _items(body)
                    if isinstance(item, Name)
                    for name in [self.modules.resolved(defined.prefix + item.name, in_terminal=True)]
                    if name in self.definitions and self.definitions[name].definition.is_terminal
                ]
                uses[key] = (tuple(names),)
        self.order: dict[str, tuple[str, ...]] = {}
        for component in components(uses):
            name = component[0]
            body = uses[name]
            assert isinstance(body, tuple)
            if len(component) > 1 or name in body[0]:
                defined = self.definitions[name]
                raise ConstraintSyntaxError(
                    f"the terminal {defined.definition.name!r} uses itself; only rules may be recursive",
                    defined.source.text,
                    defined.definition.position,
                )
            self.order[name] = tuple(used for used in body[0] if isinstance(used, str))

    # -- terminals --------------------------------------------------------------------------------------

    def terminal(self, name: str) -> Terminal:
        """A named terminal; those that it uses are put together first."""
        if name not in self.terminals:
            self.put_together(name)
            defined = self.definitions[name]
            position = defined.definition.position
            made = located(defined.source, position, lambda: terminal_of(self.pieces[name]))
            self.terminals[name] = made
            self.places.setdefault(id(made), (defined.source, position))
        return self.terminals[name]

    def put_together(self, name: str) -> None:
        """Make the piece of a terminal, after those that it uses."""
        todo = [name]
        while todo:
            missing = [used for used in self.order[todo[-1]] if used not in self.pieces]
            if missing:
                todo += missing
                continue
            at = todo.pop()
            if at not in self.pieces:
                self.pieces[at] = self.piece(self.definitions[at])

    def piece(self, defined: Defined) -> Piece:
        """The terminal as one piece. Its helpers come after what they use."""
        definition, source = defined.definition, defined.source
        values: dict[str, Piece] = {}
        top = next(key for key in definition.bodies if "~" not in key or key == definition.name)
        for helper in [*(key for key in definition.bodies if key != top), top]:
            body = definition.bodies[helper]

            def value(item: Any) -> Piece:
                return (
                    values[item] if isinstance(item, str) else self.item_piece(item, source, defined.prefix)
                )

            def made(body: Any = body, value: Callable[[Any], Piece] = value) -> Piece:
                if isinstance(body, Repeat):
                    return repeated(value(body.atom), body.low, body.high)
                return either([_row_piece(row, value) for row in body])

            values[helper] = located(source, definition.position, made)
        return values[top]

    def item_piece(self, item: Item, source: Source, prefix: str) -> Piece:
        if isinstance(item, Name):
            name = self.modules.resolved(prefix + item.name, in_terminal=True)
            if name in self.definitions:
                return self.pieces[name]
            given = self.constraints.get(item.name)
            if given is None:
                raise self.unknown(item, source)
            regular = _regular(given)
            if regular is None:
                raise Unsupported(
                    f"the constraint {item.name!r} is not regular; use it in a rule, not in a terminal",
                    text=source.text,
                    position=item.position,
                )
            return Piece(language=regular)
        assert isinstance(item, Text | Pattern | CharacterRange), item
        return located(source, item.position, lambda: piece_of(item))

    # -- rules ------------------------------------------------------------------------------------------

    def rule(self, name: str, key: str, environment: dict[str, _Argument]) -> None:
        """Write the bodies of a rule, or of a template with its arguments, under `name`."""
        defined = self.definitions[key]
        definition = defined.definition
        if name in self.rules:
            return
        for helper, body in definition.bodies.items():

            def renamed(item: Any) -> Any:
                if isinstance(item, str):
                    return name + item[len(definition.name) :]
                return self.atom(item, defined, environment)

            made = name if helper == definition.name else name + helper[len(definition.name) :]
            if isinstance(body, Repeat):
                self.rules[made] = Repeat(renamed(body.atom), body.low, body.high)
            else:
                self.rules[made] = tuple(tuple(renamed(item) for item in row) for row in body)

    def atom(self, item: Item, defined: Defined, environment: dict[str, _Argument]) -> Any:
        """What an item in a rule's body is there."""
        found = self.argument(item, defined, environment)
        if isinstance(found, _Template):
            parameters = self.definitions[found.key].definition.parameters
            name = self.definitions[found.key].definition.name
            raise ConstraintSyntaxError(
                f"the template {name!r} needs arguments",
                defined.source.text,
                item.position,
                expected=f"{name}{{{', '.join(parameters)}}}",
            )
        return found

    def argument(self, item: Item, defined: Defined, environment: dict[str, _Argument]) -> _Argument:
        """What an item is as the argument of a template: also a template itself."""
        source = defined.source
        if isinstance(item, Text | Pattern | CharacterRange):
            key = (type(item), *_meaning(item))
            if key not in self.anonymous:
                made = located(source, item.position, lambda: terminal_of(piece_of(item)))
                self.anonymous[key] = made
                self.places.setdefault(id(made), (source, item.position))
            return self.anonymous[key]
        assert not isinstance(item, Operator), "the syntax has none in rules"
        if isinstance(item, Use):
            return self.instance(item, defined, environment)
        if item.name in environment:
            return environment[item.name]
        name = self.modules.resolved(defined.prefix + item.name)
        if name in self.definitions:
            definition = self.definitions[name].definition
            if definition.is_terminal:
                return self.terminal(name)
            if definition.parameters:
                return _Template(name)
            self.todo.append((name, name, {}))
            return name
        if item.name in self.constraints:
            given = self.constraints[item.name]
            self.places.setdefault(id(given), (source, item.position))
            return given
        raise self.unknown(item, source)

    def template(self, item: Use, source: Source, prefix: str) -> str:
        key = self.modules.resolved(prefix + item.name)
        if key not in self.definitions:
            templates = [name for name, known in self.definitions.items() if known.definition.parameters]
            raise ConstraintSyntaxError(
                f"there is no template {item.name!r}{did_you_mean(item.name, templates)}",
                source.text,
                item.position,
            )
        self.check_arguments(item, key, source)
        return key

    def check_arguments(self, item: Use, key: str, source: Source) -> None:
        parameters = self.definitions[key].definition.parameters
        if not parameters:
            raise ConstraintSyntaxError(f"{item.name!r} is no template", source.text, item.position)
        if len(parameters) != len(item.arguments):
            raise ConstraintSyntaxError(
                f"the template {item.name!r} has {len(parameters)} parameters, not {len(item.arguments)}",
                source.text,
                item.position,
            )

    def instance(self, item: Use, defined: Defined, environment: dict[str, _Argument]) -> str:
        source = defined.source
        if item.name in environment:
            bound = environment[item.name]
            if not isinstance(bound, _Template):
                raise ConstraintSyntaxError(
                    f"{item.name!r} is no template here", source.text, item.position, expected="a template"
                )
            key = bound.key
            self.check_arguments(item, key, source)
        else:
            key = self.template(item, source, defined.prefix)
        arguments = [self.argument(argument, defined, environment) for argument in item.arguments]
        identity = (key, *(a if isinstance(a, str | _Template) else id(a) for a in arguments))
        if identity not in self.instances:
            if len(self.instances) >= (limit := current_limits().template_instances):
                raise LimitExceeded(
                    "instances of templates",
                    limit,
                    "does a template use itself with growing arguments?",
                )
            name = f"{key}~{len(self.instances)}"
            self.instances[identity] = name
            parameters = self.definitions[key].definition.parameters
            self.todo.append((name, key, dict(zip(parameters, arguments, strict=True))))
        return self.instances[identity]

    def unknown(self, item: Name, source: Source) -> ConstraintError:
        kind = "terminal" if item.name.lstrip("_")[:1].isupper() else "rule"
        if any(name == item.name or name.endswith(f"__{item.name}") for name in self.modules.declared):
            reason = f"%declare {item.name}: it has no text; define it, or give it as a constraint"
            if item.name in ("_INDENT", "_DEDENT", "INDENT", "DEDENT"):
                reason = (
                    f"{item.name}, which Lark's Indenter makes: that lines are indented by the same, "
                    "unbounded width is no context-free language; write indents of a bounded depth as rules"
                )
            return Unsupported(reason, text=source.text, position=item.position)
        names = [name for name in self.definitions if "~" not in name]
        names += [
            parameter for known in self.definitions.values() for parameter in known.definition.parameters
        ]
        before = source.text[item.position - 1 : item.position]
        if before in ('"', "/") and item.position:
            flags = "i, b" if before == '"' else "i, m, s, u, x, b"
            return ConstraintSyntaxError(
                f"{item.name!r} is not a flag, and there is no {kind} of that name",
                source.text,
                item.position,
                expected=flags,
            )
        return ConstraintSyntaxError(
            f"there is no {kind} {item.name!r}{did_you_mean(item.name, [*names, *self.constraints])}",
            source.text,
            item.position,
            expected="a defined name",
        )

    # -- ignored text -----------------------------------------------------------------------------------

    def with_ignored(self) -> tuple[dict[str, Body], Surroundings | None]:
        """The rules with languages in place of terminals, and ignored text before them."""
        ignored: dict[int, Terminal] = {}
        for definition in self.source.ignored:
            made = self.terminal(definition.name)
            ignored.setdefault(id(made), made)
        used: dict[int, _Token] = {}
        for body in self.rules.values():
            for atom in _items(body):
                if not isinstance(atom, str):
                    used[id(atom)] = atom
        terminals = [token for token in used.values() if isinstance(token, Terminal)]
        looking = [terminal for terminal in [*ignored.values(), *terminals] if terminal.root is not None]
        gaps: Gaps | None = None
        if not any(terminal.root is not None for terminal in ignored.values()):
            gaps = Gaps([terminal.language for terminal in ignored.values()])
            following = [*ignored.values(), *terminals]
            if any(gaps.is_open(nonempty(relaxed(terminal))) for terminal in following):
                gaps = None
        if gaps is not None and not looking:
            atoms = {key: self.spaced(token, gaps) for key, token in used.items()}
            end: Any = gaps.at_end
            within = None
        else:
            atoms, end, within = self.marked(used, ignored, gaps)
        rules = {name: _with_atoms(body, atoms) for name, body in self.rules.items()}
        if end is not EPSILON:
            rules["~whole"] = rules.pop("~start")
            rules["~start"] = (("~whole", end),)
        return rules | self.made, within

    def spaced(self, token: _Token, gaps: Gaps) -> Any:
        """A terminal or constraint with ignored text before it."""
        if isinstance(token, Terminal):
            language: Language | None = token.language
        else:
            language = _regular(token)
        if language is not None:
            spaced = gaps.before(nonempty(language))
            return union(spaced, EPSILON) if language.nullable else spaced
        if gaps.at_end is EPSILON:
            return token
        name = f"~spaced{len(self.made)}"
        self.made[name] = ((gaps.at_end, token),)
        return name

    def marked(
        self, used: dict[int, _Token], ignored: dict[int, Terminal], gaps: Gaps | None
    ) -> tuple[dict[int, Any], Any, Surroundings]:
        """The same where terminals look around: those are marked, and the marks are checked over the text."""
        surroundings = Surroundings()
        for token in [*used.values(), *ignored.values()]:
            source, position = self.places.get(id(token), (self.source, 0))
            beside = None
            if isinstance(token, Terminal):
                beside = "bytes" if token.is_bytes else None
            elif _regular(token) is None:
                beside = "a constraint that is not regular"
            if beside is not None:
                reason = f"{beside} in a grammar with a terminal that looks around"
                raise Unsupported(reason, text=source.text, position=position)
        gap: Any = None if gaps is None else gaps.at_end
        if gaps is None:
            tokens = []
            for terminal in ignored.values():
                source, position = self.places[id(terminal)]
                mark = located(source, position, partial(surroundings.mark, terminal, ignored=True))
                tokens.append((mark.opening, mark.inside, mark.closing))
            self.made["~ignored"] = tuple(tokens)
            self.made["~gap"] = Repeat("~ignored", 0, None)
            gap = "~gap"
        atoms: dict[int, Any] = {}
        for key, token in used.items():
            if isinstance(token, Terminal) and token.root is not None:
                source, position = self.places[key]
                mark = located(source, position, partial(surroundings.mark, token, ignored=False))
                before = [(gap, mark.inside)] if gaps is None else gaps.ways(mark.inside)
                rows: list[tuple[Any, ...]] = [
                    (space, mark.opening, inside, mark.closing) for space, inside in before
                ]
                may_be_empty = mark.may_be_empty
            elif gaps is not None:
                atoms[key] = self.spaced(token, gaps)
                continue
            else:
                language = token.language if isinstance(token, Terminal) else _regular(token)
                assert language is not None, "refused above"
                may_be_empty = language.nullable
                rows = [(gap, nonempty(language))]
            name = f"~token{len(atoms)}"
            self.made[name] = (*rows, ()) if may_be_empty else tuple(rows)
            atoms[key] = name
        return atoms, gap, surroundings


def _row_piece(row: tuple[Any, ...], value: Callable[[Any], Piece]) -> Piece:
    """A sequence, in which `&` separates operands and `~` complements what follows it."""
    if not any(isinstance(item, Operator) for item in row):
        return joined([value(item) for item in row])
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


def _regular(constraint: Constraint) -> Language | None:
    if isinstance(constraint, Language):
        return constraint.bare
    return constraint.language if isinstance(constraint, Grammar) else None


def _items(body: Any) -> list[Any]:
    return [body.atom] if isinstance(body, Repeat) else [item for row in body for item in row]


def _with_atoms(body: Any, atoms: dict[int, Any]) -> Body:
    if isinstance(body, Repeat):
        return Repeat(atoms.get(id(body.atom), body.atom), body.low, body.high)
    return tuple(tuple(atoms.get(id(atom), atom) for atom in row) for row in body)


def _meaning(item: Text | Pattern | CharacterRange) -> tuple[str, ...]:
    if isinstance(item, Text):
        return item.value, item.flags
    if isinstance(item, Pattern):
        return item.source, item.flags
    return item.first.value, item.first.flags, item.last.value, item.last.flags


def _unknown_names(source: Source, definitions: Mapping[str, Defined]) -> list[str]:
    """All names that the grammar knows, for near misses."""
    return [name.name for name in source.declared] + [name for name in definitions if "~" not in name]
