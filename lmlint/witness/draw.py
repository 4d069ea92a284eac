"""Random steps: ranges with odd and even ends, beside and across what is mapped, and what else an operation takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.witness.session import Step, allowed

if TYPE_CHECKING:
    from random import Random

    from lmlint.witness.model import Operation
    from lmlint.witness.session import Session
    from lmlint.witness.table import Leaf, Table

SPAN = 3
"""How many of the largest leaf a sequence plays on."""
TRIES = 8
FAILING = (1, 1, 1, 2, 2, 3, 4, 6)
"""Which request fails, where one does: the first ones oftener."""
MAX_PAGES = 160
"""How long a range may be, in pages: long ones take time and show nothing that short ones do not."""


class Dealer:
    """Draws the steps of one sequence."""

    def __init__(self, session: Session, random: Random, *, wide: bool = False) -> None:
        """Choose a window for the sequence; `wide`: most ranges hold one of the largest leaves, and more."""
        self.session, self.random, self.wide = session, random, wide
        windows = session.model.windows
        chosen = windows[0] if random.random() < 0.6 else random.choice(windows)  # noqa: PLR2004  # mostly at the start
        self.base = session.program.evaluate(chosen)
        self.ranges: list[tuple[int, int]] = []
        self.picked: dict[str, tuple[tuple[str, int], ...]] = {}
        names = list(session.operations)
        self.names = [name for name in names for _ in range(session.operations[name].weight)]
        self.first = [name for name in self.names if session.operations[name].before]
        self.opening = random.randrange(5) if self.first else 0
        """How many steps at the start are of those that must come first."""

    def step(self) -> Step | None:
        """Return a step that its contract allows now; None where none was found."""
        random = self.random
        self.opening -= 1
        for _ in range(TRIES):
            operation = self.session.operations[random.choice(self.first if self.opening > 0 else self.names)]
            if self.session.past & operation.before:
                continue
            found = self._range(operation)
            if found is None:
                continue
            picks = self._picks(operation)
            failing = random.choice(FAILING) if operation.fails and random.random() < 0.3 else 0  # noqa: PLR2004
            step = Step(operation.name, *found, picks, failing)
            if allowed(self.session.table, operation, step):
                self.ranges.append(found)
                self.picked[operation.name] = picks
                return step
        return None

    def _picks(self, operation: Operation) -> tuple[tuple[str, int], ...]:
        """Return the choices of a step; often those of the last one, for what overlaps must agree or be refused."""
        last = self.picked.get(operation.name)
        if last is not None and self.random.random() < 0.4:  # noqa: PLR2004
            return last
        return tuple((name, _skewed(self.random, len(values))) for name, values in operation.choose.items())

    def _range(self, operation: Operation) -> tuple[int, int] | None:
        table, random = self.session.table, self.random
        other = operation.draws.startswith("other-")
        draws = operation.draws.removeprefix("other-")
        low = table.other[0] if other else table.low + self.base
        if draws in {"any", "bytes", "empty"}:
            return self._anywhere(table, low, other=other, odd=draws == "bytes")
        leaves = table.leaves(other=other)
        if not leaves:
            return self._anywhere(table, low, other=other, odd=False) if draws == "address" else None
        if draws == "whole":
            return self._whole(leaves)
        if draws == "mapped":
            return self._mapped(leaves)
        kind = random.choice(sorted({leaf.account for leaf in leaves}))  # or the many small ones would hide the large
        leaf = random.choice([leaf for leaf in leaves if leaf.account == kind])
        start = leaf.start + table.page * random.randrange(-1, max(2, leaf.block // table.page))
        pages = random.choice((1, 1, 2, 3, 5, 8, 13, 40))
        return start, start + pages * table.page

    def _anywhere(self, table: Table, low: int, *, other: bool, odd: bool) -> tuple[int, int]:
        random, sizes = self.random, table.sizes
        if not other and self.ranges and random.random() < 0.3:  # noqa: PLR2004
            return self._again(sizes)
        span = SPAN * sizes[-1]
        if self.wide and random.random() < 0.6:  # noqa: PLR2004
            start = low + sizes[-1] * random.randrange(SPAN)
            return start, start + sizes[-1] * random.choice((1, 1, 2)) + random.choice(sizes) * random.choice((0, 1, 2))
        if random.random() < 0.35:  # noqa: PLR2004  # whole blocks, which few odd ranges hold
            unit = random.choice((*sizes, sizes[-1]))
            start = low + unit * random.randrange(max(1, span // unit))
            return start, start + unit * random.choice((1, 1, 1, 2))
        beside = random.random() < 0.5  # noqa: PLR2004
        leaves = table.leaves(other=other) if beside else []
        unit = random.choice(sizes)
        if leaves:
            near = random.choice(leaves)
            start = random.choice((near.start, near.end, near.first)) + unit * random.choice((0, 0, -1, 1, -2))
        else:
            start = low + unit * random.randrange(max(1, span // unit))
            start += table.page * random.choice((0, 0, 0, 1, 2, 3, 7))
        size = random.choice(sizes) * random.choice((1, 1, 1, 2, 3, 4))
        if random.random() < 0.4:  # noqa: PLR2004
            size += table.page * random.choice((-1, 1, 2, 5))
        size = min(max(size, table.page), MAX_PAGES * table.page)
        end = start + size
        if random.random() < 0.3:  # noqa: PLR2004
            end = max(end - end % random.choice(sizes), start + table.page)
        if odd and random.random() < 0.15:  # noqa: PLR2004
            start, end = start + random.choice((0, table.page // 2)), end - random.choice((0, table.page // 4))
        return max(start, low), end

    def _again(self, sizes: tuple[int, ...]) -> tuple[int, int]:
        """Return an earlier range, as it was or longer."""
        random = self.random
        start, end = random.choice(self.ranges)
        unit = random.choice(sizes)
        before, after = start - start % unit - unit, end + -end % unit  # as far as the next borders of a block
        return random.choice(
            ((start, end), (start, end), (start - unit, end), (start, end + unit), (start, end - unit), (before, after))
        )

    def _whole(self, leaves: list[Leaf]) -> tuple[int, int]:
        random = self.random
        ends = sorted({at for leaf in leaves for at in (leaf.first, leaf.first + leaf.block)})
        start, end = sorted(random.sample(range(len(ends)), 2)) if len(ends) > 1 else (0, 0)
        if random.random() < (0.7 if self.wide else 0.3):
            start, end = 0, len(ends) - 1
        return ends[start], ends[end]

    def _mapped(self, leaves: list[Leaf]) -> tuple[int, int]:
        random = self.random
        plain = [leaf for leaf in leaves if leaf.block == leaf.end - leaf.start]
        chosen = random.choice(plain or leaves)
        start, end = chosen.start, chosen.end
        if random.random() < 0.7:  # noqa: PLR2004
            pool = plain or leaves
            at = pool.index(chosen)
            for leaf in pool[at + 1 : at + 1 + random.randrange(20)]:
                if leaf.start != end:
                    break
                end = leaf.end
        return start, end


def _skewed(random: Random, count: int) -> int:
    """Return an index, the first one more often than the others."""
    return 0 if random.random() < 0.4 else random.randrange(count)  # noqa: PLR2004
