"""Alembic's folder. `bot.store.migrate` runs it; there is no alembic.ini and no command line of its own."""
