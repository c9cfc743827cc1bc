"""Metrics as lines of a log, which CloudWatch reads."""

from kept.adapters.cloudwatch_logs.meter import EmfMeter

__all__ = ["EmfMeter"]
