// A probability as the pages write it: never as certain. The same as core/wording.py.
export function probability(value) {
  if (value > 0.99) return "> 0.99";
  if (value < 0.01) return "< 0.01";
  return value.toFixed(2);
}
