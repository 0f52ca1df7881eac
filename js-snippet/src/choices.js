/* Choices: what a visitor decides on this page, and where it is remembered.
 *
 * Invariant: a choice holds from the next event on, whatever can and cannot be written.
 */
import { safe } from "./guard.js";
import { isOwn } from "./options.js";
import { noticeVersion } from "./policy.js";
import { post } from "./post.js";
import { aware, facts, memory, status, storage } from "./say.js";
import { start } from "./start.js";

/* 1: leave me out; 0: count me again. Whatever the cookie said before is over. Browsers forget what a script wrote, some
 * after a week; so the cookie of an opt-out comes with an answer of the server, which start() asks for. */
const choose = (out) => () => {
  safe(() => {
    document.cookie = "footfall_optout=;path=/;max-age=0";
    storage.footfall_optout = out;
  })();
  memory.footfall_optout = out;
  return start();
};

export const optOut = choose(1);
export const optIn = choose(0);

/* A grant holds for 390 days; after a denial one may ask again in 180. The last digit: was a signal on at the time?
 * The server repeats the cookie, since one that a script wrote may be forgotten after a week, keeps the proof (`text` is
 * what the visitor was shown), and gives who agreed a cookie of his own, or takes it away. So it goes first. */
export const consent = async (choice, text) => {
  const seconds = choice == "granted" ? 33696e3 : 15552e3;
  const aSignalIsOn = aware || facts.gpc || facts.dnt ? 1 : 0;
  document.cookie =
    "footfall_consent=1." + noticeVersion + "." + Math.round(Date.now() / 1000) + "." + choice[0] + "." + aSignalIsOn
    + ";path=/;max-age=" + seconds + ";samesite=lax" + (isSecureContext ? ";secure" : "");
  status();
  if (facts.consent && isOwn()) {
    // Until the answer is here nobody would be known again: a page that waits for consent waits for that as well.
    memory.no_consent = 1;
    await safe(post)("/privacy/consent", { consent: choice, text });
    delete memory.no_consent;
  }
  return start();
};
