"""Ground floor: the frozen structs that clients and the engine exchange; no logic, no I/O."""
