"""What may be posted: functions marked with `@task`, found again by their dotted name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from .models import LaterJob

F = TypeVar("F", bound=Callable[..., Any])
LONGEST_WAIT = timedelta(hours=1)
RESERVED = {"func", "after", "key"}


class UnknownTask(LookupError):
    """A posted row names a function that is not there or was never marked as a task."""


class GiveUp(Exception):
    """Raised by a task that will never succeed: it fails now and is not tried again. The message is kept."""


@dataclass(frozen=True)
class About:
    """What there is to say of one piece of work: its `subject` (a file's name), the page of what it is about or came to
    with the word `opens` on the way there, a `note` below its result, and a `label` where the task's would not do."""

    subject: str = ""
    url: str | None = None
    opens: Any = None
    is_file: bool = False
    note: Any = ""
    label: Any = None


@dataclass(frozen=True)
class Watched:
    """That whoever begins such work in the back office follows it in their tray.

    `about(work)` says what is told there, in the reader's language. Whoever began it may stop it, unless `can_cancel`
    says no, and send it out again once it failed if `can_retry` says so: only for a task that asks anew whether its
    actor may do it.
    """

    about: Callable[["LaterJob"], About] = lambda _work: About()
    can_cancel: bool = True
    can_retry: bool = False


@dataclass(frozen=True)
class TaskOptions:
    """How a task is treated: retried `retries` times, first after `backoff`, and at most `limit` long."""

    retries: int
    backoff: timedelta
    limit: timedelta
    label: Any = None
    watched: Watched | None = None

    def wait_before(self, attempt: int, row_id: int) -> timedelta:
        """How long to wait after `attempt` failed tries: doubling, an hour at most, and up to a fifth longer by
        the row's number, so that what failed together does not come back together."""
        doubled = self.backoff * 2 ** min(attempt - 1, 30)
        return min(doubled, LONGEST_WAIT) * (1 + (row_id * 7919 % 1000) / 5000)


@overload
def task(func: F) -> F: ...
@overload
def task(*, retries: int = ..., backoff: timedelta = ..., limit: timedelta = ...,
         label: Any = ..., watched: Watched | None = ...) -> Callable[[F], F]: ...
def task(func: Any = None, *, retries: int = 5, backoff: timedelta = timedelta(seconds=10),
         limit: timedelta = timedelta(hours=1), label: Any = None, watched: Watched | None = None) -> Any:
    """Mark a function as one that `later` may post.

    It is tried `retries` times more after a first failure, waiting `backoff`, then twice as long each time. After
    `limit` its lease is no longer extended, so that a try which hangs is taken over by another worker. `label` is
    what staff read of it among the background work; `watched` puts it into the tray of whoever began it.
    """
    if retries < 0 or backoff <= timedelta(0) or limit <= timedelta(0):
        raise ValueError("a task has retries >= 0 and a backoff and limit above zero")

    def mark(function: F) -> F:
        taken = RESERVED & set(inspect.signature(function).parameters)
        if taken:
            raise TypeError(f"{function.__qualname__} cannot be a task: later() itself uses {sorted(taken)}")
        function.task_options = TaskOptions(retries, backoff, limit, label, watched)  # type: ignore[attr-defined]
        return function

    return mark(func) if func is not None else mark


_registered: dict[str, Callable[..., Any]] = {}


def name_of(func: Callable[..., Any]) -> str:
    """The dotted name under which a task is stored."""
    return f"{func.__module__}.{func.__qualname__}"


def options_of(func: Callable[..., Any]) -> TaskOptions:
    """How this task is treated; TypeError if it was never marked."""
    options = getattr(func, "task_options", None)
    if not isinstance(options, TaskOptions):
        raise TypeError(f"{name_of(func)} is not marked with @task")
    return options


def register_task(func: F) -> F:
    """Allow a task that lives outside of `app`, such as one of a test. Also as a decorator above `@task`."""
    options_of(func)
    _registered[name_of(func)] = func
    return func


def unregister_task(func: Callable[..., Any]) -> None:
    """Take a registered task out again. For tests."""
    _registered.pop(name_of(func), None)


def find_task(name: str) -> Callable[..., Any]:
    """The task of this dotted name. Only registered functions and marked ones below `app` are ever returned, so a
    row written by a stranger cannot name anything else; UnknownTask otherwise."""
    if name in _registered:
        return _registered[name]
    module_name, _dot, attribute = name.rpartition(".")
    if module_name == "app" or module_name.startswith("app."):
        try:
            func = getattr(import_module(module_name), attribute, None)
        except ImportError:
            func = None
        if callable(func) and isinstance(getattr(func, "task_options", None), TaskOptions) and name_of(func) == name:
            return func
    raise UnknownTask(name)


def label_of(name: str) -> str:
    """What people call the task of this dotted name; the readable end of the name where it has no label."""
    try:
        label = options_of(find_task(name)).label
    except UnknownTask:
        label = None
    return str(label) if label is not None else name.rpartition(".")[2].replace("_", " ").capitalize()


def watched(name: str) -> Watched:
    """How the task of this dotted name stands in trays; work of a task that is gone can only be looked at."""
    try:
        return options_of(find_task(name)).watched or Watched(can_cancel=False)
    except UnknownTask:
        return Watched(can_cancel=False)


def is_findable(func: Callable[..., Any]) -> bool:
    """Whether a worker that reads this task's name would find this very function."""
    try:
        return find_task(name_of(func)) is func
    except UnknownTask:
        return False
