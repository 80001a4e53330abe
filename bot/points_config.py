"""The section `points` of config.yaml: what earns how much, the caps, the hold, and how long points last."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.ledger import MOST, Scheme


class PointsPart(BaseModel):
    """As the street writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_yuan: int = Field(60, ge=1, le=MOST)
    tenant: int = Field(60, ge=0, le=MOST)
    moved_out: int = Field(10, ge=0, le=MOST)
    hazard: int = Field(20, ge=0, le=MOST)
    hold_days: int = Field(7, ge=0, le=365)
    day_cap: int = Field(600, ge=1, le=MOST)
    month_cap: int = Field(3000, ge=1, le=MOST)
    period: Literal["year", "half", "quarter", "month"] = "year"
    landlords: int = Field(3, ge=2, le=100)
    landlord_days: int = Field(30, ge=1, le=365)
    years_kept: int = Field(1, ge=0, le=50)
    fetch_days: int = Field(7, ge=1, le=365)

    @model_validator(mode="after")
    def _within(self) -> PointsPart:
        most = max(self.tenant, self.moved_out, self.hazard)
        if most > self.day_cap:
            raise ValueError(f"day_cap {self.day_cap} is less than one thing earns ({most})")
        if self.month_cap < self.day_cap:
            raise ValueError(f"month_cap {self.month_cap} is less than day_cap {self.day_cap}")
        return self

    def scheme(self) -> Scheme:
        """As the rules take it."""
        return Scheme(
            earns={"tenant": self.tenant, "moved_out": self.moved_out, "hazard": self.hazard},
            per_yuan=self.per_yuan,
            hold=timedelta(days=self.hold_days),
            day=self.day_cap,
            month=self.month_cap,
            period=self.period,
            landlords=self.landlords,
            landlords_within=timedelta(days=self.landlord_days),
            years_kept=self.years_kept,
            fetch=timedelta(days=self.fetch_days),
        )
