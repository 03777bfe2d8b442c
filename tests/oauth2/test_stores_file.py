"""FileTokenStore: the conformance tests, and what concerns a file."""

from __future__ import annotations

import json
import os
import resource
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import FileTokenStore
from support.store_conformance import TokenStoreConformance, token
from support.subprocesses import FORKS_WITH_THREADS, PROCESS_TIMEOUT, Workers
from support.threads import TEST_TIMEOUT

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)


class TestFileTokenStore(TokenStoreConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path / "tokens.json"

    @pytest.fixture
    def make(self, place: Path) -> Callable[..., Any]:
        return lambda **options: FileTokenStore(place, **options)

    @pytest.fixture
    def plant(self, place: Path) -> Callable[[bytes], None]:
        def plant(left: bytes) -> None:
            place.write_bytes(left)

        return plant

    @pytest.mark.parametrize("entry", [None, "text", 1, [], {}, {"expires_at": 10**400}])
    def test_save_with_entries_of_another_type_drops_them(
        self, store: Any, place: Path, entry: Any
    ) -> None:
        place.write_text(json.dumps({"other": entry, "key": entry}))
        assert store.load("key") in (None, entry)
        store.save("key", token())
        assert list(json.loads(place.read_text())) == ["key"]

    @pytest.mark.parametrize("end", ["NaN", "Infinity", "1e999", '"soon"', "true"])
    def test_save_drops_entries_without_a_finite_expiry(
        self, store: Any, place: Path, end: str
    ) -> None:
        place.write_text(f'{{"other": {{"access_token": "x", "expires_at": {end}}}}}')
        store.save("key", token())
        assert list(json.loads(place.read_text())) == ["key"]

    def test_save_drops_expired_tokens(self, store: Any, place: Path) -> None:
        store.save("ended", token(lives=-1))
        store.save("living", token())
        store.save("text", {**token(), "expires_at": str(time.time() + 60)})
        store.save("key", token())
        assert sorted(json.loads(place.read_text())) == ["key", "living", "text"]

    def test_file_is_readable_only_by_the_owner_with_any_umask(
        self, store: Any, tmp_path: Path
    ) -> None:
        before = os.umask(0)
        try:
            store.save("key", token())
            with store.lock("key"):
                files = list(tmp_path.iterdir())
        finally:
            os.umask(before)
        assert {file.name for file in files} == {"tokens.json", "tokens.json.lock"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    def test_file_is_readable_only_by_the_owner_from_the_first_byte(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = []
        write = os.fdopen

        def fdopen(handle: int, *args: Any, **options: Any) -> Any:
            opened.append((stat.S_IMODE(os.fstat(handle).st_mode), os.fstat(handle).st_size))
            return write(handle, *args, **options)

        monkeypatch.setattr(os, "fdopen", fdopen)
        before = os.umask(0)
        try:
            store.save("key", token())
        finally:
            os.umask(before)
        assert opened == [(0o600, 0)]

    def test_save_takes_read_access_from_others(self, store: Any, place: Path) -> None:
        place.write_text("{}")
        place.chmod(0o644)
        store.save("key", token())
        assert stat.S_IMODE(place.stat().st_mode) == 0o600

    def test_folder_is_created_for_the_owner_only(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            FileTokenStore(tmp_path / "new" / "tokens.json").save("key", token())
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700

    def test_file_read_while_others_write_is_complete(self, store: Any, place: Path) -> None:
        with Workers("fork", 2, store) as workers:
            workers.run(save_for, 0.0)  # both are awake
            workers.submit(save_for, 0.7)
            seen = []
            end = time.monotonic() + 0.7
            while time.monotonic() < end:
                seen.append(json.loads(place.read_bytes())["key"]["access_token"])
            workers.results()
        assert len(set(seen)) > 10, "nobody wrote"

    def test_save_leaves_no_temporary_file(self, store: Any, tmp_path: Path) -> None:
        store.save("key", token())
        with pytest.raises(TypeError):
            store.save("key", {"access_token": object()})
        assert [file.name for file in tmp_path.iterdir()] == ["tokens.json"]

    def test_save_that_fails_at_the_end_leaves_no_temporary_file(
        self, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def replace(source: str, target: Path) -> None:
            raise OSError("the disk is full")

        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(OSError, match="the disk is full"):
            store.save("key", token())
        assert list(tmp_path.iterdir()) == []

    def test_save_on_a_full_disk_leaves_the_last_file_unchanged(
        self, store: Any, tmp_path: Path
    ) -> None:
        store.save("key", token())
        with Workers("fork", 1, store) as workers:
            assert workers.run(save_where_there_is_no_room) == ["OSError"]
        assert store.load("key")["access_token"] == "one"
        assert [file.name for file in tmp_path.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("path", ["file/tokens.json", "file/deeper/tokens.json", "folder"])
    def test_path_that_cannot_be_opened_raises_at_once(self, tmp_path: Path, path: str) -> None:
        (tmp_path / "file").write_text("in the way")
        (tmp_path / "folder").mkdir()
        store = FileTokenStore(tmp_path / path)
        with pytest.raises(OSError, match=r"\[Errno"):
            store.load("key")
        with pytest.raises(OSError, match=r"\[Errno"):
            store.save("key", token())

    @pytest.mark.skipif(sys.platform != "linux", reason="a folder in which no file can be created")
    def test_lock_that_cannot_be_created_raises_at_once(self) -> None:
        store = FileTokenStore("/proc/tokens.json", lock_timeout=60)  # longer than a test may take
        with pytest.raises(FileNotFoundError, match=r"/proc/tokens\.json\.lock"):
            store.lock("key").__enter__()

    def test_missing_chain_of_folders_raises_and_is_not_created(self, tmp_path: Path) -> None:
        store = FileTokenStore(tmp_path / "missing" / "folder" / "tokens.json")
        assert store.load("key") is None
        for work in (lambda: store.save("key", token()), lambda: store.lock("key")):
            with pytest.raises(FileNotFoundError, match=r"missing/folder"):
                work()
        assert list(tmp_path.iterdir()) == []

    def test_repr_shows_the_path(self, store: Any, place: Path) -> None:
        assert repr(store) == f"<FileTokenStore {place}>"

    def test_path_may_start_with_a_tilde(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert FileTokenStore("~/tokens.json").path == tmp_path / "tokens.json"

    def test_store_without_the_extra_raises_and_names_the_extra(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "filelock", None)
        with pytest.raises(ImportError, match="pip install filelock"):
            FileTokenStore(place)

    def test_lock_of_a_killed_parent_is_not_kept_by_the_child(self, make: Any) -> None:
        store = make(lock_timeout=1.0)  # it raises if the lock is not free by then
        with Workers("fork", 1, store) as workers:
            (pid,) = workers.run(fork_while_a_thread_has_the_lock)
            try:
                workers.kill(0)
                with store.lock("key"):
                    pass
            finally:
                os.kill(pid, 9)


def save_for(store: FileTokenStore, seconds: float) -> None:
    end = time.monotonic() + seconds
    store.save("key", token())
    while time.monotonic() < end:
        store.save("key", token(f"token-{time.monotonic()}" * 100))


def save_where_there_is_no_room(store: FileTokenStore) -> str:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        store.save("key", token("longer than there is room for" * 10))
    except OSError as error:
        return type(error).__name__
    return "saved"


def fork_while_a_thread_has_the_lock(store: FileTokenStore) -> int:
    """Return the id of a child that stays alive and never uses the store."""
    import warnings

    has_it = threading.Event()
    never = threading.Event()

    def hold() -> None:
        with store.lock("key"):
            has_it.set()
            never.wait()

    threading.Thread(target=hold, daemon=True).start()
    assert has_it.wait(TEST_TIMEOUT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        never.wait(PROCESS_TIMEOUT)
        os._exit(0)
    return pid
