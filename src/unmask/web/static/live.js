// The camera, live: one frame on its way at a time, always the latest; older ones are never queued.
import { drawLabel } from "./labels.js";
import { number, probability } from "./wording.js";

const place = document.getElementById("live");
const video = document.getElementById("camera");
const overlay = document.getElementById("overlay");
const startButton = document.getElementById("start");
const recordButton = document.getElementById("record");
const rate = document.getElementById("rate");
const said = document.getElementById("said");
const told = document.getElementById("told");
const text = place.dataset;
const token = document.querySelector("meta[name=csrf]").content;
const COLOURS = text.colours.split(" ");
const INKS = text.inks.split(" ");
const SPAN_MS = 30_000;
const QUIET_MS = 6_000;
const id = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
const grabbed = document.createElement("canvas");
const history = new Map();
let stream = null;
let starting = false;
let recorder = null;
let unsent = null; // a recording that the server has not got
let quietUntil = 0;
let arrivals = [];
let shown = 0;
let fresh = true; // a picture of the camera that has not been sent
let awaited = null; // tells who waits for one

bands();
startButton.addEventListener("click", () => (stream ? stop() : start()));
recordButton.addEventListener("click", record);
window.addEventListener("pagehide", () => {
  stop();
  end();
});
window.addEventListener("beforeunload", (event) => {
  if (recorder || unsent) event.preventDefault();
});

// To be seen at once; to be heard at once where it is news, every few seconds where it is a score.
function say(words, { score = false } = {}) {
  said.textContent = words;
  const now = performance.now();
  if (score && now < quietUntil) return;
  quietUntil = now + QUIET_MS;
  if (told.textContent !== words) told.textContent = words;
}

async function start() {
  if (starting) return; // a second stream would film on when the first is stopped
  starting = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
  } catch {
    say(text.textDenied);
    return;
  } finally {
    starting = false;
  }
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    stop();
    say(text.textEnded);
  });
  video.srcObject = stream;
  await video.play();
  startButton.textContent = text.textStop;
  recordButton.hidden = false;
  say(text.textLoading);
  noteFrames();
  watch();
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
  if (!fresh) await Promise.race([new Promise((settle) => (awaited = settle)), pause(200)]);
  fresh = !video.requestVideoFrameCallback;
}

function stop() {
  if (!stream) return;
  for (const track of stream.getTracks()) track.stop();
  stream = null;
  video.srcObject = null;
  startButton.textContent = text.textStart;
  recordButton.hidden = !unsent;
  blank("");
}

function end() {
  fetch(`/live/${id}/end`, { method: "POST", headers: { "X-CSRF-Token": token }, keepalive: true }).catch(() => {});
}

// What was found in an earlier frame must not be taken for what is seen now.
function blank(words) {
  rate.textContent = "";
  overlay.getContext("2d").clearRect(0, 0, overlay.width, overlay.height);
  say(words);
}

async function watch() {
  const mine = stream; // another loop watches the next
  while (stream === mine) {
    await nextFrame();
    const frame = await grab();
    if (!frame || stream !== mine) continue;
    const { found, trouble } = await ask(`/live/${id}/frames`, frame, { "Content-Type": "image/jpeg" });
    if (stream !== mine) break;
    if (found) {
      show(found);
      continue;
    }
    blank(trouble ?? text.textLost);
    await pause(1500);
  }
  if (!stream) end(); // after the answer to the last frame
}

// What the server finds, or why it does not; neither, where something else answers or nothing.
async function ask(url, body, headers) {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "X-CSRF-Token": token, Accept: "application/json" },
      body,
    });
    const content = await answer.json();
    return answer.ok ? { found: content } : { trouble: content.detail };
  } catch {
    return {};
  }
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
  arrivals = [...arrivals.filter(([time]) => now - time < 2000), [now, found.looks]];
  const [since, looks] = arrivals[0];
  const span = (now - since) / 1000;
  const fps = span > 0.3 ? (arrivals.length - 1) / span : 0;
  const scored = span > 0.3 ? (found.looks - looks) / span : 0;
  rate.textContent = span > 0.3 ? `${number(fps, 1)} fps · ${found.ms} ms · ${number(scored, 1)} ${text.textScored}` : "";
  place.dataset.fps = fps.toFixed(1);
  place.dataset.frames = String((shown += 1)); // tools/measure_live.py counts them
  draw(found);
  say(found.faces.length ? found.faces.map(words).join(" · ") : text.textNone, { score: true });
  for (const face of found.faces) {
    if (face.rolling === null) continue;
    if (!history.has(face.id)) history.set(face.id, []);
    history.get(face.id).push([now, face.rolling]);
  }
  plot(now);
}

function words(face) {
  const name = `${text.textFace} ${face.id}: `;
  if (face.turned) return name + text.textTurned;
  if (face.score === null) return name + text.textSmall;
  return name + (face.rolling === null ? text.textWait : `P ${probability(face.rolling)}`);
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
  for (const face of found.faces) {
    const [x0, y0, x1, y1] = face.box;
    pen.lineWidth = 3;
    const look = { colour: COLOURS[face.id % COLOURS.length], ink: INKS[face.id % INKS.length] };
    pen.strokeStyle = look.colour;
    pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
    const score = face.rolling ?? face.score;
    const label = score === null ? `${face.id}` : `${face.id} · ${probability(score)}`;
    drawLabel(pen, label, [x0, y0], 15, look, found.width);
  }
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
  const [low, high] = [height(Number(text.low)), height(Number(text.high))];
  document.getElementById("bands").append(
    shape("rect", { class: "band-high", x: 0, y: 0, width: 1000, height: high }),
    shape("rect", { class: "band-mid", x: 0, y: high, width: 1000, height: low - high }),
    shape("rect", { class: "band-low", x: 0, y: low, width: 1000, height: 200 - low }),
  );
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
    const d = points.map(([time, score], n) => `${n ? "L" : "M"}${(1000 - ((now - time) / SPAN_MS) * 1000).toFixed(1)} ${height(score).toFixed(1)}`).join("");
    curves.append(shape("path", { class: "curve", stroke: COLOURS[face % COLOURS.length], d, "vector-effect": "non-scaling-stroke" }));
  }
}

function record() {
  if (unsent) {
    send(unsent);
    return;
  }
  if (recorder) {
    recorder.stop();
    stop();
    return;
  }
  const pieces = [];
  recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.addEventListener("stop", () => send(new Blob(pieces, { type: recorder.mimeType })));
  recorder.start(1000);
  recordButton.textContent = text.textKeep;
}

async function send(film) {
  recorder = null;
  unsent = film;
  recordButton.hidden = true;
  say(text.textSending);
  const body = new FormData();
  body.append("file", film, `camera-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.webm`);
  const { found, trouble } = await ask("/uploads", body);
  if (found) {
    unsent = null;
    location.assign(found.url);
    return;
  }
  stop();
  say([trouble, text.textUnsent].filter(Boolean).join(". "));
  recordButton.textContent = text.textAgain;
  recordButton.hidden = false;
}
