"""The benchmarks run: no figure is judged here, since the machine may be busy."""

from msgspec.structs import replace

from codey_tui.bench.screen import Cost, measure, table, verdicts

COST = Cost(
    columns=80, rows=24, messages=0, cpu_per_token=0.002, bytes_per_token=400, rss=2**25, echo_p50=0.01, echo_p99=0.05, keys=9
)  # fmt: skip


def test_one_run_measures_everything() -> None:
    cost = measure((80, 24), 4, tokens=10, keys=3)
    assert cost.cpu_per_token > 0 and cost.bytes_per_token > 0
    assert cost.rss > 2**20 and 0 < cost.echo_p50 <= cost.echo_p99
    assert "80x24" in table([cost])


def test_limits_are_judged() -> None:
    long = replace(COST, messages=2000, cpu_per_token=0.0029)
    assert all(verdicts([COST, long]).values())
    for bad in (replace(long, cpu_per_token=0.0031), replace(long, rss=2**26), replace(long, echo_p99=0.2)):
        assert list(verdicts([COST, bad]).values()).count(False) == 1
