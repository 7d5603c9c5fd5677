"""What rooms say in English (warnings, failures, hints), in the language that is written in.

Documents and the API keep the English words. A page or a report finds the text that a message was
made of, takes the places from the message, and shows the translation; whatever fits no text stays
English. What only concerns who runs the server (a database, a model package that is broken) is not
listed. ``tools/write_translations.py`` tells which texts are missing here.
"""

from __future__ import annotations

import re
from functools import cache

from unmask.core.language import _, local

TEXTS = (
    # warnings of an analysis
    "%(damaged)s packets or frames could not be decoded and were skipped; %(decoded)s could.",
    "Of %(planned)s places in the file, %(seen)s could be looked at: the picture stands still in "
    "the others, or the file is cut short.",
    "The times of the film start anew midway, and it is too long to be read through: parts of it "
    "may have been missed, and times may be wrong.",
    "The file states a length of %(stated)s s and its pictures end after %(end)s s: it seems cut "
    "short.",
    "The picture's file lacks its end mark: it seems cut short. Nothing of it is missing.",
    "The picture's file breaks off before its end: it seems cut short. Up to %(rows)s rows at one "
    "of its edges may be missing.",
    "A part of the picture is transparent. It was looked at over white (WebM: as if it were "
    "opaque); on another ground it may show something else.",
    "Programs do not agree on how this file looks: some show it in other colours, much brighter or "
    "darker, or another picture in place of the animation. It was looked at as browsers show it.",
    "Only one frame of the video could be looked at.",
    "The frames are not all of one size.",
    "Further pictures in the file: %(n)s. Only the one that is shown first was looked at.",
    "Further films in the file (picture tracks): %(n)s. Only the one that is played by default was "
    "looked at.",
    "It is a motion photo: the short film behind the picture was not looked at.",
    "%(more)s more faces were found than were asked for; the %(n)s largest and most seen were "
    "scored.",
    "Seen in a single frame alone, not sure to be a face, and left out: %(n)s.",
    "Too many tokens were tried. Try again in a minute.",
    "there is no room left for the file on the server's disk",
    "send it again when there is more space",
    "the file could not be kept: %(cause)s",
    "check the data folder and the disk it lies on",
    "the data folder %(place)s cannot be used: %(cause)s",
    "the pictures in %(place)s cannot be deleted",
    "%(file)s cannot be deleted: %(cause)s",
    "see that whoever runs Unmask may write to that folder",
    # what is wrong with a file
    "%(name)s: the file is empty",
    "%(name)s: is not any more what was received",
    "the server's disk may be failing; delete this file's analyses, then upload it again",
    "%(name)s: no such file",
    "%(name)s: cannot be read: %(cause)s",
    "%(name)s: is %(kind)s, not a regular file",
    "%(name)s: changed while it was read: a verdict would fit neither what it was nor what it is",
    "wait until it is written to its end, then scan it again",
    "%(name)s: is not a video or picture in a format that Unmask opens",
    "%(name)s: is a picture of a kind that is not opened here (%(kind)s)",
    "%(name)s: is an archive (%(kind)s), which is not unpacked here",
    "%(name)s: is a document, not a video or picture",
    "%(name)s: holds a link, not what it leads to",
    "%(name)s: is a web page, not the video or picture that it shows",
    "%(name)s: ends after %(end)s s, before the part to look at",
    "%(name)s: nothing can be decoded in the part to look at",
    "%(name)s: holds no moving picture, only sound or cover art",
    "%(name)s: no decoder for its picture stream",
    "%(name)s: is a camera's raw file, of which only a preview could be seen",
    "%(name)s: its structure cannot be read: %(cause)s",
    "%(name)s: the picture cannot be decoded: %(cause)s",
    "Invalid data found when processing input",
    "End of file",
    "%(name)s: not one frame could be decoded",
    "%(name)s: is no longer the picture it was",
    "%(name)s: is no longer the animation it was",
    "%(name)s: a frame of %(width)s×%(height)s pixels is beyond the limit of %(side)s a side and "
    "%(most)s megapixels",
    "check the path",
    "check the path, and the disk it lies on",
    "choose another",
    "convert it to H.264 first",
    "develop it to JPEG or TIFF first",
    "copy or download it again",
    "download or copy it again",
    "give a video or a picture",
    "give the media file itself",
    "give yourself read permission, or run as a user who has it",
    "it seems cut short or overwritten; copy or download it again",
    "playlists are not followed; convert the file to MP4, WebM, JPEG or PNG",
    "save it as PNG, or as JPEG of the best quality, at its full size",
    "unpack it, with its password if it has one, and give the files in it",
    "save the video or picture out of it by itself",
    "open the link and download the video or picture itself",
    "download the video or picture itself: a page, or a refusal, was saved in its place",
    "name a part that lies within it",
    "scale it down first",
    # how a job, a copy or a report can fail
    "the analysis failed unexpectedly: %(cause)s",
    "please report it as a bug in Unmask, with the file if you may",
    "the analysis needed more memory than a job may use",
    "ask for fewer frames, or have the server's UNMASK_JOB_MEMORY raised",
    "the analysis used up its %(n)s s of processor time",
    "ask for fewer frames, or have the server's UNMASK_JOB_CPU raised",
    "the analysis took longer than %(n)s s",
    "ask for fewer frames, or have the server's UNMASK_JOB_TIME raised",
    "the time budget of %(n)s s ran out while %(doing)s",
    "raise --timeout, or ask for fewer frames with --clips and --frames-per-clip",
    "stopped while %(doing)s",
    "the time budget must be above 0 s, not %(value)s",
    "%(name)s must be a number above 0, not %(value)s",
    "the process that analysed the file ended: %(cause)s",
    "the process that analysed the file ended with exit code %(n)s",
    "the process that analysed the file crashed (%(signal)s)",
    "the process that analysed the file was killed, most often because the machine ran out of "
    "memory",
    "give the machine or container more memory, or have fewer jobs run at a time, then try again",
    "give the machine or container more memory, then try again",
    "the file may be damaged, or made to harm; other files are not affected",
    "%(n)s workers died over this file",
    "the file may be damaged, or made to harm; 'unmask scan' shows more",
    "the uploaded file is not in the data folder",
    "server and workers need the same data folder; or upload it again",
    "this worker's model is not the one the job was submitted for",
    "give server and workers the same version and model package, start the server anew, then try "
    "again",
    "the %(what)s took longer than %(n)s s",
    "the %(what)s could not be made: %(cause)s",
    "the %(what)s could not be made",
    "no %(what)s can be made: %(cause)s",
    "report",
    "preview",
    "making a preview",
    "this build of FFmpeg writes nothing that browsers play",
    "this film cannot be copied: %(cause)s",
    "the file itself is not kept here",
    "upload it again",
    "the file was deleted meanwhile",
    # links, webhooks and the camera
    "only http and https links can be used",
    "links with a user name or password are not used",
    "port %(n)s is not one on which web sites are",
    "%(host)s is not on the public internet",
    "%(host)s could not be found",
    "check how the address is spelled",
    "this is not a link",
    "%(host)s could not be reached: %(cause)s",
    "%(host)s answered with %(answer)s",
    "%(host)s could not be read: %(cause)s",
    "no film could be had of this page: %(cause)s",
    "the page has no film that can be fetched",
    "the page could not be read: %(cause)s",
    "the film took longer than %(n)s s to come",
    "the file took longer than %(n)s s to come",
    "the file ended %(n)s bytes too early",
    "the link leads on more than %(n)s times",
    "the link leads to %(kind)s, not to a video or picture",
    "name the file itself, not the page that shows it",
    "download the file yourself and upload it",
    "the webhook is longer than %(n)s characters",
    "the webhook cannot be used: %(cause)s",
    "%(file)s holds no secret",
    "delete it; a new one is made",
    "UNMASK_WEBHOOK_PRIVATE=1 on server and workers allows addresses of their own network",
    "the process that watched the camera has ended",
    "the machine is too busy to watch a camera",
    "as many cameras are watched as this server can",
    "as many reports, copies and links are under way as this server can do",
    "try again in a minute",
    # what was asked of the server
    "%(name)s must be a whole number, not %(value)s",
    "%(name)s must be a whole number from %(low)s to %(high)s, not %(value)s",
    "the low threshold lies above the high one",
    "%(name)s must be a number of seconds from 0 on, not %(value)s",
    "a time must be given in seconds or as 1:02:03, not %(value)s",
    "the part to look at ends before it begins",
    "name its beginning first, then its end",
    "both thresholds must be numbers from 0 to 1",
    "thresholds must be Thresholds(low=..., high=...) of unmask.core.analysis, not %(value)s",
    "retention must be a whole number of days, 1 to %(n)s",
    "no model named %(name)s",
    "/api/v1/models lists them",
    "this installation ships no model package",
    "name a folder with one: unmask serve --model DIR",
    "No file was chosen.",
    "No file was sent.",
    "The batch is not one that this site has named.",
    "More than %(size)s were sent.",
    "Nothing was ticked.",
    "There is no analysis with this number.",
    "There is no analysis with this number. It may have been deleted.",
    "The file itself is not kept here. Upload it again.",
    "One of the two analyses is not there. It may have been deleted.",
    "These analyses are of different files: there is nothing to compare.",
    "The request came from another site.",
    "The page was too old, or the request came from another site. Load it again.",
    "This token is not known here, or has expired.",
    "Send a token: Authorization: Bearer …",
    "You are not signed in any more. Load the page again.",
    # the custody log
    "uploaded to the web app",
    "submitted to the API",
    "submitted on the command line",
    "fetched from %(url)s",
    "again, after %(id)s",
    "also as %(name)s",
    "also as %(name)s, and answered from this analysis",
    "%(size)s bytes, SHA-256 %(sha256)s",
    "document as JSON",
    "frames as CSV",
    "report as %(kind)s",
    "as HTML",
    "as PDF",
    "recorded as %(id)s",
    "read from disk as %(name)s",
    # what is missing of Content Credentials
    "Files of this format cannot hold any.",
    "It names no active manifest.",
    "Address: %(url)s",
    "reading Content Credentials needs the extra 'provenance', which is not installed: "
    'pip install "unmask[provenance]"',
    # Werkzeug's own words, and those for what nobody foresaw
    "The requested URL was not found on the server. If you entered the URL manually please check "
    "your spelling and try again.",
    "The method is not allowed for the requested URL.",
    "The browser (or proxy) sent a request that this server could not understand.",
    "The data value transmitted exceeds the capacity limit.",
    "Unmask failed unexpectedly: %(kind)s",
    "It is a bug: please report it. The server's log says more.",
    "The server cannot answer now.",
    "Its log says why.",
)
_NESTED = ("cause", "what", "doing")  # places that may hold such a text in turn
_FIGURES = ("size", "stated", "end", "low", "high")  # that hold a number


def told(message: str) -> str:
    """The message in the language written in; as it is where only English is at hand."""
    return translated(message) or message


def translated(message: str) -> str | None:
    """The same, None where it was made of no text that is known here."""
    match = found(message)
    if match is None:
        return None
    text, values = match
    nested = {name: told(values[name]) for name in _NESTED if name in values}
    nested |= {name: local(values[name]) for name in _FIGURES if name in values}
    return _(text, **(values | nested))


def found(message: str) -> tuple[str, dict[str, str]] | None:
    """The text of :data:`TEXTS` that the message was made of, and what stands in its places."""
    for text, pattern in _patterns():
        if match := pattern.fullmatch(message):
            return text, match.groupdict()
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(text, _pattern(text)) for text in sorted(TEXTS, key=_openness)]


def _openness(text: str) -> tuple[bool, int, int]:
    """Those that begin with, and say most in, words of their own come first."""
    return text.startswith("%("), text.count("%("), -len(text)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"%\((\w+)\)s", text)
    pieces[::2] = map(re.escape, pieces[::2])
    pieces[1::2] = [f"(?P<{name}>.+?)" for name in pieces[1::2]]
    return re.compile("".join(pieces), re.DOTALL)
