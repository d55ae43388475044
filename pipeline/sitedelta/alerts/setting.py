"""What a configuration may say of alerts."""

from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sitedelta.settings.defaults import Label
from sitedelta.within import refuse_host

When: TypeAlias = Literal["above", "below", "change", "appears", "drift", "area"]
"""Rules for alerts."""


def _address(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be an address, written as text")  # noqa: TRY004 - pydantic reports ValueError
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("must hold no password; set SITEDELTA_WEBHOOK_KEY to have messages signed")
    refuse_host(value.strip())
    return value.strip()


WebAddress: TypeAlias = Annotated[str, BeforeValidator(_address)]


class Alert(BaseModel):
    """A rule: when somebody is to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: When = Field(
        description="above, below: the number passes `n`; change: it moves by more than `n` or `percent`; appears: "
        "something is there where nothing was; drift: the usual number rises or falls by `factor`; area: more ground "
        "changes than `area_m2`."
    )
    of: Label | None = Field(default=None, description="Class that is counted; area needs none.")
    zone: str = Field(
        default="site", max_length=60, description="Id of a zone; site for all of it, or * for the site and each zone."
    )
    n: Annotated[int, Field(strict=True, ge=0, le=10**6)] | None = Field(
        default=None, description="Objects: the level of above and below, or the least change."
    )
    percent: Annotated[float, Field(strict=True, gt=0, le=10**6, allow_inf_nan=False)] | None = Field(
        default=None, description="Change in per cent of the level that was last settled."
    )
    area_m2: Annotated[float, Field(strict=True, gt=0, le=1e10, allow_inf_nan=False)] | None = Field(
        default=None, description="Changed ground beyond what false alarms explain, square metres."
    )
    clear: Annotated[float, Field(strict=True, ge=0, le=1e10, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Level at which above, below or area ends and can be told again; `n` or `area_m2` where not given.",
    )
    looks: int = Field(
        default=1,
        strict=True,
        ge=1,
        le=50,
        description="Images in a row that must agree; those that show nothing are passed over.",
    )
    factor: Annotated[float, Field(strict=True, gt=1, le=20, allow_inf_nan=False)] = Field(
        default=1.5, description="Rise (or fall, as one over it) of the usual number that drift is to find."
    )
    months: Annotated[float, Field(strict=True, gt=0, le=1200, allow_inf_nan=False)] = Field(
        default=12.0, description="Months between two false alerts that drift is set for."
    )
    name: str = Field(default="", max_length=100, description="What the rule is called in alerts.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.when == "area":
            if self.area_m2 is None:
                raise ValueError("area_m2: is missing; an alert on changed area needs the area")
        elif self.of is None:
            raise ValueError("of: is missing; say what is counted, e.g. aircraft")
        if self.when in ("above", "below") and self.n is None:
            raise ValueError(f"n: is missing; an alert {self.when} a number needs the number")
        if self.when == "change" and self.n is None and self.percent is None:
            raise ValueError("n: is missing; an alert on a change needs n or percent")
        self._in_order()
        return self

    def _in_order(self) -> None:
        level = self.area_m2 if self.when == "area" else self.n
        if self.clear is None or level is None:
            return
        if self.when in ("above", "area") and self.clear > level:
            raise ValueError(f"clear: {self.clear:g} is above the level of {level:g}; give that or less")
        if self.when == "below" and self.clear < level:
            raise ValueError(f"clear: {self.clear:g} is below the level of {level:g}; give that or more")
