"""The notebook of the examples runs, and its cells show what they are to show."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, TINY

nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def test_the_notebook_of_topics_runs() -> None:
    import nbformat

    notebook = nbformat.read(ROOT / "python/examples/topics.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": ROOT}}).execute()
    shown: list[Any] = [cell.outputs[-1].data for cell in notebook.cells if cell.cell_type == "code"]
    assert "Representative_Docs" in shown[1]["text/html"]
    for at, table in [(2, "texts"), (5, "level")]:
        html = shown[at]["text/html"]
        assert html.count('<iframe class="relata-map"') == 1 and f">{table}</th>" in html
    assert '<a href="https://arxiv.org/abs/' in shown[6]["text/html"]


TOPICS = """
import numpy as np, relata
_ = relata.topics(np.random.default_rng(1).normal(size=(600, 16)), ["A text"] * 600, progress=True)
"""


def test_steps_stand_below_their_cell_in_one_line() -> None:
    from nbformat import v4

    if importlib.util.find_spec("ipywidgets"):
        pytest.skip("bars of tqdm stand below the cell here")
    assert importlib.util.find_spec("tqdm")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(TOPICS)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    [output] = notebook.cells[0].outputs
    assert (output.output_type, output.data) == ("display_data", {"text/plain": "naming"})


CELL = """
import pyarrow, relata.shards
table = pyarrow.table({{"id": ["a", "b", "c"], "text": ["ice", "snow", "sea"]}})
_ = relata.shards.embed(table, {folder!r}, model={model!r})
"""


def test_how_far_a_job_is_stands_below_its_cell(tmp_path: Path) -> None:
    from nbformat import v4

    notebook = v4.new_notebook(cells=[v4.new_code_cell(CELL.format(folder=str(tmp_path / "out"), model=TINY))])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    # One output that was written over, and nothing on standard error, which notebooks show as warnings.
    [output] = notebook.cells[0].outputs
    assert output.output_type == "display_data" and output.data["text/plain"].startswith("embedding: 3 rows, ")
