// The renderer of reports in JupyterLab: what the kernel drew, which stays as it is, and on
// demand a picture to zoom and to step through. Lines lead to the cell, and back.

import { Picture } from './picture.js';
import { STYLE } from './style.js';
import { element } from './dom.js';

const MIME = 'application/vnd.fearless.report+json';
const KERNEL = 'fearless';
// What a report draws keeps the number beside its word by a no-break space.
const LINE = /\bline\s(\d+)\b/;

// JupyterLab's plugin; the tokens and Lumino's widgets are those of the running JupyterLab.
export function plugin(IRenderMimeRegistry, INotebookTracker, widgets) {
  return {
    id: 'fearless:report',
    description: 'Shows reports of the Fearless kernel.',
    autoStart: true,
    requires: [IRenderMimeRegistry],
    optional: [INotebookTracker],
    activate(_app, rendermime, tracker) {
      const style = element('style');
      style.textContent = STYLE;
      document.head.append(style);
      tracker?.forEach(numberLines);
      tracker?.widgetAdded.connect((_sender, panel) => numberLines(panel));
      const View = view(widgets, rendermime, tracker);
      // Safe, since nothing of the report is ever parsed as HTML here; what the kernel drew goes
      // through JupyterLab's own renderer, which sanitises what is not trusted.
      rendermime.addFactory(
        { safe: true, mimeTypes: [MIME], createRenderer: options => new View(options) },
        0,
      );
    },
  };
}

function view({ Widget, PanelLayout }, rendermime, tracker) {
  return class ReportView extends Widget {
    constructor() {
      super();
      this.addClass('fearless-report');
      this.layout = new PanelLayout();
    }

    async renderModel(model) {
      const drawn = rendermime.createRenderer(model.data['text/html'] ? 'text/html' : 'text/plain');
      await drawn.renderModel(model);
      const controls = new Widget();
      // A report that grows while its cell runs is drawn anew: what was open stays open.
      const wasOpen = this.picture?.isOpen;
      for (const old of [...this.layout.widgets]) old.dispose();
      this.layout.addWidget(controls);
      this.layout.addWidget(drawn);
      const report = model.data[MIME];
      if (this.isDisposed || !report || typeof report !== 'object') return;
      const select = line => selectLine(tracker, this.node, line);
      this.picture = Picture.of(report, select);
      if (this.picture) controls.node.append(this.picture.node);
      if (wasOpen) this.picture?.open();
      linkLines(drawn.node, select);
      followCursor(tracker, this.node, line => {
        this.picture?.mark(line);
        markLines(drawn.node, line);
      });
    }
  };
}

// Reports speak of lines: the cells of our notebooks show their numbers from the start.
async function numberLines(panel) {
  await panel.context.ready;
  if (panel.context.model.getMetadata('kernelspec')?.name !== KERNEL || panel.isDisposed) return;
  const { editorConfig: config } = panel.content;
  panel.content.editorConfig = { ...config, code: { ...config.code, lineNumbers: true } };
}

// ---- lines --------------------------------------------------------------------------------

// The code cell that a node stands in.
function cellOf(tracker, node) {
  const cells = tracker?.currentWidget?.content.widgets ?? [];
  return cells.find(cell => cell.node.contains(node));
}

// Puts the cursor on a line of the report's cell, and shows it.
function selectLine(tracker, node, line) {
  const editor = cellOf(tracker, node)?.editor;
  if (!editor || line > editor.lineCount) return;
  const end = editor.getLine(line - 1)?.length ?? 0;
  const start = { line: line - 1, column: 0 };
  editor.setSelection({ start, end: { ...start, column: end } });
  editor.revealPosition(start);
  editor.focus();
}

// The nodes of a drawn report that name a line of its cell, each with that line.
function* namedLines(node) {
  for (const title of node.querySelectorAll('svg title')) {
    const found = LINE.exec(title.textContent);
    if (found) yield [title.parentNode, Number(found[1])];
  }
  for (const data of node.querySelectorAll('td')) {
    const found = LINE.exec(data.textContent);
    if (found) yield [data, Number(found[1])];
  }
}

function linkLines(node, select) {
  for (const [target, line] of namedLines(node)) {
    target.classList.add('fearless-line');
    target.addEventListener('click', () => select(line));
  }
}

function markLines(node, line) {
  for (const [target, its] of namedLines(node)) {
    target.classList.toggle('fearless-marked', its === line);
  }
}

// Tells on which line the cursor of the report's cell stands, when it is moved by hand.
function followCursor(tracker, node, tell) {
  // The output is put into its cell after it was rendered.
  requestAnimationFrame(() => {
    const editor = cellOf(tracker, node)?.editor;
    if (!editor || !node.isConnected) return;
    const look = () => node.isConnected && tell(editor.getCursorPosition().line + 1);
    for (const event of ['mouseup', 'keyup']) editor.host.addEventListener(event, look);
  });
}
