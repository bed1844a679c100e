"""One model in llama.cpp: loading, tokens, evaluation and the KV cache. Lives in the child process only."""

import ctypes
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import llama_cpp.llama_cpp as lib
import numpy as np

from codey_tui.inference.control_texts import ControlTexts
from codey_tui.inference.crowding import Crowding
from codey_tui.inference.frames import FailureKind, LoadOptions, generating_threads
from codey_tui.inference.grammar import Grammar
from codey_tui.inference.kv_memory import ASIDE, KvMemory
from codey_tui.inference.kv_store import common
from codey_tui.inference.lookup_payoff import PayOff, draft_limit
from codey_tui.inference.provider import ChatTurn
from codey_tui.inference.sampling import Logits
from codey_tui.inference.stopping import Stop
from codey_tui.inference.template import ChatTemplate, TemplateFailed

_WARNING = 3  # GGML_LOG_LEVEL_WARN; 4 is an error, 5 goes on with the line before
_Q8_0 = 8  # GGML_TYPE_Q8_0
_ABORTED = 2  # llama_decode: stopped by the abort callback
# Batches of fewer tokens say little of how fast prompts are read.
_MEASURED = 32


class RuntimeFailed(Exception):
    """llama.cpp could not do it; a sentence and the kind of failure."""

    def __init__(self, kind: FailureKind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind: FailureKind = kind
        self.sentence = sentence


class Aborted(Exception):
    """Evaluation was cancelled; the KV cache holds what was evaluated before."""


class Runtime:
    """A loaded model with one sequence. `tokens` is what its KV cache holds."""

    def __init__(
        self,
        path: str,
        options: LoadOptions,
        *,
        on_progress: Callable[[float], None],
        stop: Stop,
        threads: Callable[[], int] = lambda: 0,
        log: deque[str],
    ) -> None:
        self.options = options
        self.tokens: list[int] = []
        self.prompt_rate = options.prompt_rate
        self._log = log
        self._stop = stop
        self._wanted_threads = threads
        self._bound = (0, 0)
        self.seconds = 0.0
        """Spent in llama.cpp's evaluation so far."""
        self._model = self._load(path, on_progress)
        self._vocab: Any = lib.llama_model_get_vocab(self._model)
        if not self._vocab or not lib.llama_model_has_decoder(self._model):
            raise RuntimeFailed("broken", "This GGUF file holds no model that generates text.")
        # Recurrent and hybrid models keep one state for all tokens, which goes on but cannot be cut back.
        self.can_cut = not (lib.llama_model_is_recurrent(self._model) or lib.llama_model_is_hybrid(self._model))
        self._context = self._open_context()
        self.memory = KvMemory(self._context, int(lib.llama_model_n_swa(self._model)))
        self.n_ctx = int(lib.llama_n_ctx(self._context))
        self.n_vocab = int(lib.llama_vocab_n_tokens(self._vocab))
        self._pieces: dict[int, bytes] = {}
        self._rendered = {text.encode() for text in options.render_special}
        self._buffer = (lib.llama_token * options.n_batch)()
        self._single = lib.llama_batch_get_one(self._buffer, 1)
        self._logits: Logits = np.empty(0, np.float32)
        self._logits_at = 0
        self.pay_off = PayOff(options.draft_gain)
        self.draft_limit = self._draft_limit()
        self._draft: Any = None
        is_control: Any = lib.llama_vocab_is_control
        self._controls = ControlTexts(self._token_text(i) for i in range(self.n_vocab) if is_control(self._vocab, i))
        template = lib.llama_model_chat_template(self._model, None)
        self._template = ChatTemplate(
            template.decode("utf-8", "replace") if template else "",
            bos=self._token_text(cast("int", lib.llama_vocab_bos(self._vocab))),
            eos=self._token_text(cast("int", lib.llama_vocab_eos(self._vocab))),
        )

    # --- loading ---------------------------------------------------------------------------------------------------
    def _load(self, path: str, on_progress: Callable[[float], None]) -> Any:
        params = lib.llama_model_default_params()

        def progressed(fraction: float, _: ctypes.c_void_p) -> bool:
            on_progress(fraction)
            return True

        # The reference must live as long as the load.
        callback = lib.llama_progress_callback(progressed)
        params.progress_callback = callback
        params.n_gpu_layers = self.options.n_gpu_layers
        params.load_mode = lib.llama_load_mode_from_str(b"mmap" if self.options.mmap else b"none")
        # Repacked weights are a second copy: 8.0 instead of 5.0 GB for a 7B model, and slower prompt evaluation.
        params.use_extra_bufts = False
        model = lib.llama_model_load_from_file(path.encode(), params)
        if not model:
            raise RuntimeFailed("broken", self._why_not_loaded())
        return model

    def _why_not_loaded(self) -> str:
        for line in self._log:
            if "unknown model architecture" in line:
                name = line.rsplit(":", 1)[-1].strip().strip("'")
                return f"Its architecture, {name}, is unknown to this llama.cpp; a newer llama-cpp-python may know it."
        reason = self._log[0].split(": ", 1)[-1].rstrip(".") if self._log else "it gives no reason"
        return f"llama.cpp cannot load it: {reason}."

    def _open_context(self) -> Any:
        options = self.options
        params = lib.llama_context_default_params()
        trained = int(lib.llama_model_n_ctx_train(self._model))
        params.n_ctx = min(options.n_ctx, trained) if trained > 0 else options.n_ctx
        params.n_batch = params.n_ubatch = options.n_batch
        params.n_threads_batch = options.n_threads
        params.n_threads = generating_threads(options, int(lib.llama_model_size(self._model)))
        self._crowding = Crowding(params.n_threads)
        params.flash_attn_type = (
            lib.LLAMA_FLASH_ATTN_TYPE_DISABLED if options.flash is False else lib.LLAMA_FLASH_ATTN_TYPE_ENABLED
        )
        # A sliding window that drops old cells would make reuse of a prefix silently wrong.
        params.swa_full = True
        # The second sequence shares these cells: a question in between (`begin_aside`) leaves the first as it is.
        params.n_seq_max = 2 if self.can_cut else 1
        params.kv_unified = True
        params.abort_callback = ctypes.cast(ctypes.CDLL(None).strlen, lib.ggml_abort_callback)
        params.abort_callback_data = ctypes.c_void_p(ctypes.addressof(self._stop.text))
        if options.kv_type == "q8_0":
            params.type_k = params.type_v = _Q8_0
        self._log.clear()
        context = lib.llama_init_from_model(self._model, params)
        if not context:
            reason = f" ({self._log[-1].rstrip('.')})" if self._log else ""
            raise RuntimeFailed("too_large", f"A context of {params.n_ctx:,} tokens cannot be made{reason}.")
        return context

    @property
    def description(self) -> str:
        """llama.cpp's own words, such as `qwen2 0.5B Q4_K - Medium`."""
        buffer = ctypes.create_string_buffer(256)
        lib.llama_model_desc(self._model, cast("Any", buffer), 256)
        return buffer.value.decode("utf-8", "replace")

    # --- tokens ----------------------------------------------------------------------------------------------------
    def prompt_tokens(
        self, turns: Sequence[ChatTurn], prefill: str, functions: Sequence[dict[str, Any]] = ()
    ) -> list[int]:
        """Tokens of the templated prompt. Raises `RuntimeFailed`."""
        hidden, mark = self._controls.hide(turns)
        try:
            text = self._template.render(hidden, prefill, functions)
        except TemplateFailed as error:
            raise RuntimeFailed("other", f"The model's chat template refuses this conversation: {error}.") from error
        bos = self._template.bos
        # A template that writes the beginning-of-sequence token itself must not get a second one.
        begin = not (bos and text.startswith(bos))
        tokens: list[int] = []
        for part, special in self._controls.parts(text, mark):
            tokens += self._split(part, begin=begin, special=special)
            begin = False
        return tokens

    def _split(self, text: str, *, begin: bool, special: bool) -> list[int]:
        """Tokens of a text: with `begin` after those that begin a sequence, with `special` reading control texts."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 16
        out = (lib.llama_token * room)()
        count = lib.llama_tokenize(self._vocab, raw, len(raw), out, room, begin, special)
        if count < 0:
            raise RuntimeFailed("other", "llama.cpp could not split the prompt into tokens.")
        return list(out[:count])

    def token_of(self, text: str) -> int | None:
        """The token whose text this is, a control token or not; None for a text of several."""
        tokens = self._split(text, begin=False, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def is_end(self, token: int) -> bool:
        """Whether the token ends the generation (end of sequence, of turn, of message)."""
        return bool(lib.llama_vocab_is_eog(self._vocab, token))

    def piece(self, token: int) -> bytes:
        """The bytes that a token adds to the text; control tokens add none unless they are to be rendered."""
        known = self._pieces.get(token)
        if known is None:
            rendered = bool(self._rendered) and self._token_text(token).encode() in self._rendered
            known = self._pieces[token] = self._piece(token, rendered)
        return known

    def _piece(self, token: int, special: bool) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = lib.llama_token_to_piece(self._vocab, token, cast("Any", buffer), size, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def grammar(self, text: str) -> Grammar:
        """A grammar over this model's tokens. Raises `GrammarFailed`."""
        return Grammar(self._vocab, text, self.piece)

    def _token_text(self, token: int) -> str:
        return lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    # --- evaluation ------------------------------------------------------------------------------------------------
    def keep_prefix(self, prompt: Sequence[int]) -> int:
        """Drop what the KV cache holds beyond the common prefix with `prompt`; how many tokens stay.

        At least the last token of the prompt is left to evaluate, since its logits are wanted.
        """
        return self._truncate(min(common(self.tokens, prompt), len(prompt) - 1))

    def _truncate(self, keep: int) -> int:
        if not self.memory.reaches(keep) or not self.memory.cut(keep):
            self.can_cut = self.can_cut and self.memory.window > 0
            self.memory.clear()
            keep = 0
        del self.tokens[keep:]
        return keep

    def evaluate(self, tokens: Sequence[int]) -> None:
        """Append at most `n_batch` tokens. Raises `Aborted` or `RuntimeFailed`; the cache then ends before them."""
        self._buffer[: len(tokens)] = tokens
        started = time.monotonic()
        self._decode(lib.llama_batch_get_one(self._buffer, len(tokens)), tokens)
        if len(tokens) >= _MEASURED:
            rate = len(tokens) / max(time.monotonic() - started, 1e-6)
            self.prompt_rate = 0.7 * self.prompt_rate + 0.3 * rate if self.prompt_rate else rate

    def evaluate_one(self, token: int) -> None:
        """Append one token. Raises as `evaluate` does."""
        self._buffer[0] = token
        before = self.seconds
        self._decode(self._single, (token,))
        self._crowding.note(self.seconds - before)

    def evaluate_draft(self, tokens: Sequence[int]) -> None:
        """Append at most `draft_limit` tokens and one, and keep the logits after each: `logits(row)`."""
        if self._draft is None:
            self._draft = lib.llama_batch_init(self.draft_limit + 1, 0, 1)
            for place in range(self.draft_limit + 1):
                self._draft.n_seq_id[place], self._draft.seq_id[place][0], self._draft.logits[place] = 1, 0, 1
        batch, first = self._draft, len(self.tokens)
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place], batch.pos[place] = token, first + place
        self._decode(batch, tokens)

    def rewind(self, keep: int) -> None:
        """Drop what the KV cache holds beyond `keep` tokens. Raises as `evaluate` does where that means reading them again."""
        held = self.tokens[:keep]
        if len(held) < len(self.tokens) and self._truncate(keep) < len(held):
            self.draft_limit = 0
            for start in range(0, len(held), self.options.n_batch):
                self.evaluate(held[start : start + self.options.n_batch])

    def _draft_limit(self) -> int:
        """Tokens of a draft at most; 0 where a wrong one could not be taken back, since recurrent layers keep one state."""
        if not self.can_cut:
            return 0
        return min(draft_limit(int(lib.llama_model_size(self._model)), self.n_vocab), self.options.n_batch - 1)

    def begin_aside(self, prompt: Sequence[int]) -> int:
        """Begin a question in between with what the conversation shares with `prompt`; how many tokens that are.

        A model with one state for all it has read would keep another as large for this: there the conversation makes way.
        Raises `RuntimeFailed` where the rest has no room beside the conversation.
        """
        if not self.can_cut:
            return self.keep_prefix(prompt)
        keep = min(common(self.tokens, prompt), len(prompt) - 1)
        if len(self.tokens) + len(prompt) - keep > self.n_ctx:
            raise RuntimeFailed("too_long", "The conversation leaves no room in the context for a question in between.")
        if not self.memory.reaches(keep):
            keep = 0
        if keep:
            self.memory.share(keep)
        return keep

    def evaluate_aside(self, tokens: Sequence[int], position: int) -> None:
        """Append at most `n_batch` tokens to the question in between. Raises `Aborted` or `RuntimeFailed`."""
        if not self.can_cut:
            self.evaluate(tokens)
            return
        batch = lib.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for at, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.logits[at] = token, position + at, at == len(tokens) - 1
                batch.n_seq_id[at], batch.seq_id[at][0] = 1, ASIDE
            self._decode(batch, ())
        finally:
            lib.llama_batch_free(batch)

    def seconds_for(self, tokens: int) -> float:
        """About how long these tokens of a prompt take to read, in seconds; 0 where no rate was measured yet."""
        return tokens / self.prompt_rate if self.prompt_rate > 0 else 0.0

    @property
    def remembered(self) -> int:
        """Tokens of the conversation that llama.cpp itself says it holds; fewer than `tokens` where some fell out of it."""
        first, last = self.memory.span()
        whole = not self.can_cut or (self.memory.window and self.memory.reaches(last + 1))
        return last + 1 if whole else last + 1 - max(0, first)

    def restore(self, file: Path, tokens: Sequence[int]) -> bool:
        """Take a state from a file that was checked before; False leaves nothing."""
        self.tokens[:] = tokens if self.memory.restore(file, tokens) else ()
        return bool(self.tokens)

    @property
    def threads(self) -> int:
        """Threads that generate a token now."""
        return int(lib.llama_n_threads(self._context))

    def _follow_threads(self) -> None:
        """Take as many threads as are wanted by now and the other programs leave, never more than the model was loaded with."""
        bound = (self._wanted_threads(), self._crowding.threads)
        if bound == self._bound:
            return
        self._bound = bound
        most = self.options.n_threads
        batch = min(bound[0], most) if bound[0] > 0 else most
        lib.llama_set_n_threads(self._context, min(batch, bound[1]), batch)

    def _decode(self, batch: Any, tokens: Sequence[int]) -> None:
        self._follow_threads()
        started = time.perf_counter()
        code = lib.llama_decode(self._context, batch)
        self.seconds += time.perf_counter() - started
        if code == 0:
            self.tokens.extend(tokens)
            return
        self._truncate(len(self.tokens))
        if code == _ABORTED:
            raise Aborted
        reason = self._log[-1] if self._log else f"llama_decode returned {code}"
        raise RuntimeFailed("other", f"llama.cpp could not evaluate the prompt: {reason.rstrip('.')}.")

    def logits(self, row: int = -1) -> Logits:
        """Logits after the last token, or after that token of a draft, as a view that the next evaluation overwrites."""
        pointer: Any = lib.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise RuntimeFailed("other", "llama.cpp computed no logits for the last token.")
        address = ctypes.addressof(pointer.contents)
        if address != self._logits_at:
            self._logits = np.ctypeslib.as_array(pointer, shape=(self.n_vocab,))
            self._logits_at = address
        return self._logits


def keep_log(lines: deque[str], write: Callable[[str], object]) -> Any:
    """Send llama.cpp's log to `write`, and keep warnings and errors in `lines`; hold on to what is returned."""
    last = _WARNING

    def logged(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        nonlocal last
        last = level if level != 5 else last
        line = text.decode("utf-8", "replace")
        write(line)
        if last >= _WARNING and line.strip(" .\n"):
            lines.append(line.strip())

    callback = lib.llama_log_callback(logged)
    lib.llama_log_set(cast("Any", callback), ctypes.c_void_p(0))
    return callback
