import hashlib
import os
import stat
import time

import pytest

from unmask.core.errors import InputEmpty, ModelNotFound
from unmask.jobs import JobOptions, TooManyBytes, Vault


@pytest.fixture
def vault(folders):
    return Vault(folders)


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
    assert desk.queue.waiting() == {first.id}


def test_a_file_goes_when_its_last_job_goes(submit, desk):
    first, second = submit(b"x"), submit(b"x", fresh=True)
    sha256 = desk.book.get(first.id).sha256
    assert desk.delete(first.id)
    assert desk.vault.find(sha256)
    assert desk.delete(second.id)
    assert desk.vault.find(sha256) is None
    assert not desk.delete(second.id)
