"""What the surroundings decide: read from the environment, each with a default that works."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one process; environment variables are named ``RUFBUS_`` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="RUFBUS_", extra="ignore")

    database_url: str | None = None
    """Where the state is kept; ``None`` means a SQLite file in the home."""
    solver_processes: int = 1
    """How many worker processes may improve plans."""
