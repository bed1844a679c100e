// <|Ts|>: list, add, edit and delete them.
const message = document.querySelector("#message");
const template = document.querySelector("template");

async function call(url, method, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method, headers, body });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data;
}

function show(row) {
  const form = template.content.firstElementChild.cloneNode(true);
  form.action = `/api/<|es|>/${row.id}`;
  form.name.value = row.name;
  form.notes.value = row.notes;
  form.created.value = row.created;
  return form;
}

async function load() {
  const rows = await call("/api/<|es|>", "GET");
  document.querySelector("section").replaceChildren(...rows.map(show));
}

async function send(form, method) {
  const data = Object.fromEntries(new FormData(form));
  await call(form.action, method, JSON.stringify(data));
  message.textContent = "";
  form.reset();
  await load();
}

function report(error) {
  message.textContent = error.message;
}

document.querySelector("main").onsubmit = (event) => {
  event.preventDefault();
  send(event.target, event.submitter.value).catch(report);
};
load().catch(report);
