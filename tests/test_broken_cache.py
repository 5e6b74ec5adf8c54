"""A cache in any broken state costs time, never a session: each notebook here runs as if nothing were wrong."""

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from fearless_client import Kernel

# A crate with a build script, and one that has none.
CELLS = {
    '1 + 1': "2",
    ':dep itoa = "1"\n:dep libc = "0.2"\nitoa::Buffer::new().format(unsafe { libc::getpid() } * 0 + 17).to_owned()': '"17"',
    "let n = itoa::Buffer::new().format(18).to_owned();": None,
    "std::thread::spawn(move || n.len()).join().unwrap()": "2",
}  # fmt: skip


def session(cache: Path, cells=CELLS, **more: str) -> list:
    """Runs the cells in a kernel of its own; all must do what they do with a cache that is whole."""
    with Kernel(XDG_CACHE_HOME=str(cache), **more) as kernel:
        results = [kernel.ok(code, timeout=600) for code in cells]
    assert [result.value for result in results] == list(cells.values())
    return results


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A cache in which all that the cells need was compiled."""
    cache = tmp_path_factory.mktemp("whole")
    session(cache)
    return cache


@pytest.fixture
def cache(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "cache", symlinks=True))


def halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scramble(path: Path) -> None:
    """Other bytes, as many: what a power cut leaves."""
    path.write_bytes(bytes(len(path.read_bytes())))


def of_another_toolchain(path: Path) -> None:
    """As another rustc would have written it."""
    path.write_bytes(path.read_bytes().replace(b"rustc 1.", b"rustc 9."))


FILES = {
    "std": "std/*/*.so",
    "rlibs of std": "std/*/*.rlib",
    "crates": "target/**/*.rlib",
    "metadata": "target/**/*.rmeta",
    "fingerprints": "target/**/.fingerprint/*/*",
    "build scripts": "target/**/build/*/*",
    "layers": "layers/*/*/*.so",
    "crates of layers": "layers/*/*/**/*.rlib",
    "recipes": "recipes/*/*.json",
    "lines of linkers": "recipes/*/*.link",
    "answers": "answers/*/*",
}  # fmt: skip


def files(cache: Path, pattern: str) -> list[Path]:
    found = [path for path in (cache / "fearless").glob(pattern) if path.is_file() and path.name != "last-used"]
    assert found, pattern
    return found


@pytest.mark.full
@pytest.mark.parametrize("damage", [halve, empty, scramble], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("what", FILES)
def test_files_that_are_not_whole(cache, what, damage):
    for path in files(cache, FILES[what]):
        damage(path)
    session(cache)
    # And what was made anew is whole.
    session(cache)


@pytest.mark.full
@pytest.mark.parametrize("what", ["rlibs of std", "crates", "metadata", "layers", "crates of layers"])
def test_files_of_another_toolchain(cache, what):
    for path in files(cache, FILES[what]):
        of_another_toolchain(path)
    session(cache)


@pytest.mark.full
@pytest.mark.parametrize("what", FILES)
def test_files_that_are_gone(cache, what):
    for path in files(cache, FILES[what]):
        path.unlink()
    session(cache)


def test_half_a_layer_while_the_session_goes_on(cache):
    """The folder breaks below a kernel that has used it."""
    with Kernel(XDG_CACHE_HOME=str(cache)) as kernel:
        cells = list(CELLS)
        kernel.ok(cells[0])
        kernel.ok(cells[1], timeout=600)
        for path in files(cache, FILES["crates"]) + files(cache, FILES["recipes"]):
            halve(path)
        kernel.ok(cells[2], timeout=600)
        assert kernel.ok(cells[3]).value == "2"
        assert kernel.ok(':dep hex = "0.4"\nhex::encode([10u8])', timeout=600).value == '"0a"'


@pytest.mark.full
def test_two_kernels_at_once(tmp_path):
    """Both begin with nothing, and want the same."""
    failures = []

    def run():
        try:
            session(tmp_path)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


# A crate, and one that depends on it: what is compiled for one home is another crate for the other.
NAMES = ':dep tempfile = "3"\ntempfile::Builder::new().rand_bytes(7).tempdir().unwrap().path().exists()'
RANDOM = ':dep fastrand = "2"\nfastrand::Rng::with_seed(7).u8(4..5)'


def test_two_homes_of_cargo(tmp_path):
    """A hub, a container or an editor has one of its own, and shares the cache."""
    homes = [{"CARGO_HOME": str(tmp_path / name), "XDG_CACHE_HOME": str(tmp_path)} for name in ("one", "two")]

    def names_and_numbers(kernel: Kernel) -> None:
        assert kernel.ok(NAMES, timeout=600).value == "true"
        assert kernel.ok(RANDOM, timeout=600).value == "4"

    with Kernel(**homes[0]) as first:
        assert first.ok(NAMES, timeout=600).value == "true"
        with Kernel(**homes[1]) as second:
            names_and_numbers(second)
        names_and_numbers(first)
    for home in [*homes, *homes]:
        with Kernel(**home) as kernel:
            names_and_numbers(kernel)


def test_crates_that_do_not_fit_together(tmp_path):
    """What is compiled for one home lies among what was compiled for the other, as by an older kernel."""
    homes = [{"CARGO_HOME": str(tmp_path / name)} for name in ("one", "two")]
    caches = [tmp_path / "cache", tmp_path / "other"]
    for home, cache in zip(homes, caches):
        session(cache, {NAMES: "true"}, **home)
    mixed = 0
    for name in ("libfastrand-*", "libonce_cell-*"):
        for theirs, ours in zip(*[sorted(it.glob(f"fearless/target/**/{name}")) for it in reversed(caches)]):
            shutil.copy2(theirs, ours)
            mixed += 1
    assert mixed
    for recipe in caches[0].glob("fearless/recipes/*/*.json"):
        recipe.unlink()
    for _ in range(2):
        session(caches[0], {NAMES: "true", RANDOM: "4"}, **homes[0])


@pytest.mark.full
@pytest.mark.parametrize("seconds", [0.5, 1.5, 3, 6, 12])
def test_killed_in_the_middle(tmp_path, seconds):
    """Kernel and compilers die at once, as when the machine does."""
    with Kernel(XDG_CACHE_HOME=str(tmp_path)) as kernel:
        kernel.begin(list(CELLS)[1])
        time.sleep(seconds)
        for process in [kernel.process, *kernel.process.children(recursive=True)]:
            process.send_signal(signal.SIGKILL)
    session(tmp_path)


@pytest.mark.full
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
@pytest.mark.parametrize("megabytes", [1, 20, 40])
def test_a_full_disk(tmp_path, megabytes):
    """What was there before works; once there is room, so does the rest."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)], check=True)
    try:
        with Kernel(XDG_CACHE_HOME=str(disk)) as kernel:
            results = [kernel.run(code, timeout=600) for code in CELLS]
            for result in results:
                assert result.status == "ok" or "disk is full" in result.error_text, result.describe()
        subprocess.run(["mount", "-o", "remount,size=2g", str(disk)], check=True)
        session(disk)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
