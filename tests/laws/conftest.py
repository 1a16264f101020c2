"""How long the laws are tried: a hundred examples each, a hundred times that with ASSAY_SOAK."""

import os

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=10_000)
settings.load_profile("soak" if os.environ.get("ASSAY_SOAK") else "laws")
