"""What lmlint must say of the s390 files of Linux 6.12 as they are, and of single edits to them."""

from __future__ import annotations

import pytest

from lmlint.finding import BALANCED
from tests.linux import check, needs, text

pytestmark = needs("arch/s390")

RULE = "s390-direct-pages"
ATTR, VMEM, BOOT = "arch/s390/mm/pageattr.c", "arch/s390/mm/vmem.c", "arch/s390/boot/vmem.c"
