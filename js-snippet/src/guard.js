/* Guard: whatever is broken about a page, we do not add to it.
 *
 * `safe` makes a function that never throws and whose promise never rejects. What it does until its first `await` it
 * does at once. Everything that the page or the browser may call is made so.
 */
export const safe = (work) => async (...args) => {
  try {
    return await work(...args);
  } catch {
    // Offline, blocked, or a page that took away what we need: it is not counted, and not disturbed.
  }
};

/* Listen on the window while events are captured: before a handler of the page can stop them. */
export const on = (types, work) =>
  types.split(" ").map((type) => addEventListener(type, safe(work), true));
