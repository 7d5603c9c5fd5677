"""A file may not make FFmpeg open another file, or the network."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from media_factory import info_of, write

from unmask.core.errors import InputError, NotMedia

HEADS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{target}\n#EXT-X-ENDLIST\n",
    "hls-key": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:2.0,\n{target}\n#EXT-X-ENDLIST\n'
    ),
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96",
    "asx": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("private") / "private.ts", frames=5)


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".mpd", ".sdp"])
@pytest.mark.parametrize("kind", HEADS)
def test_a_playlist_is_not_followed_to_a_file(private, kind, suffix):
    target, path = private, private.parent / f"upload{suffix}"
    path.write_text(HEADS[kind].format(target=target.name))
    with pytest.raises(NotMedia, match="is not a video or picture") as caught:
        info_of(path)
    assert "playlist" in caught.value.hint


@pytest.mark.parametrize("kind", HEADS)
def test_a_playlist_is_not_followed_to_the_network(tmp_path, kind):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        called = threading.Event()

        def answer() -> None:
            try:
                server.accept()[0].close()
                called.set()
            except TimeoutError:
                return

        listener = threading.Thread(target=answer)
        listener.start()
        path = tmp_path / "upload.mp4"
        path.write_text(HEADS[kind].format(target=f"http://127.0.0.1:{server.getsockname()[1]}/a"))
        with pytest.raises(InputError):
            info_of(path)
        listener.join()
    assert not called.is_set()


@pytest.mark.parametrize("name", ["http:x.mp4", "concat:a.mp4|b.mp4", "pipe:0", "-", "data:,x"])
def test_a_name_is_never_an_address(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "real.mp4").rename(tmp_path / name)
    assert info_of(Path(name)).container == "mp4"


def test_an_external_reference_in_mp4_is_not_opened(tmp_path):
    """The data reference of a QuickTime track may name another file; ours is then damaged."""
    path = write(tmp_path / "a.mov")
    private = tmp_path / "b.mov"
    path.rename(private)
    data = bytearray(private.read_bytes())
    at = data.index(b"url ")
    data[at : at + 4] = b"alis"
    path.write_bytes(data)
    info = None
    try:
        info = info_of(path)
    except InputError:
        return
    assert info.name == "a.mov"
