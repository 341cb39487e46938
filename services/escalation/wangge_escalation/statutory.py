"""A calendar as an operator writes it -> the same calendar with every holiday spelled out as a date."""

from datetime import date
from typing import Annotated, Any, Self

import holidays
from pydantic import BaseModel, ConfigDict, Field, model_validator

from wangge_contracts.calendars import WEEKDAYS, Calendar


class Statutory(BaseModel):
    """Whose public holidays apply: country (ISO 3166-1) and, where they differ, subdivision (ISO 3166-2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    subdivision: str | None = None
    announced: tuple[int, ...] = ()
    """Years that really have no make-up days although others have: silences the flag."""


class Override(BaseModel):
    """One date on which the public calendar is not followed, with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    works: bool
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class WrittenCalendar(BaseModel):
    """A calendar before its holidays are looked up; every other field is a field of `Calendar`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    statutory: Statutory | None = None
    overrides: tuple[Override, ...] = ()
    first_year: Annotated[int, Field(ge=1990, le=2100)]
    last_year: Annotated[int, Field(ge=1990, le=2100)]

    @model_validator(mode="after")
    def _overrides_are_unique(self) -> Self:
        days = [override.on for override in self.overrides]
        repeated = sorted({day for day in days if days.count(day) > 1})
        if repeated:
            raise ValueError(f"two overrides for {repeated[0]}: keep one")
        return self

    def freeze(self) -> Calendar:
        """
        The calendar with its holidays as dates, versioned by its content.

        Done once, when a configuration is loaded: what is published does not depend on the holiday library of
        some service. Raises pydantic's `ValidationError` for fields that a calendar does not have.
        """
        closed, opened, unannounced = self._statutory_days()
        for override in self.overrides:
            (opened if override.works else closed).add(override.on)
            (closed if override.works else opened).discard(override.on)
        fields: dict[str, Any] = dict(self.__pydantic_extra__ or {})
        calendar = Calendar.model_validate(
            {
                **fields,
                "first_year": self.first_year,
                "last_year": self.last_year,
                "unannounced": tuple(unannounced),
            }
        )
        weekly = {day for day in closed | opened if WEEKDAYS[day.weekday()] in calendar.weekdays}
        # Only departures from the week are kept: a holiday on a Sunday changes nothing.
        return calendar.model_copy(
            update={
                "closed": tuple(sorted(closed & weekly)),
                "opened": tuple(sorted(opened - weekly)),
            }
        ).versioned()

    def _statutory_days(self) -> tuple[set[date], set[date], list[int]]:
        if self.statutory is None:
            return set(), set(), []
        years = range(self.first_year, self.last_year + 1)
        known = holidays.country_holidays(
            self.statutory.country, subdiv=self.statutory.subdivision, years=years
        )
        opened = set(known.weekend_workdays)
        worked_years = {day.year for day in opened}
        # A country that moves days off publishes the make-up days a year at a time: a year without any, after
        # years that have some, is not announced yet.
        unannounced = [
            year
            for year in years
            if worked_years and year not in worked_years and year not in self.statutory.announced
        ]
        return set(known), opened, unannounced
