"""Measurements that back figures in the code; `codey bench` is what users run."""
