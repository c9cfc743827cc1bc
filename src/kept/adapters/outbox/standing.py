"""What the outbox was ordered to do, while messages use it up."""

from __future__ import annotations

import sqlite3

from kept.adapters.outbox import schema
from kept.adapters.outbox.messages import Behaviour, Order, OrderRow
from kept.core.people import ChannelName


class Standing:
    """The orders, while one commit uses them up."""

    def __init__(self, orders: dict[ChannelName, Order]) -> None:
        self._orders = orders
        self._left = {channel: order.times for channel, order in orders.items()}

    def next(self, channel: ChannelName) -> tuple[Behaviour, float]:
        """Return what becomes of the next message of a channel, and its seconds."""
        order, left = self._orders.get(channel), self._left.get(channel)
        if order is None or left == 0:
            return Behaviour.ACCEPT, 0.0
        if left is not None:
            self._left[channel] = left - 1
        return order.behaviour, order.seconds

    def changed(self) -> list[OrderRow]:
        """Return the orders of which some is used up."""
        orders = self._orders.items()
        return [order_row(order, self._left[name]) for name, order in orders if self._left[name] != order.times]

    def finished(self) -> list[tuple[str]]:
        """Return the channels whose order is over."""
        return [(channel.value,) for channel, left in self._left.items() if left == 0]


def orders_in(db: sqlite3.Connection) -> dict[ChannelName, Order]:
    """Return what is ordered, by channel."""
    rows = db.execute(schema.ORDERS).fetchall()
    orders = [
        Order(channel=ChannelName(channel), behaviour=Behaviour(behaviour), times=times, seconds=seconds)
        for channel, behaviour, times, seconds in rows
    ]
    return {order.channel: order for order in orders}


def order_row(order: Order, times: int | None) -> OrderRow:
    """Return an order as it is kept."""
    return (order.channel.value, order.behaviour.value, times, order.seconds)
