// The camera, live: one frame on its way at a time, always the latest; older ones are never queued.
import { drawLabel } from "./labels.js";
import { number, probability } from "./wording.js";

const place = document.getElementById("live");
const video = document.getElementById("camera");
const overlay = document.getElementById("overlay");
const startButton = document.getElementById("start");
const recordButton = document.getElementById("record");
const cameras = document.getElementById("cameras");
const rate = document.getElementById("rate");
const said = document.getElementById("said");
const told = document.getElementById("told");
const text = place.dataset;
const reasons = JSON.parse(text.reasons);
const token = document.querySelector("meta[name=csrf]").content;
const COLOURS = text.colours.split(" ");
const INKS = text.inks.split(" ");
const DASHES = text.dashes.split(",");
const [LOW, HIGH] = [Number(text.low), Number(text.high)];
const SPAN_MS = 30_000;
const QUIET_MS = 6_000;
const READABLE_MS = 500;
const LATE_MS = 3_000;
const PATIENCE_MS = 90_000; // the server gives up sooner
const REFUSED = { NotAllowedError: text.textDenied, NotFoundError: text.textMissing, OverconstrainedError: text.textMissing };
const PLAIN = ["between-thresholds"]; // reasons for being inconclusive that the score itself says
const id = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
const grabbed = document.createElement("canvas");
const history = new Map();
let stream = null;
let starting = false;
let recording = null;
let unsent = null; // a recording that the server has not got
let saidState = null;
let saidUntil = 0;
let toldState = null;
let quietUntil = 0;
let arrivals = [];
let shown = 0;
let fresh = true; // a picture of the camera that has not been sent
let awaited = null; // tells who waits for one

bands();
startButton.addEventListener("click", () => {
  if (recording) discard();
  else if (stream && !starting) stop();
  else start();
});
recordButton.addEventListener("click", record);
cameras.addEventListener("change", () => {
  stop();
  start();
});
window.addEventListener("pagehide", () => {
  stop();
  end();
});
window.addEventListener("beforeunload", (event) => {
  if (recording || unsent) event.preventDefault();
});

// News is to be seen and heard at once. What is seen of faces is heard when something else is to be
// said of them than before, at most every few seconds, and a score stands still as long as it takes
// to read it.
function say(words, state = null) {
  const now = performance.now();
  if (state === null || state !== saidState || now >= saidUntil) {
    if (said.textContent !== words) said.textContent = words;
    [saidState, saidUntil] = [state, now + READABLE_MS];
  }
  if (state !== null && (state === toldState || now < quietUntil)) return;
  [toldState, quietUntil] = [state, now + QUIET_MS];
  if (told.textContent !== words) told.textContent = words;
}

async function start() {
  if (starting) return; // a second stream would film on when the first is stopped
  starting = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted(), audio: false });
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    cameras.replaceChildren(); // the one that was chosen may be gone: then any other will do
    cameras.parentElement.hidden = true;
    say(navigator.mediaDevices ? (REFUSED[error.name] ?? text.textTaken) : text.textInsecure);
    return;
  } finally {
    starting = false;
  }
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    stop();
    say(text.textEnded);
  });
  startButton.textContent = text.textStop;
  recordButton.textContent = unsent ? text.textAgain : text.textRecord;
  recordButton.hidden = !window.MediaRecorder;
  say(text.textLoading);
  history.clear(); // faces are numbered anew: a curve of before would be taken for another's
  listCameras();
  noteFrames();
  watch();
}

// A telephone has one on either side; what is to be watched is mostly in front of it.
function wanted() {
  const which = cameras.value ? { deviceId: { exact: cameras.value } } : { facingMode: "environment" };
  return { width: 640, height: 480, ...which };
}

async function listCameras() {
  const current = stream.getVideoTracks()[0].getSettings().deviceId;
  const all = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput" && one.deviceId);
  cameras.replaceChildren(...all.map((one, n) => new Option(one.label || String(n + 1), one.deviceId, false, one.deviceId === current)));
  cameras.parentElement.hidden = all.length < 2;
}

// No picture is sent twice: faster than the camera there is nothing to see.
function noteFrames() {
  if (!stream || !video.requestVideoFrameCallback) return;
  video.requestVideoFrameCallback(() => {
    fresh = true;
    if (awaited) awaited();
    noteFrames();
  });
}

async function nextFrame() {
  if (document.hidden) await untilShown();
  if (!fresh) await Promise.race([new Promise((settle) => (awaited = settle)), pause(200)]);
  fresh = !video.requestVideoFrameCallback;
}

// Browsers let a hidden page do something once a second, in which faces get lost.
async function untilShown() {
  blank(text.textPaused);
  await new Promise((settle) => document.addEventListener("visibilitychange", settle, { once: true }));
  if (stream) say(text.textLoading, "loading"); // or the server has kept it: no news then
}

function stop() {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  video.srcObject = null;
  startButton.textContent = text.textStart;
  cameras.disabled = false;
  hideRecord(!unsent);
  blank("");
}

// Who presses a button by the keyboard goes on from there, and not from the top of the page.
function hideRecord(hidden) {
  if (hidden && document.activeElement === recordButton) startButton.focus();
  recordButton.hidden = hidden;
}

function end() {
  fetch(`/live/${id}/end`, { method: "POST", headers: { "X-CSRF-Token": token }, keepalive: true }).catch(() => {});
}

// What was found in an earlier frame must not be taken for what is seen now.
function blank(words) {
  rate.textContent = "";
  arrivals = [];
  overlay.getContext("2d").clearRect(0, 0, overlay.width, overlay.height);
  say(words);
}

async function watch() {
  const mine = stream; // another loop watches the next
  let loaded = false;
  while (stream === mine) {
    await nextFrame();
    const frame = await grab();
    if (!frame || stream !== mine) continue;
    const late = loaded && setTimeout(() => stream === mine && blank(text.textSlow), LATE_MS);
    const { found, trouble } = await ask(`/live/${id}/frames`, frame, {
      headers: { "Content-Type": "image/jpeg" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    clearTimeout(late);
    if (stream !== mine) break;
    loaded = Boolean(found);
    if (found) {
      if (!document.hidden) show(found);
      continue;
    }
    blank(trouble ?? text.textLost);
    await pause(1500);
  }
  if (!stream) end(); // after the answer to the last frame
}

// What the server finds, or why it does not; neither, where something else answers or nothing.
async function ask(url, body, { headers = {}, ...more } = {}) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "X-CSRF-Token": token, Accept: "application/json" },
      body,
      ...more,
    });
    const content = await answer.json();
    return answer.ok ? { found: content } : { trouble: sentence(content.detail, content.hint) };
  } catch {
    return {};
  }
}

function sentence(...parts) {
  const words = parts.filter(Boolean).join("; ");
  return words && `${words[0].toUpperCase()}${words.slice(1).replace(/\.$/, "")}.`;
}

function pause(ms) {
  return new Promise((settle) => setTimeout(settle, ms));
}

async function grab() {
  if (!video.videoWidth) {
    await pause(50);
    return null;
  }
  const scale = Math.min(1, 640 / video.videoWidth);
  grabbed.width = Math.round(video.videoWidth * scale);
  grabbed.height = Math.round(video.videoHeight * scale);
  grabbed.getContext("2d").drawImage(video, 0, 0, grabbed.width, grabbed.height);
  return new Promise((settle) => grabbed.toBlob(settle, "image/jpeg", 0.9));
}

function show(found) {
  const now = performance.now();
  showRate(now, found);
  place.dataset.frames = String((shown += 1)); // tools/measure_live.py counts them
  draw(found);
  const lines = found.faces.map((face) => fill(text.textFace, { n: face.id, what: words(face) }));
  if (found.left_out) lines.push(fill(text.textMore, { n: found.left_out }));
  const state = found.faces.map((face) => [face.id, band(face), face.verdict?.reasons].join()).join(";");
  say(lines.join("\n") || text.textNone, `${state};${found.left_out > 0}`);
  for (const face of found.faces) note(now, face);
  plot(now);
}

function showRate(now, found) {
  arrivals = [...arrivals.filter(([time]) => now - time < 2000), [now, found.looks]];
  const [since, looks] = arrivals[0];
  const span = (now - since) / 1000;
  const fps = span > 0.3 ? (arrivals.length - 1) / span : 0;
  const scored = span > 0.3 ? (found.looks - looks) / span : 0;
  rate.textContent = span > 0.3 ? `${number(fps, 1)} fps · ${found.ms} ms · ${number(scored, 1)} ${text.textScored}` : "";
  place.dataset.fps = fps.toFixed(1);
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function words({ verdict }) {
  if (!verdict) return text.textWait;
  if (verdict.probability === null) return `${text.textUnjudged} ${inWords(verdict.reasons)}`;
  const score = `${text.textFigure} ${probability(verdict.probability)}`;
  return doubtful(verdict) ? `${score} · ${text.textDoubtful}. ${inWords(doubts(verdict))}` : score;
}

function inWords(codes) {
  return codes.map((code) => reasons[code] ?? code).join(" ");
}

// Why a scan would not clear the face, however low the score is.
function doubts(verdict) {
  return verdict.label === "inconclusive" ? verdict.reasons.filter((code) => !PLAIN.includes(code)) : [];
}

function doubtful(verdict) {
  return doubts(verdict).length > 0;
}

function band({ verdict }) {
  const score = verdict?.probability ?? null;
  return score === null ? "" : (score >= LOW) + (score >= HIGH);
}

function draw(found) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: wide, clientHeight: high } = video;
  overlay.width = Math.round(wide * ratio);
  overlay.height = Math.round(high * ratio);
  const scale = Math.min(wide / found.width, high / found.height) * ratio;
  const pen = overlay.getContext("2d");
  pen.translate((overlay.width - found.width * scale) / 2, (overlay.height - found.height * scale) / 2);
  pen.scale(scale, scale);
  for (const face of found.faces) drawFace(pen, face, found.width);
}

// A broken frame where the face is not judged, or not cleared whatever its score.
function drawFace(pen, { id, box: [x0, y0, x1, y1], verdict }, within) {
  const look = { colour: COLOURS[id % COLOURS.length], ink: INKS[id % INKS.length] };
  pen.lineWidth = 3;
  pen.strokeStyle = look.colour;
  pen.setLineDash(verdict && doubtful(verdict) ? [9, 6] : []);
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  drawLabel(pen, [id, mark(verdict)].filter((one) => one !== "").join(" · "), [x0, y0], 15, look, within);
}

function mark(verdict) {
  if (!verdict) return "";
  if (verdict.probability === null) return "–";
  return probability(verdict.probability) + (doubtful(verdict) ? " ?" : "");
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function height(score) {
  return 6 + (1 - score) * 188;
}

function bands() {
  const [low, high] = [height(LOW), height(HIGH)];
  document.getElementById("bands").append(
    shape("rect", { class: "band-high", x: 0, y: 0, width: 1000, height: high }),
    shape("rect", { class: "band-mid", x: 0, y: high, width: 1000, height: low - high }),
    shape("rect", { class: "band-low", x: 0, y: low, width: 1000, height: 200 - low }),
  );
}

function note(now, { id, verdict }) {
  if (!verdict) return;
  if (!history.has(id)) history.set(id, []);
  history.get(id).push([now, verdict.probability, doubtful(verdict)]);
}

function plot(now) {
  const curves = document.getElementById("curves");
  curves.replaceChildren();
  for (const [face, points] of history) {
    while (points.length && now - points[0][0] > SPAN_MS) points.shift();
    if (!points.length) {
      history.delete(face);
      continue;
    }
    const look = { stroke: COLOURS[face % COLOURS.length], "stroke-dasharray": DASHES[face % DASHES.length] || "none", "vector-effect": "non-scaling-stroke" };
    const { sure, unsure } = lines(points, now);
    curves.append(shape("path", { class: "curve", d: sure, ...look }), shape("path", { class: "curve is-doubtful", d: unsure, ...look }));
  }
}

// Nothing is drawn of the time in which there was no score.
function lines(points, now) {
  const drawn = { sure: "", unsure: "" };
  let before = null;
  for (const [time, score, unsure] of points) {
    if (score === null || (before && time - before.time > 1000)) before = null;
    if (score === null) continue;
    const at = `${(1000 - ((now - time) / SPAN_MS) * 1000).toFixed(1)} ${height(score).toFixed(1)}`;
    const kind = unsure ? "unsure" : "sure";
    drawn[kind] += before?.kind === kind ? `L${at}` : before ? `M${before.at}L${at}` : `M${at}`;
    before = { at, kind, time };
  }
  return drawn;
}

function record() {
  if (unsent) {
    send(unsent);
    return;
  }
  if (recording) {
    recording.stop();
    stop();
    return;
  }
  const pieces = [];
  const mine = new MediaRecorder(stream);
  mine.addEventListener("dataavailable", (event) => pieces.push(event.data));
  mine.addEventListener("stop", () => {
    if (recording === mine) send(new Blob(pieces, { type: mine.mimeType }));
  });
  mine.start(1000);
  recording = mine;
  cameras.disabled = true;
  recordButton.textContent = text.textKeep;
  startButton.textContent = text.textDiscard;
  say(text.textRecording);
}

function discard() {
  const dropped = recording;
  recording = null;
  dropped.stop();
  cameras.disabled = false;
  recordButton.textContent = text.textRecord;
  startButton.textContent = text.textStop;
  say(text.textDiscarded);
}

async function send(film) {
  recording = null;
  unsent = film;
  hideRecord(true);
  say(text.textSending);
  const body = new FormData();
  const kind = film.type.includes("mp4") ? "mp4" : "webm"; // browsers differ in what they record
  body.append("file", film, `camera-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.${kind}`);
  const { found, trouble } = await ask("/uploads", body);
  if (found) {
    unsent = null;
    location.assign(found.url);
    return;
  }
  stop();
  say([trouble, text.textUnsent].filter(Boolean).join(" "));
  recordButton.textContent = text.textAgain;
  recordButton.hidden = false;
}
