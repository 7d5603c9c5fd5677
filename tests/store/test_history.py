import stat
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_analysis import MODEL_SHA256

from unmask import Analysis
from unmask.core.errors import StoreError
from unmask.core.version import JUDGING
from unmask.store import Filters, History, fingerprint
from unmask.store.entries import KEY_BYTES, search_key

OPTIONS = fingerprint({"clips": 4})
NAMES = st.characters(exclude_categories=["Cs"], exclude_characters="\0")  # as files may have
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_is_recorded_comes_back_to_the_letter(history, make_analysis):
    analysis = make_analysis("Grüße 🎬.mp4")
    entry = history.record(
        analysis, fingerprint=OPTIONS, source=Path("/films/Grüße 🎬.mp4"), created_at=NOON
    )
    stored = history.get(entry.id)
    assert stored.document == analysis.to_json()
    assert stored.analysis == analysis
    assert stored.entry == entry == history.list()[0]
    assert entry.source == "/films/Grüße 🎬.mp4"
    assert (entry.label, entry.probability, entry.created_at) == ("manipulated", 0.9, NOON)


def test_a_time_of_another_zone_is_the_same_moment(history, make_analysis):
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    entry = history.record(make_analysis(), fingerprint=OPTIONS, created_at=tokyo)
    assert history.get(entry.id).entry.created_at == NOON
    with pytest.raises(ValueError, match="zone"):
        history.record(make_analysis(), fingerprint=OPTIONS, created_at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="zone"):
        history.list(Filters(since=datetime(2026, 1, 1)))


def test_find_wants_the_same_bytes_model_and_options(history, make_analysis):
    analysis = make_analysis()
    sha256 = analysis.media.sha256
    history.record(analysis, fingerprint=OPTIONS, created_at=NOON)
    newer = history.record(analysis, fingerprint=OPTIONS, created_at=NOON + timedelta(hours=1))
    history.record(analysis, fingerprint=OPTIONS, created_at=NOON - timedelta(hours=1))
    assert history.find(sha256, MODEL_SHA256, OPTIONS).entry == newer
    assert history.find("0" * 64, MODEL_SHA256, OPTIONS) is None
    assert history.find(sha256, "0" * 64, OPTIONS) is None
    assert history.find(sha256, MODEL_SHA256, fingerprint({"clips": 5})) is None


def test_ids_are_long_enough_to_be_a_secret(history, make_analysis):
    ids = {history.record(make_analysis(), fingerprint=OPTIONS).id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(id) == 20 and int(id, 16) >= 0 for id in ids)


def test_a_part_of_an_id_resolves_only_where_that_is_asked_for(history, make_analysis):
    entry = history.record(make_analysis(), fingerprint=OPTIONS)
    assert history.resolve(entry.id[:6].upper()) == entry.id
    assert history.get(entry.id[:6]) is None
    for _ in range(16):
        history.record(make_analysis(), fingerprint=OPTIONS)
    first = next(c for c in "0123456789abcdef" if sum(e.id[0] == c for e in history.list()) > 1)
    with pytest.raises(StoreError, match="more than one"):
        history.resolve(first)
    for nothing in ("", "%", "_", "zzz"):
        with pytest.raises(StoreError, match="no analysis"):
            history.resolve(nothing)


@pytest.fixture
def filled(history, make_analysis):
    rows = [
        ("Éva 100%.mp4", "manipulated", 0.9),
        ("adam_1.PNG", "no-manipulation-found", 0.1),
        ("bella.mp4", "inconclusive", None),
        ("adamX1.mp4", "inconclusive", 0.5),
        ("empty.mp4", "no-face", None),
    ]
    for hours, (name, label, p) in enumerate(rows):
        history.record(
            make_analysis(name, label=label, probability=p),
            fingerprint=OPTIONS,
            created_at=NOON + timedelta(hours=hours),
        )
    return history


def names(entries):
    return [entry.name for entry in entries]


def ids(entries):
    return [entry.id for entry in entries]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ADAM", ["adamX1.mp4", "adam_1.PNG"]),
        ("e\u0301va", ["Éva 100%.mp4"]),  # decomposed, as macOS writes names
        ("0%", ["Éva 100%.mp4"]),
        ("m_1", ["adam_1.PNG"]),
        ("nobody", []),
    ],
)
def test_search_by_name(filled, text, found):
    assert names(filled.list(Filters(text=text))) == found
    assert filled.count(Filters(text=text)) == len(found)


def test_search_by_hash(filled):
    bella = filled.list(Filters(text="bella"))[0]
    assert filled.list(Filters(text=bella.sha256[:8].upper())) == [bella]
    assert filled.list(Filters(text=bella.sha256[:4])) == []


def test_filters_hold_together(filled):
    assert names(filled.list(Filters(label="inconclusive"))) == ["adamX1.mp4", "bella.mp4"]
    assert names(filled.list(Filters(label="inconclusive", text="adam"))) == ["adamX1.mp4"]
    hour = timedelta(hours=1)
    between = Filters(since=NOON + hour, until=NOON + 3 * hour)
    assert names(filled.list(between)) == ["bella.mp4", "adam_1.PNG"]


def test_times_at_the_ends_of_the_calendar(filled):
    for hours in (-14, 14):
        zone = timezone(timedelta(hours=hours))
        first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)
        assert len(filled.list(Filters(since=first, until=last))) == 5
        assert filled.list(Filters(until=first)) == filled.list(Filters(since=last)) == []


def test_orders_and_pages(filled):
    newest = names(filled.list())
    assert newest == ["empty.mp4", "adamX1.mp4", "bella.mp4", "adam_1.PNG", "Éva 100%.mp4"]
    assert names(filled.list(order="oldest")) == newest[::-1]
    assert names(filled.list(order="name"))[:3] == ["adam_1.PNG", "adamX1.mp4", "bella.mp4"]
    most = names(filled.list(order="most-manipulated"))
    assert most == ["Éva 100%.mp4", "adamX1.mp4", "adam_1.PNG", "empty.mp4", "bella.mp4"]
    pages = [names(filled.list(limit=2, offset=start)) for start in (0, 2, 4, 6)]
    assert pages == [newest[:2], newest[2:4], newest[4:], []]
    assert names(filled.list(offset=3)) == newest[3:]


def test_export_gives_documents_and_rows(filled):
    whole = list(filled.export())
    assert names(one.entry for one in whole) == names(filled.list(order="oldest"))
    assert all(Analysis.from_json(one.document).media.name == one.entry.name for one in whole)
    row = whole[0].entry.as_row()
    assert row["created_at"] == "2026-11-24T12:00:00+00:00"
    assert list(row)[:3] == ["id", "created_at", "sha256"]
    assert len(list(filled.export(Filters(label="no-face")))) == 1


def test_a_name_is_no_formula_in_rows(history, make_analysis):
    entry = history.record(make_analysis("=HYPERLINK(1).mp4"), fingerprint=OPTIONS)
    assert entry.name == "=HYPERLINK(1).mp4"
    assert entry.as_row()["name"] == "'=HYPERLINK(1).mp4"


def test_an_export_is_not_disturbed_by_writing(filled, make_analysis):
    export = filled.export()
    next(export)
    filled.record(make_analysis("late.mp4"), fingerprint=OPTIONS)
    filled.delete(*ids(filled.list(Filters(text="bella"))))
    assert len(list(export)) == 4
    assert filled.count() == 5


def test_deleting_does_not_wait_for_an_export(filled):
    export = filled.export()
    next(export)
    start = time.perf_counter()
    filled.delete(*ids(filled.list()))
    assert time.perf_counter() - start < 5
    export.close()


def test_delete(filled):
    victim = filled.list()[0]
    assert filled.delete(victim.id) == 1
    assert filled.delete(victim.id) == filled.delete(victim.id[:8]) == filled.delete() == 0
    assert filled.get(victim.id) is None
    old = filled.list(Filters(until=NOON + timedelta(hours=2)))
    assert filled.delete("none", *ids(old)) == 2
    assert names(filled.list()) == ["adamX1.mp4", "bella.mp4"]


def test_what_is_deleted_is_gone_from_the_disk(history, database, make_analysis):
    history.record(make_analysis("wedding-of-the-minister.mp4"), fingerprint=OPTIONS)
    kept = lambda: b"wedding" in b"".join(p.read_bytes() for p in database.parent.iterdir())  # noqa: E731
    assert kept()
    history.delete(*ids(history.list()))
    assert not kept()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_the_database_is_private(history, database, make_analysis):
    history.record(make_analysis(), fingerprint=OPTIONS)
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
    files = list(database.parent.iterdir())
    assert {path.name for path in files} >= {"history.db", "history.db-wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_path_that_is_no_utf8_is_kept_readably(history, make_analysis):
    entry = history.record(make_analysis(), fingerprint=OPTIONS, source="/films/caf\udce9.mp4")
    assert history.get(entry.id).entry.source == "/films/caf\\xe9.mp4"


def test_a_document_of_another_form_says_so_and_still_exports(history, make_analysis):
    entry = history.record(make_analysis(unmask="9.0"), fingerprint=OPTIONS)
    with history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE analyses SET document = '{\"new\": 1}'")
    stored = history.get(entry.id)
    with pytest.raises(StoreError, match=r"Unmask 9\.0") as caught:
        _ = stored.analysis
    assert "--fresh" in caught.value.hint
    assert [one.document for one in history.export()] == ['{"new": 1}']


def test_the_data_folder_and_the_environment_name_the_database(monkeypatch, tmp_path):
    monkeypatch.delenv("UNMASK_DATABASE", raising=False)
    monkeypatch.setenv("UNMASK_DATA", str(tmp_path / "data"))
    with History() as history:
        assert history.database.place == str(tmp_path / "data" / "history.db")
    monkeypatch.setenv("UNMASK_DATABASE", f"sqlite:///{tmp_path}/other.db")
    with History() as history:
        assert history.database.place == str(tmp_path / "other.db")
    with History(tmp_path / "third.db") as history:
        assert history.database.place == str(tmp_path / "third.db")


options = st.dictionaries(
    st.text(max_size=8),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    max_size=5,
)


@given(options, st.randoms())
def test_a_fingerprint_does_not_depend_on_order(chosen, random):
    items = list(chosen.items())
    random.shuffle(items)
    assert fingerprint(dict(items)) == fingerprint(chosen)
    assert len(fingerprint(chosen)) == 64


def test_a_fingerprint_tells_options_and_ways_of_judging_apart():
    assert fingerprint({"clips": 4}) != fingerprint({"clips": 5}) != fingerprint({})
    assert fingerprint({"clips": 4}, judging=JUDGING) == fingerprint({"clips": 4})
    assert fingerprint({"clips": 4}, judging=JUDGING + 1) != fingerprint({"clips": 4})
    with pytest.raises(TypeError):
        fingerprint({"model": Path("x")})
    with pytest.raises(ValueError, match="float"):
        fingerprint({"low": float("nan")})


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(NAMES, min_size=1, max_size=20))
def test_any_name_is_kept_and_found(history, make_analysis, name):
    entry = history.record(make_analysis(name), fingerprint=OPTIONS)
    assert history.get(entry.id).entry.name == name
    if name.strip():
        assert entry.id in {one.id for one in history.list(Filters(text=name))}


def test_of_very_many_names_the_first_and_the_latest_are_found(history, make_analysis):
    """All of them would outgrow the indexes that searches read, and those of PostgreSQL refuse."""
    entry = history.record(make_analysis("first.mp4"), fingerprint=OPTIONS)
    for number in range(300):
        assert history.also_named(entry.id, f"{number:04}.mp4")
    found = [number for number in range(300) if history.count(Filters(text=f"{number:04}.mp4"))]
    assert found == list(range(found[0], 300))
    assert 150 < len(found) < 250
    assert history.count(Filters(text="first.mp4")) == 1
    assert history.list(order="name")[0].id == entry.id


def test_a_sign_that_stands_for_many_letters_makes_no_endless_key(history, make_analysis):
    name = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 85  # as much as a folder takes
    entry = history.record(make_analysis(name), fingerprint=OPTIONS)
    assert len(search_key(name).encode()) <= KEY_BYTES
    assert history.get(entry.id).entry.name == name
    assert history.list(Filters(text=name)) == [entry]


def test_what_no_name_can_hold_is_not_found(history, make_analysis):
    history.record(make_analysis(), fingerprint=OPTIONS)
    assert history.list(Filters(text="clip\0")) == []
