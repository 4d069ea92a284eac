"""The witness: an interpreter that runs a file on a model machine and finds sequences after which counters are off."""

from lmlint.witness.judge import Witness
from lmlint.witness.model import NONE
from lmlint.witness.pool import Judgement, Pool
from lmlint.witness.story import Story

__all__ = ["NONE", "Judgement", "Pool", "Story", "Witness"]
