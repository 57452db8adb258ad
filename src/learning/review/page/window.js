/**
 * Which rows of a long list to draw: those in view and a few around them.
 * @param {{ scrollTop: number, height: number, rowHeight: number, count: number, around: number }} view
 */
export function rowsInView({ scrollTop, height, rowHeight, count, around }) {
  const first = Math.max(0, Math.min(Math.floor(scrollTop / rowHeight) - around, count - 1));
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + around);
  return { first, last: Math.max(first, last) };
}

/**
 * Where to scroll so that a row is in view; the same place if it is.
 * @param {{ index: number, scrollTop: number, height: number, rowHeight: number }} view
 */
export function scrollFor({ index, scrollTop, height, rowHeight }) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
