"""Profiles: what is kept of rows over a baseline's bins, column by column, and how it merges.

See docs/methods/profile.md.
"""

from assay.stats.profile.bins_form import bins_from_bytes, bins_to_bytes
from assay.stats.profile.block import Column
from assay.stats.profile.layout import Layout
from assay.stats.profile.profile import Profile, merge_all

__all__ = ["Column", "Layout", "Profile", "bins_from_bytes", "bins_to_bytes", "merge_all"]
