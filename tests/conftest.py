"""What all tests share: machines are noisy, so no example of a property is judged by its time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("lmlint", deadline=None)
settings.load_profile("lmlint")
