"""Who makes the calls to providers: threads of their own, or nobody else at all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class InlineExecutor(Executor):
    """Makes each call at once, in the caller's own thread: for tests and simulations."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call, and return the finished future; what is to end the program is raised at once."""
        future: Future[T] = Future()
        _call(future, partial(fn, *args, **kwargs))
        error = future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        return future


class SendingThreads(Executor):
    """
    A fixed number of threads that end with the program.

    The executors of the standard library are waited for when a program ends. A call to a mail server may take ten
    minutes, so these are not: what they leave open is on record, and its lease ends.

    Args:
        size: How many calls are made at once.
        name: Beginning of the threads' names.
    """

    def __init__(self, size: int, name: str = "kept-send") -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True) for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """
        Put the call in the queue.

        Raises:
            RuntimeError: shut down already.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("these threads were shut down; make new ones")
            self._tasks.put(partial(_call, future, partial(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  as its parent
        """Take no more calls, drop those that wait if told so; with *wait*, come back when the others were made."""
        with self._lock:
            self._closed = True
            with suppress(queue.Empty):
                while cancel_futures:
                    self._tasks.get_nowait()
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def _call(future: Future[T], call: Callable[[], T]) -> None:
    """Keep in the future what the call returns or raises."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  whatever it was belongs to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(result)
