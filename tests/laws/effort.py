"""How many examples hypothesis tries: a hundred, and twenty times that with ASSAY_SOAK."""

import os

from hypothesis import settings

# A deadline for one example measures how busy the machine is.
settings.register_profile("daily", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2000)
settings.load_profile("soak" if os.environ.get("ASSAY_SOAK") else "daily")
