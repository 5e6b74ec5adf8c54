// The picture of a report that one can take hold of: closed at first, a bar with one button.

import { button, element, svg } from './dom.js';
import { drawing } from './drawing.js';
import { duration, stepWords } from './words.js';

// A zoom step, and the deepest zoom: a thousandth of the whole, but no less than 100 ns.
const STEP = 1.6;
const DEEPEST = 1000;
const SHORTEST_NS = 100;
// How far the pointer may move before a click is a drag, in pixels.
const CLICK = 4;

export class Picture {
  // Of a report; `null` where it has no timeline. `select` is told of lines that were clicked.
  static of(report, select) {
    const timeline = report.timeline;
    return timeline?.lanes?.length && timeline.end_ns > 0 ? new Picture(report, select) : null;
  }

  constructor(report, select) {
    this.report = report;
    this.select = select;
    this.steps = report.order?.steps ?? [];
    this.step = 0;
    this.line = null;
    this.isOpen = false;
    this.node = element('div', { class: 'fearless-take' });
    this.close();
  }

  close() {
    this.isOpen = false;
    this.observer?.disconnect();
    this.node.replaceChildren(
      button('Zoom and step', 'Open a picture to zoom and to step through', () => this.open()),
    );
  }

  open() {
    this.isOpen = true;
    this.from = 0;
    this.to = this.whole();
    this.said = element('div', { class: 'said', role: 'status' });
    this.canvas = svg('svg', { role: 'img', 'aria-label': this.report.story ?? 'Timeline' });
    this.listen();
    this.node.replaceChildren(this.bar(), this.canvas, this.said);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.draw();
  }

  // Shows what waits or holds at this line of the cell.
  mark(line) {
    if (line === this.line) return;
    this.line = line;
    if (this.isOpen) this.draw();
  }

  // The whole axis, with room for what never ends.
  whole() {
    const { end_ns: end, lanes } = this.report.timeline;
    const open = lanes.some(lane => lane.segments.at(-1)?.for_ever);
    return open ? end * 1.25 : end;
  }

  bar() {
    const bar = element(
      'div',
      { class: 'bar' },
      button('+', 'Zoom in', () => this.zoom(1 / STEP)),
      button('−', 'Zoom out', () => this.zoom(STEP)),
      button('all', 'Show the whole', () => this.show(0, this.whole())),
    );
    if (this.steps.length) {
      this.slider = element('input', {
        type: 'range',
        min: 0,
        max: this.steps.length,
        value: this.step,
        'aria-label': 'Step',
      });
      this.slider.addEventListener('input', () => this.goTo(Number(this.slider.value)));
      bar.append(
        button('◀', 'One step back', () => this.goTo(this.step - 1)),
        this.slider,
        button('▶', 'One step on', () => this.goTo(this.step + 1)),
      );
    }
    bar.append(
      element('span', { class: 'hint' }, 'Ctrl and wheel zoom, drag moves, a click shows the line'),
      button('close', 'Close this picture', () => this.close()),
    );
    return bar;
  }

  // The moment of the step that is looked at, if it is seen.
  now() {
    const at = this.steps[this.step - 1]?.at_ns;
    return at >= this.from && at <= this.to ? at : undefined;
  }

  goTo(step) {
    this.step = Math.min(Math.max(step, 0), this.steps.length);
    this.slider.value = this.step;
    const at = this.steps[this.step - 1]?.at_ns;
    const width = this.to - this.from;
    if (at !== undefined && this.now() === undefined) {
      this.show(at - width / 2, at + width / 2);
    } else {
      this.draw();
    }
    this.say(this.step ? stepWords(this.report, this.steps[this.step - 1]) : '');
  }

  // Zooms about a place of the axis: if none is given, about the step, or else the middle.
  zoom(factor, about = this.now() ?? (this.from + this.to) / 2) {
    this.show(about - (about - this.from) * factor, about + (this.to - about) * factor);
  }

  // Shows this part of the axis, or the nearest that there is.
  show(from, to) {
    const whole = this.whole();
    const least = Math.min(whole, Math.max(whole / DEEPEST, SHORTEST_NS));
    const width = Math.min(Math.max(to - from, least), whole);
    const start = Math.min(Math.max(from, 0), whole - width);
    [this.from, this.to] = [start, start + width];
    this.draw();
  }

  draw() {
    const width = this.canvas.clientWidth || 720;
    this.scale = drawing(this.canvas, this.report, {
      width,
      from: this.from,
      to: this.to,
      now: this.now(),
      line: this.line,
    });
  }

  say(words) {
    this.said.textContent = words;
  }

  listen() {
    const canvas = this.canvas;
    const at = event => this.scale.time(event.clientX - canvas.getBoundingClientRect().left);
    canvas.addEventListener(
      'wheel',
      event => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1 / STEP : STEP, at(event));
      },
      { passive: false },
    );
    let drag = null;
    canvas.addEventListener('pointerdown', event => {
      drag = { x: event.clientX, from: this.from, to: this.to, moved: false };
    });
    canvas.addEventListener('pointermove', event => {
      if (!drag) {
        const words = event.target.dataset?.says;
        this.say(words ?? `at ${duration(Math.max(0, at(event)))}`);
        return;
      }
      const by = event.clientX - drag.x;
      if (!drag.moved && Math.abs(by) < CLICK) return;
      if (!drag.moved) canvas.setPointerCapture(event.pointerId);
      drag.moved = true;
      canvas.classList.add('held');
      const time = by * this.scale.perPixel;
      this.show(drag.from - time, drag.to - time);
    });
    const drop = event => {
      const line = event.target.dataset?.line;
      if (drag && !drag.moved && line && event.type === 'pointerup') this.select(Number(line));
      drag = null;
      canvas.classList.remove('held');
    };
    canvas.addEventListener('pointerup', drop);
    canvas.addEventListener('pointercancel', drop);
  }
}
