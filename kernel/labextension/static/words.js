// What the picture says, from the report's data.

const TABLES = {
  lock: 'locks',
  channel: 'channels',
  condvar: 'condvars',
  barrier: 'barriers',
  semaphore: 'semaphores',
  once: 'initialisers',
};

const DOES = {
  starting: 'has not begun',
  running: 'runs',
  sleep: 'sleeps',
  park: 'is parked',
  gap: 'is not known',
};

const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
];

// The unit in which a time is said, and its length.
const unitOf = ns => UNITS.find(([, length]) => ns >= length) ?? UNITS.at(-1);

const STEPS = {
  spawn: 'spawns',
  lock: 'locks',
  read: 'reads',
  unlock: 'unlocks',
  wait: 'waits for',
  wake: 'goes on after',
  send: 'sends to',
  receive: 'receives from',
  drop_receiver: 'drops the receiver of',
  notify: 'notifies',
  unpark: 'unparks',
  join: 'joins',
  panic: 'panics',
};

// What a thread does that waits for one of these.
const WAITS = {
  thread: 'joins',
  barrier: 'waits at',
};

// `1.5 ms`: three figures at most, as in the tables.
export function duration(ns) {
  const [unit, length] = unitOf(ns);
  const value = ns / length;
  return `${value >= 99.95 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}

// A time on an axis whose ticks are `step` apart, with as many figures as tell them apart.
export function instant(ns, step) {
  const [unit, length] = unitOf(ns);
  const figures = Math.max(0, Math.ceil(-Math.log10(step / length)));
  return ns ? `${Number((ns / length).toFixed(figures))} ${unit}` : '0';
}

// The name of what a reference like `{"lock": 1}` means.
export function nameOf(report, reference) {
  if (!reference) return '';
  const [[kind, id]] = Object.entries(reference);
  if (kind === 'thread') return `T${id}`;
  if (kind === 'scope') return 'its scope';
  if (kind === 'stdio') return 'the output';
  const row = report[TABLES[kind]]?.find(entry => entry.id === id);
  return row?.name ?? (row?.kind ? `${row.kind} ${id}` : '');
}

// What a thread did in a stretch of its lane.
export function segmentWords(report, lane, segment) {
  const what = nameOf(report, segment.object);
  const does =
    DOES[segment.state] ?? (segment.state === 'join' ? `joins ${what}` : `waits for ${what}`);
  const within = segment.within ? ` in ${segment.within}` : '';
  const where = segment.line ? ` at line ${segment.line}` : within;
  const length = segment.for_ever ? 'for ever' : duration(segment.end_ns - segment.start_ns);
  const span = `from ${duration(segment.start_ns)} to ${duration(segment.end_ns)}`;
  const merged = segment.merged ? `, ${segment.merged} pieces` : '';
  return `${lane.label} ${does}${where}: ${length}, ${span}${merged}`;
}

// What a thread held.
export function holdWords(report, lane, hold) {
  const what = hold.lock === null ? 'several locks' : nameOf(report, { lock: hold.lock });
  const share = hold.held_permille ? `, ${Math.round(hold.held_permille / 10)} % of the time` : '';
  return `${lane.label} holds ${what}: ${duration(hold.end_ns - hold.start_ns)}${share}`;
}

// One step of the order of things.
export function stepWords(report, step) {
  const thread = report.threads.find(entry => entry.id === step.thread);
  const who = thread?.label ?? `T${step.thread}`;
  const where = step.at?.line && step.at.cell === report.cell ? ` · line ${step.at.line}` : '';
  const held = step.blocked_on ? ` (T${step.blocked_on})` : '';
  const ever = step.for_ever ? ' for ever' : '';
  const waits = step.operation === 'wait' && WAITS[Object.keys(step.reference ?? {})[0]];
  const does = waits || (STEPS[step.operation] ?? step.operation);
  const times = step.times ? ` ${step.times} times` : '';
  return `${step.step}. ${who} ${does} ${step.object ?? ''}${times}${held}${ever}${where}`;
}
