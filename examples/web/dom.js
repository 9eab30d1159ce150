// Small helpers for the document.

export const byId = (id) => document.getElementById(id);

// Makes an element. Properties are set as such, and others, as `aria-label`, as attributes.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function option(value, text) {
  return element('option', { value, textContent: text });
}

// Replaces the options of a select element, and keeps what is selected if it is still there.
export function setOptions(select, options) {
  const before = select.value;
  select.replaceChildren(...options);
  if (options.some(({ value }) => value === before)) select.value = before;
}

// Fills a table: the first row of cells is its head, and the first cell of each other row is a heading. A
// table may be wider than the screen, so that keys must be able to scroll it.
export function fillTable(table, [head, ...body]) {
  const heads = head.map((cell) => element('th', { scope: 'col' }, cell));
  const rows = body.map(([name, ...cells]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((cell) => element('td', {}, cell))),
  );
  table.replaceChildren(element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows));
  table.parentElement.tabIndex = 0;
}

export function emptyTable(table, text = '') {
  table.replaceChildren(...(text ? [element('caption', {}, text)] : []));
  table.parentElement.removeAttribute('tabindex');
}

// Copies a text, and says so on the button for a while.
export function copyButton(button, text) {
  const label = button.textContent;
  let timer;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'The browser refused';
    }
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = label), 2000);
  });
}

// Runs a task whenever it is asked for, but never twice at once: what is asked for meanwhile is done
// once, after it.
export function oneAtATime(task) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await task();
    } while (again);
    running = null;
  };
  return () => {
    again = running !== null;
    running ??= run();
    return running;
  };
}
