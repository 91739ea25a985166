"""Small changes of a module's source, each of which some test should notice.

A `Mutation` is one node of the syntax tree replaced by another: a comparison turned round, a bound
moved by one, `and` for `or`, a branch always or never taken, a statement left out. What no test can
be expected to see is left alone: annotations, docstrings, texts of errors, `__repr__`, assertions (the
`strict` of `zip` is one), and what only type checkers read.

>>> for mutation in mutations("def f(a):\\n    return a < 3\\n", "example.py"):
...     print(mutation)
example.py:2:4 in f: return a < 3 -> return None
example.py:2:11 in f: a < 3 -> a <= 3
example.py:2:15 in f: 3 -> 4
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Mutation", "mutated", "mutations"]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNSEEN_FUNCTIONS = {"__repr__", "__str__", "__dir__"}


@dataclass(frozen=True)
class Mutation:
    """One change: where it is, what stood there and what stands there then."""

    file: str
    line: int
    column: int
    function: str
    before: str
    after: str
    index: int
    """The how-manieth mutation of the file."""
    statement: int
    """The line where the statement begins: Python notes the running of a folded constant there."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} in {self.function}: {self.before} -> {self.after}"

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What the mutation is called where lines may move."""
        return (self.file, self.function, self.before, self.after)


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may stand in the place of `node`."""
    changed: ast.AST
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        changed = copy.deepcopy(node)
        changed.ops = [_COMPARISONS[type(node.ops[0])]()]
        yield changed
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        if not (isinstance(node.op, ast.Mod) and isinstance(node.left, (ast.Constant, ast.JoinedStr))):
            changed = copy.deepcopy(node)
            changed.op = _OPERATORS[type(node.op)]()
            yield changed
    elif isinstance(node, ast.AugAssign) and type(node.op) in _OPERATORS:
        changed = copy.deepcopy(node)
        changed.op = _OPERATORS[type(node.op)]()
        yield changed
    elif isinstance(node, ast.BoolOp):
        changed = copy.deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, (ast.If, ast.While)):
        for value in (True, False) if isinstance(node, ast.If) else (False,):
            changed = copy.deepcopy(node)
            changed.test = ast.Constant(value)
            yield changed
    elif isinstance(node, ast.IfExp):
        yield copy.deepcopy(node.body)
        yield copy.deepcopy(node.orelse)
    elif isinstance(node, ast.comprehension) and node.ifs:
        changed = copy.deepcopy(node)
        changed.ifs = node.ifs[1:]
        yield changed
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        changed = copy.deepcopy(node)
        changed.func = ast.Name(_CALLS[node.func.id], ast.Load())
        yield changed
    elif isinstance(node, ast.Break):
        yield ast.Continue()
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"):
        yield ast.Return(ast.Constant(None))


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


class _Walk:
    """Visits the nodes that may be mutated, in order, each with where it hangs in the tree."""

    def __init__(self) -> None:
        self.found: list[tuple[ast.AST, str, int | None, ast.AST, str, tuple[int, int, int]]] = []
        """(parent, field, place in the field, replacement, function, (line, column, statement))"""

    def visit(self, node: ast.AST, function: str, statement: int = 0) -> None:
        position = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "type_comment", "type_params"):
                continue
            if field == "decorator_list" or (field == "bases"):
                continue
            children = value if isinstance(value, list) else [value]
            for place, child in enumerate(children):
                if not isinstance(child, ast.AST) or self._is_unseen(child):
                    continue
                inner = function
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    if child.name in _UNSEEN_FUNCTIONS:
                        continue
                    inner = f"{function}.{child.name}" if function != "module" else child.name
                line = getattr(child, "lineno", position[0])
                column = getattr(child, "col_offset", position[1])
                begins = line if isinstance(child, ast.stmt) else statement
                for replacement in self._replacements(node, child):
                    self.found.append(
                        (
                            node,
                            field,
                            place if isinstance(value, list) else None,
                            replacement,
                            function,
                            (line, column, begins),
                        )
                    )
                self.visit(child, inner, begins)

    @staticmethod
    def _replacements(parent: ast.AST, child: ast.AST) -> Iterator[ast.AST]:
        """A limit or size of a module moved by one is nothing to see; one of zero is."""
        if isinstance(child, ast.Constant) and isinstance(parent, (ast.Assign, ast.AnnAssign)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            if any(isinstance(target, ast.Name) and target.id.lstrip("_").isupper() for target in targets):
                if isinstance(child.value, int) and not isinstance(child.value, bool) and child.value:
                    yield ast.Constant(0)
                return
        yield from _replacements(child)

    @staticmethod
    def _is_unseen(node: ast.AST) -> bool:
        if isinstance(node, ast.keyword) and node.arg == "strict":
            return True  # of zip: like an assertion, it speaks where our own code is wrong
        if isinstance(node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)):
            return True
        if _is_for_type_checkers(node):
            return True
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(node: ast.AST) -> str:
    """One line that shows a node: the head of a statement, the whole of an expression."""
    if isinstance(node, ast.comprehension):
        return ast.unparse(node).strip()
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).splitlines()[0]


def _found(tree: ast.Module) -> _Walk:
    walk = _Walk()
    walk.visit(tree, "module")
    return walk


def mutations(source: str, file: str) -> list[Mutation]:
    """All mutations of a module."""
    found = []
    for index, (parent, field, place, replacement, function, (line, column, statement)) in enumerate(
        _found(ast.parse(source)).found
    ):
        value = getattr(parent, field)
        before = _text(value if place is None else value[place])
        after = _text(replacement)
        found.append(Mutation(file, line, column, function, before, after, index, statement))
    return found


def mutated(source: str, index: int) -> ast.Module:
    """The tree of a module with the mutation of this index made."""
    tree = ast.parse(source)
    parent, field, place, replacement, _, _ = _found(tree).found[index]
    value = getattr(parent, field)
    old = value if place is None else value[place]
    if hasattr(old, "lineno"):
        ast.copy_location(replacement, old)
    if place is None:
        setattr(parent, field, replacement)
    else:
        value[place] = replacement
    return ast.fix_missing_locations(tree)
