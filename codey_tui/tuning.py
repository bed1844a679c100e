"""How a model is loaded on this machine: as it was measured to run best, unless the settings say otherwise."""

from pathlib import Path

from msgspec.structs import replace

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import GgufInfo, inspect
from codey_tui.inference.probed import Known, Probes, habits_of
from codey_tui.inference.provider import Finished
from codey_tui.paths import Paths
from codey_tui.settings import Settings, computed_defaults


def probes_here(paths: Paths) -> Probes:
    """What was measured on this machine, in the user's data folder."""
    return Probes(paths.data_dir / "probes.json")


def tuned(options: LoadOptions, known: Known, settings: Settings) -> LoadOptions:
    """The options with the batch that was measured to be best, and with the threads, where those of the settings are the
    machine's own number and so nobody's choice."""
    probe = known.probe
    if known.habits is not None:
        options = replace(options, draft_gain=known.habits.draft_gain)
    if probe is None:
        return replace(options, n_threads=settings.n_threads)
    options = replace(options, n_batch=min(probe.n_batch, options.n_batch))
    if probe.flash:  # as quick, and it takes less memory; where it is slower, memory decides
        options = replace(options, flash=True)
    if settings.n_threads != computed_defaults()["n_threads"]:
        return replace(options, n_threads=settings.n_threads)
    most = max(probe.threads_prompt, probe.threads_generation)
    return replace(options, n_threads=most, threads_generation=probe.threads_generation)


class Tuning:
    """One model's file, as the provider asks for it. What is measured meanwhile counts from the next load on."""

    def __init__(self, paths: Paths, settings: Settings, path: Path) -> None:
        self._probes = probes_here(paths)
        self._settings = settings
        self._path = path
        self._info: GgufInfo | None = None

    def options(self, options: LoadOptions) -> LoadOptions:
        """How to load it now. Raises ModelMissing and ModelBroken."""
        self._info = inspect(self._path)
        return tuned(options, self._probes.get(self._info), self._settings)

    def used(self, finished: Finished) -> None:
        """Remember what a generation has told of the model."""
        if self._info is None or finished.seconds_inside <= 0:
            return
        rate = finished.tokens_out / finished.seconds_inside
        habits = habits_of(
            self._info,
            reuses=finished.reuses,
            prompt_rate=round(finished.prompt_rate, 1),
            generation_rate=round(rate, 1),
            draft_gain=round(finished.draft_gain, 2),
        )
        self._probes.note(self._info, finished.tokens_out, habits)


def in_words(known: Known) -> str:
    """What is known of a model here, in one line; empty when nothing is."""
    parts: list[str] = []
    if (probe := known.probe) is not None:
        parts.append(
            f"measured: {probe.prompt_rate:,.0f} tok/s of prompt with {threads(probe.threads_prompt)}, "
            f"{probe.generation_rate:,.1f} tok/s with {threads(probe.threads_generation)}, batch {probe.n_batch}"
        )
    if (habits := known.habits) is not None:
        parts.append(
            f"in use: {habits.prompt_rate:,.0f} tok/s of prompt, {habits.generation_rate:,.1f} tok/s; "
            f"template {habits.template or 'none'}, tool calls {habits.calls or 'none'}, "
            f"{'reuses' if habits.reuses else 'cannot reuse'} the beginning of a prompt"
            + (f", edits by drafts {habits.draft_gain:.1f} times as quick" if habits.draft_gain else "")
        )
    return "; ".join(parts)


def threads(count: int) -> str:
    """A number of them in words."""
    return f"{count} thread{'' if count == 1 else 's'}"
