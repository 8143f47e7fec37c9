"""The database: SQLModel and Alembic on SQLite and PostgreSQL."""
