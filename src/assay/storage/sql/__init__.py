"""Repositories over SQLAlchemy Core, shared by every back end."""
