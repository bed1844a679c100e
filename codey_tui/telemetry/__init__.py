"""Readings of the machine and rates over time: numbers only."""

from codey_tui.telemetry.machine import physical_cores, total_memory
from codey_tui.telemetry.rate import RateMeter
from codey_tui.telemetry.reading import Telemetry

__all__ = ["RateMeter", "Telemetry", "physical_cores", "total_memory"]
