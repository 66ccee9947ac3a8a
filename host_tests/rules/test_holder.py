"""The printable holder is what its source makes, and small enough for a repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "holder"
SOURCE = FOLDER / "holder.scad"
STL = FOLDER / "holder.stl"
LARGEST = 150_000
# Versions of OpenSCAD cut one surface into triangles in different ways and round differently.
TOLERANCE_MM = 0.01
TOLERANCE_VOLUME = 0.001


def triangles(text):
    """Return the triangles of an ASCII STL as lists of three points."""
    points = [
        tuple(map(float, line.split()[1:]))
        for line in text.splitlines()
        if line.split()[:1] == ["vertex"]
    ]
    return [points[i : i + 3] for i in range(0, len(points), 3)]


def box(faces):
    """Return the least and the greatest of each coordinate."""
    axes = list(zip(*[point for face in faces for point in face], strict=True))
    return [*map(min, axes), *map(max, axes)]


def volume(faces):
    """Return the volume that a closed surface holds (divergence theorem)."""
    return sum(
        (
            a[0] * (b[1] * c[2] - b[2] * c[1])
            - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
        )
        / 6
        for a, b, c in faces
    )


def test_it_is_small():
    assert STL.stat().st_size <= LARGEST


def test_its_surface_is_closed():
    faces = triangles(STL.read_text())
    edges = [(face[i], face[(i + 1) % 3]) for face in faces for i in range(3)]
    # Each edge is walked once in either direction by the two triangles that share it.
    assert sorted(edges) == sorted((b, a) for a, b in edges)
    assert volume(faces) > 0


def test_it_is_what_the_source_makes(tmp_path):
    openscad = shutil.which("openscad")
    if openscad is None:
        pytest.skip("openscad is not installed (Debian: openscad)")
    fresh = tmp_path / "holder.stl"
    command = [openscad, "-o", str(fresh), str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    made, kept = triangles(fresh.read_text()), triangles(STL.read_text())
    assert box(made) == pytest.approx(box(kept), abs=TOLERANCE_MM)
    assert volume(made) == pytest.approx(volume(kept), rel=TOLERANCE_VOLUME)
