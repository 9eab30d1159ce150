// The list of functions: search, families, and what is drawn.

import { families } from './page/page.js';
import { byId, element, option } from './dom.js';
import { add, changed, entryOf, onChange, remove, state } from './state.js';

export function start() {
  const all = families();
  byId('family').replaceChildren(option('', 'all'), ...all.map(({ name, title }) => option(name, `${name}: ${title}`)));
  byId('list').replaceChildren(...all.map(group));
  byId('search').addEventListener('input', filter);
  byId('family').addEventListener('change', filter);
  byId('clear').addEventListener('click', () => {
    state.entries = [];
    changed({ list: true });
  });
  onChange(({ list }) => list && mark());
  filter();
}

function group({ name }) {
  const functions = state.functions.filter(({ family }) => family === name);
  return element('div', {}, element('h3', {}, name), ...functions.map(line));
}

function line({ key, name }) {
  const box = element('input', { type: 'checkbox', value: key });
  box.addEventListener('change', () => {
    if (box.checked) add(entryOf(name));
    else for (const entry of state.entries.filter((other) => other.key === key)) remove(entry);
    changed({ list: true });
  });
  return element('label', {}, box, name);
}

// Checks the boxes of all that is drawn.
function mark() {
  for (const box of byId('list').querySelectorAll('input')) {
    box.checked = state.entries.some(({ key }) => key === box.value);
  }
  byId('clear').disabled = state.entries.length === 0;
}

// Shows what has all words of the search in its texts.
function filter() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const family = byId('family').value;
  let found = 0;
  for (const box of byId('list').querySelectorAll('input')) {
    const row = state.functions.find(({ key }) => key === box.value);
    const text = [row.name, row.key, row.aliases, row.strengths, row.weaknesses, row.used, row.source]
      .flat()
      .join(' ')
      .toLowerCase();
    const fits = (!family || row.family === family) && words.every((word) => text.includes(word));
    box.parentElement.hidden = !fits;
    found += fits ? 1 : 0;
  }
  for (const group of byId('list').children) {
    group.hidden = ![...group.querySelectorAll('label')].some((node) => !node.hidden);
  }
  byId('found').textContent = found
    ? `${found} of ${state.functions.length} functions`
    : 'No function has these words in its texts.';
}
