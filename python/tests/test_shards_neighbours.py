"""`relata.shards.neighbours`: the nearest of all rows, which do not depend on how rows are divided."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shard_files import blobs, divide

import relata
import relata.shards
from relata.shards import Neighbours
from relata.shards._files import Folder

IDS, VECTORS = blobs(1500, centres=30)


def _found(neighbours: Neighbours) -> dict[str, list[tuple[str, float]]]:
    table = neighbours.table()
    lists = zip(table.column("neighbours").to_pylist(), table.column("cosine").to_pylist(), strict=True)
    return {name: list(zip(*both, strict=True)) for name, both in zip(table.column("id").to_pylist(), lists, strict=True)}


def _exact(k: int) -> list[list[str]]:
    cosines = VECTORS.astype(np.float64) @ VECTORS.T.astype(np.float64)
    np.fill_diagonal(cosines, -2.0)
    return [[IDS[at] for at in np.argsort(-row, kind="stable")[:k]] for row in cosines]


def test_neighbours_are_the_same_however_rows_are_divided(tmp_path: Path) -> None:
    found = []
    for shards, memory in ((1, 4 << 30), (3, 4 << 30), (16, 150_000)):
        folder = divide(tmp_path / f"in{shards}", IDS, VECTORS, shards, seed=shards)
        found.append(relata.shards.neighbours(folder, tmp_path / f"out{shards}", k=5, cells=50, around=3, memory=memory))
    for other in found[1:]:
        assert _found(other) == _found(found[0])
    # Little memory makes many parts, and rows are read more than once.
    assert len(found[0].files) == 1 and len(found[2].files) > 3
    assert found[0].compared == 1500 and found[2].compared > 2000
    assert [one.cells for one in found] == [50, 50, 50]
    exact = _exact(5)
    near = _found(found[0])
    share = np.mean([len({other for other, _ in near[name]} & set(exact[at])) / 5 for at, name in enumerate(IDS)])
    assert 0.9 < share < 1.0
    for at, name in enumerate(IDS[:50]):
        for neighbour, cosine in near[name]:
            assert abs(cosine - VECTORS[at] @ VECTORS[IDS.index(neighbour)]) < 1e-6


def test_with_all_cells_around_they_are_the_nearest(tmp_path: Path) -> None:
    found = relata.shards.neighbours(divide(tmp_path / "in", IDS, VECTORS, 4), tmp_path / "out", k=7)
    near = _found(found)
    assert [[other for other, _ in near[name]] for name in IDS] == _exact(7)
    assert (found.rows, found.k, found.cells) == (1500, 7, 3)
    # All rows in the order of cells are gone.
    assert list((tmp_path / "out" / "rows").iterdir()) == []


def test_equal_rows_are_ordered_by_id_and_few_have_all_others(tmp_path: Path) -> None:
    ids, vectors = [f"{n:02}" for n in range(40)], np.tile(np.array([0.6, 0.8], np.float32), (40, 1))
    near = _found(relata.shards.neighbours(divide(tmp_path / "in", ids, vectors, 3), tmp_path / "out", k=3, cells=2))
    assert [other for other, _ in near["00"]] == ["01", "02", "03"]
    assert [other for other, _ in near["39"]] == ["00", "01", "02"]
    few = relata.shards.neighbours(divide(tmp_path / "few", IDS[:4], VECTORS[:4], 2), tmp_path / "few-out", k=15)
    assert few.k == 3 and all(len(near) == 3 for near in _found(few).values())
    one = relata.shards.neighbours(divide(tmp_path / "one", IDS[:1], VECTORS[:1], 1), tmp_path / "one-out")
    assert one.k == 0 and _found(one) == {IDS[0]: []}


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS, VECTORS, 3)
    ask: dict[str, Any] = {"k": 4, "cells": 30, "around": 4, "memory": 150_000}
    first = relata.shards.neighbours(folder, tmp_path / "out", **ask)
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in first.files}
    again = relata.shards.neighbours(folder, tmp_path / "out", **ask)
    assert again.files == first.files and again.compared == first.compared
    # The job was stopped when it had written all but one part.
    (tmp_path / "out" / "neighbours.json").unlink()
    (tmp_path / "out" / first.files[2]).unlink()
    again = relata.shards.neighbours(folder, tmp_path / "out", **ask)
    later = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in again.files}
    assert {name for name in times if later[name] != times[name]} == {first.files[2]}
    fresh = relata.shards.neighbours(folder, tmp_path / "fresh", **ask)
    assert _found(again) == _found(fresh)
    # The files of another question give way.
    other = relata.shards.neighbours(folder, tmp_path / "out", **ask | {"k": 3})
    assert set(Folder(tmp_path / "out").names(".parquet")) == set(other.files) and not set(other.files) & set(first.files)


def test_what_cannot_be_found_is_said(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS[:60], VECTORS[:60], 2)
    wrong: list[dict[str, Any]] = [{"k": 0}, {"around": 0}, {"cells": 0}]
    for ask in wrong:
        with pytest.raises(relata.errors.RequestError, match="each is 1 or more"):
            relata.shards.neighbours(folder, tmp_path / "out", **ask)
    with pytest.raises(relata.errors.RequestError, match="memory is enough for 8"):
        relata.shards.neighbours(folder, tmp_path / "out", k=2, memory=2500)


def test_files_of_others_stay_and_what_a_stopped_job_left_goes(tmp_path: Path) -> None:
    folder, out = divide(tmp_path / "in", IDS, VECTORS, 2), tmp_path / "out"
    (out / "rows").mkdir(parents=True)
    for name in ("rows/mine.csv", "rows/rows-mine.parquet", "neighbours-mine.parquet"):
        (out / name).write_bytes(b"mine")
    first = relata.shards.neighbours(folder, out, k=3)
    # As if the job had been stopped when it had written what it found.
    left = [out / "rows" / f"rows-{'0' * 32}.parquet", out / "rows" / f"{'0' * 32}.npy", out / f"neighbours-{'0' * 32}.parquet"]
    for path in left:
        path.write_bytes(b"left")
    again = relata.shards.neighbours(folder, out, k=3)
    assert again.files == first.files and not any(path.exists() for path in left)
    assert sorted(path.name for path in (out / "rows").iterdir()) == ["mine.csv", "rows-mine.parquet"]
    assert (out / "neighbours-mine.parquet").read_bytes() == b"mine"
    with pytest.raises(relata.errors.RequestError, match="the shards lie in .*rows, to which this job writes"):
        relata.shards.neighbours(divide(tmp_path / "other" / "rows", IDS, VECTORS, 2), tmp_path / "other")
    assert len(list((tmp_path / "other" / "rows").iterdir())) == 2


def test_a_shard_that_is_written_anew_is_another_one(tmp_path: Path) -> None:
    folder = divide(tmp_path / "in", IDS[:300], VECTORS[:300], 1)

    def found() -> list[list[str]]:
        answers: list[Any] = [relata.shards.neighbours(folder, tmp_path / "near", k=3), relata.shards.cluster(folder, tmp_path / "clusters", k=3)]
        return [sorted(answer.table().column("id").to_pylist()) for answer in answers]

    assert found() == [IDS[:300]] * 2
    divide(folder, IDS[300:700], VECTORS[300:700], 1)
    assert found() == [IDS[300:700]] * 2
