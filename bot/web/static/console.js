/* The desk's board looks again by itself, and its filters need no button. Without script both still work. */
"use strict";

const EVERY = 15000;
const PATIENCE = 10000;

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.classList.add("auto");
  form.addEventListener("change", () => form.requestSubmit());
}

/* One form, one click: a second one while the first is under way is nothing. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, PATIENCE); // The line broke: try again, the same click counts once.
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

/* A set-up code comes behind the address's #, so that no log has it; nor does this browser's history. */
const code = document.querySelector('form[action="/desk/setup"] input[name="code"]');
if (code && location.hash.length > 1) {
  code.value = location.hash.slice(1, 41);
  history.replaceState(null, "", location.pathname);
  document.querySelector('input[name="password"]').focus();
}

async function again() {
  const board = document.getElementById("board");
  if (!board || document.hidden) return;
  const stale = document.getElementById("stale");
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(board.dataset.again, { headers: { Accept: "text/html" }, signal });
    if (answer.redirected) return location.reload();
    stale.hidden = answer.ok;
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("board");
    const lamps = fresh.querySelector(".lamps");
    if (!next) return;
    const typing = document.querySelector("input:focus, textarea:focus, select:focus, .acts details[open]");
    if (next.dataset.state !== board.dataset.state && !typing) return location.replace(board.dataset.again);
    const focused = board.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    for (const each of board.querySelectorAll("details[open][id]")) {
      fresh.getElementById(each.id)?.setAttribute("open", "");
    }
    board.replaceChildren(...next.childNodes);
    board.dataset.again = next.dataset.again;
    if (lamps && !document.querySelector(".lamps :focus")) document.querySelector(".lamps").replaceWith(lamps);
    if (focused) board.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  } catch {
    stale.hidden = false; // The line is broken: the next look is in a quarter of a minute.
  }
}
const watched = document.getElementById("board");
if (watched) {
  setInterval(again, Number(watched.dataset.every) || EVERY);
  document.addEventListener("visibilitychange", again);
}
