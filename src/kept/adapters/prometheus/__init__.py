"""Counters and gauges in the form that Prometheus reads."""

from kept.adapters.prometheus.meter import PrometheusMeter

__all__ = ["PrometheusMeter"]
