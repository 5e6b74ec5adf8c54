// The renderer of reports in VS Code's notebooks: what a report says, and the picture to take hold
// of. VS Code hands a renderer the one type that it asked for, so that what the kernel drew as HTML
// is not at hand here; `Change Presentation` under an output shows that.

import { element } from './dom.js';
import { Picture } from './picture.js';
import { STYLE } from './style.js';
import { summary } from './summary.js';

// VS Code's contract with the module of a notebook renderer.
export function activate() {
  document.head.append(element('style', {}, STYLE));
  const pictures = new Map();
  return {
    renderOutputItem(item, node) {
      const report = item.json();
      // A report that grows while its cell runs is drawn anew: what was open stays open.
      const wasOpen = pictures.get(item.id)?.isOpen;
      // The cell's editor is out of reach: a click on a bar marks all bars of its line.
      const picture = Picture.of(report, line => picture.mark(line));
      pictures.set(item.id, picture);
      node.replaceChildren(...summary(report, picture?.node));
      if (wasOpen) picture?.open();
    },
    disposeOutputItem(id) {
      if (id === undefined) pictures.clear();
      else pictures.delete(id);
    },
  };
}
