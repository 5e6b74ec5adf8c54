// Draws a part of a report's timeline into an SVG: lanes, what is held, marks, who woke whom.

import { svg } from './dom.js';
import { duration, holdWords, instant, nameOf, segmentWords } from './words.js';

const LEFT = 112;
const RIGHT = 8;
const BAR = 14;
const HOLD = 12;
const GAP = 7;
const STRIP = 26;
const HUES = 5;
// Below this width a bar has no text, and below that a drawing no width of its own.
const TEXT = 46;
const LEAST = 1;

const COLOURS = {
  running: 'run',
  starting: 'sleep',
  sleep: 'sleep',
  gap: 'mut',
  lock: 'lock',
  channel: 'chan',
  join: 'join',
};

// What explains little is drawn low.
const HIGH = { sleep: 4, starting: 2, gap: 2, join: 7 };

let pictures = 0;

// Empties `canvas` and draws `from` to `to` (nanoseconds) of the report into it, `width` pixels
// wide. Returns the scale: `time(x)` and `perPixel`.
export function drawing(canvas, report, { width, from, to, now, line }) {
  const right = Math.max(width - RIGHT, LEFT + 100);
  const perPixel = (to - from) / (right - LEFT);
  const x = ns => LEFT + (ns - from) / perPixel;
  const id = `fearless-take-${(pictures += 1)}`;
  const draw = new Drawing(report, { x, from, to, right, id, line });
  draw.lanes();
  draw.groups();
  draw.arrows();
  draw.axis(now);
  canvas.replaceChildren(draw.definitions(), ...draw.labels, draw.plot());
  canvas.setAttribute('viewBox', `0 0 ${width} ${draw.height}`);
  canvas.setAttribute('height', draw.height);
  return { perPixel, time: at => from + (at - LEFT) * perPixel };
}

class Drawing {
  constructor(report, { x, from, to, right, id, line }) {
    Object.assign(this, { report, x, from, to, right, id, line });
    this.timeline = report.timeline;
    this.labels = [];
    this.shapes = [];
    // What lies above all else.
    this.signs = [];
    this.patterns = new Map();
    this.tops = new Map();
    this.height = 6;
  }

  // The room right of the labels, beyond which nothing is drawn.
  plot() {
    return svg('g', { 'clip-path': `url(#${this.id})` }, ...this.shapes, ...this.signs);
  }

  definitions() {
    const clip = svg(
      'clipPath',
      { id: this.id },
      svg('rect', { x: LEFT, y: 0, width: this.right - LEFT + RIGHT, height: this.height }),
    );
    return svg('defs', {}, clip, ...this.patterns.values());
  }

  hatch(colour) {
    if (!this.patterns.has(colour)) {
      const stroke = `var(--fl-${colour})`;
      const pattern = svg(
        'pattern',
        { id: `${this.id}-${colour}`, patternUnits: 'userSpaceOnUse', width: 6, height: 6 },
        svg('rect', { width: 6, height: 6, fill: 'var(--fl-bg)' }),
        svg('path', { d: 'M0 6L6 0M-1 1L1 -1M5 7L7 5', stroke, 'stroke-width': 1.8 }),
      );
      this.patterns.set(colour, pattern);
    }
    return `url(#${this.id}-${colour})`;
  }

  isSeen(item) {
    return item.end_ns >= this.from && item.start_ns <= this.to;
  }

  lanes() {
    for (const lane of this.timeline.lanes) {
      const top = this.height;
      this.tops.set(lane.thread, top);
      const name = lane.name ? ` ${lane.name}` : '';
      const label = svg('tspan', { class: 'label' }, lane.label);
      this.labels.push(svg('text', { x: 2, y: top + 11 }, label, name.slice(0, 14)));
      for (const segment of lane.segments) this.segment(lane, segment, top);
      const levels = 1 + Math.max(-1, ...lane.holds.map(hold => hold.level));
      for (const hold of lane.holds) this.hold(lane, hold, top + BAR + 1 + hold.level * HOLD);
      for (const mark of lane.marks) this.mark(mark, top);
      this.height = top + BAR + levels * HOLD + GAP;
    }
  }

  // The colour of a wait is that of the lock that is waited for.
  colour(segment) {
    return this.hue(segment.object?.lock) ?? COLOURS[segment.state] ?? 'sig';
  }

  // As many locks as there are hues have one of their own.
  hue(lock) {
    const position = this.report.locks?.findIndex(entry => entry.id === lock) ?? -1;
    return position >= 0 && position < HUES ? `l${position}` : undefined;
  }

  segment(lane, segment, top) {
    if (!this.isSeen(segment) && !segment.for_ever) return;
    const isPlain = ['running', 'sleep', 'starting', 'gap'].includes(segment.state);
    const colour = this.colour(segment);
    const end = segment.for_ever ? this.right + RIGHT : this.x(segment.end_ns);
    const begin = this.x(segment.start_ns);
    const wide = Math.max(end - begin, LEAST);
    const high = HIGH[segment.state] ?? BAR;
    const shape = svg('rect', {
      x: begin,
      y: top + (BAR - high) / 2,
      width: wide,
      height: high,
      fill: isPlain ? `var(--fl-${colour})` : this.hatch(colour),
      'data-says': segmentWords(this.report, lane, segment),
    });
    if (!isPlain) shape.setAttribute('stroke', `var(--fl-${colour})`);
    if (segment.line) {
      shape.dataset.line = segment.line;
      shape.classList.add('can');
      if (segment.line === this.line) shape.classList.add('marked');
    }
    this.shapes.push(shape);
    if (segment.line) {
      const what = nameOf(this.report, segment.object);
      this.text(begin, end, top + 10.5, `${what ? `${what} · ` : ''}line ${segment.line}`, 'over');
    }
  }

  hold(lane, hold, top) {
    // Who waits for ever holds for ever.
    const forEver = hold.end_ns >= this.timeline.end_ns && lane.segments.at(-1)?.for_ever;
    if (!this.isSeen(hold) && !forEver) return;
    const begin = this.x(hold.start_ns);
    const end = forEver ? this.right + RIGHT : this.x(hold.end_ns);
    const colour = this.hue(hold.lock) ?? 'hold';
    const share = (hold.held_permille ?? 1000) / 1000;
    this.shapes.push(
      svg('rect', {
        x: begin,
        y: top + (HOLD - 1) * (1 - share),
        width: Math.max(end - begin, LEAST),
        height: Math.max((HOLD - 1) * share, LEAST),
        fill: `var(--fl-${colour})`,
        'data-says': holdWords(this.report, lane, hold),
      }),
    );
    if (share === 1 && hold.lock !== null) {
      this.text(begin, end, top + 9, nameOf(this.report, { lock: hold.lock }), 'inside');
    }
  }

  // A text in the part of a bar that is seen, if it fits.
  text(begin, end, y, words, kind) {
    const [left, right] = [Math.max(begin, LEFT), Math.min(end, this.right)];
    if (right - left < Math.max(TEXT, words.length * 6.4)) return;
    const x = (left + right) / 2;
    if (kind === 'over') {
      const width = words.length * 6;
      const ground = { x: x - width / 2, y: y - 9, width, height: 11, class: 'ground' };
      this.shapes.push(svg('rect', ground));
    }
    this.shapes.push(svg('text', { x, y, class: kind, 'text-anchor': 'middle' }, words));
  }

  mark(mark, top) {
    const x = this.x(mark.at_ns);
    if (mark.kind === 'spawn' || mark.kind === 'join') return;
    const says = `${mark.kind === 'panic' ? 'panics' : 'deadlock'} at ${duration(mark.at_ns)}`;
    const place = { x, y: top + 12, class: 'wrong sign', 'text-anchor': 'middle' };
    this.signs.push(svg('text', { ...place, 'data-says': says }, '✗'));
  }

  // Threads without a lane of their own: how many did what.
  groups() {
    for (const group of this.timeline.groups ?? []) {
      const top = this.height;
      this.labels.push(svg('text', { x: 2, y: top + 16 }, group.label.slice(0, 18)));
      const { bucket_ns: bucket, series } = group.counts;
      const heights = new Map();
      for (const { state, threads } of series) {
        threads.forEach((count, index) => {
          if (!count) return;
          const part = { start_ns: index * bucket, end_ns: (index + 1) * bucket };
          const high = (count / group.threads) * STRIP;
          const below = heights.get(index) ?? 0;
          heights.set(index, below + high);
          if (!this.isSeen(part)) return;
          this.shapes.push(
            svg('rect', {
              x: this.x(part.start_ns),
              y: top + STRIP - below - high,
              width: this.x(part.end_ns) - this.x(part.start_ns) + 0.3,
              height: high,
              fill: `var(--fl-${COLOURS[state] ?? 'sig'})`,
              'data-says': `${group.label}: ${count} of ${group.threads} ${state}`,
            }),
          );
        });
      }
      this.height = top + STRIP + GAP;
    }
  }

  arrows() {
    for (const arrow of this.timeline.arrows ?? []) {
      const [from, to] = [this.tops.get(arrow.from), this.tops.get(arrow.to)];
      const x = this.x(arrow.at_ns);
      if (from === undefined || to === undefined || x < LEFT) continue;
      const [start, end] = from < to ? [from + BAR, to] : [from, to + BAR];
      const head = end > start ? -5 : 5;
      const what = nameOf(this.report, arrow.object);
      const words = `T${arrow.from} woke T${arrow.to}${what ? ` (${what})` : ''}`;
      this.shapes.push(
        svg('line', { class: 'arrow', x1: x, x2: x, y1: start, y2: end + head }),
        svg('path', {
          class: 'head',
          d: `M${x} ${end}l-3 ${head}h6z`,
          'data-says': `${words} after ${duration(arrow.wait_ns)}`,
        }),
      );
    }
  }

  axis(now) {
    const bottom = this.height;
    const grid = [];
    const times = ticks(this.from, Math.min(this.to, this.timeline.end_ns));
    const step = times[1] - times[0];
    const below = { class: 'muted', y: bottom + 12 };
    for (const at of times) {
      const x = this.x(at);
      grid.push(svg('line', { class: 'grid', x1: x, x2: x, y1: 4, y2: bottom }));
      const anchor = x > this.right - 30 ? 'end' : 'middle';
      this.labels.push(
        svg('text', { ...below, x, 'text-anchor': anchor }, instant(at, step)),
      );
    }
    this.shapes.unshift(...grid);
    const end = this.x(this.timeline.end_ns);
    if (this.whole() && end < this.right && end >= LEFT) {
      this.shapes.push(svg('line', { class: 'end', x1: end, x2: end, y1: 4, y2: bottom }));
      const ever = { class: 'wrong', x: this.right, y: bottom + 12, 'text-anchor': 'end' };
      this.labels.push(svg('text', ever, 'for ever →'));
    }
    if (now !== undefined) {
      const x = this.x(now);
      this.shapes.push(svg('line', { class: 'now', x1: x, x2: x, y1: 0, y2: bottom }));
    }
    this.height = bottom + 18;
  }

  // Whether something never ends.
  whole() {
    return this.timeline.lanes.some(lane => lane.segments.at(-1)?.for_ever);
  }
}

// Round times between two, about six of them.
export function ticks(from, to) {
  const rough = (to - from) / 6;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(Math.round(at));
  return found;
}
