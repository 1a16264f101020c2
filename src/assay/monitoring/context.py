"""What every verb needs: where things are kept, who reads tables, what time it is, and the bounds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from assay.engines.base import Engine
from assay.monitoring.baseline_cache import BaselineCache
from assay.monitoring.meters import Meters
from assay.records.limits import Limits
from assay.storage.base import Storage
from assay.storage.remote.files import RemoteFiles


@dataclass(frozen=True)
class Context:
    """Handed to each function of ``assay.monitoring``; its only state is a cache of baselines, and meters.

    ``secret`` keys the hashes of tokens; ``remote`` reads files elsewhere, from nowhere unless told.
    """

    store: Storage
    engine: Engine
    clock: Callable[[], datetime]
    secret: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    baselines: BaselineCache = field(default_factory=BaselineCache)
    remote: RemoteFiles = field(default_factory=RemoteFiles)
    meters: Meters = field(default_factory=Meters)
