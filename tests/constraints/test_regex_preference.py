"""Preference and conditionals in plain nodes: each formula of the module, as the tree it makes."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.limits import Limits
from bltgen.constraints.regex_parser import parse
from bltgen.constraints.regex_preference import (
    _has_one_match,
    any_node,
    first_match,
    may_be_empty,
    rewritten,
    without_atomic_groups,
    without_conditionals,
)
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Atomic,
    Characters,
    Conditional,
    Group,
    Node,
    Repetition,
    Sequence,
    Text,
    children,
)
from bltgen.errors import LimitExceeded, Unsupported
from tests.constraints.regex_trees import shown

CONDITIONS = Limits().conditional_groups
NESTING = Limits().atomic_nesting
UNROLLED = Limits().atomic_rounds

A, B, Z = (Characters(((ord(letter),) * 2,)) for letter in "abz")

BEFORE_Z = {
    "a": "[a]",
    "ab": "'ab'",
    "a|b": "([a] | ((?!([a] [z]))@0 [b]))",
    "a|b|c": "([a] | ((?!([a] [z]))@0 ([b] | ((?!([b] [z]))@0 [c]))))",
    "(?:a|b)c": "(([a] | ((?!([a] 'c' [z]))@0 [b])) 'c')",
    "c(?:a|b)d": "('c' ([a] | ((?!([a] 'd' [z]))@0 [b])) 'd')",
    "(?=a)": "(?=[a])@0",
    "a*": "(([a]){0,inf}@0 (?!([a] [a]{0,inf}@0 [z]))@0)",
    "a?": "(([a] ()) | (?!([a] [a]{0,0}@0 [z]))@0)",
    "a??": "((?=([z]))@0 | ((?!([z]))@0 ([a] ())))",
    "a*?": "(((?!([z]))@0 [a]){0,inf}@0 (?=([z]))@0)",
    "a+": "([a]{1,1}@0 (([a]){0,inf}@0 (?!([a] [a]{0,inf}@0 [z]))@0))",
    "a+?": "([a]{1,1}@0 (((?!([z]))@0 [a]){0,inf}@0 (?=([z]))@0))",
    "a{2}": "[a]{2,2}@1",
    "a{2,3}": "([a]{2,2}@0 (([a] ()) | (?!([a] [a]{0,0}@0 [z]))@0))",
    "a{2,3}?": "([a]{2,2}@0 ((?=([z]))@0 | ((?!([z]))@0 ([a] ()))))",
    "a{2,}": "([a]{2,2}@0 (([a]){0,inf}@0 (?!([a] [a]{0,inf}@0 [z]))@0))",
    "(?:a|b){2}": (
        "(([a] | ((?!([a] ([a] | [b]) ([a] | [b]){0,0}@0 [z]))@0 "
        "[b])) ([a] | ((?!([a] ([a] | [b]){0,0}@0 [z]))@0 [b])) ())"
    ),
    "(?:a|b)*": (
        "((([a] | ((?!([a] ([a] | [b]){0,inf}@0 [z]))@0 "
        "[b]))){0,inf}@0 (?!(([a] | [b]) ([a] | [b]){0,inf}@0 [z]))@0)"
    ),
    "(?:a|b)*?": ("(((?!([z]))@0 ([a] | ((?!([a] ([a] | [b]){0,inf}?@0 [z]))@0 [b]))){0,inf}@0 (?=([z]))@0)"),
    "(?:a|b){1,2}": (
        "(([a] | ((?!([a] ([a] | [b]){0,1}@0 [z]))@0 [b])) ((([a] | "
        "((?!([a] ([a] | [b]){0,0}@0 [z]))@0 [b])) ()) | (?!(([a] | "
        "[b]) ([a] | [b]){0,0}@0 [z]))@0))"
    ),
    "(?:a|b){2,}": (
        "(([a] | ((?!([a] ([a] | [b]) ([a] | [b]){0,inf}@0 [z]))@0 "
        "[b])) ([a] | ((?!([a] ([a] | [b]){0,inf}@0 [z]))@0 [b])) "
        "((([a] | ((?!([a] ([a] | [b]){0,inf}@0 [z]))@0 "
        "[b]))){0,inf}@0 (?!(([a] | [b]) ([a] | [b]){0,inf}@0 [z]))@0))"
    ),
    "(?:a|b){0,2}?": (
        "((?=([z]))@0 | ((?!([z]))@0 (([a] | ((?!([a] ([a] | "
        "[b]){0,1}?@0 [z]))@0 [b])) ((?=([z]))@0 | ((?!([z]))@0 "
        "(([a] | ((?!([a] ([a] | [b]){0,0}?@0 [z]))@0 [b])) ()))))))"
    ),
    "(?:ab?)?": (
        "((('a' (([b] ()) | (?!([b] [b]{0,0}@0 ('a' "
        "[b]{0,1}@5){0,0}@0 [z]))@0)) ()) | (?!(('a' [b]{0,1}@5) "
        "('a' [b]{0,1}@5){0,0}@0 [z]))@0)"
    ),
}


@pytest.mark.parametrize("pattern", BEFORE_Z)
def test_the_first_match_that_z_can_follow(pattern: str) -> None:
    """Each is guarded by what would have been preferred, up to the z."""
    assert shown(first_match(parse(pattern).root, (Z,))) == BEFORE_Z[pattern]


ALONE = {
    "a*": "(([a]){0,inf}@0 (?!([a] [a]{0,inf}@0))@0)",
    "a?": "([a]{1,1}@0 | ([a]{0,0}@0 (?!([a]))@0))",
    "a??": "[a]{0,0}@0",
    "a{2,4}": "([a]{4,4}@0 | ([a]{2,3}@0 (?!([a]))@0))",
    "a{2,4}?": "[a]{2,2}@0",
    "a{2,}?": "([a]{2,2}@0 (((?!())@0 [a]){0,inf}@0 (?=())@0))",
    "a|b": "([a] | ((?!([a]))@0 [b]))",
    "(?:a|b){1,3}": (
        "(([a] | ((?!([a] ([a] | [b]){0,2}@0))@0 [b])) ((([a] | "
        "((?!([a] ([a] | [b]){0,1}@0))@0 [b])) ((([a] | ((?!([a] "
        "([a] | [b]){0,0}@0))@0 [b])) ()) | (?!(([a] | [b]) ([a] | "
        "[b]){0,0}@0))@0)) | (?!(([a] | [b]) ([a] | [b]){0,1}@0))@0))"
    ),
    "a{,3}": "([a]{3,3}@0 | ([a]{0,2}@0 (?!([a]))@0))",
}


@pytest.mark.parametrize("pattern", ALONE)
def test_the_first_match_that_anything_can_follow(pattern: str) -> None:
    assert shown(first_match(parse(pattern).root, ())) == ALONE[pattern]


WITHOUT = {
    "a": "[a]",
    "(?>a|b)c": "(([a] | ((?!([a]))@0 [b])) 'c')",
    "a*+b": "((([a]){0,inf}@0 (?!([a] [a]{0,inf}@0))@0) 'b')",
    "(?>a(?>b|c))d": "(('a' ([b] | ((?!([b]))@0 ((?!([b]))@0 [c])))) 'd')",
    "(?<=(?>ab))": "(?<='ab')@0",
    "(?=a*+)": "(?=(([a]){0,inf}@0 (?!([a] [a]{0,inf}@0))@0))@0",
    "(?>a{1,1000})": "([a]{1000,1000}@0 | ([a]{1,999}@0 (?!([a]))@0))",
    "(?>a{1000,}?)": "([a]{1000,1000}@0 (((?!())@0 [a]){0,inf}@0 (?=())@0))",
    "(?>(a|b))(?(1)c)": "(<1: ([a] | ((?!([a]))@0 [b]))> (?(1)[c] : ())@9)",
    "x(?<!y)(?>b+)": "('x' (?<![y])@1 ([b]{1,1}@0 (([b]){0,inf}@0 (?!([b] [b]{0,inf}@0))@0)))",
}


@pytest.mark.parametrize("pattern", WITHOUT)
def test_atomic_groups_are_rewritten(pattern: str) -> None:
    assert shown(without_atomic_groups(parse(pattern).root)) == WITHOUT[pattern]


RESOLVED = {
    "a": "[a]",
    "(a)?b(?(1)c|d)": "((<1: [a]> 'b' [c]) | (() 'b' [d]))",
    "(a)b(?(1)c|d)": "(<1: [a]> 'b' [c])",
    "(a|b)(?(1)c|d)": "(<1: ([a] | [b])> [c])",
    "(?:(a)|b)(?(1)c|d)": "(((<1: [a]>) [c]) | (([b]) [d]))",
    "(?:(a)|b)*(?(1)c|d)": (
        "(((([b]){0,inf}@0 (<1: [a]>) (<1: [a]> | [b]){0,inf}@0) [c]) | (([b]){0,inf}@9 [d]))"
    ),
    "(?:(a)b)*(?(1)c|d)": "(((<1: [a]> 'b'){1,inf}@8 [c]) | (() [d]))",
    "(?:(a)b)+(?(1)c|d)": "((<1: [a]> 'b'){1,inf}@8 [c])",
    "(?:(a)b)*?(?(1)c|d)": "(((<1: [a]> 'b'){1,inf}?@8 [c]) | (() [d]))",
    "(?:(a)b){2,3}(?(1)c|d)": "((<1: [a]> 'b'){2,3}@8 [c])",
    "(?:(a)|b)+(?(1)c)": (
        "(((([b]){0,inf}@0 (<1: [a]>) (<1: [a]> | [b]){0,inf}@0) [c]) | (([b]){1,inf}@9 ()))"
    ),
    "(?:(a)|b)??(?(1)c|d)": "(((<1: [a]>) [c]) | (([b]){0,1}?@9 [d]))",
    "(a(b)?)(?(2)c|d)": "((<1: ('a' <2: [b]>)> [c]) | (<1: ('a' ())> [d]))",
    "((a)?b)(?(2)c|d)(?(1)e)": "((<1: (<2: [a]> 'b')> [c] [e]) | (<1: (() 'b')> [d] [e]))",
    "(a)?(b)?(?(1)c|d)(?(2)e|f)": (
        "(((<1: [a]> <2: [b]> [c] [e]) | (() <2: [b]> [d] [e])) | ((<1: [a]> () [c] [f]) | (() () [d] [f])))"
    ),
    "(a)?(?:(b)|c)(?(2)(?(1)d|e)|f)": (
        "(((<1: [a]> (<2: [b]>) [d]) | (<1: [a]> ([c]) [f])) | ((() (<2: [b]>) [e]) | (() ([c]) [f])))"
    ),
    "(?:(?(1)a|b)|(c))": "((<1: [c]>) | ([b]))",
    "(?:(c)|(?(1)a|b))": "((<1: [c]>) | ([b]))",
    "(?:(a)(?(1)b))?": "((<1: [a]> [b]) | ())",
    "(?:(a)(?(1)b)){0,1}": "((<1: [a]> [b]) | ())",
    "(?:x(?(1)b)|(a))?": "((<1: [a]>) | (('x' ())){0,1}@16)",
    "((a)|b)?(?(2)c|d)": "((<1: (<2: [a]>)> [c]) | (<1: ([b])>{0,1}@7 [d]))",
    "x(?:(a)|b|c)y(?(1)d|e)": "(('x' (<1: [a]>) 'y' [d]) | ('x' ([b] | [c]) 'y' [e]))",
    "(a)?(?:(?(1)b|c))": "((<1: [a]> [b]) | (() [c]))",
    "(?:(a)|b)(?:c|(?(1)d))": "(((<1: [a]>) ([c] | [d])) | (([b]) ([c] | ())))",
    "(a)?(?(1)(b))(?(2)c)": "(((<1: [a]> <2: [b]> [c])) | ((() () ())))",
    "(?P<n>a)?(?(n)b)(?(n)c)": "((<1: [a]> [b] [c]) | (() () ()))",
}


@pytest.mark.parametrize("pattern", RESOLVED)
def test_conditionals_are_resolved_by_cases(pattern: str) -> None:
    assert shown(without_conditionals(parse(pattern).root, pattern)) == RESOLVED[pattern]


def test_a_tree_without_them_stays_what_it_is() -> None:
    root = parse("a(?=b)(c|d*)(?<!(?:ef)*)").root
    assert without_atomic_groups(root) is root
    assert without_conditionals(root, "") is root
    assert rewritten(root, lambda node: node) is root
    assert first_match(root.parts[0], (A,)) is root.parts[0]  # type: ignore[union-attr]


def test_a_tree_is_rewritten_once_a_node_and_from_the_leaves_up() -> None:
    shared = Sequence((A, B))
    root = Alternation((shared, Repetition(shared, 0, 1), A))
    seen: list[Node] = []

    def note(node: Node) -> Node:
        seen.append(node)
        return Text("x") if node is A else node

    again = rewritten(root, note)
    assert shown(again) == "(('x' [b]) | ('x' [b]){0,1}@0 | 'x')"
    assert len(seen) == 5
    assert set(seen[:2]) == {A, B}
    assert isinstance(again, Alternation)
    assert again.parts[0] is children(again.parts[1])[0]


@pytest.mark.parametrize(
    ("pattern", "where", "reason"),
    [
        ("(?:a?)*+", "offset 6", "offset 6 repeats what may be empty"),
        ("x(?>(?:a*)*)", "offset 10", "offset 1 repeats what may be empty"),
        ("(?<=(?>a|b))", "offset 0", "inside a lookbehind"),
        ("x(?<!(?>b+)c)", "offset 1", "inside a lookbehind"),
        ("(?<=b(?:a*+))", "offset 0", "inside a lookbehind"),
    ],
)
def test_what_engines_differ_on_is_refused(pattern: str, where: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason) as caught:
        without_atomic_groups(parse(pattern).root)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("pattern", "position", "reason"),
    [
        ("(?:(a)|b){2}(?(1)c)", 12, "refers to a group that some rounds of a counted repeat leave out"),
        ("(?:(a)|b){2,}(?(1)c)", 13, "refers to a group that some rounds of a counted repeat leave out"),
        ("(?:(a)|b){,3}(?(1)c)", 13, "refers to a group that some rounds of a counted repeat leave out"),
        ("(?(1)a)(b)", 0, "stands before the group to which it refers"),
        ("x(?(1)b)y(a)?", 1, "stands before the group to which it refers"),
        ("(a(?(1)b))", 2, "stands inside the group to which it refers"),
        ("(?=(a))(?(1)b)", 7, "a lookaround, an atomic group or another conditional"),
        ("(?>(a))(?(1)b)", 7, "a lookaround, an atomic group or another conditional"),
        ("(?(2)c)(a)?(?(1)(b))", 0, "a lookaround, an atomic group or another conditional"),
        ("(?:(a)(?(1)b))*", 6, "stands in the same repeat as the group to which it refers"),
        ("(?:(a)(?(1)b)){2}", 6, "stands in the same repeat as the group to which it refers"),
        ("(?(1)a)(b)(?(1)c)", 0, "stands before the group to which it refers"),
        ("(?:(a)(?(1)b)|(?(1)c))*", 6, "stands in the same repeat as the group to which it refers"),
    ],
)
def test_conditionals_that_are_refused_say_where(pattern: str, position: int, reason: str) -> None:
    with pytest.raises(Unsupported) as caught:
        without_conditionals(parse(pattern).root, pattern)
    error = caught.value
    assert (error.position, error.text) == (position, pattern)
    assert error.reason.startswith("this conditional ")
    assert error.reason.endswith(reason)


def _exceeded(pattern: str) -> tuple[str, float] | None:
    try:
        root = parse(pattern).root
        without_atomic_groups(without_conditionals(root, pattern))
    except LimitExceeded as error:
        return error.what, error.limit
    return None


def test_the_rounds_that_are_written_out_have_a_limit() -> None:
    expected = ("the rounds of a repeat inside an atomic group", UNROLLED)
    for form in ("{%d,%d}", "{0,%d}", "{0,%d}?"):
        within = form % ((1, UNROLLED + 1) if form.count("%") > 1 else UNROLLED)
        beyond = form % ((1, UNROLLED + 2) if form.count("%") > 1 else UNROLLED + 1)
        assert _exceeded(f"(?>(?:a|b){within})") is None
        assert _exceeded(f"(?>(?:a|b){beyond})") == expected
    assert _exceeded(f"(?>(?:a|b){{{UNROLLED},}})") is None
    assert _exceeded(f"(?>(?:a|b){{{UNROLLED + 1},}})") == expected
    assert _exceeded(f"(?>(?:a|b){{{UNROLLED + 1}}})") == expected
    assert _exceeded("(?>(?:ab){1000})") is None
    assert _exceeded("(?>(?:ab){1000,2000}?)") is None
    assert _exceeded("(?>(?:ab){1000,2000})") is None


def test_the_nesting_inside_an_atomic_group_has_a_limit() -> None:
    expected = ("the nesting inside an atomic group", NESTING)
    for levels, outcome in ((NESTING, None), (NESTING + 1, expected)):
        assert _exceeded("(?>" + "(?:a|" * levels + "b" + ")" * levels + ")") == outcome
    deep: Node = A
    for _ in range(10_000):
        deep = Group(deep, 1)
    with pytest.raises(LimitExceeded, match="nesting"):
        first_match(deep, ())
    deep = A
    for _ in range(NESTING):
        deep = Sequence((deep, B))
    assert first_match(deep, ()) is deep
    with pytest.raises(LimitExceeded, match="nesting"):
        first_match(Sequence((deep, B)), ())


LEVELS = [
    lambda node: Sequence((node, A)),
    lambda node: Sequence((A, node)),
    lambda node: Alternation((node, A)),
    lambda node: Alternation((A, node)),
    lambda node: Group(node, 9),
    lambda node: Repetition(node, 0, 1),
    lambda node: Repetition(node, 0, 1, True),
    lambda node: Repetition(node, 0, None),
    lambda node: Repetition(node, 0, None, True),
    lambda node: Repetition(node, 2, 2),
]


@pytest.mark.parametrize("level", LEVELS)
def test_each_node_is_a_level_of_nesting(level: Any, set_limits: Any) -> None:
    set_limits(atomic_nesting=3)
    either = Alternation((A, B))
    # The alternation's parts are the third level.
    first_match(level(Group(either, 9)), (Z,))
    with pytest.raises(LimitExceeded, match="inside an atomic group"):
        first_match(level(Group(Group(either, 9), 9)), (Z,))
    if level(A).__class__ is Repetition and level(A).high != 1:
        return
    # A group, within two levels and the sequence.
    asks = Conditional(1, A, B, 0)
    without_conditionals(Sequence((level(Group(Group(A, 1), 9)), asks)), "")
    with pytest.raises(LimitExceeded, match="around a group"):
        without_conditionals(Sequence((level(Group(Group(Group(A, 1), 9), 9)), asks)), "")


def test_what_has_one_match_at_most(set_limits: Any) -> None:
    set_limits(atomic_nesting=3)
    one, two = Sequence((A, B)), Alternation((A, B))
    for depth in range(5):
        within = depth < 3
        for node in (A, Text("ab"), parse("^").root, parse("(?=a|b)").root):
            assert _has_one_match(node, depth) is True
        assert _has_one_match(one, depth) is within
        assert _has_one_match(Group(A, 1), depth) is within
        assert _has_one_match(Repetition(A, 2, 2), depth) is True
        for node in (Sequence((A, one)), Group(one, 1), Repetition(one, 2, 2)):
            assert _has_one_match(node, depth) is (depth < 2)
        for node in (two, Sequence((A, two)), Group(two, 1), Repetition(A, 1, 2), Repetition(two, 2, 2)):
            assert _has_one_match(node, depth) is False
        assert _has_one_match(Atomic(A, 0), depth) is False


def test_the_nesting_around_a_group_has_a_limit() -> None:
    """The repeat, the alternation and the group each count."""
    expected = ("the nesting around a group to which a conditional refers", NESTING)
    for levels, outcome in ((NESTING - 2, None), (NESTING - 1, None), (NESTING, expected)):
        pattern = "(?:" * levels + "(a)|b" + "|c)" * levels + "(?(1)d)"
        assert _exceeded(pattern) == outcome


def test_the_groups_to_which_conditionals_refer_have_a_limit() -> None:
    def asking(count: int) -> str:
        return "(a)?" * count + "".join(f"(?({number})b)" for number in range(1, count + 1))

    assert _exceeded(asking(CONDITIONS)) is None
    expected = ("the groups to which conditionals refer", CONDITIONS)
    assert _exceeded(asking(CONDITIONS + 1)) == expected
    assert _exceeded("(a)?" * 9 + "(?(1)b)" * 9) is None


def test_any_node_looks_everywhere() -> None:
    atomic, conditional = Atomic(A, 0), Conditional(1, A, B, 0)
    for wanted, kind, other in ((atomic, Atomic, Conditional), (conditional, Conditional, Atomic)):
        for root in (wanted, Group(wanted, 1), Sequence((A, wanted)), Sequence((wanted, A))):
            assert any_node(root, kind)  # type: ignore[arg-type]
            assert not any_node(root, other)  # type: ignore[arg-type]
    assert any_node(Sequence((A, B)), Atomic) is False


def test_any_node_visits_what_is_shared_once() -> None:
    node: Node = A
    for _ in range(60):
        node = Sequence((node, node))
    assert not any_node(node, Atomic)


EMPTY_OR_NOT = {
    "": True,
    "a": False,
    "ab": False,
    "a*": True,
    "a+": False,
    "a{0}": True,
    "(?:a*)+": True,
    "a?b?": True,
    "a?b": False,
    "a|": True,
    "a|b": False,
    "(?=a)": True,
    "^": True,
    "(?>a?)": True,
    "(?>a)": False,
    "(?>a|b)": False,
}


@pytest.mark.parametrize("pattern", EMPTY_OR_NOT)
def test_what_may_be_empty(pattern: str) -> None:
    root = parse(pattern).root
    assert may_be_empty(root) is EMPTY_OR_NOT[pattern]
    assert may_be_empty(Group(root, 1)) is EMPTY_OR_NOT[pattern]


def test_a_conditional_may_be_empty() -> None:
    assert may_be_empty(Conditional(1, A, B, 0))
    assert may_be_empty(EMPTY_SEQUENCE)
