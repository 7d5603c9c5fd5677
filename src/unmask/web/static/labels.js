// The words at a box: above it, never cut off at an edge of the picture, in black or white by what
// is read more easily on the colour. All in units of the picture, which is as wide as `within`.
export function drawLabel(pen, words, [x0, y0], size, { colour, ink }, within) {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  const wide = pen.measureText(words).width + size;
  const x = Math.max(0, Math.min(x0, within - wide));
  const y = Math.max(0, y0 - 1.6 * size);
  pen.fillStyle = colour;
  pen.fillRect(x, y, wide, 1.6 * size);
  pen.fillStyle = ink;
  pen.textBaseline = "middle";
  pen.fillText(words, x + size / 2, y + 0.85 * size);
}
