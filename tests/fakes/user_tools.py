"""The source of a tool as a person writes one."""

GREETER = '''
"""Greets."""

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk


class Wish(msgspec.Struct):
    whom: str
    times: int = 1


class Greeter:
    name = "greet"
    summary = "Greet somebody."
    Args = Wish

    def assess(self, args, context):
        return Risk(level="read", reason="Only talks."), Preview(kind="text", title="Greet", body=args.whom)

    def run(self, args, context):
        return ActionResult(ok=True, summary="greeted", output="\\n".join([f"Hello, {args.whom}!"] * args.times))


TOOL = Greeter()
'''
