// The mark that the page's language puts before a fraction.
const MARK = (1.5).toLocaleString(document.documentElement.lang || "en").charAt(1);

// A number with so many digits after that mark.
export function number(value, digits) {
  return value.toFixed(digits).replace(".", MARK);
}

// A probability as the pages write it: never as certain. The same as core/wording.py.
export function probability(value) {
  if (value > 0.99) return `> ${number(0.99, 2)}`;
  if (value < 0.01) return `< ${number(0.01, 2)}`;
  return number(value, 2);
}
