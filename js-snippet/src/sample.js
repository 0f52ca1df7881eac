/* Sample: of which documents the web vitals are measured, and when they are told.
 *
 * `data-vitals="10"` asks for ten documents in a hundred. What measures them (vitals.js) is a file of its own, beside
 * this one: only the visitors of those ten fetch it.
 */
import { send } from "./events.js";
import { safe } from "./guard.js";
import { options } from "./options.js";

let tell;

export const tellVitals = () => tell && tell();

export const measureVitals = safe(() =>
  options.vitals > Math.random() * 100 && import("./s.vitals.js").then((vitals) => tell = vitals.default(send)));
