// The chat page with script: new messages as they come, sending without a reload, photos, places. The page works without it.

const app = document.getElementById("app");
const $ = (id) => document.getElementById(id);
const words = app.dataset;
const list = $("messages");
const scroll = $("scroll");
const composer = $("composer");
const LARGEST = 10 * 1024 * 1024;
const MOST_PHOTOS = 10;
const SIDE = 2560; // Longest side of a photo that is sent, in pixels.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

// Our own templates made this text; everything in it that people wrote was escaped there.
function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

async function post(url, body) {
  const answer = await fetch(url, {
    method: "POST", body, headers: { Accept: "application/json", "X-Proof": words.proof }, credentials: "same-origin",
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(content.error || words.sayFailed), { status: answer.status });
  return content;
}

// --- the conversation

const atBottom = () => !scroll || Math.abs(scroll.scrollTop) < 120;
const toBottom = (smooth = true) => {
  if (scroll) scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth && !calm.matches ? "smooth" : "instant" });
  const below = $("below");
  if (below) below.hidden = true;
};

function dayLine(label) {
  const line = document.createElement("li");
  line.className = "day";
  line.dataset.day = label;
  line.append(Object.assign(document.createElement("span"), { textContent: label }));
  return line;
}

// Begins a day above a message when it is the day's first.
function withDay(fresh) {
  const shown = [...list.querySelectorAll("[data-seq]")];
  const before = shown[shown.indexOf(fresh) - 1];
  if (before?.dataset.day !== fresh.dataset.day && fresh.previousElementSibling?.dataset.day !== fresh.dataset.day) fresh.before(dayLine(fresh.dataset.day));
}

// Puts a message where it belongs: in the place of its older version, or by its number among the others.
function place(html, version, seq) {
  const fresh = element(html);
  const old = document.getElementById(fresh.id);
  if (old) {
    if (Number(old.dataset.version || 0) >= version && !old.classList.contains("pending")) return null;
    const held = old.contains(document.activeElement) ? document.activeElement.value || document.activeElement.className : "";
    old.replaceWith(fresh);
    if (old.classList.contains("pending")) withDay(fresh);
    if (held) fresh.querySelector(`button[value="${CSS.escape(held)}"]`)?.focus();
    return { fresh, isNew: false };
  }
  const shown = [...list.querySelectorAll("[data-seq]")];
  if (shown.length && $("earlier") && seq < Number(shown[0].dataset.seq)) return null; // Not paged in yet.
  if (words.past) return null;
  const before = shown.find((one) => Number(one.dataset.seq) > seq);
  if (before) {
    before.before(fresh);
  } else {
    const pending = list.querySelector(".message.pending");
    if (pending) pending.before(fresh); else list.append(fresh);
  }
  withDay(fresh);
  fresh.classList.add("new");
  return { fresh, isNew: true };
}

let unreadHere = 0;
function heard(event) {
  const news = JSON.parse(event.data);
  if (news.chat !== words.chat || !list) return;
  $("welcome")?.remove();
  const stay = atBottom();
  const placed = place(news.html, news.version, news.seq);
  if (!placed) return;
  const mine = placed.fresh.classList.contains("mine");
  if (!placed.isNew && !mine) {
    placed.fresh.classList.add("lit");
    $("announce").textContent = placed.fresh.querySelector(".text")?.textContent || "";
  }
  if (placed.isNew && (stay || mine)) toBottom();
  else if (placed.isNew && $("below")) $("below").hidden = false;
  if (placed.isNew && !mine) {
    if (document.hidden) document.title = `(${++unreadHere}) ${words.sayTitle}`;
    readSoon();
  }
}

function heardRow(event) {
  const news = JSON.parse(event.data);
  const rows = $("rows");
  const fresh = element(news.html);
  const here = news.chat === words.chat;
  rows.querySelector(".none")?.remove();
  const old = rows.querySelector(`[data-chat="${CSS.escape(news.chat)}"]`);
  if (old && (old.dataset.stamp === fresh.dataset.stamp || (here && !document.hidden && sameMessage(old, fresh)))) return;
  const hadFocus = old?.contains(document.activeElement);
  old?.remove();
  if (here) {
    fresh.classList.add("here");
    fresh.firstElementChild.setAttribute("aria-current", "page");
    if (!document.hidden) fresh.querySelector(".unread")?.remove();
  }
  rows.prepend(fresh);
  if (hadFocus) fresh.firstElementChild.focus({ preventScroll: true });
}

// In the open chat the number of unread ones lags behind what is seen; it makes no difference there.
const sameMessage = (one, other) => one.dataset.stamp.replace(/\.\d+$/, "") === other.dataset.stamp.replace(/\.\d+$/, "");

let reading = 0;
function readSoon() {
  if (document.hidden || !words.chat || words.past) return;
  clearTimeout(reading);
  reading = setTimeout(() => {
    const last = [...list.querySelectorAll("[data-seq]")].pop();
    if (!last) return;
    const form = new FormData();
    form.set("seq", last.dataset.seq);
    post(`${chatPath()}/read`, form).catch(() => {});
  }, 400);
}
const chatPath = () => `${words.base}/chat/${encodeURIComponent(words.chat)}`;

// --- the line to the house

let line = null;
let since = "";
let wasLost = false;
let patience = 1000;
let calling = 0;
function listen() {
  if (line) return;
  const address = new URL(words.events, location.href);
  if (since) address.searchParams.set("since", since);
  line = new EventSource(address);
  const remember = (handler) => (event) => { since = event.lastEventId || since; handler(event); };
  line.addEventListener("message", remember(heard));
  line.addEventListener("row", remember(heardRow));
  line.addEventListener("reload", () => location.reload());
  line.addEventListener("open", () => {
    patience = 1000;
    if (wasLost) state(words.sayOnline, 2500);
    wasLost = false;
  });
  line.addEventListener("error", () => {
    // The browser calls again by itself, unless the house refused; then we do, ever more slowly.
    wasLost = true;
    setTimeout(() => { if (wasLost && line && line.readyState !== EventSource.OPEN) state(words.sayOffline); }, 2500);
    if (line && line.readyState === EventSource.CLOSED) {
      hangUp();
      calling = setTimeout(listen, (patience = Math.min(patience * 2, 30000)));
    }
  });
}
function hangUp() {
  clearTimeout(calling);
  line?.close();
  line = null;
}
let stateTimer = 0;
function state(text, forMs = 0) {
  const box = $("line-state");
  if (!box) return;
  clearTimeout(stateTimer);
  box.textContent = text;
  box.hidden = !text;
  if (forMs) stateTimer = setTimeout(() => state(""), forMs);
}

// A page in the background gives its line back: a browser has six for one house.
let resting = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) {
    resting = setTimeout(hangUp, 60000);
  } else {
    unreadHere = 0;
    document.title = words.sayTitle;
    listen();
    readSoon();
  }
});
addEventListener("pagehide", hangUp);
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
listen();

// --- looking back

$("below")?.addEventListener("click", () => toBottom());
scroll?.addEventListener("scroll", () => { if (atBottom() && $("below")?.tagName === "BUTTON") $("below").hidden = true; }, { passive: true });

document.addEventListener("click", async (event) => {
  const more = event.target.closest("[data-more]");
  if (!more || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const answer = await fetch(more.dataset.more, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) { location.href = more.href; return; }
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const first = list.querySelector("[data-seq]");
  const firstDay = list.querySelector(".day");
  const days = [...template.content.querySelectorAll(".day")];
  if (firstDay && days.some((day) => day.dataset.day === firstDay.dataset.day)) firstDay.remove();
  const top = first?.getBoundingClientRect().top;
  $("earlier")?.remove();
  list.prepend(template.content);
  if (first) scroll.scrollBy({ top: first.getBoundingClientRect().top - top, behavior: "instant" });
  first?.previousElementSibling?.querySelector("a, button")?.focus({ preventScroll: true });
});

// --- photos: look at them large

const lightbox = $("lightbox");
document.addEventListener("click", (event) => {
  const photo = event.target.closest("a.photo");
  if (!photo || event.ctrlKey || event.metaKey || !lightbox.showModal) return;
  event.preventDefault();
  const image = $("lightbox-photo");
  image.src = photo.href;
  image.alt = photo.querySelector("img").alt;
  lightbox.showModal();
});
lightbox.addEventListener("click", (event) => { if (event.target.tagName !== "BUTTON") lightbox.close(); });

// --- buttons under a message

document.addEventListener("submit", async (event) => {
  const form = event.target.closest(".buttons, [data-recall]");
  if (!form) return;
  event.preventDefault();
  const pressed = event.submitter;
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  pressed?.classList.add("pressed");
  const body = new FormData(form);
  if (pressed?.name) body.set(pressed.name, pressed.value);
  if (body.has("key")) body.set("key", newKey());
  try {
    const done = await post(form.action, body);
    if (done.html) place(done.html, Infinity, Number.MAX_SAFE_INTEGER);
    // The message changes when the bot has decided; a button that changes nothing comes back by itself.
    setTimeout(() => { form.removeAttribute("aria-busy"); pressed?.classList.remove("pressed"); }, 1500);
  } catch (error) {
    form.removeAttribute("aria-busy");
    pressed?.classList.remove("pressed");
    complain(error.message);
  }
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.tools[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.tools[open]")) { open.open = false; open.firstElementChild.focus(); }
});

// --- writing

let chosen = []; // { blob, url }
function complain(text) {
  const box = $("trouble");
  if (!box) return;
  box.lastElementChild.textContent = text;
  box.hidden = !text;
}

if (composer) {
  const text = $("text");
  const field = (name) => composer.elements.namedItem(name);
  const grow = () => {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 3}px`;
  };
  text.addEventListener("input", () => { grow(); complain(""); });
  const byKeyboard = matchMedia("(hover: hover) and (pointer: fine)");
  text.addEventListener("keydown", (event) => {
    // Enter that chooses a word of an input method must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || !byKeyboard.matches) return;
    event.preventDefault();
    composer.requestSubmit(composer.querySelector(".send"));
  });
  if (byKeyboard.matches && !frameElement) text.focus({ preventScroll: true });

  const answer = (id, name, excerpt) => {
    field("reply_to").value = id;
    const box = $("answering");
    box.hidden = !id;
    box.querySelector(".quoted").textContent = id ? `${name} ${excerpt}` : "";
    if (id) text.focus();
  };
  document.addEventListener("click", (event) => {
    const reply = event.target.closest("[data-reply]");
    const cancel = event.target.closest("[data-cancel-reply]");
    if (!reply && !cancel) return;
    event.preventDefault();
    if (cancel) { answer(""); text.focus(); return; }
    const message = reply.closest(".message");
    message.querySelector("details[open]")?.removeAttribute("open");
    const said = message.querySelector(".text")?.textContent || message.querySelector(".photo img")?.alt || "";
    answer(reply.dataset.reply, message.querySelector(".by").firstChild.textContent.trim(), said.slice(0, 60));
  });

  // Photos: shown before they go; large ones are made smaller here, which also leaves their hidden position behind.
  const input = $("photos");
  const shrink = async (file) => {
    try {
      const image = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
      if (scale === 1 && file.size < 1.5e6) return file;
      const canvas = Object.assign(document.createElement("canvas"), {
        width: Math.round(image.width * scale), height: Math.round(image.height * scale),
      });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      image.close();
      return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.86))) || file;
    } catch {
      return file; // No picture this browser knows: the house says what is wrong with it.
    }
  };
  const draw = () => {
    const box = $("chosen");
    box.replaceChildren(...chosen.map((one) => {
      const item = document.createElement("li");
      const image = Object.assign(document.createElement("img"), { src: one.url, alt: "" });
      const drop = document.createElement("button");
      drop.type = "button";
      drop.setAttribute("aria-label", words.sayDrop);
      drop.append(document.querySelector("#lightbox .icon").cloneNode(true));
      drop.addEventListener("click", () => { URL.revokeObjectURL(one.url); chosen = chosen.filter((other) => other !== one); draw(); input.focus(); });
      item.append(image, drop);
      return item;
    }));
    box.hidden = !chosen.length;
  };
  const take = async (files) => {
    complain("");
    for (const file of files) {
      if (chosen.length >= MOST_PHOTOS) { complain(words.sayMany); break; }
      const blob = await shrink(file);
      if (blob.size > LARGEST) { complain(words.sayBig); continue; }
      chosen.push({ blob, url: URL.createObjectURL(blob) });
      draw();
    }
    text.focus();
  };
  input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; take(files); });
  const pictures = (items) => [...(items || [])].filter((file) => file.type.startsWith("image/"));
  text.addEventListener("paste", (event) => { const files = pictures(event.clipboardData?.files); if (files.length) { event.preventDefault(); take(files); } });
  $("talk").addEventListener("dragover", (event) => event.preventDefault());
  $("talk").addEventListener("drop", (event) => { const files = pictures(event.dataTransfer?.files); if (files.length) { event.preventDefault(); take(files); } });

  // A place: the map is loaded when somebody asks for it.
  const spot = (value, name) => {
    field("location").value = value;
    const box = $("spot");
    box.hidden = !value;
    box.querySelector("span").textContent = name;
  };
  $("spot").querySelector("button").addEventListener("click", () => spot("", ""));
  $("place")?.addEventListener("click", async () => {
    const map = await import(words.map);
    map.pick(words, (lat, lon, name) => { spot(`${lat.toFixed(6)},${lon.toFixed(6)}`, name); text.focus(); });
  });

  // Sending: the message stands there at once; what fails stays, with a way to try again. One after the other, in order.
  let queue = Promise.resolve();
  const stateLine = (bubble, words_, again) => {
    bubble.querySelector(".state")?.remove();
    const box = document.createElement("p");
    box.className = "state";
    box.setAttribute("role", again ? "alert" : "status");
    box.append(words_);
    if (again) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: words.sayAgain });
      button.addEventListener("click", again);
      box.append(button);
    }
    bubble.querySelector(".body").append(box);
  };
  const pendingBubble = (key, said, photos) => {
    const bubble = document.createElement("li");
    bubble.className = "message mine pending new";
    bubble.id = `m-u${key}`;
    const body = Object.assign(document.createElement("div"), { className: "body" });
    const box = Object.assign(document.createElement("div"), { className: "bubble" });
    if (photos.length) {
      const grid = Object.assign(document.createElement("div"), { className: `photos n${Math.min(photos.length, 3)}` });
      grid.append(...photos.map((one) => {
        const holder = Object.assign(document.createElement("span"), { className: "photo" });
        holder.append(Object.assign(document.createElement("img"), { src: one.url, alt: "" }));
        return holder;
      }));
      box.append(grid);
    }
    if (said) box.append(Object.assign(document.createElement("p"), { className: "text", textContent: said }));
    body.append(box);
    bubble.append(body);
    return bubble;
  };
  const send = (body, key, bubble, photos) => {
    bubble.classList.remove("failed");
    stateLine(bubble, words.saySending);
    queue = queue.then(async () => {
      try {
        const done = await post(composer.action, body);
        place(done.html, Infinity, Number.MAX_SAFE_INTEGER);
      } catch (error) {
        if (!document.contains(bubble)) return; // It arrived all the same, and the event said so.
        bubble.classList.add("failed");
        stateLine(bubble, error.status && error.status < 500 ? error.message : words.sayFailed, () => send(body, key, bubble, photos));
        return;
      }
      for (const one of photos) URL.revokeObjectURL(one.url);
    });
  };
  const submit = (said, extra = {}) => {
    const key = newKey();
    const photos = chosen;
    const body = new FormData();
    body.set("key", key);
    body.set("text", said);
    body.set("location", field("location").value);
    body.set("reply_to", field("reply_to").value);
    photos.forEach((one, n) => body.append("photos", one.blob, `photo${n}.jpg`));
    const shown = said || $("spot").querySelector("span").textContent;
    const bubble = pendingBubble(key, shown, photos);
    $("welcome")?.remove();
    list.append(bubble);
    chosen = [];
    draw();
    spot("", "");
    answer("");
    if (!extra.keep) { text.value = ""; grow(); showCall(); }
    toBottom();
    send(body, key, bubble, photos);
  };
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.past) { composer.submit(); return; }
    const by = event.submitter;
    if (by?.name === "call") { mention(by); return; }
    if (by?.name === "say") { submit(by.value, { keep: true }); return; }
    const said = text.value.trim();
    complain("");
    if (!said && !chosen.length && !field("location").value) { text.focus(); return; }
    submit(said);
    text.focus();
  });
  const mention = (button) => {
    const call = button.dataset.mention;
    text.value = text.value.startsWith(call.trim()) ? text.value.slice(call.trim().length).trimStart() : call + text.value;
    showCall();
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
    grow();
  };
  const call = composer.querySelector("[data-mention]");
  const showCall = () => call?.setAttribute("aria-pressed", String(text.value.includes(call.dataset.mention.trim())));
  text.addEventListener("input", showCall);
  showCall();
}
