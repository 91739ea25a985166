"""Atomic groups, possessive quantifiers and conditionals, rewritten into plain nodes and lookarounds.

An atomic group takes only the match that a backtracking engine would try first. `first_match(node, after)`
says that without backtracking: the node's matches, each guarded by negative lookaheads against every
match that would have been preferred, where `after` is what must be able to follow:

    first(a | b; after)  =  first(a; after)  |  (?!a after) first(b; after)
    first(a b; after)    =  first(a; b after) first(b; after)
    first(a*; after)     =  first(a; a* after)*  (?!a a* after)
    first(a*?; after)    =  ((?!after) first(a; a*? after))*  (?=after)

A conditional is resolved by cases: the patterns in which its group takes part, and those in which it
does not. `(a)?b(?(1)c|d)` is `(a)b(?:c)` or `b(?:d)`.

>>> from bltgen.constraints.regex_syntax import Characters
>>> a = Characters(((97, 97),))
>>> type(first_match(Alternation((a, Sequence((a, a)))), ())).__name__
'Alternation'
"""

from __future__ import annotations

from collections.abc import Callable

from bltgen.automata.limits import current_limits
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Assertion,
    Atomic,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
    children,
    with_children,
)
from bltgen.errors import LimitExceeded, Unsupported

__all__ = ["first_match", "rewritten", "without_atomic_groups", "without_conditionals"]


def rewritten(root: Node, rewrite: Callable[[Node], Node]) -> Node:
    """The tree with `rewrite` applied to every node, from the leaves up. No recursion."""
    done: dict[Node, Node] = {}
    stack = [root]
    while stack:
        node = stack[-1]
        if node not in done:
            missing = [child for child in children(node) if child not in done]
            if missing:
                stack += missing
                continue
            done[node] = rewrite(with_children(node, tuple([done[child] for child in children(node)])))
        stack.pop()
    return done[root]


def any_node(root: Node, kind: type[Atomic] | type[Conditional]) -> bool:
    """Whether the tree holds a node of this kind."""
    stack, seen = [root], {root}
    while stack:
        node = stack.pop()
        if isinstance(node, kind):
            return True
        fresh = [child for child in children(node) if child not in seen]
        seen.update(fresh)
        stack += fresh
    return False


# -- atomic groups -------------------------------------------------------------------------------------


def without_atomic_groups(root: Node) -> Node:
    """The same language with every atomic group rewritten."""
    if not any_node(root, Atomic):
        return root

    def rewrite(node: Node) -> Node:
        if isinstance(node, Look) and not node.ahead and _holds_preference(node.body):
            raise Unsupported(
                "an atomic group or possessive quantifier inside a lookbehind: what it prefers depends on "
                "the direction in which an engine reads",
                f"offset {node.position}",
            )
        return node

    rewritten(root, rewrite)
    return rewritten(root, lambda node: _first(node.body, (), node, 0) if isinstance(node, Atomic) else node)


def _holds_preference(root: Node) -> bool:
    return _search(root, {}, lambda node: isinstance(node, Atomic) and not _has_one_match(node.body, 0))


def first_match(node: Node, after: tuple[Node, ...]) -> Node:
    """What `node` matches where its preferred match, of those that `after` can follow, is taken."""
    return _first(node, after, Atomic(node, 0), 0)


def _first(node: Node, after: tuple[Node, ...], group: Atomic, depth: int) -> Node:
    if depth > (limit := current_limits().atomic_nesting):
        raise LimitExceeded("the nesting inside an atomic group", limit)
    if _has_one_match(node, depth):
        return node
    if isinstance(node, Sequence):
        return Sequence(
            tuple(
                _first(part, node.parts[index + 1 :] + after, group, depth + 1)
                for index, part in enumerate(node.parts)
            )
        )
    if isinstance(node, Alternation):
        result: Node = _first(node.parts[-1], after, group, depth + 1)
        for part in reversed(node.parts[:-1]):
            guarded = Sequence((_unless((part, *after)), result))
            result = Alternation((_first(part, after, group, depth + 1), guarded))
        return result
    if isinstance(node, Group):
        return Group(_first(node.body, after, group, depth + 1), node.number)
    assert isinstance(node, Repetition)
    return _first_repetition(node, after, group, depth)


def _first_repetition(node: Repetition, after: tuple[Node, ...], group: Atomic, depth: int) -> Node:
    body, low, high = node.body, node.low, node.high
    if may_be_empty(body):
        raise Unsupported(
            f"an atomic group or possessive quantifier at offset {group.position} repeats what may be "
            "empty: which match is preferred differs between engines",
            f"offset {node.position}",
        )
    fixed = _has_one_match(body, depth + 1)
    if fixed and high is not None and not after:
        if node.lazy:
            return Repetition(body, low, low)
        fewer = Repetition(body, low, high - 1)
        return Alternation((Repetition(body, high, high), Sequence((fewer, _unless((body,))))))
    optional = _optional_rounds(node, after, group, depth)
    if low == 0:
        return optional
    if fixed:
        return Sequence((Repetition(body, low, low), optional))
    rest = Repetition(body, 0, None if high is None else high - low, node.lazy)
    if low > (limit := current_limits().atomic_rounds):
        raise LimitExceeded("the rounds of a repeat inside an atomic group", limit)
    required = [
        _first(body, (*[body] * (low - 1 - index), rest, *after), group, depth + 1) for index in range(low)
    ]
    return Sequence((*required, optional))


def _optional_rounds(node: Repetition, after: tuple[Node, ...], group: Atomic, depth: int) -> Node:
    """The rounds beyond the least number."""
    body = node.body
    if node.high is None:
        more = Repetition(body, 0, None, node.lazy)
        if node.lazy:
            round_ = Sequence((_unless(after), _first(body, (more, *after), group, depth + 1)))
            return Sequence((Repetition(round_, 0, None), Look(Sequence(after), True, False, 0)))
        round_ = Sequence((_first(body, (more, *after), group, depth + 1),))
        return Sequence((Repetition(round_, 0, None), _unless((body, more, *after))))
    if node.high - node.low > (limit := current_limits().atomic_rounds):
        raise LimitExceeded("the rounds of a repeat inside an atomic group", limit)
    result: Node = EMPTY_SEQUENCE
    for rounds in range(node.high - node.low):
        more = Repetition(body, 0, rounds, node.lazy)
        once_more = Sequence((_first(body, (more, *after), group, depth + 1), result))
        if node.lazy:
            stop: Node = Look(Sequence(after), True, False, 0)
            result = Alternation((stop, Sequence((_unless(after), once_more))))
        else:
            result = Alternation((once_more, _unless((body, more, *after))))
    return result


def _unless(nodes: tuple[Node, ...]) -> Look:
    return Look(Sequence(nodes), ahead=True, negative=True, position=0)


def _has_one_match(node: Node, depth: int) -> bool:
    """Whether at any position the node has at most one match, so that there is nothing to prefer."""
    if isinstance(node, Characters | Text | Assertion | Look):
        return True
    if isinstance(node, Sequence):
        return depth < current_limits().atomic_nesting and all(
            _has_one_match(part, depth + 1) for part in node.parts
        )
    if isinstance(node, Repetition):
        return node.low == node.high and _has_one_match(node.body, depth + 1)
    return (
        isinstance(node, Group)
        and depth < current_limits().atomic_nesting
        and _has_one_match(node.body, depth + 1)
    )


def may_be_empty(node: Node) -> bool:
    """Whether the node may match without reading a character. Assertions count as true."""
    if isinstance(node, Characters | Text):
        return False
    if isinstance(node, Sequence):
        return all(map(may_be_empty, node.parts))
    if isinstance(node, Alternation):
        return any(map(may_be_empty, node.parts))
    if isinstance(node, Repetition):
        return node.low == 0 or may_be_empty(node.body)
    if isinstance(node, Group | Atomic):
        return may_be_empty(node.body)
    return True


# -- conditionals --------------------------------------------------------------------------------------


def without_conditionals(root: Node, source: str) -> Node:
    """The same language with every conditional resolved by cases. `source` is for errors."""
    if not any_node(root, Conditional):
        return root
    found: list[Conditional] = []

    def collect(node: Node) -> Node:
        if isinstance(node, Conditional):
            found.append(node)
        return node

    rewritten(root, collect)
    # Of each group the first conditional, which is the one that errors name.
    numbers: dict[int, Conditional] = {}
    for node in sorted(found, key=lambda node: node.position):
        numbers.setdefault(node.number, node)
    if len(numbers) > (limit := current_limits().conditional_groups):
        raise LimitExceeded("the groups to which conditionals refer", limit)
    for number, conditional in numbers.items():
        root = _by_cases(root, number, conditional, source)
    return root


def _by_cases(root: Node, number: int, conditional: Conditional, source: str) -> Node:
    case = _Cases(number, conditional, source)
    with_group, without_group = case.split(root, 0)
    alternatives = []
    for tree, taken in ((with_group, True), (without_group, False)):
        if tree is not None:
            alternatives.append(rewritten(tree, lambda node, taken=taken: case.decided(node, taken)))  # type: ignore[misc]
    return alternatives[0] if len(alternatives) == 1 else Alternation(tuple(alternatives))


class _Cases:
    """A pattern split by whether one group takes part."""

    def __init__(self, number: int, conditional: Conditional, source: str) -> None:
        self.number, self.conditional, self.source = number, conditional, source
        self.held: dict[Node, bool] = {}
        self.asked: dict[Node, bool] = {}

    def decided(self, node: Node, taken: bool) -> Node:
        if isinstance(node, Conditional) and node.number == self.number:
            return node.yes if taken else node.no
        return node

    def split(self, node: Node, depth: int) -> tuple[Node | None, Node | None]:
        """The node where the group takes part, and where it does not; None where that cannot be."""
        if depth > (limit := current_limits().atomic_nesting):
            raise LimitExceeded("the nesting around a group to which a conditional refers", limit)
        if not self._holds_group(node):
            return None, node
        if isinstance(node, Group):
            if node.number == self.number:
                if self._asks(node.body):
                    raise self._refusal("stands inside the group to which it refers")
                return node, None
            with_group, without = self.split(node.body, depth + 1)
            return with_group and Group(with_group, node.number), without and Group(without, node.number)
        if isinstance(node, Sequence):
            return self._split_sequence(node, depth)
        if isinstance(node, Alternation):
            splits = [self.split(part, depth + 1) for part in node.parts]
            taken = tuple(part for part, _ in splits if part is not None)
            left = tuple(part for _, part in splits if part is not None)
            return Alternation(taken) if taken else None, Alternation(left) if left else None
        if isinstance(node, Repetition):
            return self._split_repetition(node, depth)
        raise self._refusal("refers to a group inside a lookaround, an atomic group or another conditional")

    def _split_sequence(self, node: Sequence, depth: int) -> tuple[Node | None, Node | None]:
        alternatives: list[Node] = []
        before: list[Node] | None = []
        for index, part in enumerate(node.parts):
            with_group, without = self.split(part, depth + 1)
            if with_group is not None and before is not None:
                if any(self._asks(earlier) for earlier in before):
                    raise self._refusal("stands before the group to which it refers")
                alternatives.append(Sequence((*before, with_group, *node.parts[index + 1 :])))
            if before is not None:
                before = None if without is None else [*before, without]
        taken = None if not alternatives else alternatives[0]
        if len(alternatives) > 1:
            taken = Alternation(tuple(alternatives))
        return taken, None if before is None else Sequence(tuple(before))

    def _split_repetition(self, node: Repetition, depth: int) -> tuple[Node | None, Node | None]:
        if node.high != 1 and self._asks(node.body):
            raise self._refusal("stands in the same repeat as the group to which it refers")
        with_group, without = self.split(node.body, depth + 1)
        empty: Node | None = EMPTY_SEQUENCE if node.low == 0 else None
        if without is not None:
            empty = Repetition(without, node.low, node.high, node.lazy, node.position)
        if with_group is None or node.high == 1:
            return with_group, empty
        if without is None:
            rounds = Repetition(with_group, max(1, node.low), node.high, node.lazy, node.position)
            return rounds, empty
        if node.low > 1 or node.high is not None:
            raise self._refusal("refers to a group that some rounds of a counted repeat leave out")
        earlier = Repetition(without, 0, None)
        return Sequence((earlier, with_group, Repetition(node.body, 0, None))), empty

    def _holds_group(self, root: Node) -> bool:
        return _search(root, self.held, lambda n: isinstance(n, Group) and n.number == self.number)

    def _asks(self, root: Node) -> bool:
        return _search(root, self.asked, lambda n: isinstance(n, Conditional) and n.number == self.number)

    def _refusal(self, reason: str) -> Unsupported:
        position = self.conditional.position
        return Unsupported(f"this conditional {reason}", text=self.source, position=position)


def _search(root: Node, known: dict[Node, bool], wanted: Callable[[Node], bool]) -> bool:
    """Whether a node below `root` is wanted; remembered in `known`. No recursion."""
    stack = [root]
    while stack:
        node = stack[-1]
        if node not in known:
            if wanted(node):
                known[node] = True
            else:
                missing = [child for child in children(node) if child not in known]
                if missing:
                    stack += missing
                    continue
                known[node] = any(known[child] for child in children(node))
        stack.pop()
    return known[root]
