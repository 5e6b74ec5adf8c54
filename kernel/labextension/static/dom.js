// Making nodes without parsing text: nothing of a report can become markup.

const SVG = 'http://www.w3.org/2000/svg';

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// An HTML element with attributes and children (nodes or texts).
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

// The same for SVG.
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

// A button that says what it does.
export function button(text, title, press) {
  const node = element('button', { type: 'button', title, 'aria-label': title }, text);
  node.addEventListener('click', press);
  return node;
}
