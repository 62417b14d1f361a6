// What script adds to pages that work without it. Nothing here decides anything: the server does.
"use strict";

// Whether a form is under way: a page that loads itself anew at that moment would break it off, and its answer with it.
let sending = false;

// A form or button that asks first: data-confirm="the question".
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  sending = true;
  // Sent once: a second click would do it twice. What takes longer than people wait in silence is said to be under way.
  const form = event.target;
  const buttons = form.querySelectorAll("button");
  const status = document.createElement("p");
  status.className = "sending";
  status.setAttribute("role", "status");
  form.append(status);
  form.setAttribute("aria-busy", "true");
  setTimeout(() => { for (const button of buttons) button.disabled = true; }, 0);
  const say = setTimeout(() => { status.textContent = document.body.dataset.sending; }, 500);
  // Where the answer is a file the page stays, and its buttons come back. Whoever hands in files gets a page.
  if (form.enctype === "multipart/form-data") return;
  setTimeout(() => {
    sending = false;
    clearTimeout(say);
    status.remove();
    form.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }, 8000);
});
window.addEventListener("pageshow", (event) => {
  // What is shown once does not come back with the browser's way back: data-once="where to go in its place".
  const once = event.persisted && document.querySelector("[data-once]");
  if (once) {
    once.remove();
    window.location.replace(once.dataset.once);
    return;
  }
  if (!event.persisted) return;
  sending = false;
  for (const form of document.querySelectorAll("[aria-busy]")) form.removeAttribute("aria-busy");
  for (const status of document.querySelectorAll(".sending")) status.remove();
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});

// What is wrong in a form is what one wants to read first.
const problems = document.querySelector(".problems");
if (problems) {
  problems.tabIndex = -1;
  problems.focus();
}

// A table narrowed down while one types: data-filter="id of the table".
for (const box of document.querySelectorAll("[data-filter]")) {
  const table = document.getElementById(box.dataset.filter);
  if (!table) continue;
  box.hidden = false;
  box.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });
}

// A file dropped on its field: data-drop.
for (const field of document.querySelectorAll("[data-drop]")) {
  const input = field.querySelector("input[type=file]");
  if (!input) continue;
  for (const name of ["dragenter", "dragover"]) {
    field.addEventListener(name, (event) => {
      event.preventDefault();
      field.classList.add("dropping");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    field.addEventListener(name, () => field.classList.remove("dropping"));
  }
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    input.files = event.dataTransfer.files;
  });
}

// Live progress: data-events="address", with [data-live=KEY] for words and a progress element. The page is loaded
// anew at the end, so that it says what it would have said without script. That nobody asked for it is said in the
// address: a page alone keeps no session.
for (const live of document.querySelectorAll("[data-events]")) {
  const source = new EventSource(live.dataset.events);
  source.addEventListener("progress", (event) => {
    const said = JSON.parse(event.data);
    for (const place of live.querySelectorAll("[data-live]")) {
      const text = said[place.dataset.live];
      if (typeof text === "string" && place.textContent !== text) place.textContent = text;
    }
    const bar = live.querySelector("progress");
    if (!bar) return;
    if (said.total > 0) {
      bar.max = said.total;
      bar.value = said.done;
    } else {
      bar.removeAttribute("value");
    }
  });
  const anew = () => {
    if (sending) {
      setTimeout(anew, 1000);
      return;
    }
    const here = new URL(window.location.href);
    here.searchParams.set("again", "1");
    window.location.replace(here);
  };
  source.addEventListener("end", () => {
    source.close();
    anew();
  });
}
