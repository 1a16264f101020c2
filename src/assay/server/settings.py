"""How the server is set up: by options, else by the environment (``ASSAY_...``), else by these defaults."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class ServerSettings(BaseSettings):
    """Settings of ``assay serve`` and its relatives.

    Attributes
    ----------
    data_dir : Path
        The folder of the database and the blobs.
    host, port : str, int
        Where to listen. Loopback unless told.
    workers : int
        Threads that run jobs.
    """

    model_config = SettingsConfigDict(env_prefix="ASSAY_", extra="ignore")

    data_dir: Path = Path("assay-data")
    host: str = "127.0.0.1"
    port: int = 8700
    workers: int = 2
    log_level: str = "info"
