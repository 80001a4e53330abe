"""The sample street for `wuyou demo`: an invented street with people, groups and addresses."""

from pathlib import Path

from bot.directory_csv import write_directory
from bot.sample.street import directory, landmarks, street

__all__ = ["directory", "landmarks", "street", "write_csv"]


def write_csv(folder: Path) -> None:
    """Writes the sample street as the six CSV files that `wuyou import` reads."""
    write_directory(street(), folder)
