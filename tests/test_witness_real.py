"""What the witness must find in the real file: the drifts that are there, in every version, and none beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lmlint.witness import Pool, Witness
from tests.edits import EDITS, HOLDS, INPUTS, disagreement, rule, v8, version

if TYPE_CHECKING:
    from tests.variant import Variant

pytestmark = pytest.mark.skipif(not INPUTS.is_dir(), reason="the real inputs are not beside this checkout")

ENTRY_POINTS = 45
"""Functions that operations must reach: silence must not come from not running; v8 lets them reach about 53."""


@pytest.fixture(scope="module")
def on_v8() -> Witness:
    return Witness(v8()[1].encode(), v8()[0], rule(), sequences=300)


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool.of(v8()[1].encode(), v8()[0], rule())


def test_v8_drifts_only_where_the_first_page_speaks_for_the_rest(on_v8: Witness) -> None:
    stories = on_v8.drifts()
    assert stories
    assert {story.blamed for story in stories} == {frozenset({"alloc_init_cont_pte"})}
    assert {account for story in stories for account, _, _ in story.accounts} == {"PTE"}
    assert not any(story.direct for story in stories)
    assert "DirectMap" in stories[0].text


def test_the_sequences_reach_what_counts(on_v8: Witness) -> None:
    assert len(on_v8.reached) >= ENTRY_POINTS
    assert {"split_pud", "split_contpte", "unmap_hotplug_cont_pmd_range", "free_empty_pte_table"} <= on_v8.reached


def test_v7_counts_again_what_is_mapped_already() -> None:
    rebuilt = version("v7.patch")
    assert rebuilt.after is not None
    stories = Witness(rebuilt.after, rebuilt.path, rule()).drifts()
    again = {name for story in stories for name in story.blamed}
    assert again == {"alloc_init_cont_pte", "init_pmd", "alloc_init_pud"}
    assert all(counted > mapped for story in stories for _, mapped, counted in story.accounts)


def test_the_pool_holds_for_the_file_that_it_is_made_of(pool: Pool) -> None:
    assert pool.judge(v8()[1].encode()).verdict == "holds"
    assert pool.left_out > 0


SAMPLE = [one for number, one in enumerate(EDITS) if number % 20 == 0 or one.name in HOLDS]
"""Of these CI asks both judges; `python -m tests.edits --witness` asks of all."""


@pytest.mark.parametrize("variant", SAMPLE, ids=lambda variant: variant.name)
def test_the_two_judges_agree_or_a_reason_is_given(variant: Variant) -> None:
    assert disagreement(variant) == ""


def test_a_file_without_its_entry_points_cannot_be_judged(pool: Pool) -> None:
    text = v8()[1].replace("__map_memblock", "map_bank").replace("arch_add_memory", "add_memory")
    assert pool.judge(text.encode()).verdict == "cannot-run"
