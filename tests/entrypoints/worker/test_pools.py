from __future__ import annotations

import threading

import pytest

from kept.entrypoints.worker import InlineExecutor, SendingThreads


def _wait_for(go_on: threading.Event, waiting: threading.Event) -> bool:
    waiting.set()
    return go_on.wait(10)


def test_inline_calls_are_made_at_once_in_the_callers_thread() -> None:
    future = InlineExecutor().submit(threading.current_thread)

    assert future.result() is threading.current_thread()


def test_inline_calls_keep_their_error_in_the_future() -> None:
    assert isinstance(InlineExecutor().submit(int, "x").exception(), ValueError)


def test_what_is_to_end_the_program_is_not_kept_back() -> None:
    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().submit(end)


def test_threads_make_as_many_calls_at_once_as_there_are_threads() -> None:
    pool = SendingThreads(3)
    together = threading.Barrier(3)

    places = [pool.submit(together.wait, 10) for _ in range(3)]

    assert sorted(place.result(10) for place in places) == [0, 1, 2]
    pool.shutdown()


def test_threads_keep_errors_in_the_future_and_live_on() -> None:
    pool = SendingThreads(1)

    wrong, right = pool.submit(int, "x"), pool.submit(int, "7")

    assert isinstance(wrong.exception(10), ValueError)
    assert right.result(10) == 7
    pool.shutdown()


def test_a_shut_down_pool_takes_no_more_but_makes_what_it_has() -> None:
    pool = SendingThreads(1)
    waiting, go_on = threading.Event(), threading.Event()
    first = pool.submit(_wait_for, go_on, waiting)
    second = pool.submit(int, "7")
    assert waiting.wait(10)

    pool.shutdown(wait=False)
    go_on.set()

    assert (first.result(10), second.result(10)) == (True, 7)
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_a_pool_can_be_told_to_drop_what_waits() -> None:
    pool = SendingThreads(1)
    waiting, go_on = threading.Event(), threading.Event()
    first = pool.submit(_wait_for, go_on, waiting)
    assert waiting.wait(10)
    second = pool.submit(int, "7")

    pool.shutdown(wait=False, cancel_futures=True)
    go_on.set()

    assert first.result(10) is True
    pool.shutdown()
    assert not second.done()


def test_a_call_that_was_cancelled_is_not_made() -> None:
    pool = SendingThreads(1)
    waiting, go_on = threading.Event(), threading.Event()
    made: list[int] = []
    pool.submit(_wait_for, go_on, waiting)
    assert waiting.wait(10)
    dropped = pool.submit(made.append, 1)

    assert dropped.cancel()
    go_on.set()
    pool.shutdown()

    assert made == []
