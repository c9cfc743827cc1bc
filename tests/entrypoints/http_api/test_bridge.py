"""Results of another thread arrive in the loop, whoever waits and however many."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from kept.entrypoints.http_api.bridge import Bridge


def test_results_arrive_in_the_loop_with_one_call_for_many() -> None:
    bridge = Bridge()
    futures: list[Future[int]] = [Future() for _ in range(100)]

    def resolve() -> None:
        for number, future in enumerate(futures):
            future.set_result(number)

    async def waiting() -> list[int]:
        tasks = [asyncio.ensure_future(bridge.result(future)) for future in futures]
        await asyncio.sleep(0)
        thread = threading.Thread(target=resolve)
        thread.start()
        found = await asyncio.gather(*tasks)
        thread.join()
        return found

    assert asyncio.run(waiting()) == list(range(100))


def test_an_error_arrives_as_it_is() -> None:
    bridge = Bridge()
    future: Future[int] = Future()

    async def waiting() -> int:
        asyncio.get_running_loop().call_soon(future.set_exception, KeyError("x"))
        return await bridge.result(future)

    with pytest.raises(KeyError):
        asyncio.run(waiting())


def test_what_is_there_already_needs_no_waiting() -> None:
    done: Future[int] = Future()
    done.set_result(7)

    assert asyncio.run(Bridge().result(done)) == 7


def test_whoever_stopped_waiting_is_passed_over() -> None:
    bridge = Bridge()
    first: Future[int] = Future()
    second: Future[int] = Future()

    async def waiting() -> int:
        gone = asyncio.ensure_future(bridge.result(first))
        stays = asyncio.ensure_future(bridge.result(second))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        first.set_result(1)
        second.set_result(2)
        return await stays

    assert asyncio.run(waiting()) == 2
