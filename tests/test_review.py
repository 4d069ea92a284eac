"""What a review makes of the findings on both sides of a patch."""

from __future__ import annotations

from itertools import permutations

from lmlint.finding import Finding, Place, number
from lmlint.review import review


def finding(
    construct: str = "pte_clear(ptep)", line: int = 10, function: str = "unmap", kind: str = "missing-sub"
) -> Finding:
    return Finding(
        rule="r",
        kind=kind,
        severity="error",
        function=function,
        place=Place("mm/a.c", line, 2),
        message="",
        notes=(),
        ledger=(),
        construct=f"{function}: {construct}",
    )


def states(findings: tuple[Finding, ...]) -> list[tuple[str, int]]:
    return [(found.state, found.place.line) for found in findings]


def test_a_finding_on_one_side_is_new_or_fixed_and_on_both_unchanged() -> None:
    after = [finding("a", 30), finding("b", 20)]
    before = [finding("b", 7), finding("c", 25)]
    assert states(review(after, before)) == [("unchanged", 20), ("fixed", 25), ("new", 30)]


def test_an_unchanged_finding_stands_where_it_is_now() -> None:
    assert states(review([finding(line=99)], [finding(line=1)])) == [("unchanged", 99)]


def test_the_order_does_not_depend_on_the_order_of_the_engine() -> None:
    found = [finding("a", 30), finding("b", 20), finding("a", 20, kind="double-count"), finding("c", 20)]
    assert len({review(order, []) for order in permutations(found)}) == 1


def test_look_alikes_are_numbered_in_source_order() -> None:
    numbered = number([finding(line=40), finding(line=20), finding(line=30, function="other")])
    assert [(found.place.line, found.ordinal) for found in numbered] == [(20, 0), (30, 0), (40, 1)]
    assert len({found.id for found in numbered}) == len(numbered)


def test_ids_survive_a_rebase() -> None:
    first = number([finding(line=20), finding(line=40)])
    moved = number([finding(line=140), finding(line=120)])
    assert [found.id for found in first] == [found.id for found in moved]


def test_a_second_look_alike_is_the_new_one() -> None:
    after, before = number([finding(line=20), finding(line=40)]), number([finding(line=18)])
    assert states(review(after, before)) == [("unchanged", 20), ("new", 40)]
