"""What a report may be asked for: a period, steps, a comparison, one of several answers.

    filters = [PeriodFilter(), StepFilter(), CompareFilter(),
               ChoiceFilter(name="channel", label=_("Channel"), options=channel_options, any_label=_("All channels"))]

Each reads its own words of the address. What cannot be read is refused with the name of the field to blame, and the
typed words stay. `Chosen` holds the answers: `chosen.period`, `chosen.channel`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from app.core import clock
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.lowcode.periods import PRESETS, Comparison, Period, Step, previous, read_period, year_before

T = TypeVar("T")
Options = Sequence[tuple[str, Any]]
ALL, PERIOD, BY, COMPARE = _("All"), _("Period"), _("By"), _("Compare with")
LONGEST_WORD = 64
"""No filter's word is longer; what is typed beyond it is cut off and then refused."""


@dataclass(frozen=True, kw_only=True)
class ReportFilter:
    """One question. `names` are its words in the address, `shape` is how the page draws it: `segments` for a few
    answers side by side, `select` for many, `period`."""

    name: str
    label: Any
    default: str = ""
    shape: str = "segments"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def choices(self) -> Options:
        """The answers as they stand in the address, with their words."""
        raise NotImplementedError

    def word(self, typed: Mapping[str, str]) -> str:
        """The answer as it stands in the address; a missing word is the default."""
        return typed[self.name] or self.default

    def read(self, word: str, typed: Mapping[str, str]) -> Any:
        """The answer for a word that is one of the choices; InvalidInput names the field."""
        return word


@dataclass(frozen=True, kw_only=True)
class ChoiceFilter(ReportFilter):
    """One of several answers, or all of them together: then the answer is None."""

    shape: str = "select"
    options: Options | Callable[[], Options]
    any_label: Any = ALL

    def choices(self) -> Options:
        return [("", self.any_label), *(self.options() if callable(self.options) else self.options)]

    def read(self, word: str, typed: Mapping[str, str]) -> str | None:
        return word or None


@dataclass(frozen=True, kw_only=True)
class PeriodFilter(ReportFilter):
    """A named period, or typed days in `from` and `to`. Days alone are enough; a name wins over days."""

    name: str = "period"
    label: Any = PERIOD
    default: str = "30d"
    shape: str = "period"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, "from", "to")

    def choices(self) -> Options:
        return [*((preset.name, preset.label) for preset in PRESETS.values()), ("custom", _("Custom"))]

    def word(self, typed: Mapping[str, str]) -> str:
        return typed[self.name] or ("custom" if typed["from"] or typed["to"] else self.default)

    def read(self, word: str, typed: Mapping[str, str]) -> Period:
        today = clock.today()
        return PRESETS[word].of(today) if word in PRESETS else read_period(typed["from"], typed["to"], today=today)


@dataclass(frozen=True, kw_only=True)
class StepFilter(ReportFilter):
    """By day, week or month."""

    name: str = "by"
    label: Any = BY
    default: str = "day"

    def choices(self) -> Options:
        return [("day", _("Day")), ("week", _("Week")), ("month", _("Month"))]

    def read(self, word: str, typed: Mapping[str, str]) -> Step:
        return Step(word)


@dataclass(frozen=True, kw_only=True)
class CompareFilter(ReportFilter):
    """With what the period is compared; the answer is a function from the period, or None for no comparison."""

    name: str = "compare"
    label: Any = COMPARE
    default: str = "previous"

    def choices(self) -> Options:
        return [("none", _("No comparison")), ("previous", _("Previous period")), ("year", _("Last year"))]

    def read(self, word: str, typed: Mapping[str, str]) -> Callable[[Period], Comparison] | None:
        return {"none": None, "previous": previous, "year": year_before}[word]


class Chosen:
    """The answers to a report's filters. Whoever works out the figures of a request asks `once` for what several
    tables share."""

    def __init__(self, filters: Sequence[ReportFilter], args: Mapping[str, str]) -> None:
        self.filters = filters
        self.typed = {name: args.get(name, "").strip()[:LONGEST_WORD] for item in filters for name in item.names}
        self.words = {item.name: item.word(self.typed) for item in filters}
        self.choices = {item.name: item.choices() for item in filters}
        self.values: dict[str, Any] = {}
        self._made: dict[str, Any] = {}

    def read(self) -> None:
        """Read every filter; one InvalidInput names all the fields to blame."""
        refused: dict[str, Any] = {}
        for item in self.filters:
            word = self.words[item.name]
            if word not in {value for value, _label in self.choices[item.name]}:
                refused[item.name] = _("This is not one of the choices.")
                continue
            try:
                self.values[item.name] = item.read(word, self.typed)
            except InvalidInput as error:
                refused.update(error.fields)
        if refused:
            raise InvalidInput(refused)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` gave the first time in this request."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def label(self, item: ReportFilter) -> str:
        """The answer in words."""
        word = self.words[item.name]
        return next((str(label) for value, label in self.choices[item.name] if value == word), word)

    def pairs(self, **changes: str) -> list[tuple[str, str]]:
        """The words for an address or a form, some of them changed; what is the default is left out."""
        words = {**self.typed, **changes}
        defaults = {item.name: item.default for item in self.filters}
        return [(name, word) for name, word in words.items() if word and word != defaults.get(name)]

    def address(self, path: str, **changes: str) -> str:
        """`path` with these answers."""
        pairs = self.pairs(**changes)
        return f"{path}?{urlencode(pairs)}" if pairs else path
