// The result page: boxes and heat maps in step with the film, the timeline, stepping by keys.
import { drawLabel } from "./labels.js";
import { number, probability } from "./wording.js";

const scene = JSON.parse(document.getElementById("scene").textContent);
const video = document.getElementById("video");
const canvas = document.getElementById("overlay");
const timeline = document.getElementById("timeline");
const cursor = document.getElementById("cursor");
const now = document.getElementById("now");
const showBoxes = document.getElementById("show-boxes");
const showHeat = document.getElementById("show-heat");
const NEAR_S = 0.021; // as one frame of 24 a second, halved
const STEP_S = 0.6; // boxes farther apart than this are not joined by a guess
const heats = new Map();
let shown = 0; // the time of the frame that boxes were last drawn for

if (video) {
  const redraw = () => draw(video.currentTime);
  if ("requestVideoFrameCallback" in video) {
    const frame = (_, data) => {
      draw(data.mediaTime);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  } else {
    const frame = () => {
      if (!video.paused) redraw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
  for (const event of ["seeked", "timeupdate", "loadedmetadata"]) video.addEventListener(event, redraw);
  new ResizeObserver(redraw).observe(video);
  showBoxes?.addEventListener("change", redraw);
  showHeat?.addEventListener("change", redraw);
  document.getElementById("save").addEventListener("click", save);
  // Where the poster is from: else the picture, the clock and the boxes are of different moments.
  const open = () => scene.start && video.currentTime === 0 && seek(scene.start);
  if (video.readyState >= 1) open();
  else video.addEventListener("loadedmetadata", open, { once: true });
}
for (const button of document.querySelectorAll("button[data-time]")) {
  button.addEventListener("click", () => {
    seek(Number(button.dataset.time));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    video.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  });
}
for (const toggle of document.querySelectorAll(".heat-toggle")) {
  toggle.addEventListener("change", () => {
    // All of them, for whoever prints the page without having scrolled to its end.
    for (const heat of toggle.closest(".face").querySelectorAll(".heat")) heat.loading = "eager";
  });
}
if (timeline) {
  let dragging = false;
  timeline.addEventListener("pointerdown", (event) => {
    dragging = true;
    timeline.setPointerCapture(event.pointerId);
    seekAt(event.clientX);
  });
  timeline.addEventListener("pointermove", (event) => dragging && seekAt(event.clientX));
  timeline.addEventListener("pointerup", () => (dragging = false));
  timeline.addEventListener("pointercancel", () => (dragging = false));
  timeline.addEventListener("keydown", step);
  tell(0);
}

function seek(seconds) {
  if (!video) {
    tell(seconds);
    return;
  }
  video.pause();
  // A hair later, so that the frame that begins then is shown and not the one before it.
  video.currentTime = seconds + 0.001;
  tell(seconds);
}

function seekAt(clientX) {
  const plot = timeline.querySelector(".plot").getBoundingClientRect();
  const x = Math.min(1, Math.max(0, (clientX - plot.left) / plot.width)) * 1000;
  const seconds = timeAt(x);
  const near = nearest(seconds);
  seek(Math.abs(xAt(near) - x) < 8 ? near : seconds);
}

function step(event) {
  const at = video ? video.currentTime : Number(timeline.getAttribute("aria-valuenow"));
  const times = scene.times;
  let to;
  if (event.key === "ArrowRight" || event.key === "ArrowUp") to = times.find((time) => time > at + 0.005);
  else if (event.key === "ArrowLeft" || event.key === "ArrowDown") to = times.findLast((time) => time < at - 0.005);
  else if (event.key === "Home") to = times[0];
  else if (event.key === "End") to = times.at(-1);
  else if (event.key === " " && video) {
    event.preventDefault();
    if (video.paused) video.play();
    else video.pause();
    return;
  } else return;
  event.preventDefault();
  if (to !== undefined) seek(to);
}

function between(knots, value, from, to) {
  for (let i = 1; i < knots.length; i += 1) {
    if (value <= knots[i][from] || i === knots.length - 1) {
      const [a, b] = [knots[i - 1], knots[i]];
      const share = (value - a[from]) / Math.max(b[from] - a[from], 1e-9);
      return a[to] + (b[to] - a[to]) * Math.min(1, Math.max(0, share));
    }
  }
  return 0;
}

function xAt(seconds) {
  return between(scene.knots, seconds, 0, 1);
}

function timeAt(x) {
  return between(scene.knots, x, 1, 0);
}

function nearest(seconds) {
  return scene.times.reduce((best, time) => (Math.abs(time - seconds) < Math.abs(best - seconds) ? time : best));
}

function tell(seconds) {
  if (!timeline) return;
  const x = xAt(seconds).toFixed(2);
  cursor.setAttribute("d", `M${x} 0V200`);
  const words = clock(seconds);
  now.textContent = words;
  timeline.setAttribute("aria-valuenow", seconds.toFixed(2));
  const near = nearest(seconds);
  const scores = Math.abs(near - seconds) < NEAR_S ? scoresAt(near) : "";
  timeline.setAttribute("aria-valuetext", words + scores);
}

function scoresAt(time) {
  return scene.faces
    .flatMap((face) => face.boxes.filter((box) => box[0] === time && box[5] !== null).map((box) => `, ${timeline.dataset.textFace} ${face.id}: ${probability(box[5])}`))
    .join("");
}

function clock(seconds, digits = 1) {
  const parts = 10 ** digits;
  const whole = Math.round(seconds * parts);
  const rest = number((whole % (60 * parts)) / parts, digits).padStart(3 + digits, "0");
  const minutes = Math.floor(whole / (60 * parts));
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

// Where a face is at a time: where it was seen, or between two sightings that are close together.
function boxAt(face, seconds) {
  const boxes = face.boxes;
  for (let i = 0; i < boxes.length; i += 1) {
    const box = boxes[i];
    if (Math.abs(box[0] - seconds) <= NEAR_S) return { box: box.slice(1, 5), score: box[5], exact: true };
    const next = boxes[i + 1];
    if (next && box[0] < seconds && seconds < next[0] && next[0] - box[0] <= STEP_S) {
      const share = (seconds - box[0]) / (next[0] - box[0]);
      const mixed = box.slice(1, 5).map((side, n) => side + (next[n + 1] - side) * share);
      return { box: mixed, score: share < 0.5 ? box[5] : next[5], exact: false };
    }
  }
  return null;
}

function draw(seconds) {
  tell(seconds);
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: wide, clientHeight: high } = video;
  canvas.width = Math.round(wide * ratio);
  canvas.height = Math.round(high * ratio);
  const scale = Math.min(wide / scene.width, high / scene.height);
  const left = (wide - scene.width * scale) / 2;
  const top = (high - scene.height * scale) / 2;
  const base = new DOMMatrix([ratio * scale, 0, 0, ratio * scale, ratio * left, ratio * top]);
  paint(canvas.getContext("2d"), base, scale, seconds);
}

// Over what the pen has drawn already; `scale` is the size of a pixel of the film to the eye.
function paint(pen, base, scale, seconds) {
  shown = seconds;
  pen.setTransform(base);
  for (const face of scene.faces) {
    const found = boxAt(face, seconds);
    if (!found) continue; // after a cut its heat would lie over somebody else
    if (showHeat?.checked) drawHeat(pen, base, face, seconds);
    if (showBoxes?.checked) drawBox(pen, scale, face, found);
  }
}

function drawBox(pen, scale, face, { box, score, exact }) {
  const [x0, y0, x1, y1] = box;
  pen.setLineDash(exact ? [] : [6 / scale, 4 / scale]);
  pen.lineWidth = 5 / scale;
  pen.strokeStyle = "rgb(255 255 255 / 75%)";
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  pen.lineWidth = 2.5 / scale;
  pen.strokeStyle = face.colour;
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  pen.setLineDash([]);
  const words = score === null ? `${face.id}` : `${face.id} · ${probability(score)}`;
  drawLabel(pen, words, [x0, y0], 13 / scale, face, scene.width);
}

function drawHeat(pen, base, face, seconds) {
  let best = null;
  for (const heat of face.heats) {
    if (Math.abs(heat[0] - seconds) < (best ? Math.abs(best[0] - seconds) : 0.25)) best = heat;
  }
  if (!best) return;
  const [, url, place] = best;
  let picture = heats.get(url);
  if (!picture) {
    picture = new Image();
    picture.addEventListener("load", () => draw(video.currentTime));
    picture.src = url;
    heats.set(url, picture);
  }
  if (!picture.complete || !picture.naturalWidth) return;
  pen.setTransform(base.multiply(new DOMMatrix(place)));
  pen.drawImage(picture, 0, 0, 1, 1);
  pen.setTransform(base);
}

// The frame with what is drawn over it, and under it what, when and by whom: without its words a
// picture of a box says more than was found.
async function save() {
  const { dataset } = document.getElementById("save");
  const seconds = shown;
  const time = clock(seconds, 2);
  const drawn = showBoxes?.checked || showHeat?.checked;
  const lines = [`${dataset.name} · ${time}`, dataset.words, drawn ? dataset.drawn : ""].filter(Boolean);
  const picture = document.createElement("canvas");
  const pen = picture.getContext("2d");
  const { width, height } = scene;
  const size = Math.max(11, Math.round(width / 52));
  const font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  pen.font = font;
  const rows = lines.flatMap((line) => wrapped(pen, line, width - 2 * size));
  picture.width = width;
  picture.height = Math.round(height + (rows.length * 1.4 + 1) * size);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.drawImage(video, 0, 0, width, height);
  pen.save();
  paint(pen, new DOMMatrix(), video.clientWidth / width, seconds);
  pen.restore();
  pen.resetTransform();
  pen.font = font;
  pen.fillStyle = "#1d1b18";
  pen.textBaseline = "top";
  pen.textAlign = "left";
  rows.forEach((row, n) => pen.fillText(row, size, height + size * (0.7 + 1.4 * n)));
  const blob = await new Promise((settle) => picture.toBlob(settle, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${dataset.name.replace(/\.[^.]*$/, "")} ${time.replaceAll(":", "-")}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function wrapped(pen, line, wide) {
  const rows = [];
  for (const word of line.split(" ")) {
    const longer = rows.length ? `${rows.at(-1)} ${word}` : word;
    if (rows.length && pen.measureText(longer).width <= wide) rows[rows.length - 1] = longer;
    else rows.push(word);
  }
  return rows;
}
