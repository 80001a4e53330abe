"""Schemathesis asks every door of /openapi.json, in all its phases, what the document allows and what it does not."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from nlu.model import Model
from tests.bot.alerts_told import Told, keep
from tests.bot.web.systems_house import open_town
from tests.thorough import ALL

ST = Path(sys.executable).parent / "st"
#: Open311 shows the same in several formats, through the same doors: where not all is tried, it is asked for JSON.
DOORS = () if ALL else ("--exclude-path-regex", r"^/open311/.*\.(xml|csv|geojson)$")


@pytest.mark.schemathesis
async def test_the_doors_keep_to_their_document(tmp_path: Path, model: Model) -> None:
    async with open_town(tmp_path, model) as here:
        key, _ = await here.key("fuzz", "open311", "signals", "cap", "pfif")
        await keep(Told().goes_out(), here.rig.store)  # The alert of the examples.
        asked = await asyncio.create_subprocess_exec(
            str(ST), "run", f"{here.url}/openapi.json", "-H", f"X-API-Key: {key}",
            "--max-examples", "3", *DOORS, "--seed", "11", "--no-color",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asked.communicate()
        words = said.decode()
        assert asked.returncode == 0, words[-6000:]
        for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
            assert f"✅ {phase}" in words, f"{phase} did not run\n{words[-2000:]}"
        assert await here.cases() > 0, "some of what it sent was taken"
