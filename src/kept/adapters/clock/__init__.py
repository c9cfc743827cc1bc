"""Time and chance: the one room that may ask the machine for them."""

from kept.adapters.clock.ids import SystemIds
from kept.adapters.clock.shifted import ShiftedClock
from kept.adapters.clock.simulated import SimulatedClock
from kept.adapters.clock.system import SystemClock

__all__ = ["ShiftedClock", "SimulatedClock", "SystemClock", "SystemIds"]
