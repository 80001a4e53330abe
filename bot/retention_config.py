"""How long what is kept, as the configuration says it: the section `retention`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.spans import Spans


class RetentionPart(BaseModel):
    """Days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    updates: int = Field(30, ge=7, le=365)
    photos: int = Field(180, ge=1, le=3650)
    chat: int = Field(180, ge=1, le=3650)
    cases: int = Field(1095, ge=30, le=36500)
    copies: int = Field(35, ge=1, le=3650)

    @model_validator(mode="after")
    def _in_order(self) -> RetentionPart:
        if self.photos > self.cases:
            raise ValueError("photos cannot be kept longer than the cases they belong to")
        return self

    def spans(self) -> Spans:
        """As the store takes them."""
        return Spans(
            updates=timedelta(days=self.updates),
            photos=timedelta(days=self.photos),
            chat=timedelta(days=self.chat),
            cases=timedelta(days=self.cases),
        )
