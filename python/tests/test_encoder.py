"""`relata.Encoder`: the bits of the program, what is taken and what is refused."""

import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import TINY, Run

import relata
from relata.errors import RequestError

TEXTS = [
    "Ice sheets lose mass where warm water reaches their base.",
    "A kernel method for small samples.",
    "",
    "Transformers that read proteins " * 120,
    "Ümläute, 漢字 and 𝔘nicode.",
]


def test_vectors_are_those_of_the_program(encoder: relata.Encoder, program: Run, tmp_path: Path) -> None:
    lines, out = tmp_path / "texts.txt", tmp_path / "vectors.npy"
    lines.write_text("\n".join(text for text in TEXTS if text) + "\n")
    done = program("embed", str(lines), "--lines", "--output", str(out))
    assert done.returncode == 0, done.stderr
    written = np.load(out)
    vectors = encoder.encode([text for text in TEXTS if text])
    assert vectors.dtype == np.float32 and vectors.flags.c_contiguous
    assert vectors.tobytes() == written.tobytes()
    small = encoder.encode([text for text in TEXTS if text], batch_tokens=300)
    assert small.tobytes() == written.tobytes()


def test_rows_are_in_order_and_of_unit_length(tiny: relata.Encoder) -> None:
    together = tiny.encode(TEXTS)
    assert together.shape == (5, tiny.dimension)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    for text, row in zip(TEXTS, together, strict=True):
        alone = tiny.encode(text)
        assert alone.shape == (tiny.dimension,)
        assert alone.tobytes() == row.tobytes()


def test_a_model_has_a_name(encoder: relata.Encoder, tiny: relata.Encoder) -> None:
    assert encoder.name == "all-MiniLM-L6-v2"
    assert tiny.name == Path(TINY).name


def test_nothing_gives_no_rows(tiny: relata.Encoder) -> None:
    assert tiny.encode([]).shape == (0, tiny.dimension)


def test_tokens_and_what_was_cut(encoder: relata.Encoder) -> None:
    embedded = encoder.embed(["ice", "ice " * 300])
    assert embedded.tokens.tolist() == [3, 256] and embedded.cut.tolist() == [0, 46]
    assert encoder.count_tokens(["ice", "ice " * 300]).tolist() == [3, 256]
    assert encoder.max_seq_length == 256 and encoder.get_sentence_embedding_dimension() == 384
    windows = relata.Encoder(long="window").embed(["ice " * 300])
    assert windows.cut.tolist() == [0] and windows.tokens.tolist() == [304]


@pytest.mark.parametrize("texts", [tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object), (text for text in TEXTS)])
def test_any_iterable_of_texts(tiny: relata.Encoder, texts: object) -> None:
    assert tiny.encode(texts).tobytes() == tiny.encode(TEXTS).tobytes()  # type: ignore[arg-type]


def test_what_is_no_text_is_named(tiny: relata.Encoder) -> None:
    with pytest.raises(TypeError, match="text 1 is float, not str"):
        tiny.encode(["ice", float("nan")])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="one text"):
        tiny.transform("ice")
    with pytest.raises(relata.errors.ArgumentError, match="text 1 has half a character at place 4"):
        tiny.encode(["Eis", "Eis ❄"[:4] + "\ud800"])


def test_arguments_of_sentence_transformers(tiny: relata.Encoder) -> None:
    plain = tiny.encode(TEXTS)
    same = tiny.encode(
        TEXTS, batch_size=8, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True, device=None, prompt_name="document"
    )
    assert same.tobytes() == plain.tobytes()


@pytest.mark.parametrize(
    "arguments",
    [
        {"output_value": "token_embeddings"},
        {"precision": "int8"},
        {"prompt": "query: "},
        {"prompt_name": "clustering"},
        {"truncate_dim": 8},
        {"device": "cuda"},
        {"convert_to_numpy": False},
        {"batch_tokens": 0},
    ],
)
def test_what_would_lie_is_refused(tiny: relata.Encoder, arguments: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=next(iter(arguments))) as raised:
        tiny.encode(TEXTS, **arguments)  # type: ignore[arg-type]
    assert raised.value.code == "malformed-request"


def test_a_models_own_rows_are_asked_for_by_name() -> None:
    own = relata.Encoder(TINY, unit_rows=False)
    rows = own.encode(TEXTS)
    unit = relata.Encoder(TINY).encode(TEXTS)
    assert np.allclose(rows / np.linalg.norm(rows, axis=1, keepdims=True), unit, atol=1e-6)
    assert np.allclose(own.encode(TEXTS, normalize_embeddings=True), unit, atol=1e-6)


def test_errors_have_codes() -> None:
    for arguments, code, kind in [
        ({"model": "no-such-model"}, "model-unknown", relata.errors.ModelError),
        ({"precision": "f17"}, "precision", relata.errors.EmbeddingError),
        ({"device": "toaster"}, "device", relata.errors.EmbeddingError),
    ]:
        with pytest.raises(kind) as raised:
            relata.Encoder(**arguments)  # type: ignore[arg-type]
        assert raised.value.code == code, raised.value
        assert isinstance(raised.value, relata.Error)


def test_pickled_and_shown() -> None:
    encoder = relata.Encoder(TINY, as_query=True)
    again = pickle.loads(pickle.dumps(encoder))
    assert again.encode(TEXTS).tobytes() == encoder.encode(TEXTS).tobytes()
    assert repr(again) == f"Encoder(model={TINY!r}, as_query=True)"
    assert again.fingerprint == encoder.fingerprint and len(again.fingerprint) == 64


def test_threads_get_the_same_vectors(tiny: relata.Encoder) -> None:
    expected = tiny.encode(TEXTS).tobytes()
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(tiny.encode(TEXTS).tobytes())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 16


def test_another_thread_runs_while_texts_are_embedded(tiny: relata.Encoder) -> None:
    """With the lock held, the other thread would count nothing until the end."""
    counted, ended = 0, threading.Event()

    def encode() -> None:
        tiny.encode(TEXTS * 200)
        ended.set()

    worker = threading.Thread(target=encode)
    worker.start()
    while not ended.is_set():
        counted += 1
        time.sleep(0.001)
    worker.join()
    assert counted > 5


def test_progress_is_told_to_the_end(tiny: relata.Encoder, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.encode(TEXTS, show_progress_bar=True)
    assert "5/5" in capsys.readouterr().err


ENDLESS = """
import sys
import relata
encoder = relata.Encoder(sys.argv[1])
encoder.encode(["warm"])
try:
    print("ready", flush=True)
    encoder.encode(["ice on water " * 40] * 400_000)
except KeyboardInterrupt:
    print("stopped", encoder.encode(["warm"]).shape[0], flush=True)
"""


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    running = subprocess.Popen([sys.executable, str(script), TINY], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    # It may have begun or not: what comes is the same.
    running.send_signal(signal.SIGINT)
    # The end of all texts is minutes away.
    assert running.communicate(timeout=30)[0] == "stopped 1\n"
    assert running.returncode == 0


FORKED = """
import multiprocessing
import sys
import relata

def rows(model):
    try:
        return relata.Encoder(model).encode(["ice"]).shape[0]
    except relata.errors.ForkedError as error:
        return error.code

if __name__ == "__main__":
    model = sys.argv[1]
    print(multiprocessing.get_context("fork").Pool(1).apply(rows, [model]))
    print(rows(model))
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.apply(rows, [model]))
    print(rows(model))
"""


def test_forked_processes_are_told_and_do_not_hang(tmp_path: Path) -> None:
    script = tmp_path / "forked.py"
    script.write_text(FORKED)
    done = subprocess.run([sys.executable, str(script), TINY], text=True, capture_output=True, timeout=120)
    assert done.stdout.split("\n") == ["1", "1", "fork forked", "spawn 1", "forkserver 1", "1", ""], done.stderr


def test_parameters_change_all_or_none(tiny: relata.Encoder) -> None:
    encoder = relata.Encoder(TINY)
    with pytest.raises(relata.errors.ArgumentError, match="as_query is 'no'; True or False is needed"):
        encoder.set_params(long="window", as_query="no")
    with pytest.raises(relata.errors.Error):
        encoder.set_params(long="window", precision="bad")
    assert encoder.get_params() == tiny.get_params() and encoder.encode(TEXTS).tobytes() == tiny.encode(TEXTS).tobytes()
    with pytest.raises(relata.errors.ArgumentError, match="as_query is 'no'"):
        encoder.encode(TEXTS, as_query="no")  # type: ignore[arg-type]
    with pytest.raises(relata.errors.ArgumentError, match="as_query is 1"):
        relata.Encoder(TINY, as_query=1)  # type: ignore[arg-type]
