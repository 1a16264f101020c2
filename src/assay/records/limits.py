"""Bounds that the server really enforces."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call or one deployment may carry, and how long some things last.

    Attributes
    ----------
    blob_grace : timedelta
        How long a blob may wait for the row that refers to it.
    idempotency_keys_kept : timedelta
        How long the answer to a call under a key is kept.
    job_lease : timedelta
        How long a worker may be silent before its job is another's.
    """

    max_batches: int = 100_000
    max_rows_per_call: int = 10_000
    max_batch_name_length: int = 512
    max_description_length: int = 4_096
    max_url_length: int = 2_048
    max_json_body_bytes: int = 64 * 2**20
    max_upload_bytes: int = 16 * 2**30
    max_upload_key_length: int = 200
    max_association_id_length: int = 256
    max_custom_metrics: int = 1_000
    max_page: int = 1_000
    max_export_batches: int = 1_000
    inline_upload_bytes: int = 8 * 2**20
    chunk_rows: int = 65_536
    max_segment_attributes: int = 20
    max_segment_values: int = 100
    max_rows_read_again: int = 2_000_000
    blob_grace: timedelta = timedelta(days=1)
    job_lease: timedelta = timedelta(seconds=30)
    idempotency_keys_kept: timedelta = timedelta(days=7)
