import errno
import hashlib
import os
import stat
import threading
import time
from pathlib import Path

import databases
import pytest

from unmask.core.errors import DiskFull, InputEmpty, ModelNotFound, StoreError
from unmask.jobs import JobOptions, TooManyBytes, Vault
from unmask.jobs.folders import Folders
from unmask.jobs.running import Workshop
from unmask.store import Filters, History
from unmask.video.files import glance


@pytest.fixture
def vault(folders):
    return Vault(folders)


@pytest.fixture
def shop(desk):
    return Workshop(desk.history, desk.folders)


def test_a_file_is_named_by_its_hash(vault):
    incoming = vault.receive(100)
    incoming.write(b"one ")
    incoming.write(b"two")
    sha256 = hashlib.sha256(b"one two").hexdigest()
    place = incoming.keep()
    assert place == vault.find(sha256)
    assert place.name == sha256
    assert place.read_bytes() == b"one two"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert list(vault.folders.incoming.iterdir()) == []


def test_the_same_bytes_again_disturb_nobody_who_reads_them(vault):
    places, facts = [], []
    for _ in range(2):
        incoming = vault.receive(100)
        incoming.write(b"one two")
        places.append(incoming.keep())
        facts.append(glance(places[-1]))
    assert facts[0].hold(places[0])
    assert facts == [facts[0]] * 2
    assert list(vault.folders.incoming.iterdir()) == []


def test_what_is_left_of_a_file_gives_way_to_the_whole(vault):
    place = vault.place(hashlib.sha256(b"one two").hexdigest())
    place.parent.mkdir(parents=True)
    place.write_bytes(b"one")
    incoming = vault.receive(100)
    incoming.write(b"one two")
    assert incoming.keep().read_bytes() == b"one two"


def test_too_much_is_refused_and_leaves_nothing(vault):
    incoming = vault.receive(5)
    incoming.write(b"12345")
    with pytest.raises(TooManyBytes):
        incoming.write(b"6")
    assert list(vault.folders.incoming.iterdir()) == []


def test_what_is_no_hash_is_no_path(vault):
    for text in ("../../etc/passwd", "a" * 63, "A" * 64, ""):
        with pytest.raises(ValueError, match="not a SHA-256"):
            vault.find(text)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_whole_folder_is_private_whatever_the_umask(tmp_path):
    folders, before = Folders(tmp_path / "new" / "data"), os.umask(0)
    try:
        made = folders.incoming, folders.uploads, folders.evidence, folders.queue.parent
    finally:
        os.umask(before)
    assert {stat.S_IMODE(one.stat().st_mode) for one in (folders.root, *made)} == {0o700}


def test_half_received_files_are_swept_after_a_day(vault):
    old, young = vault.receive(5), vault.receive(5)
    past = time.time() - 90_000
    os.utime(old._path, (past, past))
    assert vault.sweep() == 1
    assert list(vault.folders.incoming.iterdir()) == [young._path]
    young.close()
    old.close()


def test_the_senders_name_is_for_people_only(submit, desk):
    job = desk.book.get(submit(b"x", "../../etc/\x1b[31mpass\u202ewd").id)
    assert job.name == "�[31mpass�wd"
    assert desk.vault.find(job.sha256).read_bytes() == b"x"
    assert len(desk.book.get(submit(b"y", "n" * 999).id).name) == 255


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Screenshot at 8.36.12\u202fPM.png", "Screenshot at 8.36.12 PM.png"),
        ("写真\u3000一.jpg", "写真 一.jpg"),
        ("می\u200cخواهم.jpg", "می\u200cخواهم.jpg"),
        ("👨\u200d👩\u200d👧 clip.jpg", "👨\u200d👩\u200d👧 clip.jpg"),
        ("a\u2066b\u200b.jpg", "a�b�.jpg"),
    ],
)
def test_ordinary_names_stay_as_they_are(submit, desk, name, shown):
    assert desk.book.get(submit(b"x", name).id).name == shown


def test_who_sends_known_bytes_finds_them_by_their_own_name(submit, desk, portrait):
    first = submit(portrait, "face.png").id
    submit(portrait, "while it waits.png")
    Workshop(desk.history, desk.folders).run()
    for name in ("EVIDENCE 2026.png", "ÄRGER.png", "EVIDENCE 2026.png", "face.png"):
        assert submit(portrait, name).id == first
    for text in ("evidence 2026", "ärger", "face"):
        assert [one.id for one in desk.history.list(Filters(text=text))] == [first]
    assert desk.history.get(first).entry.name == "face.png"
    received = [one.detail for one in desk.log.of(first) if one.event == "received"]
    assert received[1:] == [
        "also as while it waits.png",
        "also as EVIDENCE 2026.png, and answered from this analysis",
        "also as ÄRGER.png, and answered from this analysis",
    ]


def test_an_empty_file_is_refused(submit, desk):
    with pytest.raises(InputEmpty):
        submit(b"")
    assert list(desk.folders.incoming.iterdir()) == []


def test_an_unknown_model_is_refused_before_the_file_is_kept(submit, desk):
    with pytest.raises(ModelNotFound):
        submit(b"x", options=JobOptions(model="nobody"))
    assert list(desk.folders.incoming.iterdir()) == []
    assert list(desk.folders.uploads.iterdir()) == []


def test_the_same_bytes_wait_once(submit, desk):
    first, second = submit(b"x"), submit(b"x", "other name")
    assert (first.outcome, second.outcome) == ("new", "joined")
    assert first.id == second.id
    assert desk.queue.length() == 1


def test_a_file_goes_when_its_last_job_goes(submit, desk):
    first, second = submit(b"x"), submit(b"x", fresh=True)
    sha256 = desk.book.get(first.id).sha256
    assert desk.delete(first.id)
    assert desk.vault.find(sha256)
    assert desk.delete(second.id)
    assert desk.vault.find(sha256) is None
    assert not desk.delete(second.id)


def test_a_file_sent_again_outlives_the_deletion_of_its_first_job(submit, desk, monkeypatch):
    first, sent = submit(b"x").id, []
    sending = threading.Thread(target=lambda: sent.append(submit(b"x", fresh=True)))
    delete = Vault.delete

    def delete_while_it_comes(self, sha256):
        sending.start()
        sending.join(timeout=0.5)
        delete(self, sha256)

    monkeypatch.setattr(Vault, "delete", delete_while_it_comes)
    desk.delete(first)
    sending.join(timeout=8)
    assert desk.vault.find(desk.book.get(sent[0].id).sha256)


def test_a_deletion_before_the_job_is_booked_costs_no_file(submit, desk, monkeypatch, options):
    first, add = submit(b"x").id, desk.book.add

    def add_after_deletion(new, **more):
        desk.delete(first)
        return add(new, **more)

    monkeypatch.setattr(desk.book, "add", add_after_deletion)
    second = submit(b"x", fresh=True).id
    assert desk.vault.find(desk.book.get(second).sha256)
    first = second
    assert desk.again(second, options) is None
    assert desk.book.unfinished() == []


def test_a_job_that_cannot_be_booked_leaves_no_file(submit, desk, monkeypatch):
    def full(new, *, keep, **_):
        keep()
        raise StoreError("the disk is full")

    monkeypatch.setattr(desk.book, "add", full)
    with pytest.raises(StoreError, match="the disk is full"):
        submit(b"x")
    assert [*desk.folders.uploads.iterdir(), *desk.folders.incoming.iterdir()] == []


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, StoreError)])
def test_nothing_is_left_of_a_file_that_the_disk_does_not_take(vault, monkeypatch, number, kind):
    incoming = vault.receive(100)
    incoming.write(b"one ")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(incoming._file, "write", fail, raising=False)
        with pytest.raises(kind) as caught:
            incoming.write(b"two")
    assert type(caught.value) is kind
    assert list(vault.folders.incoming.iterdir()) == []
    incoming = vault.receive(100)
    incoming.write(b"one ")
    with monkeypatch.context() as broken:
        broken.setattr("unmask.jobs.vault.os.fsync", fail)
        with pytest.raises(kind):
            incoming.keep()
    assert list(vault.folders.incoming.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
def test_a_small_file_finds_the_disk_full_when_it_is_read_again(vault):
    """It stood in a buffer until then, and the sender was told of a bug in Unmask."""
    incoming = vault.receive(100)
    incoming._file.close()
    incoming._file = open("/dev/full", "r+b")  # noqa: SIM115, PTH123
    incoming.write(b"x")
    with pytest.raises(DiskFull):
        incoming.seek(0)
    assert list(vault.folders.incoming.iterdir()) == []


def test_on_a_full_disk_a_deletion_makes_the_room_it_needs(
    submit, desk, shop, portrait, monkeypatch
):
    id = submit(portrait).id
    shop.run()

    def full(self, *ids):
        assert not desk.picture_folder(id).exists()
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(History, "delete", full)
        with pytest.raises(StoreError, match="full"):
            desk.delete(id)
    assert desk.delete(id)


def test_nothing_is_said_to_be_deleted_that_is_not(submit, desk, shop, portrait, monkeypatch):
    id = submit(portrait).id
    shop.run()
    with monkeypatch.context() as broken:
        broken.setattr("shutil.rmtree", lambda folder, ignore_errors: None)
        with pytest.raises(StoreError, match="cannot be deleted"):
            desk.delete(id)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refuse)
        with pytest.raises(StoreError, match="cannot be deleted: Permission denied"):
            desk.delete(id)
    assert desk.delete(id)
    assert desk.vault.kept_before(time.time() + 1) == []


def refuse(path, missing_ok=False):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@pytest.mark.skipif(databases.named() is not None, reason="PostgreSQL keeps its files to itself")
def test_the_name_of_a_file_that_failed_is_gone_from_the_disk_too(submit, desk):
    id = submit(b"x", "wedding-of-the-minister.mp4").id
    root = desk.folders.root
    kept = lambda: b"wedding" in b"".join(p.read_bytes() for p in root.iterdir() if p.is_file())  # noqa: E731
    assert kept()
    desk.delete(id)
    assert not kept()
